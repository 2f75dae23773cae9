-- From sql/schemas: privacy/consents, privacy/recording_consent_texts, signatures/legal_translations, privacy/memories_and_access_grants, privacy/erased_rows, privacy/erase_accounts, privacy/export_data, privacy/retention.

-- Functions name what later chapters make.
set check_function_bodies = off;

set lock_timeout = '5s';
set statement_timeout = 0;
do $$ begin lock table public.meditation_memories, public.session_notes, public.user_consents in share row exclusive mode; end $$;


-- privacy/consents.sql

create function private.set_consent_times() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if tg_op = 'UPDATE' then
    if (new.user_id, new.consent_type) <> (old.user_id, old.consent_type) then
      perform private.refuse(409, 'consent_is_for_something_else', 'A consent cannot become another one.');
    end if;
    new.consent_date := old.consent_date;
    if new.consented
       and (not old.consented or old.revoked_at is not null or new.version is distinct from old.version) then
      new.consent_date := now();
      new.revoked_at := null;
      new.revoked_ip_address := null;
    elsif old.consented and not new.consented then
      new.revoked_at := now();
    end if;
  else
    new.consent_date := now();
    new.revoked_at := null;
  end if;
  -- What a server saw of an earlier change says nothing about this one; the history keeps it.
  if private.is_api_caller() then
    new.ip_address := null;
    new.user_agent := null;
    new.revoked_ip_address := null;
  end if;
  return new;
end
$$;

-- History

create table public.consent_history (
  id           bigint      primary key generated always as identity,
  user_id      uuid        not null,
  consent_type text        not null,
  consented    boolean     not null,
  version      text,
  metadata     jsonb,
  ip_address   text,
  user_agent   text,
  recorded_at  timestamptz not null default now(),

  constraint consent_history_texts_are_short check (
    char_length(consent_type) <= 50 and char_length(version) <= 100 and char_length(ip_address) <= 100 and
    char_length(user_agent) <= 1000),
  constraint consent_history_metadata_is_short check (char_length(metadata::text) <= 10000)
);

comment on table  public.consent_history            is 'Evidence: lines are only added.';

comment on column public.consent_history.user_id is
  'No foreign key: what somebody agreed to can be shown after their account is gone.';

comment on column public.consent_history.consented  is 'Whether the consent was in force after this.';

comment on column public.consent_history.ip_address is 'As the server saw it; null if the table was written directly.';

comment on column public.consent_history.id is 'Of the row; made here.';

comment on column public.consent_history.consent_type is 'What it was about.';

comment on column public.consent_history.version is 'Of the text.';

comment on column public.consent_history.metadata is 'What whoever wrote it kept beside it.';

comment on column public.consent_history.user_agent is 'What their browser called itself.';

comment on column public.consent_history.recorded_at is 'When the answer changed.';

-- Somebody's own, in order.
create index consent_history_user_id_idx on public.consent_history (user_id, consent_type, id);

alter table public.consent_history enable row level security;

create policy "people read their own consent history, admins all"
  on public.consent_history for select to authenticated
  using (user_id = (select auth.uid()) or (select private.is_admin()));

revoke all on public.consent_history from anon, authenticated, service_role;

grant select on public.consent_history to authenticated, service_role;

-- No insert, update or delete for anybody: the trigger writes it.

-- Definer: whoever changes a consent may neither write nor suppress the line that says so.
create function private.record_consent_history() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_consent public.user_consents := case when tg_op = 'DELETE' then old else new end;
begin
  insert into public.consent_history (user_id, consent_type, consented, version, metadata, ip_address, user_agent)
  values (v_consent.user_id, v_consent.consent_type,
          tg_op <> 'DELETE' and v_consent.consented and v_consent.revoked_at is null,
          v_consent.version, v_consent.metadata,
          case when tg_op = 'DELETE' then null
               when v_consent.consented then v_consent.ip_address else v_consent.revoked_ip_address end,
          case when tg_op <> 'DELETE' then v_consent.user_agent end);
  return null;
end
$$;

-- What somebody last said: given, declined (withdrawn as well), or unanswered.
create function private.get_consent_answer(user_id uuid, consent_type text) returns text
  language sql stable set search_path = ''
as $$
  select coalesce((select case when c.consented and c.revoked_at is null then 'given' else 'declined' end
                     from public.user_consents c
                    where (c.user_id, c.consent_type) = (get_consent_answer.user_id, get_consent_answer.consent_type)),
                  'unanswered');
$$;

create function public.record_consent(
  user_id      uuid,
  consent_type text,
  consented    boolean,
  version      text  default '1.0',
  metadata     jsonb default '{}',
  ip_address   text  default null,
  user_agent   text  default null
) returns setof public.user_consents
  language plpgsql security invoker set search_path = ''
as $$
#variable_conflict use_column
begin
  return query
    insert into public.user_consents as c
      (user_id, consent_type, consented, version, metadata, ip_address, user_agent, revoked_ip_address)
    values
      (record_consent.user_id, record_consent.consent_type, record_consent.consented, record_consent.version,
       record_consent.metadata, case when record_consent.consented then record_consent.ip_address end,
       record_consent.user_agent, case when not record_consent.consented then record_consent.ip_address end)
    on conflict (user_id, consent_type) do update
       set consented = excluded.consented, version = excluded.version, metadata = excluded.metadata,
           -- The address from which it was given stays beside the one from which it was withdrawn.
           ip_address = coalesce(excluded.ip_address, c.ip_address), user_agent = excluded.user_agent,
           revoked_ip_address = excluded.revoked_ip_address
    returning c.*;
  -- Each change stays in the history.
  perform private.limit_use('consents', record_consent.user_id);
end
$$;

create function public.get_consent_status(consent_type text default null)
  returns table (user_id uuid, consents public.user_consents[], has_consent boolean, consent_status jsonb)
  language sql stable security invoker set search_path = ''
as $$
  with mine as (
    select c.consent_type, c.consented and c.revoked_at is null as is_given, c
      from public.user_consents c where c.user_id = (select auth.uid())
  )
  select (select auth.uid()),
         array(select m.c from mine m
                where get_consent_status.consent_type is null or m.consent_type = get_consent_status.consent_type
                order by m.consent_type),
         case when get_consent_status.consent_type is not null
              then exists (select from mine m where m.consent_type = get_consent_status.consent_type and m.is_given) end,
         (select jsonb_object_agg(kind, exists (select from mine m where m.consent_type = kind and m.is_given))
            from unnest(array['data_processing', 'marketing', 'session_recording', 'data_sharing', 'third_party_sharing',
                              'analytics']) kind);
$$;

comment on function public.get_consent_status is 'What the caller has agreed to.';

-- Definer: a practitioner reads nobody's consents; this answers one question about their own sessions.
create function private.session_consents(session_id uuid) returns table (user_id uuid, has_consented boolean)
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_session public.session_schedules;
begin
  -- A participant's row names the class.
  select class.* into v_session from public.session_schedules named
    join public.session_schedules class on class.id = coalesce(named.group_class_id, named.id)
   where named.id = session_consents.session_id;
  if v_session.id is null
     or not (coalesce(private.get_session_host(v_session) = (select auth.uid()), false) or private.is_admin()) then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  end if;
  return query
    select people.id, private.get_consent_answer(people.id, 'session_recording') = 'given'
      from (select private.get_session_host(v_session)
            union select c.user_id from private.list_session_clients(v_session) c) people (id)
     where people.id is not null;
end
$$;

create function public.session_consents(session_id uuid) returns table (user_id uuid, has_consented boolean)
  language sql stable security invoker set search_path = ''
as $$
  select * from private.session_consents(session_id);
$$;

comment on function public.session_consents is
  'Who in a session has agreed to be recorded, for its practitioner and admins; no other consents.';

revoke execute on function private.record_consent_history, private.get_consent_answer, public.record_consent, public.get_consent_status,
  private.session_consents, public.session_consents from public, anon, authenticated, service_role;

-- Not granted to authenticated: the address is what the server saw, so only the server may pass one.
grant execute on function public.record_consent to service_role;

-- Of what they may read: their own answers.
grant execute on function private.get_consent_answer to authenticated;

grant execute on function public.get_consent_status, private.session_consents, public.session_consents to authenticated;


-- privacy/recording_consent_texts.sql

-- Recording consent texts: what people are shown before they say whether they may be recorded, by version. Exactly one
-- version is active at any time; a correction is a new version, as of the waiver (signatures/waiver_policy.sql).
--
-- Each answer names its version and carries the text as it was shown, with how long recordings were kept on that day.

create table public.recording_consent_texts (
  id         uuid primary key default gen_random_uuid(),
  version    integer     not null,
  body       text        not null,
  is_active  boolean     not null default true,
  created_at timestamptz not null default now(),

  constraint recording_consent_texts_version_key unique (version),
  constraint recording_consent_texts_version_is_in_range check (version between 1 and 2000000000),
  constraint recording_consent_texts_body_is_short check (char_length(body) <= 8000),
  constraint recording_consent_texts_body_is_not_empty check (btrim(body) <> ''),
  constraint recording_consent_texts_body_says_how_long check (strpos(body, '[How long]') > 0)
);

comment on column public.recording_consent_texts.body is
  'Shown with the placeholder [How long] replaced by what the retention policy of session_recordings says. Never changes.';

comment on table public.recording_consent_texts is
  'The texts by which people are asked whether they may be recorded. One is active.';

comment on column public.recording_consent_texts.id is 'Of the row; made here.';

comment on column public.recording_consent_texts.version is 'Counted up.';

comment on column public.recording_consent_texts.is_active is 'Whether it is the one that is shown.';

