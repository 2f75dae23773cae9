-- Liability waivers: who signed which text, when and from where. Evidence.
--
--   (signed) -> redacted      and nothing else: not by its owner, not by an admin, not with the service key
--
-- Against the milestone's table:
-- * `user_id` and `session_id` do not cascade, and are not foreign keys at all: erasing an account or deleting a
--   session must leave the evidence, and setting either to null would take away who signed for what. They stay, as ids
--   whose row may be gone. The function that signs checks that the rows exist at that moment.
-- * UNIQUE (user_id, session_id) lets everybody sign without a session any number of times, since nulls are distinct.
--   So one signature per person and session, and one general signature per person and version.
-- * The version signed and its hash are kept, the signature itself if one was drawn, who the signer was on the day, and
--   one hash over all facts of the signature, as for contracts.
-- * Only the service writes: a client would choose their own date, address and text.
--
-- Signatures from before the adoption were not observed: date, address and text are what a browser said. One that names
-- no version of a policy is from before versions: evidence, and never the current signature. All of one version but the
-- first are doubles of it.

create table public.liability_waivers (
  id                     uuid primary key default gen_random_uuid(),
  user_id                uuid not null,
  session_id             uuid,
  waiver_text            text not null,
  signed_at              timestamptz not null default now(),
  ip_address             text,
  user_agent             text,
  created_at             timestamptz not null default now(),
  waiver_policy_id       uuid references public.waiver_policy (id),
  waiver_policy_version  integer,
  text_sha256            text not null generated always as (private.sha256_hex(waiver_text)) stored,
  signature_name         text,
  signature_image        bytea,
  signature_image_sha256 text,
  signer_name            text,
  signer_email           text,
  evidence_sha256        text not null,
  is_observed            boolean not null default true,
  double_of              uuid references public.liability_waivers (id),
  language               text not null default 'en',

  constraint liability_waivers_observed_names_its_version check (
    num_nulls(waiver_policy_id, waiver_policy_version) = 0
    or not is_observed and num_nulls(waiver_policy_id, waiver_policy_version) = 2),
  constraint liability_waivers_doubles_are_from_before check (double_of is null or not is_observed),
  constraint liability_waivers_evidence_sha256_key unique (evidence_sha256),
  constraint liability_waivers_language_is_a_tag check (language ~ '^[a-z]{2,3}(-[A-Z]{2})?$'),
  constraint liability_waivers_name_is_short check (char_length(signature_name) <= 200),
  constraint liability_waivers_image_is_png check (private.is_drawing(signature_image)),
  constraint liability_waivers_waiver_text_is_short check (char_length(waiver_text) <= 100000),
  constraint liability_waivers_texts_are_short check (
    char_length(signer_name) <= 320 and char_length(signer_email) <= 320 and char_length(ip_address) <= 100 and
    char_length(user_agent) <= 1000 and char_length(signature_image_sha256) <= 64 and
    char_length(evidence_sha256) <= 64)
);
comment on table  public.liability_waivers is 'Signed waivers: append-only evidence.';
comment on column public.liability_waivers.user_id is 'Who signed. Their account may have been erased since.';
comment on column public.liability_waivers.session_id is
  'Null for a general waiver. The session may have been deleted since.';
comment on column public.liability_waivers.waiver_text is 'The text as it was shown, with the date in it.';
comment on column public.liability_waivers.language is 'In which the text was shown.';
comment on column public.liability_waivers.ip_address is 'As the server saw it; null once redacted.';
comment on column public.liability_waivers.text_sha256 is 'SHA-256 of waiver_text, hexadecimal.';
comment on column public.liability_waivers.signature_image is
  'The drawn signature, a PNG that the service encoded anew, at most 256 KiB; null once redacted.';
comment on column public.liability_waivers.signature_image_sha256 is
  'SHA-256 of the image, hexadecimal; stays when the image goes.';
comment on column public.liability_waivers.signer_name is 'The account''s name on the day; null once redacted.';
comment on column public.liability_waivers.signer_email is 'The account''s address on the day; null once redacted.';
comment on column public.liability_waivers.evidence_sha256 is
  'SHA-256 of the facts, hexadecimal; stays when some of them go.';
comment on column public.liability_waivers.id is 'Of the row; made here.';
comment on column public.liability_waivers.signed_at is 'When it was signed.';
comment on column public.liability_waivers.created_at is 'When the row was made.';
comment on column public.liability_waivers.waiver_policy_id is 'The text that was signed.';
comment on column public.liability_waivers.waiver_policy_version is 'Its number.';
comment on column public.liability_waivers.signature_name is 'The name they typed as their signature.';
comment on column public.liability_waivers.is_observed is
  'Whether the server saw it signed. False: from before the adoption, as a browser told it.';
