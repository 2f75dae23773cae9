-- Legal translations: a version of a legal text in another language. It is the same version: whoever has signed it in
-- one language has signed it.
--
--   original (English) + newest translation for each language -> shown to whoever reads it -> kept as it was shown
--
-- Rows are only added; a correction is a newer row, so nothing that was signed can change under its signature. The
-- placeholders of the original stand in a translation as they are, in English.

create table public.legal_translations (
  id                        uuid        primary key default gen_random_uuid(),
  revision                  bigint      not null generated always as identity,
  waiver_policy_id          uuid        references public.waiver_policy (id),
  recording_consent_text_id uuid        references public.recording_consent_texts (id),
  contract_template_id      uuid        references public.contract_templates (id),
  language                  text        not null,
  title                     text,
  body                      text        not null,
  reason                    text        not null,
  created_at                timestamptz not null default now(),
  created_by                uuid        default auth.uid(),
  text_id                   uuid        not null generated always as (
    coalesce(waiver_policy_id, recording_consent_text_id, contract_template_id)) stored,
  body_sha256               text        not null generated always as (private.sha256_hex(body)) stored,

  constraint legal_translations_are_of_one_text check (
    num_nonnulls(waiver_policy_id, recording_consent_text_id, contract_template_id) = 1),
  constraint legal_translations_language_is_another check (language ~ '^(?!en\M)[a-z]{2,3}(-[A-Z]{2})?$'),
  constraint legal_translations_titles_are_of_contracts check (
    case when contract_template_id is null then title is null else title ~ '^\S[^\n]{0,119}$' and title is not null end),
  constraint legal_translations_body_is_not_empty check (btrim(body) <> ''),
  constraint legal_translations_body_is_short check (
    char_length(body) <= case when waiver_policy_id is not null then 90000
                              when recording_consent_text_id is not null then 8000 else 200000 end),
  constraint legal_translations_reason_is_short check (reason ~ '\S' and char_length(reason) <= 500)
);
comment on table public.legal_translations is
  'Legal texts in other languages. The newest row of a text and language is shown.';
comment on column public.legal_translations.id is 'Of the row; made here.';
comment on column public.legal_translations.revision is 'Counted up: of a text and language the highest is shown.';
comment on column public.legal_translations.waiver_policy_id is 'The waiver it translates; or null.';
comment on column public.legal_translations.recording_consent_text_id is 'The text about recording it translates; or null.';
comment on column public.legal_translations.contract_template_id is 'The contract it translates; or null.';
comment on column public.legal_translations.language is 'A tag such as fr-CA.';
comment on column public.legal_translations.title is 'Of a contract.';
comment on column public.legal_translations.body is
  'With the placeholders of the original, as they are. Never changes: a correction is a new row.';
comment on column public.legal_translations.reason is 'Who translated it, or what a correction corrects.';
comment on column public.legal_translations.created_at is 'When the row was made.';
comment on column public.legal_translations.created_by is
  'No foreign key: who added it stays, also when they have left.';
comment on column public.legal_translations.text_id is 'Whichever of the three it is.';
comment on column public.legal_translations.body_sha256 is 'SHA-256 of body, hexadecimal.';

create index legal_translations_newest_idx on public.legal_translations (text_id, language, revision desc);
create index legal_translations_waiver_policy_id_idx on public.legal_translations (waiver_policy_id);
create index legal_translations_recording_consent_text_id_idx on public.legal_translations (recording_consent_text_id);
create index legal_translations_contract_template_id_idx on public.legal_translations (contract_template_id);

alter table public.legal_translations enable row level security;

create policy "anyone reads translations of what is active, admins all"
  on public.legal_translations for select to anon, authenticated
  using (
    exists (select from public.waiver_policy p where p.id = waiver_policy_id and p.is_active)
    or exists (select from public.recording_consent_texts t where t.id = recording_consent_text_id and t.is_active)
    or (select private.is_admin()));
