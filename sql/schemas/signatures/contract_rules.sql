-- Contract rules: whether a practitioner needs a live contract to be bookable. A setting, off to begin with.
--
-- Live is a contract that is signed, not revoked, and not past its end when the session ends. Without one, clients get
-- the same refusal as for a practitioner who is paused: why somebody takes no bookings is between them and the
-- platform.

create table public.contract_rules (
  id                   uuid        primary key default gen_random_uuid(),
  live_contract_needed boolean     not null default false,
  updated_at           timestamptz not null default now()
);
comment on table  public.contract_rules                      is 'One row: what contracts decide.';
comment on column public.contract_rules.live_contract_needed is
  'Whether a practitioner without a live contract takes no bookings.';
comment on column public.contract_rules.id is 'Of the row; made here.';
comment on column public.contract_rules.updated_at is 'When the row was last changed.';

create unique index contract_rules_are_one on public.contract_rules ((true));

alter table public.contract_rules enable row level security;

create policy "practitioners and admins read contract rules"
  on public.contract_rules for select to authenticated
  using (exists (select from private.my_practitioner_ids()) or (select private.is_admin()));
create policy "admins set contract rules"
  on public.contract_rules for update to authenticated using ((select private.is_admin()));

revoke all on public.contract_rules from anon, authenticated, service_role;
-- One row, made below: no insert and no delete for anybody.
grant select, update (live_contract_needed) on public.contract_rules to authenticated;
grant select, update (live_contract_needed) on public.contract_rules to service_role;

-- Definer: contracts are read by their practitioner only; everybody may know until when somebody can be booked.
create function private.get_bookable_until(practitioner_id uuid) returns timestamptz
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
begin
  return (
    select case when r.live_contract_needed then (
             select coalesce(max(coalesce(c.expires_at, 'infinity')), '-infinity') from public.practitioner_contracts c
              where c.practitioner_id = get_bookable_until.practitioner_id and c.status = 'signed')
           else 'infinity' end
      from public.contract_rules r);
end
$$;

revoke execute on function private.get_bookable_until from public, anon, authenticated, service_role;

-- Order matters: before the audit trigger, because the row that the platform begins with is nobody's change.
insert into public.contract_rules default values;

create trigger update_contract_rules_updated_at before update on public.contract_rules
  for each row execute function public.update_updated_at_column();
create trigger audit_contract_rules after insert or update or delete on public.contract_rules
  for each row execute function private.write_audit_log();
