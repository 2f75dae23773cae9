-- Contracts end with reasons: where a contract came from, what it is called, and why it was revoked.
--
--   pending -> signed -> expired | revoked        pending -> expired | revoked
--
-- What the guard of the milestone's table leaves open is closed here: a contract is signed by its practitioner, or by the
-- service which has written the evidence of it first; and whoever revokes one says why.

alter table public.practitioner_contracts
  add column template_id    uuid references public.contract_templates (id),
  add column title          text not null default 'Practitioner agreement',
  add column revoked_reason text,
  add constraint practitioner_contracts_title_is_a_line check (title ~ '^\S[^\n]{0,119}$'),
  add constraint practitioner_contracts_reason_is_short check (revoked_reason ~ '\S' and char_length(revoked_reason) <= 500),
  add constraint practitioner_contracts_reason_is_of_revoking check (revoked_reason is null or status = 'revoked');
comment on column public.practitioner_contracts.template_id is 'Null for a text that was written for this practitioner alone.';
comment on column public.practitioner_contracts.revoked_reason is 'Why it was revoked; the practitioner reads it.';

create index practitioner_contracts_template_id_idx on public.practitioner_contracts (template_id);
-- A practitioner is offered each version once at a time, whoever issues it and however often.
create unique index practitioner_contracts_one_offer_per_version
  on public.practitioner_contracts (practitioner_id, contract_version) where status = 'pending';

grant insert (template_id, title), update (revoked_reason) on public.practitioner_contracts to authenticated;

-- To the guard of the milestone's table: reasons, and an end that is fixed with the rest once it is signed.
create or replace function private.guard_practitioner_contracts() returns trigger
  language plpgsql set search_path = ''
as $$
declare
  v_signs   boolean := tg_op = 'UPDATE' and old.status = 'pending' and new.status = 'signed';
  v_revokes boolean := tg_op = 'UPDATE' and old.status in ('pending', 'signed') and new.status = 'revoked';
  -- The hash is generated: before the row is written it is not there yet.
  v_open    text[] := array['status', 'signed_at', 'ip_address', 'user_agent', 'updated_at', 'text_sha256'];
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
    v_open := v_open || 'expires_at'::text;
  end if;
  if v_revokes then
    v_open := v_open || 'revoked_reason'::text;
  end if;
  if to_jsonb(new) - v_open <> to_jsonb(old) - v_open then
    perform private.refuse(409, 'contract_is_fixed', 'An issued contract cannot be rewritten.', 'Issue a new version.');
  end if;

  if new.status <> old.status and not v_signs and not v_revokes
     and not (old.status in ('pending', 'signed') and new.status = 'expired') then
    perform private.refuse(409, 'contract_not_pending', 'This contract can no longer be signed.');
  end if;
  if v_signs and coalesce(new.expires_at <= now(), false) then
    perform private.refuse(409, 'contract_expired', 'This contract has expired.');
  end if;
  if private.is_person() then
    if v_signs and old.practitioner_id not in (select private.my_practitioner_ids()) then
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
