-- Contract events: what happened to a contract, each event once; and the practitioner is notified of each once.
--
--   issued -> signed -> expiring -> expired | revoked        issued -> expired | revoked
--
-- A trigger writes them: whether the pages, a function or the reconciler changes a contract, its event is recorded.

create table public.contract_events (
  id          bigint      primary key generated always as identity,
  contract_id uuid        not null references public.practitioner_contracts (id) on delete cascade,
  event       text        not null,
  reason      text,
  happened_at timestamptz not null default now(),
  caused_by   uuid        default auth.uid(),

  constraint contract_events_are_known check (event in ('issued', 'signed', 'expiring', 'expired', 'revoked')),
  constraint contract_events_happen_once unique (contract_id, event),
  constraint contract_events_reason_is_short check (char_length(reason) <= 1000)
);
comment on table  public.contract_events           is 'The history of each contract: append-only.';
comment on column public.contract_events.caused_by is
  'Null for the platform itself. No foreign key: who did it stays, also when they have left.';
comment on column public.contract_events.id is 'Of the row; made here.';
comment on column public.contract_events.contract_id is 'practitioner_contracts.id.';
comment on column public.contract_events.event is 'issued, signed, expiring, expired or revoked.';
comment on column public.contract_events.reason is 'In words, for whoever reads it later.';
comment on column public.contract_events.happened_at is 'When.';

alter table public.contract_events enable row level security;

create policy "practitioners read events of their contracts, admins all"
  on public.contract_events for select to authenticated
  using (
    exists (select from public.practitioner_contracts c
             where c.id = contract_id and c.practitioner_id = any (array(select private.my_practitioner_ids())))
    or (select private.is_admin()));

revoke all on public.contract_events from anon, authenticated, service_role;
-- No insert, update or delete for anybody: the functions below write it.
grant select on public.contract_events to authenticated, service_role;

-- Erasing an account may blank the reason, never what happened. An offer that nobody answered may be withdrawn with its
-- practitioner (contract_lifecycle.sql), and then its event goes with it.
-- Definer: whether the contract is gone must not depend on whether the caller may read it.
create function private.refuse_contract_event_changes() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  if tg_op = 'DELETE' and old.event = 'issued' and not exists (select from public.practitioner_contracts c where c.id = old.contract_id) then
    return old;
  end if;
  if tg_op = 'UPDATE' and private.is_reason_erasure(to_jsonb(old), to_jsonb(new)) then
    return new;
  end if;
  perform private.refuse(403, 'evidence_is_kept', 'What happened to a contract can be neither changed nor deleted.');
end
$$;

-- Definer: nobody writes the history or the outbox directly.
create function private.record_contract_event(contract public.practitioner_contracts, event text) returns void
  language plpgsql security definer set search_path = ''
as $$
begin
  insert into public.contract_events (contract_id, event, reason)
  values ((contract).id, record_contract_event.event,
          case record_contract_event.event when 'revoked' then (contract).revoked_reason end)
  on conflict on constraint contract_events_happen_once do nothing;
  if found then
    perform private.publish_event(
      'contract_' || record_contract_event.event,
      (select p.user_id from public.practitioners p where p.id = (contract).practitioner_id),
      payload => jsonb_build_object(
        'contract_id', (contract).id, 'contract_version', (contract).contract_version, 'title', (contract).title,
        'expires_at', (contract).expires_at, 'reason', (contract).revoked_reason));
  end if;
end
$$;

-- Definer: as above.
create function private.record_contract_status() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.record_contract_event(new, case new.status when 'pending' then 'issued' else new.status end);
  return null;
end
$$;

revoke execute on function private.refuse_contract_event_changes, private.record_contract_event, private.record_contract_status
  from public, anon, authenticated, service_role;

create trigger contract_events_refuse_changes before update or delete on public.contract_events
  for each row execute function private.refuse_contract_event_changes();
create trigger contract_events_refuse_truncate before truncate on public.contract_events
  for each statement execute function private.refuse_contract_event_changes();
create trigger practitioner_contracts_record_offer after insert on public.practitioner_contracts
  for each row execute function private.record_contract_status();
create trigger practitioner_contracts_record_event after update of status on public.practitioner_contracts
  for each row when (new.status <> old.status) execute function private.record_contract_status();