create policy "admins add translations"
  on public.legal_translations for insert to authenticated with check ((select private.is_admin()));

revoke all on public.legal_translations from anon, authenticated, service_role;
grant select on public.legal_translations to anon;
-- No update and no delete for anybody: somebody may have signed it.
grant select, insert (waiver_policy_id, recording_consent_text_id, contract_template_id, language, title, body, reason)
  on public.legal_translations to authenticated, service_role;

-- A placeholder that is lost would be a day that nobody wrote, and one that is added stays a bracket in what is signed.
create function private.check_placeholders() returns trigger
  language plpgsql set search_path = ''
as $$
declare
  v_original text;
  v_name     text;
begin
  v_original := coalesce(
    (select p.policy_text from public.waiver_policy p where p.id = new.waiver_policy_id),
    (select t.body from public.recording_consent_texts t where t.id = new.recording_consent_text_id),
    (select c.body from public.contract_templates c where c.id = new.contract_template_id));
  if v_original is null then
    return new;  -- there is no such text, which the foreign key says
  end if;
  foreach v_name in array array['[Date of signing]', '[How long]', '[Name of practitioner]', '[Date of issue]'] loop
    if (strpos(new.body, v_name) > 0) <> (strpos(v_original, v_name) > 0) then
      perform private.refuse(422, 'placeholders_differ', 'The translation has other placeholders than the original.',
                             'Keep each one as it is, in English.');
    end if;
  end loop;
  return new;
end
$$;

create trigger legal_translations_check_placeholders before insert on public.legal_translations
  for each row execute function private.check_placeholders();

create type private.legal_text as (language text, title text, body text, sha256 text);

-- A version in all its languages, the original first.
create function private.list_legal_texts(text_id uuid, original text, title text default null)
  returns setof private.legal_text
  language sql stable set search_path = ''
as $$
  select 'en', list_legal_texts.title, list_legal_texts.original, private.sha256_hex(list_legal_texts.original)
  union all
  (select distinct on (t.language) t.language, t.title, t.body, t.body_sha256
     from public.legal_translations t where t.text_id = list_legal_texts.text_id
    order by t.language, t.revision desc);
$$;

-- The version for somebody: in their language, or in its kin (fr-CA for fr-FR), or the original.
create function private.choose_legal_text(text_id uuid, original text, title text, language text)
  returns private.legal_text
  language sql stable set search_path = ''
as $$
  select t from private.list_legal_texts(choose_legal_text.text_id, choose_legal_text.original, choose_legal_text.title) t
   order by t.language = choose_legal_text.language desc nulls last,
            split_part(t.language, '-', 1) = split_part(choose_legal_text.language, '-', 1) desc nulls last,
            t.language = 'en' desc
   limit 1;
$$;

-- What stands for a placeholder of the day: by months' names where they are known here, else as every language reads it.
create function private.write_legal_day(day date, language text, in_english text) returns text
  language sql immutable set search_path = ''
as $$
  select case split_part(write_legal_day.language, '-', 1)
    when 'en' then to_char(day, in_english)
    when 'fr' then
      concat_ws(' ', case extract(day from day) when 1 then '1er' else to_char(day, 'FMDD') end,
                (array['janvier', 'février', 'mars', 'avril', 'mai', 'juin', 'juillet', 'août', 'septembre', 'octobre',
                       'novembre', 'décembre'])[extract(month from day)],
                to_char(day, 'YYYY'))
    else to_char(day, 'YYYY-MM-DD') end;
$$;

revoke execute on function private.check_placeholders, private.list_legal_texts, private.choose_legal_text,
  private.write_legal_day from public, anon, authenticated, service_role;
-- The service signs waivers; an admin issues contracts as themself.
grant execute on function private.list_legal_texts to service_role;
grant execute on function private.list_legal_texts, private.choose_legal_text, private.write_legal_day to authenticated;

create trigger audit_legal_translations after insert on public.legal_translations
  for each row execute function private.write_audit_log();