comment on column public.recording_consent_texts.created_at is 'When the row was made.';

create unique index recording_consent_texts_one_is_active on public.recording_consent_texts (is_active) where is_active;

alter table public.recording_consent_texts enable row level security;

create policy "anyone reads the active recording consent text, admins all"
  on public.recording_consent_texts for select to anon, authenticated
  using (is_active or (select private.is_admin()));

create policy "admins add recording consent texts"
  on public.recording_consent_texts for insert to authenticated with check ((select private.is_admin()));

create policy "admins activate recording consent texts"
  on public.recording_consent_texts for update to authenticated using ((select private.is_admin()));

revoke all on public.recording_consent_texts from anon, authenticated, service_role;

grant select on public.recording_consent_texts to anon;

-- No delete for anybody: somebody may have answered it.
grant select, insert (version, body, is_active), update (is_active) on public.recording_consent_texts to authenticated;

grant select on public.recording_consent_texts to service_role;

create trigger recording_consent_texts_activate_version before insert or update on public.recording_consent_texts
  for each row execute function private.activate_policy_version();

create trigger recording_consent_texts_refuse_active_deletion before delete on public.recording_consent_texts
  for each row when (old.is_active) execute function private.refuse_deleting_active_policy();

-- A text to begin with. Whoever runs the platform has their lawyer read it, and adds their own as version 2.
insert into public.recording_consent_texts (version, body) values (1, $text$What is recorded
Picture and sound of your online sessions and classes, from when the practitioner and a client are there until the session ends. Only if everybody in it has agreed: nobody is recorded who has not. Sessions in person are not recorded.

Who can watch
Those who were in it: the client and the practitioner, or the people in the class; and the administrators of this platform. Each viewing is noted. The client and the practitioner of a session, and of a class its practitioner, can show it to others by a link that ends after 90 days at most and that either can end before; so can administrators.

How long it is kept
A recording is kept [How long], unless another time was set for that session. Then the recording and its files are erased.

If you say no
The session takes place as planned, unrecorded. Nothing else changes. The practitioner of your session sees your answer.

If you change your mind
You can change your answer at any time, as easily as you gave it. After a no, a recording that is running stops and nothing more is recorded of you. Recordings of sessions you were in are closed at once and erased after a day, unless you agree again before that. There are two exceptions: what the law obliges us to keep stays closed until it may be erased, and where the recording of a class is kept for the others by a rule made for that class, your own access to it ends.$text$);

-- How long recordings are kept, as people say it: for 7 years from its end.
create function private.describe_recording_retention(language text default 'en') returns text
  language sql stable set search_path = ''
as $$
  with kept as (
    select p.retention_days as days, p.retention_days % 365 = 0 and p.retention_days > 0 as is_years
      from public.data_retention_policies p where p.table_name = 'session_recordings' and p.auto_delete)
  select case split_part(describe_recording_retention.language, '-', 1)
    when 'fr' then coalesce(
      (select 'pendant ' || case when k.is_years then k.days / 365 || case when k.days = 365 then ' an' else ' ans' end
                                 else k.days || case when k.days < 2 then ' jour' else ' jours' end end from kept k)
        || ' à compter de sa fin',
      'sans limite de durée')
    else coalesce(
      (select 'for ' || case when k.is_years then k.days / 365 || case when k.days = 365 then ' year' else ' years' end
                             else k.days || case when k.days = 1 then ' day' else ' days' end end from kept k)
        || ' from its end',
      'without an end') end;
$$;

-- The text to show today in its languages, the original first, each with the fingerprint of what is shown.
create function private.write_recording_consent_texts()
  returns table (text_id uuid, version integer, language text, body text, sha256 text)
  language plpgsql stable set search_path = ''
as $$
#variable_conflict use_column
begin
  return query
    select t.id, t.version, l.language, shown.body, private.sha256_hex(shown.body)
      from public.recording_consent_texts t
     cross join lateral private.list_legal_texts(t.id, t.body) l
     cross join lateral (
       select replace(l.body, '[How long]', private.describe_recording_retention(l.language)) as body) shown
     where t.is_active
     order by l.language <> 'en', l.language;
end
$$;

revoke execute on function private.describe_recording_retention, private.write_recording_consent_texts
  from public, anon, authenticated, service_role;


-- signatures/legal_translations.sql

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

-- What stands for a placeholder of the day: with months' names where they are known here, else in digits.
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

-- The service signs waivers.
grant execute on function private.list_legal_texts to service_role;

-- In French the texts to begin with, and no others: a platform that has its own adds their translations itself.
-- Whoever runs it has their lawyer read these as well.

insert into public.legal_translations (waiver_policy_id, language, body, reason)
select p.id, 'fr-CA', $waiver$EXONÉRATION DE RESPONSABILITÉ ET ACCEPTATION DES RISQUES

Veuillez lire cette page attentivement. En la signant, vous renoncez à certains droits.

1. La pratique
Une séance consiste à se tenir debout, à s’asseoir ou à s’allonger, de façon guidée, sur une planche à clous (« la planche »), seul ou en groupe, en ligne ou en personne. La personne qui guide la séance (le praticien ou la praticienne) guide la respiration, la posture et le rythme. La pratique n’est ni un soin médical, ni une psychothérapie, ni un substitut à l’un ou à l’autre, et personne ne promet un résultat particulier.

2. Les risques
Je comprends que la pratique comporte des risques. Ceux-ci comprennent la douleur, les marques sur la peau, les piqûres, les ecchymoses, les saignements et les infections; les étourdissements, les évanouissements et les chutes; les douleurs musculaires et articulaires; les émotions fortes; et l’aggravation d’un état de santé, connu ou inconnu. Pendant une séance en ligne, personne n’est à mes côtés pour m’aider, et je suis responsable de la pièce, du sol, de la planche et de l’aide à portée de main là où je me trouve.

3. Ma santé
J’ai au moins 18 ans, ou mon parent ou tuteur signe pour moi. J’ai informé ou j’informerai mon praticien ou ma praticienne, avant la séance, de tout ce qui importe, par exemple une grossesse, le diabète ou une autre perte de sensibilité des pieds ou de la peau, un trouble de la coagulation ou la prise d’anticoagulants, des plaies ouvertes ou une maladie de la peau, des problèmes cardiaques, une tension artérielle très élevée ou très basse, l’épilepsie, une opération ou une blessure récente, et une maladie mentale. En cas de doute, je consulterai d’abord un médecin. Je ne pratiquerai pas sous l’influence de l’alcool ou de drogues.

4. Mon propre rythme
Je choisis de participer. Je peux faire une pause, descendre de la planche ou mettre fin à la séance à tout moment, et je le ferai immédiatement si je ressens une douleur vive, un engourdissement, un malaise ou de la peur. Je suivrai les consignes de sécurité que je reçois.

5. Acceptation des risques et renonciation
J’accepte ces risques comme les miens. Dans la mesure permise par la loi, je dégage l’entreprise, ses praticiens et praticiennes, ses employés, ses studios et ses partenaires de toute réclamation pour blessure, perte ou dommage découlant de ma participation, et je ne les poursuivrai pas à ce titre. La présente renonciation ne couvre ni la faute lourde, ni le préjudice intentionnel, ni rien de ce dont la loi ne permet pas de se dégager.

6. Urgence
Si je ne suis pas en état de décider moi-même, le praticien ou la praticienne peut appeler les services d’urgence à l’endroit que j’ai indiqué. J’assume les frais des soins.

7. Enregistrement
Aucune séance n’est enregistrée en vertu de cette page. L’enregistrement exige mon consentement distinct, que je peux retirer.

8. Dispositions générales
La présente exonération vaut pour toutes mes séances jusqu’à ce qu’une version plus récente la remplace. Elle lie mes héritiers et mes représentants. Si une partie n’en est pas valide, le reste demeure. Elle est régie par la loi du lieu où la séance est donnée et, pour les séances en ligne, par la loi de la province de l’Ontario, au Canada.

J’ai lu et compris cette page, j’ai eu l’occasion de poser des questions, et je la signe de mon plein gré.

Date : [Date of signing]$waiver$, 'The text to begin with, translated with it.'
  from public.waiver_policy p
 where p.policy_text_sha256 = '8d633edebd6f3a09d969a18a58ef467af77d57b83c0c031c4fd4410f7685c8b0';

insert into public.legal_translations (recording_consent_text_id, language, body, reason)
select t.id, 'fr-CA', $text$Ce qui est enregistré
L’image et le son de vos séances et de vos cours en ligne, à partir du moment où le praticien ou la praticienne et un client ou une cliente sont présents, jusqu’à la fin de la séance. Seulement si toutes les personnes présentes ont accepté : personne n’est enregistré sans l’avoir accepté. Les séances en personne ne sont pas enregistrées.

Qui peut regarder
Les personnes qui y ont participé : le client ou la cliente et le praticien ou la praticienne, ou les personnes du cours; et les administrateurs de cette plateforme. Chaque visionnement est consigné. Le client et le praticien d’une séance, et pour un cours son praticien, peuvent la montrer à d’autres au moyen d’un lien qui prend fin après 90 jours au plus et auquel l’un ou l’autre peut mettre fin avant; les administrateurs le peuvent aussi.

Combien de temps il est conservé
Un enregistrement est conservé [How long], à moins qu’une autre durée n’ait été fixée pour cette séance. L’enregistrement et ses fichiers sont ensuite effacés.

Si vous dites non
La séance a lieu comme prévu, sans enregistrement. Rien d’autre ne change. Le praticien ou la praticienne de votre séance voit votre réponse.

