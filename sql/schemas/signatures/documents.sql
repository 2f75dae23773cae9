-- Documents: everything that is printed on the copy of a contract or a waiver, and what a stranger may know of one.
--
-- A copy is for whoever signed it and for admins. A stranger who holds a copy holds its hash, and learns whether it is
-- genuine and still valid: nothing that the copy does not say, and nobody's name.

create type public.signed_document as (
  kind                   text,
  document_id            uuid,
  title                  text,
  version                text,
  body                   text,
  text_sha256            text,
  status                 text,
  issued_at              timestamptz,
  expires_at             timestamptz,
  ended_at               timestamptz,
  ended_reason           text,
  signed_at              timestamptz,
  signer_id              uuid,
  signer_name            text,
  signer_email           text,
  is_observed            boolean,
  ip_address             text,
  user_agent             text,
  signature_name         text,
  signature_image        text,
  signature_image_sha256 text,
  evidence_sha256        text,
  language               text
);
comment on type public.signed_document is 'What stands on a copy.';
comment on column public.signed_document.signature_image is 'The drawn signature, PNG in base64.';
comment on column public.signed_document.language is 'Of the text, as it was shown.';
comment on column public.signed_document.status is
  'Of a contract its own; of a waiver signed, or superseded by a newer version.';

create function public.get_contract_pdf(contract_id uuid) returns setof public.signed_document
  language plpgsql volatile security invoker set search_path = ''
as $$
begin
  perform private.limit_use('copies of documents', (select auth.uid()));
  return query
    select 'contract', c.id, c.title, c.contract_version, c.contract_text, c.text_sha256, c.status, c.created_at,
           c.expires_at, ended.happened_at, ended.reason, c.signed_at, s.user_id,
           -- While nobody has signed: whom it is for.
           case when s.contract_id is null then p.name else s.signer_name end,
           s.signer_email, s.is_observed, s.ip_address, s.user_agent, s.signature_name,
           translate(encode(s.signature_image, 'base64'), E'\n', ''), s.signature_image_sha256, s.evidence_sha256,
           c.language
      from public.practitioner_contracts c
      join public.practitioners p on p.id = c.practitioner_id
      left join public.contract_signatures s on s.contract_id = c.id
      left join public.contract_events ended on ended.contract_id = c.id and ended.event = c.status
                                            and c.status in ('expired', 'revoked')
     where c.id = get_contract_pdf.contract_id;
  if not found then
    perform private.refuse(404, 'contract_not_found', 'There is no such contract.');
  end if;
end
$$;
comment on function public.get_contract_pdf is 'A contract and its evidence, as it is printed.';

-- Definer: address, agent, e-mail and image can be read on the copy only, by whoever signed and by admins.
create function private.get_waiver_documents(waiver_id uuid) returns setof public.signed_document
  language sql stable security definer set search_path = ''
as $$
  select 'waiver', w.id, 'Liability waiver', w.waiver_policy_version::text, w.waiver_text, w.text_sha256,
         case when p.is_active then 'signed' else 'superseded' end, null::timestamptz, null::timestamptz,
         null::timestamptz, null::text, w.signed_at, w.user_id, w.signer_name, w.signer_email, w.is_observed, w.ip_address,
         w.user_agent, w.signature_name, translate(encode(w.signature_image, 'base64'), E'\n', ''),
         w.signature_image_sha256, w.evidence_sha256, w.language
    from public.liability_waivers w left join public.waiver_policy p on p.id = w.waiver_policy_id
   where w.id = get_waiver_documents.waiver_id
     and (w.user_id = (select auth.uid()) or private.is_admin());
$$;

create function public.get_waiver_pdf(waiver_id uuid) returns setof public.signed_document
  language plpgsql volatile security invoker set search_path = ''
as $$
begin
  perform private.limit_use('copies of documents', (select auth.uid()));
  return query select d.* from private.get_waiver_documents(get_waiver_pdf.waiver_id) d;
  if not found then
    perform private.refuse(404, 'waiver_not_found', 'There is no such waiver.');
  end if;
end
$$;
comment on function public.get_waiver_pdf is 'A signed waiver and its evidence, as it is printed.';

create function public.verify_signature(sha256 text, ip_address text default null)
  returns table (kind text, version text, signed_at timestamptz, text_sha256 text, status text, expires_at timestamptz,
                 ended_at timestamptz)
  language plpgsql volatile security invoker set search_path = ''
as $$
#variable_conflict use_column
begin
  if not private.limit_attempt('signature checks', private.mask_address(verify_signature.ip_address)) then
    return next;
    return;
  end if;
  return query
    select 'contract', c.contract_version, s.signed_at, s.text_sha256,
           -- The clock ends a contract, whether or not the reconciler has written it down.
           case when c.status = 'signed' and c.expires_at <= now() then 'expired'
                when c.status = 'signed' then 'valid' else c.status end,
           c.expires_at, ended.happened_at
      from public.contract_signatures s
      join public.practitioner_contracts c on c.id = s.contract_id
      left join public.contract_events ended on ended.contract_id = c.id and ended.event = c.status
                                            and c.status in ('expired', 'revoked')
     where s.evidence_sha256 = lower(verify_signature.sha256)
    union all
    select 'waiver', w.waiver_policy_version::text, w.signed_at, w.text_sha256,
           case when p.is_active then 'valid' else 'superseded' end, null::timestamptz, null::timestamptz
      from public.liability_waivers w left join public.waiver_policy p on p.id = w.waiver_policy_id
     where w.evidence_sha256 = lower(verify_signature.sha256);
  if not found then
    perform private.answer_refusal(404, 'signature_not_found', 'No signature has this fingerprint.',
                                   'Compare it with the copy, digit by digit.');
    return next;
  end if;
end
$$;
comment on function public.verify_signature is
  'Whether a copy is genuine, by the fingerprint of the signature that is printed on it, and whether it still holds.';

revoke execute on function public.get_contract_pdf, private.get_waiver_documents, public.get_waiver_pdf,
  public.verify_signature from public, anon, authenticated, service_role;
grant execute on function public.get_contract_pdf, private.get_waiver_documents, public.get_waiver_pdf
  to authenticated;
-- Not granted to anon: the function in front of it is what the internet may ask.
grant execute on function public.verify_signature to service_role;
