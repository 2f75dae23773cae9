-- Practitioner contracts: the text issued, that it was signed, and how it ended. Evidence.
--
--   pending -> signed -> expired | revoked        pending -> expired | revoked
--
-- Against the milestone's table: row-level security, and
-- * `practitioner_id` does not cascade: a practitioner with a contract is paused, not deleted.
-- * the text, its version and whom it is for are fixed once issued, and the server's clock says when it was signed.
-- * a contract is signed by its practitioner, or by the service which has written the evidence of it first.
-- * whoever revokes one says why.

create table public.practitioner_contracts (
  id               uuid primary key default gen_random_uuid(),
  practitioner_id  uuid not null references public.practitioners (id),
  contract_version text not null,
  contract_text    text not null,
  signed_at        timestamptz,
  ip_address       text,
  user_agent       text,
  status           text not null default 'pending' check (status in ('pending', 'signed', 'expired', 'revoked')),
  expires_at       timestamptz,
  created_at       timestamptz not null default now(),
  updated_at       timestamptz not null default now(),
  text_sha256      text not null generated always as (private.sha256_hex(contract_text)) stored,
  template_id      uuid references public.contract_templates (id),
  title            text not null default 'Practitioner agreement',
  revoked_reason   text,
  language         text not null default 'en',

  constraint practitioner_contracts_text_is_not_empty check (btrim(contract_text) <> ''),
  constraint practitioner_contracts_title_is_one_line check (title ~ '^\S[^\n]{0,119}$'),
  constraint practitioner_contracts_are_dated_when_signed check (
    case status when 'pending' then signed_at is null when 'signed' then signed_at is not null else true end),
  constraint practitioner_contracts_language_is_a_tag check (language ~ '^[a-z]{2,3}(-[A-Z]{2})?$'),
  constraint practitioner_contracts_reason_is_short check (
    revoked_reason ~ '\S' and char_length(revoked_reason) <= 500),
  constraint practitioner_contracts_reason_is_of_revoking check (revoked_reason is null or status = 'revoked'),
  constraint practitioner_contracts_contract_version_is_short check (char_length(contract_version) <= 100),
  constraint practitioner_contracts_contract_text_is_short check (char_length(contract_text) <= 200000),
  constraint practitioner_contracts_texts_are_short check (
    char_length(ip_address) <= 100 and char_length(user_agent) <= 1000),
  constraint practitioner_contracts_signed_at_is_in_range check (signed_at between '2000-01-01' and '2100-01-01'),
  constraint practitioner_contracts_expires_at_is_in_range check (expires_at between '2000-01-01' and '2100-01-01')
);
comment on column public.practitioner_contracts.ip_address is 'As the browser says, when signed by a direct update.';
comment on column public.practitioner_contracts.text_sha256 is 'SHA-256 of contract_text, hexadecimal.';
comment on column public.practitioner_contracts.template_id is
  'Null for a text that was written for this practitioner alone.';
comment on column public.practitioner_contracts.revoked_reason is 'Why it was revoked; the practitioner reads it.';
comment on table public.practitioner_contracts is 'A practitioner''s contracts: text, state and signature.';
comment on column public.practitioner_contracts.id is 'Of the row; made here.';
comment on column public.practitioner_contracts.practitioner_id is 'The practitioner it belongs to.';
comment on column public.practitioner_contracts.contract_version is 'The version of its text.';
comment on column public.practitioner_contracts.contract_text is 'As it is signed.';
comment on column public.practitioner_contracts.signed_at is 'When it was signed.';
comment on column public.practitioner_contracts.user_agent is 'What their browser called itself.';
comment on column public.practitioner_contracts.status is 'pending, signed, expired or revoked.';
comment on column public.practitioner_contracts.expires_at is 'From when on it is of no use; null: never.';
comment on column public.practitioner_contracts.created_at is 'When the row was made.';
comment on column public.practitioner_contracts.updated_at is 'When the row was last changed.';
comment on column public.practitioner_contracts.title is 'As people read it.';
comment on column public.practitioner_contracts.language is 'Of its text.';

create index idx_practitioner_contracts_practitioner_id on public.practitioner_contracts (practitioner_id);
create index idx_practitioner_contracts_status on public.practitioner_contracts (status);
create index idx_practitioner_contracts_active on public.practitioner_contracts (practitioner_id, status)
  where status in ('signed', 'pending');
create index practitioner_contracts_template_id_idx on public.practitioner_contracts (template_id);
create index practitioner_contracts_expires_at_idx on public.practitioner_contracts (expires_at)
  where status in ('pending', 'signed');  -- the reconciler asks for those that end
-- A practitioner is offered each version once at a time, whoever issues it and however often.
create unique index practitioner_contracts_one_offer_per_version
  on public.practitioner_contracts (practitioner_id, contract_version) where status = 'pending';

alter table public.practitioner_contracts enable row level security;