comment on column public.liability_waivers.double_of is 'The first general signature of the same person and version.';

create unique index liability_waivers_one_per_session on public.liability_waivers (user_id, session_id)
  where session_id is not null;
create unique index liability_waivers_one_general_per_version
  on public.liability_waivers (user_id, waiver_policy_version) where session_id is null and double_of is null;
create index liability_waivers_double_of_idx on public.liability_waivers (double_of);
create index idx_liability_waivers_user_id on public.liability_waivers (user_id);
create index idx_liability_waivers_session_id on public.liability_waivers (session_id);
create index liability_waivers_waiver_policy_id_idx on public.liability_waivers (waiver_policy_id);

alter table public.liability_waivers enable row level security;

create policy "signers, the session's practitioner and admins read waivers"
  on public.liability_waivers for select to authenticated
  using (
    user_id = (select auth.uid())
    or session_id in (select private.my_led_session_ids())
    or (select private.is_admin()));

revoke all on public.liability_waivers from anon, authenticated, service_role;
-- Not e-mail, address, agent and image: the practitioner sees the row, and that it was signed is what they need to
-- know.
grant select (id, user_id, session_id, waiver_text, signed_at, created_at, waiver_policy_id, waiver_policy_version,
              text_sha256, signature_name, signer_name, evidence_sha256, is_observed, double_of,
              language)
  on public.liability_waivers to authenticated;
-- Not signed_at: the server's clock says when. Neither signer nor hashes: the trigger below sets those.
-- No update and no delete for anybody.
grant select, insert (user_id, session_id, waiver_text, ip_address, user_agent, waiver_policy_id,
                      waiver_policy_version, signature_name, signature_image, language)
  on public.liability_waivers to service_role;

create function private.serialize_waiver_evidence(waiver public.liability_waivers) returns text
  language sql immutable set search_path = ''
as $$
  -- In the form of private.serialize_contract_evidence. The text is hashed here: this runs before the row is written,
  -- when the generated column has no value yet.
  select (jsonb_build_object(
    'kind', 'waiver', 'document_id', (waiver).id, 'text_sha256', private.sha256_hex((waiver).waiver_text),
    'signer_id', (waiver).user_id, 'signer_name', (waiver).signer_name, 'signer_email', (waiver).signer_email,
    'session_id', (waiver).session_id,
    'signed_at', to_char((waiver).signed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'is_observed', (waiver).is_observed, 'ip_address', (waiver).ip_address, 'user_agent', (waiver).user_agent,
    'signature_name', (waiver).signature_name, 'signature_image_sha256', (waiver).signature_image_sha256)
    -- Of what was signed before there were languages, the facts are as they were.
    || case when (waiver).language = 'en' then '{}' else jsonb_build_object('language', (waiver).language) end)::text;
$$;

-- Definer: it reads the account's address.
create function private.complete_waiver() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.refuse_blank('signature_name', new.signature_name);
  -- Not a generated column: it must stay when the image is redacted.
  new.signature_image_sha256 := encode(sha256(new.signature_image), 'hex');
  select p.full_name, u.email into new.signer_name, new.signer_email
    from auth.users u left join public.profiles p on p.id = u.id where u.id = new.user_id;
  new.evidence_sha256 := private.sha256_hex(private.serialize_waiver_evidence(new));
  return new;
end
$$;

-- Holds for the owner of the table, too. Erasing an account may blank what identifies a person, never what was signed.
create function private.refuse_waiver_changes() returns trigger
  language plpgsql set search_path = ''
as $$
declare
  -- The hash of the text is a generated column: before the row is written it has no value yet.
  c_erasable constant text[] := array[
    'ip_address', 'user_agent', 'signer_name', 'signer_email', 'signature_name', 'signature_image', 'text_sha256'];
begin
  if tg_op = 'UPDATE'
     and to_jsonb(new) - c_erasable = to_jsonb(old) - c_erasable
     and jsonb_strip_nulls(to_jsonb(new)) <@ to_jsonb(old) then
    return new;
  end if;
  perform private.refuse(403, 'evidence_is_kept', 'A signed waiver can be neither changed nor deleted.');
end
$$;

revoke execute on function private.serialize_waiver_evidence, private.complete_waiver, private.refuse_waiver_changes
  from public, anon, authenticated, service_role;

create trigger liability_waivers_complete before insert on public.liability_waivers
  for each row execute function private.complete_waiver();
create trigger liability_waivers_refuse_changes before update or delete on public.liability_waivers
  for each row execute function private.refuse_waiver_changes();
create trigger liability_waivers_refuse_truncate before truncate on public.liability_waivers
  for each statement execute function private.refuse_waiver_changes();
