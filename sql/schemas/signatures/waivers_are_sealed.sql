-- Waivers get what contract signatures have: who the signer was on the day, and one hash over all facts of the signature.

alter table public.liability_waivers
  add column signer_name     text,
  add column signer_email    text,
  add column evidence_sha256 text,
  add constraint liability_waivers_evidence_sha256_key unique (evidence_sha256);
comment on column public.liability_waivers.signer_name is 'The account''s name on the day; null once redacted.';
comment on column public.liability_waivers.signer_email is 'The account''s address on the day; null once redacted.';
comment on column public.liability_waivers.evidence_sha256 is 'SHA-256 of the facts, hexadecimal; stays when some of them go.';

create function private.evidence_of_waiver(waiver public.liability_waivers) returns text
  language sql immutable set search_path = ''
as $$
  -- As private.evidence_of_contract does. The text is hashed here, because a generated column is not there before the row is.
  select jsonb_build_object(
    'kind', 'waiver', 'document_id', (waiver).id, 'text_sha256', private.sha256_hex((waiver).waiver_text),
    'signer_id', (waiver).user_id, 'signer_name', (waiver).signer_name, 'signer_email', (waiver).signer_email,
    'session_id', (waiver).session_id,
    'signed_at', to_char((waiver).signed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'is_observed', true, 'ip_address', (waiver).ip_address, 'user_agent', (waiver).user_agent,
    'signature_name', (waiver).signature_name, 'signature_image_sha256', (waiver).signature_image_sha256)::text;
$$;

-- Those signed before get their hash now, and no name: who they were on the day nobody wrote down.
alter table public.liability_waivers disable trigger liability_waivers_keep;
update public.liability_waivers w set evidence_sha256 = private.sha256_hex(private.evidence_of_waiver(w));
alter table public.liability_waivers enable trigger liability_waivers_keep;
alter table public.liability_waivers alter column evidence_sha256 set not null;

grant select (signer_name, evidence_sha256) on public.liability_waivers to authenticated;
-- Not signer_email: the session's practitioner sees the row.

revoke execute on function private.evidence_of_waiver from public, anon, authenticated, service_role;