Si vous changez d’avis
Vous pouvez changer votre réponse à tout moment, aussi facilement que vous l’avez donnée. Après un non, un enregistrement en cours s’arrête et plus rien n’est enregistré de vous. Les enregistrements des séances auxquelles vous avez participé sont fermés immédiatement et effacés après un jour, à moins que vous n’acceptiez de nouveau avant. Il y a deux exceptions : ce que la loi nous oblige à conserver reste fermé jusqu’à ce qu’il puisse être effacé; et lorsque l’enregistrement d’un cours est conservé pour les autres en vertu d’une règle établie pour ce cours, votre propre accès prend fin.$text$, 'The text to begin with, translated with it.'
  from public.recording_consent_texts t
 where private.sha256_hex(t.body) = '3f18b22838fc0807cb18c65492fab867774e1ef501ac187a0b7c78347278ac16';

insert into public.legal_translations (contract_template_id, language, title, body, reason)
select t.id, 'fr-CA', 'Contrat de praticien', $contract$CONTRAT DE PRATICIEN

Le présent contrat est conclu entre l’entreprise qui exploite cette plateforme (« l’entreprise ») et [Name of practitioner] (« le praticien »; le masculin est employé pour alléger le texte). Il a été émis le [Date of issue] et prend effet lorsque le praticien le signe.

1. Ce que fait le praticien
Le praticien guide des séances sur une planche à clous, individuelles ou en groupe, en ligne ou en personne, aux heures qu’il offre lui-même. Il prépare chaque séance, est présent à l’heure et accorde à chaque client l’attention et le soin que la pratique exige.

2. Entrepreneur indépendant
Le praticien est un entrepreneur indépendant et n’est ni l’employé, ni l’associé, ni le mandataire de l’entreprise. Il choisit quand il travaille, peut travailler pour d’autres, utilise ses propres moyens et est responsable de ses impôts, de ses cotisations et de ses assurances.

3. Compétence et sécurité
Le praticien possède la formation et l’expérience qu’il a déclarées dans sa candidature, et les tient à jour. Il suit les consignes de sécurité de l’entreprise, s’assure que chaque client a signé l’exonération de responsabilité en vigueur et met fin à une séance lorsque la sécurité d’une personne l’exige. Il ne donne aucun avis médical et ne promet aucun résultat médical.

4. Paiement
Le praticien reçoit la part du prix de chaque séance tenue qui est indiquée dans son compte; à l’émission du présent contrat, elle est de 75 pour cent. Une modification de la part vaut pour les séances payées après son annonce. L’entreprise verse les sommes dues toutes les deux semaines, au compte que le praticien a inscrit et que l’entreprise a vérifié. Ce qui est remboursé à un client, ou repris par la banque du client, réduit le versement suivant.

5. Annulation
Un praticien qui ne peut pas tenir une séance l’annule dans la plateforme dès que possible. Le client récupère alors ce avec quoi il a payé. Les séances annulées par les clients suivent la politique d’annulation que le client a acceptée.

6. Confidentialité et vie privée
Ce que les clients disent et montrent est confidentiel, y compris après la fin du présent contrat. Le praticien conserve ses notes et ses enregistrements uniquement dans la plateforme, n’enregistre rien lui-même et ne transmet à personne les données des clients.

7. Conduite
Le praticien traite chacun avec respect, n’a aucun contact sexuel avec les clients et n’accepte des clients de l’entreprise ni réservation ni paiement en dehors de la plateforme pendant la durée du présent contrat et les six mois qui suivent.

8. Durée et fin
Le présent contrat dure jusqu’à la date qu’il indique ou, sinon, jusqu’à ce qu’une partie y mette fin par un préavis écrit de quatorze jours. Chaque partie peut y mettre fin immédiatement pour un motif sérieux. Ce qui a été gagné jusque-là est versé.

9. Signature électronique
Les deux parties acceptent de signer électroniquement. Le praticien peut demander une copie sur papier. La plateforme conserve le texte tel qu’il a été signé, son empreinte SHA-256, ainsi que le moment et l’endroit d’où il a été signé, et en remet une copie au praticien à tout moment.

10. Dispositions générales
Le présent document constitue l’intégralité du contrat; les modifications se font par écrit. Si une partie n’en est pas valide, le reste demeure. Il est régi par la loi de la province de l’Ontario, au Canada.$contract$, 'The text to begin with, translated with it.'
  from public.contract_templates t
 where t.body_sha256 = '137131f2bd30baa5d5385b046f15cab35a3ffbcc69f3423cbb5727a14742fd40';

-- Order matters: before the audit trigger, because what the platform begins with is nobody's change.
create trigger audit_legal_translations after insert on public.legal_translations
  for each row execute function private.write_audit_log();


-- privacy/erased_rows.sql

comment on column public.practitioners.user_id is 'No foreign key: the account may have been erased since.';

-- Definer: nobody but the auth service reads auth.users.
create function private.require_account(user_id uuid) returns void
  language plpgsql stable security definer set search_path = ''
as $$
begin
  if not exists (select from auth.users u where u.id = require_account.user_id) then
    perform private.refuse(401, 'account_gone', 'This account does not exist any more.');
  end if;
end
$$;

-- Definer: as above.
create function private.refuse_unknown_account() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_user constant uuid := (to_jsonb(new) ->> tg_argv[0])::uuid;
begin
  -- With the lock of a foreign key: the account can go only after this row is there for the erasure to find.
  perform from auth.users u where u.id = v_user for key share;
  if not found and v_user is not null then
    raise foreign_key_violation using
      message = format('There is no account %s, so it cannot be in %I.%I.', v_user, tg_table_name, tg_argv[0]),
      detail = format('Key (%s)=(%s) is not present in table "users".', tg_argv[0], v_user);  -- as a foreign key says it
  end if;
  return new;
end
$$;

revoke execute on function private.require_account, private.refuse_unknown_account
  from public, anon, authenticated, service_role;

grant execute on function private.require_account to service_role;

create trigger contract_signatures_99_refuse_unknown_account
  after insert or update of user_id on public.contract_signatures
  for each row execute function private.refuse_unknown_account('user_id');

create trigger consent_history_99_refuse_unknown_account
  after insert or update of user_id on public.consent_history
  for each row execute function private.refuse_unknown_account('user_id');

create trigger checkout_sessions_99_refuse_unknown_account
  after insert or update of user_id on public.checkout_sessions
  for each row execute function private.refuse_unknown_account('user_id');

create trigger owed_fees_99_refuse_unknown_account
  after insert or update of user_id on public.owed_fees
  for each row execute function private.refuse_unknown_account('user_id');

create trigger owed_fees_99_refuse_unknown_forgiver
  after insert or update of forgiven_by on public.owed_fees
  for each row execute function private.refuse_unknown_account('forgiven_by');

create trigger legal_holds_99_refuse_unknown_account
  after insert or update of user_id on public.legal_holds
  for each row execute function private.refuse_unknown_account('user_id');

-- Who did it.
create trigger legal_holds_99_refuse_unknown_placer
  after insert or update of placed_by on public.legal_holds
  for each row execute function private.refuse_unknown_account('placed_by');

create trigger payment_refunds_99_refuse_unknown_account
  after insert or update of requested_by on private.payment_refunds
  for each row execute function private.refuse_unknown_account('requested_by');

create trigger banking_accesses_99_refuse_unknown_account
  after insert or update of requested_by on public.banking_accesses
  for each row execute function private.refuse_unknown_account('requested_by');

create trigger payout_files_99_refuse_unknown_account
  after insert or update of created_by on public.payout_files
  for each row execute function private.refuse_unknown_account('created_by');

create trigger contract_events_99_refuse_unknown_account
  after insert or update of caused_by on public.contract_events
  for each row execute function private.refuse_unknown_account('caused_by');

create trigger contract_templates_99_refuse_unknown_account
  after insert or update of created_by on public.contract_templates
  for each row execute function private.refuse_unknown_account('created_by');

create trigger legal_translations_99_refuse_unknown_account
  after insert or update of created_by on public.legal_translations
  for each row execute function private.refuse_unknown_account('created_by');

create trigger credit_ledger_99_refuse_unknown_account
  after insert or update of actor on public.credit_ledger
  for each row when (new.actor::text is distinct from current_setting('private.known_caller', true))
  execute function private.refuse_unknown_account('actor');

create trigger ledger_transactions_99_refuse_unknown_account
  after insert or update of created_by on public.ledger_transactions
  for each row execute function private.refuse_unknown_account('created_by');

create trigger payout_terms_99_refuse_unknown_account
  after insert or update of created_by on public.payout_terms
  for each row execute function private.refuse_unknown_account('created_by');

create trigger approval_requests_99_refuse_unknown_requester
  after insert or update of requested_by on public.approval_requests
  for each row execute function private.refuse_unknown_account('requested_by');

create trigger approval_requests_99_refuse_unknown_decider
  after insert or update of decided_by on public.approval_requests
  for each row execute function private.refuse_unknown_account('decided_by');

create trigger payouts_99_refuse_unknown_account
  after insert or update of settled_by on public.payouts
  for each row execute function private.refuse_unknown_account('settled_by');

create trigger revenue_shares_99_refuse_unknown_account
  after insert or update of created_by on public.revenue_shares
  for each row execute function private.refuse_unknown_account('created_by');

create trigger webhook_endpoints_99_refuse_unknown_account
  after insert or update of created_by on public.webhook_endpoints
  for each row execute function private.refuse_unknown_account('created_by');

-- Of evidence only what a person wrote may be blanked. The triggers that refuse changes of ledgers and contract events
-- ask this.
create function private.is_reason_erasure(old_row jsonb, new_row jsonb) returns boolean
  language sql immutable set search_path = ''
