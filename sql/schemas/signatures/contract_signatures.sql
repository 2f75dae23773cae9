-- Contract signatures: who signed which contract, when, from where, and over which text. Evidence.
--
--   (signed) -> redacted      and nothing else: not by its owner, not by an admin, not with the service key
--
-- Two ways lead here. `sign_practitioner_contract` writes the row with what the server saw, and the row signs the
-- contract. The pages update the contract themselves, and that writes the row: then address and agent are what a
-- browser claimed, and `is_observed` says so. Either way it is one signature, because the contract is its key.
--
-- `evidence_sha256` is the SHA-256 of the row's own facts, in the form that `private.serialize_contract_evidence`
-- writes. It is printed on the copy and confirmed by `verify_signature`; it stays when an erasure blanks what
-- identified a person.

create table public.contract_signatures (
  contract_id            uuid        primary key references public.practitioner_contracts (id),
  user_id                uuid        not null,
  signer_name            text,
  signer_email           text,
  signed_at              timestamptz not null,
  text_sha256            text        not null,
  is_observed            boolean     not null default true,
  ip_address             text,
  user_agent             text,
  signature_name         text,
  signature_image        bytea,
  signature_image_sha256 text,
  evidence_sha256        text        not null,

  constraint contract_signatures_evidence_sha256_key unique (evidence_sha256),
  constraint contract_signatures_name_is_short check (char_length(signature_name) <= 200),
  constraint contract_signatures_image_is_png check (private.is_drawing(signature_image)),
  constraint contract_signatures_texts_are_short check (
    char_length(signer_name) <= 320 and char_length(signer_email) <= 320 and char_length(ip_address) <= 100 and
    char_length(user_agent) <= 1000 and char_length(text_sha256) <= 64 and
    char_length(signature_image_sha256) <= 64 and char_length(evidence_sha256) <= 64)
);
comment on table  public.contract_signatures is 'Signed contracts: append-only evidence.';
comment on column public.contract_signatures.user_id is
  'Who signed. No foreign key: their account may have been erased since.';
comment on column public.contract_signatures.signer_name is 'The practitioner''s name on the day; null once redacted.';
comment on column public.contract_signatures.signer_email is 'The account''s address on the day; null once redacted.';
comment on column public.contract_signatures.is_observed is
  'Whether the server saw address and agent itself; otherwise the browser claimed them.';
comment on column public.contract_signatures.signature_name is 'As typed by the signer.';
comment on column public.contract_signatures.signature_image is
  'The drawn signature, a PNG that the service encoded anew, at most 256 KiB; null once redacted.';
comment on column public.contract_signatures.evidence_sha256 is
  'SHA-256 of the facts above, hexadecimal; stays when some of them go.';
comment on column public.contract_signatures.contract_id is 'practitioner_contracts.id.';
comment on column public.contract_signatures.signed_at is 'When it was signed.';
comment on column public.contract_signatures.text_sha256 is 'Of the text, as it was shown.';
comment on column public.contract_signatures.ip_address is 'The address they came from.';
comment on column public.contract_signatures.user_agent is 'What their browser called itself.';
comment on column public.contract_signatures.signature_image_sha256 is 'Of the drawn signature; null: it was typed.';

alter table public.contract_signatures enable row level security;

create policy "practitioners read their own contract signatures, admins all"
  on public.contract_signatures for select to authenticated
  using (
    exists (select from public.practitioner_contracts c
             where c.id = contract_id and c.practitioner_id = any (array(select private.my_practitioner_ids())))
    or (select private.is_admin()));

revoke all on public.contract_signatures from anon, authenticated, service_role;
grant select on public.contract_signatures to authenticated;
-- Neither the time nor the hashes nor is_observed: the triggers write those. No update and no delete for anybody.
grant select, insert (contract_id, user_id, ip_address, user_agent, signature_name, signature_image)
  on public.contract_signatures to service_role;

create function private.serialize_contract_evidence(signature public.contract_signatures) returns text
  language sql immutable set search_path = ''
