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