as $$
  select new_row - 'reason' = old_row - 'reason' and old_row ->> 'reason' is not null and new_row ->> 'reason' = '(erased)';
$$;

revoke execute on function private.is_reason_erasure from public, anon, authenticated, service_role;

-- Those triggers run as whoever writes.
grant execute on function private.is_reason_erasure to authenticated, service_role;

create index outbox_user_id_idx on private.outbox (user_id, created_at);  -- erasing asks by person

create function private.replace_names(text_value text, names text[]) returns text
  language plpgsql immutable set search_path = ''
as $$
declare
  v_name text;
begin
  foreach v_name in array names loop
    text_value := replace(text_value, v_name, 'somebody');
  end loop;
  return text_value;
end
$$;

create function private.queue_account_recordings(user_id uuid) returns void
  language sql volatile set search_path = ''
as $$
  -- Recordings of their own sessions, at once; of classes, those that the deletion of their consent queues.
  insert into private.recording_erasure_queue (recording_id, reason, user_id)
  select r.id, 'account_erased', queue_account_recordings.user_id
    from public.session_schedules s
   -- Looked up session by session: joined, everybody's recordings are read.
   cross join lateral (select x.id, x.class_recording_id from public.session_recordings x where x.session_id = s.id offset 0) r
   where r.class_recording_id is null and not private.is_class(s)
     and (s.client_id = queue_account_recordings.user_id
          or s.practitioner_id = any (array(select p.id from public.practitioners p
                                             where p.user_id = queue_account_recordings.user_id)))
  on conflict do nothing;
  delete from public.user_consents c where c.user_id = queue_account_recordings.user_id;
  update private.recording_erasure_queue q set due_at = now()
   where q.user_id = queue_account_recordings.user_id and q.due_at > now();
$$;

create function private.redact_evidence(user_id uuid) returns void
  language plpgsql volatile set search_path = ''
as $$
#variable_conflict use_column
declare
  c_user         constant uuid   := redact_evidence.user_id;
  c_session_ids  constant uuid[] := array(select s.id from public.session_schedules s
                                           where s.client_id = c_user and not private.is_class(s));
  c_former       constant text   := case when cardinality(c_session_ids) > 0 then 'Former client' else 'Former practitioner' end;
  c_is_listed    constant boolean := exists (select from public.session_schedules s where s.client_id = c_user)
                                     or exists (select from public.practitioners p where p.user_id = c_user);
  c_checkout_ids constant uuid[] := array(select c.id from public.checkout_sessions c where c.user_id = c_user);
  c_names        constant text[] := array(
    select distinct btrim(written) from (
      select p.full_name from public.profiles p where p.id = c_user
      union select p.name from public.practitioners p where p.user_id = c_user
      union select u.email from auth.users u where u.id = c_user) known (name),
      unnest(array[name, private.plain_name(name)]) written  -- as it is, and as it stands in a notification
     where char_length(btrim(name)) > 2 and name not in ('Former client', 'Former practitioner'));
begin
  -- Sessions: the note, and a place that is not one of our studios.
  update public.session_schedules s
     set notes = null, host_room_url = null, location_coordinates = null,
         physical_location = case when s.studio_id is not null then s.physical_location end
   where s.id = any (c_session_ids)
     and (num_nonnulls(s.notes, s.host_room_url, s.location_coordinates) > 0
          or (s.physical_location is not null and s.studio_id is null));
  update private.session_agreements a set physical_location = null
   where a.session_id = any (c_session_ids) and a.physical_location is not null
     and (private.find_studio(a.physical_location)).id is null;
  update public.session_cancellations c set reason = '(erased)'
   where (c.user_id = c_user or c.session_id = any (c_session_ids)) and c.reason <> '(erased)';
  update public.session_attendance a set reason = '(erased)'
   where (a.user_id = c_user or a.session_id = any (c_session_ids)) and a.reason <> '(erased)';
  -- The stars stay: an average does not change because somebody leaves.
  update public.session_ratings r
     set words = null, decision_reason = case when r.decision_reason is not null then '(erased)' end
   where r.session_id = any (c_session_ids) and num_nonnulls(r.words, nullif(r.decision_reason, '(erased)')) > 0;
  -- What a practitioner shared about a session is its client's too.
  delete from public.session_notes n
   where n.session_id = any (c_session_ids)
      or (n.author_id = c_user
          and (n.visibility = 'private'
               or not exists (select from public.session_schedules s
                                join public.practitioners p on p.id = s.practitioner_id
                               where s.id = n.session_id and p.user_id = c_user)));
  delete from public.meditation_memories m where m.user_id = c_user;

  -- Money
  update public.user_session_credits c set metadata = '{}', order_id = null
   where c.user_id = c_user and (c.metadata <> '{}' or c.order_id is not null);
  update public.credit_ledger l set reason = '(erased)' where l.user_id = c_user and l.reason <> '(erased)';
  update public.ledger_transactions t set reason = '(erased)'
   where t.reason <> '(erased)'
     and (t.session_id = any (c_session_ids)
          or t.practitioner_id in (select p.id from public.practitioners p where p.user_id = c_user));
  update public.checkout_sessions c set notes = null, url = null, receipt_url = null, physical_location = null
   where c.id = any (c_checkout_ids) and num_nonnulls(c.notes, c.url, c.receipt_url, c.physical_location) > 0;
  update public.owed_fees f set reason = '(erased)'
   where f.user_id = c_user and f.forgiven_by is not null and f.reason <> '(erased)';
  -- Nobody is left to pay it, nor to be told.
  perform private.look_at_fee_checkouts(f.id)
     from (select owed.id from public.owed_fees owed where owed.user_id = c_user and owed.status = 'owed' for update) f;
  update public.owed_fees f set forgiven_at = now(), reason = 'The account was erased'
   where f.user_id = c_user and f.status = 'owed';
  update private.payment_refunds r set reason = '(erased)'
   where r.checkout_id = any (c_checkout_ids) and r.reason <> '(erased)';
  update private.stripe_events e set payload = '{}'
   where e.payload <> '{}' and (
         e.checkout_id = any (c_checkout_ids)
      or e.payment_intent_id in (select c.stripe_payment_intent_id from public.checkout_sessions c where c.user_id = c_user)
      or exists (select from unnest(c_names) name where strpos(e.payload::text, name) > 0));

  -- Evidence: text, hashes, times and the id stay.
  update public.liability_waivers w
     set ip_address = null, user_agent = null, signer_name = null, signer_email = null, signature_name = null, signature_image = null
   where w.user_id = c_user
     and num_nonnulls(w.ip_address, w.user_agent, w.signer_name, w.signer_email, w.signature_name, w.signature_image) > 0;
  update public.contract_signatures s
     set ip_address = null, user_agent = null, signer_name = null, signer_email = null, signature_name = null, signature_image = null
   where s.user_id = c_user
     and num_nonnulls(s.ip_address, s.user_agent, s.signer_name, s.signer_email, s.signature_name, s.signature_image) > 0;
  update public.consent_history h set ip_address = null, user_agent = null, metadata = null
   where h.user_id = c_user and num_nonnulls(h.ip_address, h.user_agent, h.metadata) > 0;
  update public.recording_views v set ip_address = null, user_agent = null
   where num_nonnulls(v.ip_address, v.user_agent) > 0
     and v.recording_id in (select r.id from public.session_recordings r where r.session_id = any (c_session_ids));
  perform private.redact_audit_lines(
    array(select l.id from public.audit_logs l where l.user_id = c_user and l.personal_salt is not null
          union
          select l.id from public.audit_logs l, unnest(c_names) name
           where l.action in ('SELECT', 'VIEW', 'EXPORT', 'LOGIN', 'LOGOUT', 'ACCESS_DENIED')
             and strpos(l.metadata::text, name) > 0), 'erasure');

  -- Mails and notifications to them are deleted with the account; about them, they stay with whoever got them, without
  -- the name.
  update private.outbox o set payload = '{}' where o.user_id = c_user and o.payload <> '{}';
  update private.mails m set payload = m.payload - 'session'
   where m.session_id = any (c_session_ids) and m.status not in ('queued', 'sending') and m.payload ? 'session';
  update private.mails m set payload = jsonb_set(m.payload, '{session,physical_location}', 'null')
   where m.session_id = any (c_session_ids) and m.payload #>> '{session,physical_location}' is not null;
  update private.mails m set payload = jsonb_set(m.payload, '{previous,physical_location}', 'null')
   where m.session_id = any (c_session_ids) and m.payload #>> '{previous,physical_location}' is not null;
  update public.user_notifications n
     set title = private.replace_names(n.title, c_names), message = private.replace_names(n.message, c_names)
   where exists (select from unnest(c_names) name where strpos(n.title || n.message, name) > 0)
     and n.related_id in (select s.id from public.session_schedules s
                            left join public.practitioners p on p.id = s.practitioner_id
                           where c_user in (s.client_id, p.user_id));
  delete from private.idempotency_keys a
   where a.caller = c_user::text or strpos(a.arguments::text || a.answer::text, c_user::text) > 0
      or exists (select from unnest(c_names) name where strpos(a.arguments::text || a.answer::text, name) > 0);

  update private.matters m set settlement = private.replace_names(m.settlement, c_names)
   where exists (select from unnest(c_names) name where strpos(m.settlement, name) > 0);

  -- A practitioner
  update public.session_ratings r
     set words = private.replace_names(r.words, c_names), decision_reason = private.replace_names(r.decision_reason, c_names)
   where exists (select from unnest(c_names) name where strpos(concat(r.words, r.decision_reason), name) > 0)
     and r.practitioner_id in (select p.id from public.practitioners p where p.user_id = c_user);
  update public.checkout_sessions c set description = private.replace_names(c.description, c_names)
   where exists (select from unnest(c_names) name where strpos(c.description, name) > 0)
     and c.practitioner_id in (select p.id from public.practitioners p where p.user_id = c_user);
  delete from public.practitioner_banking b
   where b.practitioner_id in (select p.id from public.practitioners p where p.user_id = c_user);
  delete from public.practitioner_contracts c
   where c.signed_at is null and c.status = 'pending'
     and c.practitioner_id in (select p.id from public.practitioners p where p.user_id = c_user)
     and not exists (select from public.contract_events e where e.contract_id = c.id);
  update public.practitioner_contracts c set ip_address = null, user_agent = null
   where num_nonnulls(c.ip_address, c.user_agent) > 0
     and c.practitioner_id in (select p.id from public.practitioners p where p.user_id = c_user);
  delete from public.action_templates t
   where t.practitioner_id in (select p.id from public.practitioners p where p.user_id = c_user);
  update public.practitioner_time_off t set reason = null
   where t.reason is not null and t.practitioner_id in (select p.id from public.practitioners p where p.user_id = c_user);
  delete from private.busy_calendars b
   where b.practitioner_id in (select p.id from public.practitioners p where p.user_id = c_user);
  update public.availability_exceptions e set reason = null
   where e.reason is not null and e.practitioner_id in (select p.id from public.practitioners p where p.user_id = c_user);
  delete from public.practitioner_availability a
   where a.practitioner_id in (select p.id from public.practitioners p where p.user_id = c_user);
  update public.practitioners p
     set name = 'Former practitioner', bio = null, specialization = null, avatar_url = null, available = false
   where p.user_id = c_user
     and (p.name <> 'Former practitioner' or p.available or num_nonnulls(p.bio, p.specialization, p.avatar_url) > 0);

  -- The profile, last: the name in it was looked for above. It stays where a session or a practitioner that stays
  -- names the account: lists of these look it up.
  update public.profiles p
     set full_name = c_former, email = null, avatar_url = null, phone_number = null, date_of_birth = null, address = null
   where p.id = c_user and c_is_listed
     and (p.full_name is distinct from c_former
          or num_nonnulls(p.email, p.avatar_url, p.phone_number, p.date_of_birth, p.address) > 0);
  delete from public.profiles p where p.id = c_user and not c_is_listed;