as $$
  -- jsonb writes its keys in one order; times are written out, because a cast depends on the session's time zone.
  select jsonb_build_object(
    'kind', 'contract', 'document_id', (signature).contract_id, 'text_sha256', (signature).text_sha256,
    'signer_id', (signature).user_id, 'signer_name', (signature).signer_name, 'signer_email', (signature).signer_email,
    'signed_at', to_char((signature).signed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'is_observed', (signature).is_observed, 'ip_address', (signature).ip_address, 'user_agent', (signature).user_agent,
    'signature_name', (signature).signature_name, 'signature_image_sha256', (signature).signature_image_sha256)::text;
$$;

-- Definer: it reads the account's address.
create function private.complete_contract_signature() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_contract public.practitioner_contracts;
begin
  perform private.refuse_blank('signature_name', new.signature_name);
  -- Signing and revoking at once: whoever comes second sees what the first has done.
  select c.* into v_contract from public.practitioner_contracts c where c.id = new.contract_id for update;
  if v_contract.status = 'pending' then
    new.signed_at := now();
  elsif v_contract.status = 'signed' then
    new.signed_at := v_contract.signed_at;
  elsif found then
    perform private.refuse(409, 'contract_not_pending', 'This contract can no longer be signed.');
  end if;
  select p.name, u.email into new.signer_name, new.signer_email
    from public.practitioners p left join auth.users u on u.id = p.user_id
   where p.id = v_contract.practitioner_id and p.user_id = new.user_id;
  if not found then
    perform private.refuse(403, 'signature_is_the_practitioners', 'Only the practitioner can sign this contract.');
  end if;
  new.text_sha256 := v_contract.text_sha256;
  -- Not a generated column: it must stay when the image is redacted.
  new.signature_image_sha256 := encode(sha256(new.signature_image), 'hex');
  new.evidence_sha256 := private.sha256_hex(private.serialize_contract_evidence(new));
  return new;
end
$$;

-- Definer: whoever wrote the evidence need not be allowed to update the contract.
create function private.mark_contract_signed() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  update public.practitioner_contracts c
     set status = 'signed', ip_address = new.ip_address, user_agent = new.user_agent
   where c.id = new.contract_id and c.status = 'pending';
  return null;
end
$$;

-- Definer: the practitioner who updates the contract may not write evidence.
create function private.record_direct_signature() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  -- Not where the evidence was written first: then it is what signs the contract.
  insert into public.contract_signatures (contract_id, user_id, is_observed, ip_address, user_agent)
  select new.id, auth.uid(), false, left(new.ip_address, 200), left(new.user_agent, 500)
   where not exists (select from public.contract_signatures s where s.contract_id = new.id);
  return null;
end
$$;

-- Holds for the owner of the table, too. Erasing an account may blank what identifies a person, never what was signed.
create function private.refuse_contract_signature_changes() returns trigger
  language plpgsql set search_path = ''
as $$
declare
  c_erasable constant text[] := array[
    'signer_name', 'signer_email', 'ip_address', 'user_agent', 'signature_name', 'signature_image'];
begin
  if tg_op = 'UPDATE'
     and to_jsonb(new) - c_erasable = to_jsonb(old) - c_erasable
     and jsonb_strip_nulls(to_jsonb(new)) <@ to_jsonb(old) then
    return new;
  end if;
  perform private.refuse(403, 'evidence_is_kept', 'A signature can be neither changed nor deleted.');
end
$$;

revoke execute on function
  private.serialize_contract_evidence, private.complete_contract_signature, private.mark_contract_signed,
  private.record_direct_signature, private.refuse_contract_signature_changes
  from public, anon, authenticated, service_role;

create trigger contract_signatures_complete before insert on public.contract_signatures
  for each row execute function private.complete_contract_signature();
create trigger contract_signatures_mark_contract_signed after insert on public.contract_signatures
  for each row execute function private.mark_contract_signed();
create trigger contract_signatures_refuse_changes before update or delete on public.contract_signatures
  for each row execute function private.refuse_contract_signature_changes();
create trigger contract_signatures_refuse_truncate before truncate on public.contract_signatures
  for each statement execute function private.refuse_contract_signature_changes();
create trigger practitioner_contracts_record_signature after update of status on public.practitioner_contracts
  for each row when (new.status = 'signed' and old.status = 'pending')
  execute function private.record_direct_signature();