create policy "practitioners read their own contracts, admins all"
  on public.practitioner_contracts for select to authenticated
  using (practitioner_id = any (array(select private.my_practitioner_ids())) or (select private.is_admin()));
create policy "admins issue contracts"
  on public.practitioner_contracts for insert to authenticated with check ((select private.is_admin()));
create policy "practitioners sign, admins end contracts"
  on public.practitioner_contracts for update to authenticated
  using (
    (status = 'pending' and practitioner_id = any (array(select private.my_practitioner_ids())))
    or (select private.is_admin()))
  with check (practitioner_id = any (array(select private.my_practitioner_ids())) or (select private.is_admin()));

revoke all on public.practitioner_contracts from anon, authenticated, service_role;
-- signed_at as well: the frontend sends its own, and the trigger below replaces it. No delete for anybody.
grant select, insert (practitioner_id, contract_version, contract_text, expires_at, template_id, title,
                      language),
      update (status, signed_at, ip_address, user_agent, expires_at, revoked_reason)
  on public.practitioner_contracts to authenticated;
grant select, insert, update on public.practitioner_contracts to service_role;

-- What may change: the status, forward; the facts of signing, once; the end while nobody has signed; the reason when it
-- is revoked.
create function private.guard_practitioner_contracts() returns trigger
  language plpgsql set search_path = ''
as $$
declare
  v_signs      boolean := tg_op = 'UPDATE' and old.status = 'pending' and new.status = 'signed';
  v_revokes    boolean := tg_op = 'UPDATE' and old.status in ('pending', 'signed') and new.status = 'revoked';
  -- The hash is a generated column: before the row is written it has no value yet.
  v_changeable text[] := array['status', 'signed_at', 'ip_address', 'user_agent', 'updated_at', 'text_sha256'];
begin
  if tg_op = 'DELETE' then
    if old.signed_at is null then
      return old;
    end if;
    perform private.refuse(403, 'evidence_is_kept', 'A signed contract cannot be deleted.', 'Revoke it instead.');
  end if;

  if tg_op = 'INSERT' then
    if new.status <> 'pending' then
      perform private.refuse(409, 'contract_not_pending', 'A contract is issued as pending.');
    end if;
    return new;
  end if;

  if old.status = 'pending' then
    v_changeable := v_changeable || 'expires_at'::text;
  end if;
  if v_revokes then
    v_changeable := v_changeable || 'revoked_reason'::text;
  end if;
  if to_jsonb(new) - v_changeable <> to_jsonb(old) - v_changeable then
    perform private.refuse(409, 'contract_is_fixed', 'An issued contract cannot be rewritten.', 'Issue a new version.');
  end if;

  if new.status <> old.status and not v_signs and not v_revokes
     and not (old.status in ('pending', 'signed') and new.status = 'expired') then
    perform private.refuse(409, 'contract_not_pending', 'This contract can no longer be signed.');
  end if;
  if v_signs and coalesce(new.expires_at <= now(), false) then
    perform private.refuse(409, 'contract_expired', 'This contract has expired.');
  end if;
  if private.is_api_caller() then
    if v_signs and old.practitioner_id <> all (array(select private.my_practitioner_ids())) then
      perform private.refuse(403, 'signature_is_the_practitioners', 'Only the practitioner can sign this contract.');
    end if;
    if not private.is_admin() and (not v_signs or new.expires_at is distinct from old.expires_at) then
      perform private.refuse(403, 'contract_is_fixed', 'An issued contract can be signed, and nothing else.');
    end if;
  elsif v_signs and not exists (select from public.contract_signatures s where s.contract_id = new.id) then
    perform private.refuse(403, 'signature_is_the_practitioners', 'Only the practitioner can sign this contract.',
                           'Sign it through sign_practitioner_contract.');
  end if;
  if v_revokes and new.revoked_reason is null then
    perform private.refuse(422, 'reason_missing', 'Please say why the contract is revoked.',
                           'Send revoked_reason with the status.');
  end if;

  if v_signs then
    new.signed_at := now();
  else
    -- The facts of signing stay. Only an erasure, which no API role can do, blanks what identifies a person.
    new.signed_at := old.signed_at;
    if current_user in ('authenticated', 'service_role') or new.ip_address is not null or new.user_agent is not null then
      new.ip_address := old.ip_address;
      new.user_agent := old.user_agent;
    end if;
  end if;
  return new;
end
$$;
revoke execute on function private.guard_practitioner_contracts from public, anon, authenticated, service_role;

create trigger practitioner_contracts_guard before insert or update or delete on public.practitioner_contracts
  for each row execute function private.guard_practitioner_contracts();
create trigger update_practitioner_contracts_updated_at before update on public.practitioner_contracts
  for each row execute function public.update_updated_at_column();
create trigger audit_practitioner_contracts after insert or update or delete on public.practitioner_contracts
  for each row execute function private.write_audit_log();