end
$$;

create function private.delete_personal_rows(user_id uuid) returns integer
  language plpgsql volatile set search_path = ''
as $$
declare
  v_foreign_key record;
  v_deleted     integer;
  v_total       integer := 0;
begin
  for v_foreign_key in
    select c.conrelid::regclass as "table", a.attname as "column"
      from pg_catalog.pg_constraint c
      join pg_catalog.pg_class t on t.oid = c.conrelid
      join pg_catalog.pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
     where c.contype = 'f' and c.confrelid = 'auth.users'::regclass and c.confdeltype = 'c' and cardinality(c.conkey) = 1
       and t.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
     order by c.conrelid::regclass::text
  loop
    execute format('delete from %s where %I = $1', v_foreign_key."table", v_foreign_key."column")
      using delete_personal_rows.user_id;
    get diagnostics v_deleted = row_count;
    v_total := v_total + v_deleted;
  end loop;
  return v_total;
end
$$;

create function private.expire_user_credits(user_id uuid) returns integer
  language sql volatile set search_path = ''
as $$
  with expired as (
    insert into public.credit_ledger (lot_id, user_id, change, kind)
    select lot.id, lot.user_id, -lot.credits_remaining, 'expiry' from public.user_session_credits lot
     where lot.user_id = expire_user_credits.user_id and lot.credits_remaining > 0
    returning -change as credits)
  select coalesce(sum(credits), 0)::integer from expired;
$$;

revoke execute on function private.replace_names, private.queue_account_recordings, private.redact_evidence,
  private.delete_personal_rows, private.expire_user_credits
  from public, anon, authenticated, service_role;


-- privacy/erase_accounts.sql

-- Erasing an account: personal rows are deleted, evidence stays without the person, and a receipt says when.
--
--   requested -> sessions cancelled (some at a time) -> rows erased (one transaction) -> account deleted (by the auth
--                service)
--   requested again -> all of it again, and the same receipt, which also says what was found this time
--
-- It is refused while a session runs, while a practitioner is owed money, under a legal hold, and to the last admin.
--
-- It runs again when the account row is deleted, by whomever, so that nothing written in between is left. What is
-- deleted and what stays is decided in privacy/erased_rows.sql.

create table public.erasure_receipts (
  id                 uuid        primary key default gen_random_uuid(),
  pseudonym          uuid        not null,
  asked_by           text        not null check (asked_by in ('self', 'admin', 'service')),
  asked_at           timestamptz not null default now(),
  counts             jsonb       not null default '{}',
  rows_erased_at     timestamptz,
  account_deleted_at timestamptz,
  last_erased_at     timestamptz,
  last_counts        jsonb       not null default '{}',

  constraint erasure_receipts_one_per_account unique (pseudonym),
  constraint erasure_receipts_counts_is_short check (char_length(counts::text) <= 10000),
  constraint erasure_receipts_last_counts_is_short check (char_length(last_counts::text) <= 10000)
);

comment on table public.erasure_receipts is
  'That an account was erased, when, and how many rows. Names nobody.';

comment on column public.erasure_receipts.counts is 'How many of what, over all times it was asked.';

comment on column public.erasure_receipts.last_counts is 'How many of what was found the last time.';

comment on column public.erasure_receipts.pseudonym is 'The id under which the evidence that stays can be found.';

comment on column public.erasure_receipts.id is 'Of the row; made here.';

comment on column public.erasure_receipts.asked_by is 'self, admin or service.';

comment on column public.erasure_receipts.asked_at is 'When it was asked.';

comment on column public.erasure_receipts.rows_erased_at is 'When the rows were gone.';

comment on column public.erasure_receipts.account_deleted_at is 'When the account was.';

comment on column public.erasure_receipts.last_erased_at is 'When what came late was erased again.';

alter table public.erasure_receipts enable row level security;

create policy "admins read erasure receipts"
  on public.erasure_receipts for select to authenticated using ((select private.is_admin()));

revoke all on public.erasure_receipts from anon, authenticated, service_role;

grant select on public.erasure_receipts to authenticated, service_role;

-- No insert, update or delete for anybody: erasing writes it.

create function private.refuse_erasure(user_id uuid) returns void
  language plpgsql stable set search_path = ''
as $$
declare
  v_practitioner uuid := (select p.id from public.practitioners p where p.user_id = refuse_erasure.user_id);
begin
  if exists (select from public.user_roles r where r.user_id = refuse_erasure.user_id and r.role = 'admin')
     and not exists (select from public.user_roles r join auth.users u on u.id = r.user_id
                      where r.user_id <> refuse_erasure.user_id and r.role = 'admin') then
    perform private.refuse(409, 'last_admin', 'The last admin cannot be erased.', 'Make somebody else an admin first.');
  elsif exists (select from public.legal_holds h where h.user_id = refuse_erasure.user_id and h.released_at is null) then
    perform private.refuse(409, 'under_legal_hold', 'This account is kept for a legal claim and cannot be erased yet.',
                           'An admin can release the hold.');
  elsif exists (select from public.session_schedules s
                 where (s.practitioner_id = v_practitioner or (s.client_id = refuse_erasure.user_id and not private.is_class(s)))
                   and s.status in ('scheduled', 'in_progress') and s.scheduled_at <= now()) then
    perform private.refuse(409, 'session_running', 'A session of this account is running.', 'Ask again when it is over.');
  elsif exists (select from public.ledger_transactions t
                 cross join lateral (select x.amount_minor from public.ledger_postings x
                                      where x.transaction_id = t.id and x.account = 'practitioner_payable' limit 1) p
                 where t.practitioner_id = v_practitioner group by t.currency having sum(p.amount_minor) <> 0)
     or exists (select from public.payouts p where p.practitioner_id = v_practitioner and p.status = 'pending') then
    perform private.refuse(409, 'payouts_open', 'There is money that was earned and not yet paid out.',
                           'Ask again when the last payout has been made.');
  end if;
end
$$;

-- As many as there is time for. Returns how many.
create function private.cancel_upcoming_sessions(user_id uuid, until timestamptz) returns integer
  language plpgsql volatile set search_path = ''
as $$
declare
  v_session_id uuid;
  v_cancelled  integer := 0;
begin
  -- By the same update as the pages', so that the same rules decide what is returned and who is notified.
  for v_session_id in
    select s.id from public.session_schedules s
     where s.status = 'scheduled' and s.scheduled_at > now() and s.id = any (array(
             select led.id from public.practitioners p join public.session_schedules led on led.practitioner_id = p.id
              where p.user_id = cancel_upcoming_sessions.user_id
             union
             select own.id from public.session_schedules own
              where own.client_id = cancel_upcoming_sessions.user_id and not private.is_class(own)))
     order by s.group_class_id is not null, s.id  -- a class first: its seats are cancelled with it
  loop
    update public.session_schedules s set status = 'cancelled', notes = 'Cancelled'
     where s.id = v_session_id and s.status = 'scheduled';
    v_cancelled := v_cancelled + 1;
    exit when clock_timestamp() > cancel_upcoming_sessions.until;
  end loop;
  return v_cancelled;
end
$$;

-- How many rows this transaction has changed and deleted, by the server's own count.
create function private.count_changed_rows() returns bigint
  language sql volatile set search_path = ''
as $$
  -- Not the audit log: lines that the erasure itself writes are blanked by the next.
  select coalesce(sum(t.n_tup_upd + t.n_tup_del), 0) from pg_catalog.pg_stat_xact_user_tables t
   where t.schemaname in ('public', 'private') and t.relname not in ('audit_logs', 'audit_redactions');
$$;

create function private.add_counts(a jsonb, b jsonb) returns jsonb
  language sql immutable set search_path = ''
as $$
  select coalesce(jsonb_object_agg(key, coalesce((a ->> key)::integer, 0) + coalesce((b ->> key)::integer, 0)), '{}')
    from jsonb_object_keys(a || b) key;
$$;

create function private.authorize_erasure(user_id uuid) returns void
  language plpgsql volatile set search_path = ''
as $$
begin
  if authorize_erasure.user_id <> (select auth.uid()) and not private.is_confirmed_admin() then
    perform private.refuse(403, 'not_your_account', 'You can only erase your own account.');
  end if;
  perform private.lock_client(authorize_erasure.user_id);
  if not exists (select from auth.users u where u.id = authorize_erasure.user_id)
     and not exists (select from public.erasure_receipts r where r.pseudonym = authorize_erasure.user_id) then
    perform private.refuse(404, 'account_not_found', 'There is no such account.');
  end if;
end
$$;

create function private.name_erasure_asker(user_id uuid) returns text
  language sql stable set search_path = ''
as $$
  -- Nobody is signed in for the service, and when the auth service deletes the account.
  select case when (select auth.uid()) is null then 'service' when (select auth.uid()) = user_id then 'self' else 'admin' end;
$$;

-- The first step, again until nothing was cancelled: a practitioner may have thousands of sessions to come, and the
-- clients of each are notified. Nothing is cancelled where the erasure would be refused.
-- Definer: as erase_account.
create function private.cancel_sessions_before_erasure(user_id uuid) returns integer
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_cancelled integer;
begin
  if not exists (select from auth.users u where u.id = cancel_sessions_before_erasure.user_id) then
    return 0;  -- of an account that is gone, little is left: it is done with the rows
  end if;
  begin
    perform private.authorize_erasure(cancel_sessions_before_erasure.user_id);
    if not exists (select from public.erasure_receipts r
                    where r.pseudonym = cancel_sessions_before_erasure.user_id and r.rows_erased_at is not null) then
      perform private.refuse_erasure(cancel_sessions_before_erasure.user_id);
    end if;
  exception when others then
    if sqlstate not like 'PT4%' then
      raise;
    end if;
    return 0;  -- erase_my_account refuses it, and counts the attempt
  end;
  v_cancelled := private.cancel_upcoming_sessions(
    cancel_sessions_before_erasure.user_id, clock_timestamp() + interval '3 seconds');
  -- Until rows are erased, the receipt has no time of this run, so that what each step finds adds up.
  insert into public.erasure_receipts as r (pseudonym, asked_by, counts, last_counts)
  select cancel_sessions_before_erasure.user_id, private.name_erasure_asker(cancel_sessions_before_erasure.user_id),
         found.counts, found.counts
    from (select jsonb_build_object('sessions_cancelled', v_cancelled) as counts) found
   where v_cancelled > 0
  on conflict on constraint erasure_receipts_one_per_account do update
     set counts = private.add_counts(r.counts, excluded.counts),
         last_counts = case when r.last_erased_at is null then private.add_counts(r.last_counts, excluded.last_counts)
                            else excluded.last_counts end,
         last_erased_at = null;
  return v_cancelled;
end
$$;

create function public.cancel_sessions_before_erasure(user_id uuid) returns table (sessions_cancelled integer)
  language sql volatile security invoker set search_path = ''
as $$
  select private.cancel_sessions_before_erasure(cancel_sessions_before_erasure.user_id);
$$;

comment on function public.cancel_sessions_before_erasure is
  'Cancels what is to come of an account that is about to be erased.';

-- Definer: it deletes and changes everything of a person, which nobody else may. Safe to repeat, and all of it is done
-- each time: until the account is gone its owner may still book and write, and a restored backup brings rows back.
create function private.erase_account(user_id uuid) returns public.erasure_receipts
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  c_caller   constant uuid    := (select auth.uid());  -- null for the service, and when the auth service deletes the account
  c_user     constant uuid    := coalesce(erase_account.user_id, c_caller);
  c_asker    constant text    := private.name_erasure_asker(c_user);
  c_is_there constant boolean := exists (select from auth.users u where u.id = c_user);
  v_receipt  public.erasure_receipts;
  v_counts   jsonb := '{}';
  v_before   bigint;
begin
  perform private.authorize_erasure(c_user);
  select * into v_receipt from public.erasure_receipts r where r.pseudonym = c_user;
  if not c_is_there and c_user = c_caller then
    -- Asked with a token that has outlived its account: nobody acts, or the audit log would name them again.
    perform set_config('request.jwt.claims', '', true);
  end if;
  if not c_is_there then
    perform private.delete_auth_log_entries(c_user);
  end if;
  -- Once begun it is completed: the reasons to refuse were checked then.
  if v_receipt.rows_erased_at is null then
    perform private.refuse_erasure(c_user);
  end if;
  v_counts := jsonb_build_object('sessions_cancelled', private.cancel_upcoming_sessions(c_user, 'infinity'));
  perform private.address_events_about(c_user);
  v_before := (select count(*) from private.recording_erasure_queue q where q.user_id = c_user);
  perform private.queue_account_recordings(c_user);
  v_counts := v_counts || jsonb_build_object(
    'credits_expired', private.expire_user_credits(c_user),
    'recordings_queued', (select count(*) - v_before from private.recording_erasure_queue q where q.user_id = c_user));
  v_before := private.count_changed_rows();
  perform private.redact_evidence(c_user);
  v_counts := v_counts || jsonb_build_object('rows_redacted', private.count_changed_rows() - v_before);
  v_counts := v_counts || jsonb_build_object('rows_deleted', private.delete_personal_rows(c_user));

  insert into public.erasure_receipts as r (pseudonym, asked_by, counts, rows_erased_at, last_counts, last_erased_at)
  values (c_user, c_asker, v_counts, now(), v_counts, now())
  on conflict on constraint erasure_receipts_one_per_account do update
     set counts = private.add_counts(r.counts, excluded.counts),
         rows_erased_at = coalesce(r.rows_erased_at, excluded.rows_erased_at),
         last_counts = case when r.last_erased_at is null then private.add_counts(r.last_counts, excluded.last_counts)
                            else excluded.last_counts end,
         last_erased_at = excluded.last_erased_at,
         account_deleted_at = case when not c_is_there then r.account_deleted_at end
  returning r.* into v_receipt;
  return v_receipt;
end
$$;

-- A refused attempt is undone, answered and counted: it has locked and read everything of a person by then.
create function public.erase_my_account(user_id uuid default null) returns setof public.erasure_receipts
  language plpgsql volatile security invoker set search_path = '' set statement_timeout = '60s'
as $$
declare
  c_claims    constant text := current_setting('request.jwt.claims', true);
  c_caller    constant text := (select auth.uid())::text;
  v_is_within boolean;
  v_sentence  text;
  v_code      text;
  v_hint      text;
begin
  -- Counted without saying who asks: a caller who is gone may write nothing else.
  perform set_config('request.jwt.claims', '', true);
  v_is_within := private.limit_attempt('erasures', c_caller);
  perform set_config('request.jwt.claims', c_claims, true);
  if not v_is_within then
    return next null::public.erasure_receipts;
    return;
  end if;
  begin
    return query select * from private.erase_account(erase_my_account.user_id);
  exception when others then
    if sqlstate not like 'PT4%' then
      raise;
    end if;
    get stacked diagnostics v_sentence = message_text, v_code = pg_exception_detail, v_hint = pg_exception_hint;
    perform private.answer_refusal(substr(sqlstate, 3)::integer, v_code, v_sentence, nullif(v_hint, ''));
    return next null::public.erasure_receipts;
  end;
end
$$;

comment on function public.erase_my_account is
  'Erases one''s own data or, for admins and the service, somebody''s. The account itself is deleted by erase-my-account.';

-- Definer: that log is the auth service's. Where the project has it write into the database, it keeps the e-mail of
-- each sign-in.
create function private.delete_auth_log_entries(user_id uuid) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  if to_regclass('auth.audit_log_entries') is not null and has_table_privilege('auth.audit_log_entries', 'delete') then
    execute 'delete from auth.audit_log_entries e where $1 in (e.payload ->> ''actor_id'', e.payload #>> ''{traits,user_id}'')'
      using delete_auth_log_entries.user_id::text;
  end if;
end
$$;

-- Definer: the auth service deletes the account and has no right on anything of ours.
create function private.erase_deleted_account() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  if tg_when = 'BEFORE' then
    -- Whoever was there may be gone (refuse_gone_callers.sql).
    perform set_config('private.known_claims', '', true), set_config('private.known_caller', '', true);
    perform private.erase_account(old.id);
    return old;
  end if;
  perform private.delete_auth_log_entries(old.id);
  update public.erasure_receipts r set account_deleted_at = now() where r.pseudonym = old.id;
  return null;
end
$$;

revoke execute on function private.refuse_erasure, private.cancel_upcoming_sessions, private.count_changed_rows,
  private.add_counts, private.authorize_erasure, private.name_erasure_asker, private.cancel_sessions_before_erasure,
  public.cancel_sessions_before_erasure, private.erase_account, public.erase_my_account,
  private.delete_auth_log_entries, private.erase_deleted_account
  from public, anon, authenticated, service_role;

grant execute on function private.cancel_sessions_before_erasure, public.cancel_sessions_before_erasure,
  private.erase_account, public.erase_my_account to authenticated, service_role;


-- privacy/export_data.sql

-- Exporting data: everything that is known of a person, each row that is theirs and where their files are.
--
-- Which tables are read follows from the foreign keys on auth.users, as for erasing; tables without one are named. Of
-- other people there is the practitioner's name and nothing else: a practitioner's export has nothing about their
-- clients, a participant's has no recording in which others are seen. Technical columns (hashes of links, leases) are
-- left out.

create function private.exported_row(whole_row jsonb) returns jsonb
  language sql stable set search_path = ''
as $$
  select whole_row
       - array['token_sha256', 'key_sha256', 'password_scrypt', 'embedding', 'signature_image', 'lease_id', 'lease_until', 'host_room_url',
               'practitioner_share', 'platform_share', 'revenue_share_id', 'approved_by', 'decided_by', 'requested_by', 'placed_by',
               'verified_by', 'actor', 'grantee_id', 'account_number_encrypted', 'routing_number_encrypted']
      || coalesce((select jsonb_build_object('practitioner_name', p.name) from public.practitioners p
                    where (whole_row ->> 'practitioner_id')::uuid in (p.id, p.user_id) limit 1), '{}');
$$;

-- Definer: people may not read all that is about them in the tables, such as the address they signed from.
create function private.export_rows(user_id uuid) returns table (name text, rows jsonb)
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  c_user        constant uuid := export_rows.user_id;
  -- As arrays, which lead into an index; of a list the planner expects much, and reads everybody's rows for it.
  c_mine        constant uuid[] := array(select s.id from public.session_schedules s
                                          where s.client_id = c_user and not private.is_class(s));
  c_checkouts   constant uuid[] := array(select c.id from public.checkout_sessions c where c.user_id = c_user);
  v_foreign_key record;
begin
  for v_foreign_key in
    select t.relname as name, c.conrelid::regclass as "table", a.attname as "column"
      from pg_catalog.pg_constraint c
      join pg_catalog.pg_class t on t.oid = c.conrelid
      join pg_catalog.pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
     where c.contype = 'f' and c.confrelid = 'auth.users'::regclass and c.confdeltype = 'c' and cardinality(c.conkey) = 1
       and t.relnamespace = 'public'::regnamespace
       -- The other end of a relation is somebody else's row.
       and a.attname in ('id', 'user_id', 'client_id', 'grantor_id', 'created_by')
       and t.relname <> 'user_notifications'
  loop
    return query execute format(
      'select %L::text, jsonb_agg(private.exported_row(to_jsonb(t))) from %s t where t.%I = $1',
      v_foreign_key.name, v_foreign_key."table", v_foreign_key."column") using c_user;
  end loop;

  return query
    with mine as (
      select s.* from public.session_schedules s where s.client_id = c_user and not private.is_class(s)
    ), hosting as (
      select p.* from public.practitioners p where p.user_id = c_user
    ), led as (
      select s.* from public.session_schedules s where s.practitioner_id in (select h.id from hosting h)
    ), exported (name, exported_row) as (
      select 'account', jsonb_build_object('id', u.id, 'email', u.email, 'created_at', u.created_at,
                                           'last_sign_in_at', u.last_sign_in_at, 'metadata', u.raw_user_meta_data)
        from auth.users u where u.id = c_user
      union all select 'profiles', to_jsonb(p) from public.profiles p where p.id = c_user
      union all select 'chosen_language', to_jsonb(c) - 'user_id' from private.chosen_languages c where c.user_id = c_user
      union all select 'sessions', to_jsonb(s) - 'correlated_session_id' from mine s
      union all select 'session_series', to_jsonb(r) || jsonb_build_object('session_ids', (
               select coalesce(jsonb_agg(l.session_id order by l.on_date), '[]') from public.session_series_sessions l
                where l.series_id = r.id))
        from public.session_series r where r.client_id = c_user
      -- A private note is its author's; a shared one is for both.
      union all select 'session_notes', to_jsonb(n) - 'author_id' || jsonb_build_object('is_mine', n.author_id = c_user)
        from public.session_notes n
       where n.session_id = any (c_mine) and (n.author_id = c_user or n.visibility = 'shared')
      union all select 'session_cancellations', to_jsonb(c) from public.session_cancellations c
       where c.user_id = c_user or c.session_id = any (c_mine)
      union all select 'session_attendance', to_jsonb(a) from public.session_attendance a where a.user_id = c_user
      union all select 'session_recordings', jsonb_build_object(
               'id', r.id, 'session_id', r.session_id, 'status', r.status, 'started_at', r.started_at,
               'ended_at', r.ended_at, 'duration_seconds', r.duration_seconds)
        from public.session_recordings r where r.session_id = any (c_mine)
      union all select 'recording_views', jsonb_build_object(
               'recording_id', v.recording_id, 'viewed_at', v.viewed_at, 'link_kind', v.link_kind, 'from', v.masked_address)
        from public.recording_views v
       where v.recording_id = any (array(select r.id from public.session_recordings r where r.session_id = any (c_mine)))
      union all select 'session_ratings', to_jsonb(r) - array['decision_reason', 'is_counted']
        from public.session_ratings r where r.session_id = any (c_mine)
      union all select 'memories', to_jsonb(m) from public.meditation_memories m where m.user_id = c_user
      union all select 'notifications', to_jsonb(n) - case when n.related_id in (select l.id from led l)
                                                           then array['title', 'message'] else '{}' end
        from public.user_notifications n where n.user_id = c_user
      union all select 'consent_history', to_jsonb(h) from public.consent_history h where h.user_id = c_user
      union all select 'waivers', to_jsonb(w) from public.liability_waivers w where w.user_id = c_user
      union all select 'credits', to_jsonb(c) from public.user_session_credits c where c.user_id = c_user
      union all select 'credit_ledger', to_jsonb(l) from public.credit_ledger l where l.user_id = c_user
      union all select 'checkouts', to_jsonb(c) from public.checkout_sessions c where c.user_id = c_user
      union all select 'fees', to_jsonb(f) - 'forgiven_by' from public.owed_fees f where f.user_id = c_user
      union all select 'payments', to_jsonb(p) from public.session_payments p where p.client_id = c_user
      union all select 'refunds', to_jsonb(r) from private.payment_refunds r
       where r.checkout_id = any (c_checkouts)
      union all select 'refunds_at_stripe', to_jsonb(r) from private.stripe_refunds r
       where r.checkout_id = any (c_checkouts)
      union all select 'disputes', to_jsonb(d) from private.payment_disputes d
       where d.checkout_id = any (c_checkouts)
      union all select 'calendar_addresses', jsonb_build_object('created_at', f.created_at, 'fetched_at', f.fetched_at)
        from private.calendar_feeds f where f.user_id = c_user
      union all select 'audit_log', jsonb_build_object(
               'created_at', l.created_at, 'action', l.action, 'table_name', l.table_name, 'record_id', l.record_id,
               'ip_address', l.ip_address, 'user_agent', l.user_agent)
        from public.audit_logs l where l.user_id = c_user
      -- A practitioner
      union all select 'practitioner', to_jsonb(h) from hosting h
      union all select 'led_sessions', jsonb_build_object(
               'id', l.id, 'scheduled_at', l.scheduled_at, 'duration_minutes', l.duration_minutes, 'status', l.status,
               'session_location', l.session_location, 'class_name', l.class_name) from led l
      -- The words are their clients'; whoever is rated reads them by list_my_ratings.
      union all select 'ratings_received', jsonb_build_object('stars', r.stars, 'month', r.month)
        from private.list_received_ratings(c_user, '-infinity', 500) r
      union all select 'availability', to_jsonb(a) from public.practitioner_availability a join hosting h on h.id = a.practitioner_id
      union all select 'time_off', to_jsonb(t) from public.practitioner_time_off t join hosting h on h.id = t.practitioner_id
      -- Of the addresses only where they lead: whoever has one reads all of that calendar.
      union all select 'other_calendars', jsonb_build_object(
               'host', private.get_host(b.address), 'read_at', b.read_at, 'entries', b.entries, 'created_at', b.created_at)
        from private.busy_calendars b join hosting h on h.id = b.practitioner_id
      union all select 'banking', to_jsonb(b) from public.practitioner_banking b join hosting h on h.id = b.practitioner_id
      union all select 'contracts', to_jsonb(c) from public.practitioner_contracts c join hosting h on h.id = c.practitioner_id
      union all select 'contract_signatures', to_jsonb(s) from public.contract_signatures s where s.user_id = c_user
      union all select 'payouts', to_jsonb(p) from public.payouts p join hosting h on h.id = p.practitioner_id
      union all select 'earnings', to_jsonb(t) - 'reason' || jsonb_build_object('amount_minor', (
               select sum(p.amount_minor) from public.ledger_postings p
                where p.transaction_id = t.id and p.account = 'practitioner_payable'))
        from public.ledger_transactions t join hosting h on h.id = t.practitioner_id
    )
    select t.name, jsonb_agg(private.exported_row(t.exported_row)) from exported t group by t.name;
end
$$;

-- Definer: files are listed in schema private, which people do not read.
create function private.export_files(user_id uuid) returns table (name text, content bytea, storage_path text)
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
begin
  return query
    select 'signatures/waiver-' || w.id || '.png', w.signature_image, null::text
      from public.liability_waivers w where w.user_id = export_files.user_id and w.signature_image is not null
    union all
    select 'signatures/contract-' || s.contract_id || '.png', s.signature_image, null
      from public.contract_signatures s where s.user_id = export_files.user_id and s.signature_image is not null
    union all
    -- Of sessions of two, as the client may watch them. In a class others are seen, and a practitioner sees clients.
    (select 'recordings/' || r.id || '/' || regexp_replace(f.storage_path, '^.*/', ''), null, f.storage_path
       from public.session_schedules s
      cross join lateral (select x.id from public.session_recordings x
                           where x.session_id = s.id and x.class_recording_id is null and x.completed_at is not null limit 1) r
       join private.recording_takes t on t.recording_id = r.id and t.status = 'completed'
       join private.recording_files f on f.take_id = t.id
      where s.client_id = export_files.user_id and not private.is_class(s)
        and r.id not in (select private.closed_recording_ids())
      order by r.id, t.number, f.position);
end
$$;

create function public.export_my_data(user_id uuid, ip_address text default null, user_agent text default null)
  returns table (name text, rows jsonb, content bytea, storage_path text)
  language plpgsql volatile security invoker set search_path = '' set statement_timeout = '60s'
as $$
#variable_conflict use_column
declare
  c_function constant text := 'export_my_data';
begin
  perform private.limit_use('data exports', export_my_data.user_id);
  insert into public.audit_logs (user_id, action, table_name, record_id, ip_address, user_agent)
  values (export_my_data.user_id, 'EXPORT', c_function, export_my_data.user_id, export_my_data.ip_address,
          export_my_data.user_agent);
  return query
    select r.name, r.rows, null::bytea, null::text from private.export_rows(export_my_data.user_id) r where r.rows is not null
    union all
    select f.name, null, f.content, f.storage_path from private.export_files(export_my_data.user_id) f;
end
$$;

comment on function public.export_my_data is
  'All that is known of a person, and their files. How often is limited; each export is in the audit log.';

revoke execute on function private.exported_row, private.export_rows, private.export_files, public.export_my_data
  from public, anon, authenticated, service_role;

-- Not granted to authenticated: the address and agent are what the server saw.
grant execute on function private.export_rows, private.export_files, public.export_my_data
  to service_role;


-- privacy/retention.sql

create table public.retention_receipts (
  id         uuid        primary key default gen_random_uuid(),
  table_name text        not null,
  applied_on date        not null default current_date,
  rows       bigint      not null,
  before     timestamptz not null,

  constraint retention_receipts_one_per_day unique (table_name, applied_on),
  constraint retention_receipts_table_name_is_short check (char_length(table_name) <= 63)
);

comment on table public.retention_receipts is
  'How many rows of a table were deleted or blanked on a day. Names nobody.';

comment on column public.retention_receipts.before is 'Rows older than this were deleted or blanked.';

comment on column public.retention_receipts.id is 'Of the row; made here.';

comment on column public.retention_receipts.table_name is 'Of which table.';

comment on column public.retention_receipts.applied_on is 'On which day.';

comment on column public.retention_receipts.rows is 'How many went.';

alter table public.retention_receipts enable row level security;

create policy "admins read retention receipts"
  on public.retention_receipts for select to authenticated using ((select private.is_admin()));

revoke all on public.retention_receipts from anon, authenticated, service_role;

grant select on public.retention_receipts to authenticated, service_role;

-- No insert, update or delete for anybody: applying a policy writes it.

-- Retention asks by age.
create index session_notes_created_at_idx on public.session_notes (created_at);

create index meditation_memories_created_at_idx on public.meditation_memories (created_at);

create index journal_entries_created_at_idx on public.journal_entries (created_at);

create index user_notifications_created_at_idx on public.user_notifications (created_at);

create index email_logs_created_at_idx on public.email_logs (created_at);

create index mails_created_at_idx on private.mails (created_at);

create index outbox_created_at_idx on private.outbox (created_at);

create index user_consents_revoked_at_idx on public.user_consents (revoked_at) where revoked_at is not null;

create function private.user_ids_under_legal_hold() returns setof uuid
  language sql stable set search_path = ''
as $$
  select h.user_id from public.legal_holds h where h.user_id is not null and h.released_at is null;
$$;

create function private.session_ids_under_legal_hold() returns setof uuid
  language sql stable set search_path = ''
as $$
  select s.id from public.session_schedules s
    join public.legal_holds h on h.released_at is null and h.session_id in (s.id, s.group_class_id)
  union
  select s.id from public.session_schedules s where s.client_id in (select private.user_ids_under_legal_hold())
  union
  select s.id from public.session_schedules s join public.practitioners p on p.id = s.practitioner_id
   where p.user_id in (select private.user_ids_under_legal_hold());
$$;

create function private.apply_retention_policy(table_name text, older_than timestamptz, max_rows integer) returns integer
  language plpgsql volatile set search_path = ''
as $$
#variable_conflict use_column
declare
  v_where text := case apply_retention_policy.table_name
    when 'meditation_memories' then 'created_at < $1 and user_id not in (select private.user_ids_under_legal_hold())'
    when 'journal_entries'     then 'created_at < $1 and user_id not in (select private.user_ids_under_legal_hold())'
    when 'user_notifications'  then 'created_at < $1 and user_id not in (select private.user_ids_under_legal_hold())'
    when 'email_logs'          then 'created_at < $1 and user_id not in (select private.user_ids_under_legal_hold())'
    when 'session_notes'       then 'created_at < $1 and author_id not in (select private.user_ids_under_legal_hold())'
                                    ' and session_id not in (select private.session_ids_under_legal_hold())'
    when 'waiting_list_entries' then 'ended_at < $1 and user_id not in (select private.user_ids_under_legal_hold())'
    when 'user_consents'       then 'revoked_at < $1 and user_id not in (select private.user_ids_under_legal_hold())'
    when 'legacy_rows'         then 'created_at < $1 and (account_id is null'
                                    ' or account_id not in (select private.user_ids_under_legal_hold()))'
    when 'webhook_deliveries'  then 'created_at < $1 and status <> ''pending'''
    when 'mails'               then 'created_at < $1 and status in (''sent'', ''dropped'')'
                                    ' and (user_id is null or user_id not in (select private.user_ids_under_legal_hold()))'
    when 'outbox'              then 'created_at < $1 and kind <> ''welcome'' and addressed_at is not null'
                                    ' and not exists (select from private.mails m where m.outbox_id = o.id)'
                                    ' and (user_id is null or user_id not in (select private.user_ids_under_legal_hold()))'
    when 'channel_events'      then 'received_at < $1 and (session_id is null or session_id not in (select'
                                    ' private.session_ids_under_legal_hold()))' end;
  c_schema constant text := case when apply_retention_policy.table_name in ('legacy_rows', 'mails', 'outbox', 'channel_events')
                                 then 'private' else 'public' end;
  v_rows  integer := 0;
begin
  if v_where is not null then
    execute format('delete from %1$I.%2$I t where t.ctid = any (array('
                   'select o.ctid from %1$I.%2$I o where %3$s order by o.%4$I limit $2 for update skip locked))',
                   c_schema, apply_retention_policy.table_name, v_where,
                   split_part(v_where, ' ', 1))  -- the oldest first
      using older_than, max_rows;
    get diagnostics v_rows = row_count;
  elsif apply_retention_policy.table_name = 'session_schedules' then
    update public.session_schedules s
       set notes = null, host_room_url = null, location_coordinates = null
     where s.id in (
       select old.id from public.session_schedules old
        where old.scheduled_at < older_than and old.status in ('completed', 'cancelled')
          and num_nonnulls(old.notes, old.host_room_url, old.location_coordinates) > 0
          and old.id not in (select private.session_ids_under_legal_hold())
        order by old.scheduled_at limit max_rows for update skip locked);
    get diagnostics v_rows = row_count;
  elsif apply_retention_policy.table_name = 'audit_logs' then
    v_rows := private.redact_audit_lines(array(
      select l.id from public.audit_logs l
       where l.created_at < older_than and l.personal_salt is not null
         and (l.user_id is null or l.user_id not in (select private.user_ids_under_legal_hold()))
       order by l.created_at limit max_rows), 'retention');
  end if;
  return v_rows;
end
$$;

-- Definer: retention deletes rows that nobody else may delete.
create function private.apply_retention(max_rows integer) returns table (table_name text, rows integer)
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_policy public.data_retention_policies;
  v_before timestamptz;
  v_rows   integer;
begin
  for v_policy in select * from public.data_retention_policies p where p.auto_delete order by p.table_name loop
    v_before := now() - make_interval(days => v_policy.retention_days);
    v_rows := 0;
    begin
      v_rows := private.apply_retention_policy(v_policy.table_name, v_before, max_rows);
    exception when query_canceled or others then
      raise warning 'retention of %: %', v_policy.table_name, sqlerrm;  -- the other tables are not kept for that
    end;
    if v_rows > 0 then
      insert into public.retention_receipts as r (table_name, rows, before) values (v_policy.table_name, v_rows, v_before)
      on conflict on constraint retention_receipts_one_per_day
      do update set rows = r.rows + excluded.rows, before = excluded.before;
      return query select v_policy.table_name, v_rows;
      return;
    end if;
  end loop;

  -- At the end of a run: log entries that the auth service wrote after deleting an account, and lines not yet sealed.
  perform private.delete_auth_log_entries(e.pseudonym) from public.erasure_receipts e
    where e.account_deleted_at > now() - interval '3 days';
  perform private.seal_audit_lines();
end
$$;

create function public.apply_retention(max_rows integer default 500) returns table (table_name text, rows integer)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.apply_retention(max_rows);
$$;

comment on function public.apply_retention is 'Applies a retention policy to one batch of rows; no row: nothing is due.';

revoke execute on function private.user_ids_under_legal_hold, private.session_ids_under_legal_hold,
  private.apply_retention_policy, private.apply_retention, public.apply_retention from public, anon, authenticated, service_role;

grant execute on function private.apply_retention, public.apply_retention to service_role;
