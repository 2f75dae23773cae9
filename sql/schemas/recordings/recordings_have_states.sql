-- The life of a recording. It only moves forward; `private.observe_recording` is the one place that moves it.
--
--   pending ----> recording ----> processing ----> completed
--      |              |                |
--      +--------------+----------------+---------> failed
--
--   pending     the row is won; Agora is being asked, under attempt 1, 2, 3
--   recording   Agora said that it records
--   processing  it is over; first Agora brings its files to the bucket, then we copy them to storage
--   completed   every file is in our storage, equal to its source
--   failed      `failure_code` says why. One way leads back, for an operator: `retry_recording`
--
-- `next_check_at` is when somebody must look again, whatever webhooks say; `deadline_at` is when patience ends.

create sequence private.recorder_uids as bigint minvalue 4000000000 maxvalue 4294967295 cycle;
comment on sequence private.recorder_uids is
  'Numbers of Agora recorders: above all people''s, and a fresh one for each attempt, or two recorders push each other out.';

alter table public.session_recordings
  add column mode               text        not null default 'mix',
  add column requested_by       uuid        references auth.users on delete set null,
  add column cname              text,
  add column recorder_uid       bigint,
  add column failover_uid       bigint,
  add column attempt            integer     not null default 1,
  add column prefix             text,
  add column record_until       timestamptz,
  add column agora_status       integer,
  add column agora_seen_at      timestamptz,
  add column missing_since      timestamptz,
  add column crashed_at         timestamptz,
  add column stop_requested_at  timestamptz,
  add column stop_reason        text,
  add column media_started_at   timestamptz,
  add column ended_at           timestamptz,
  add column upload_complete    boolean     not null default false,
  add column next_check_at      timestamptz,
  add column deadline_at        timestamptz,
  add column lease_id           uuid,
  add column lease_until        timestamptz,
  add column copy_failures      integer     not null default 0,
  add column failure_code       text,
  add column failure_reason     text,
  add column class_recording_id uuid        references public.session_recordings on delete cascade,

  add constraint session_recordings_mode_is_agoras check (mode in ('mix', 'individual')),
  add constraint session_recordings_recorder_uid_is_no_persons check (recorder_uid between 4000000000 and 4294967295),
  -- Agora finds a recording only by all of these together; a participant's copy of a class recording has none.
  add constraint session_recordings_know_their_recorder
    check (class_recording_id is not null or num_nulls(cname, recorder_uid, prefix, record_until) = 0),
  add constraint session_recordings_say_why_they_failed check ((status = 'failed') = (failure_code is not null)),
  add constraint session_recordings_complete_with_files
    check (status <> 'completed' or num_nulls(recording_url, storage_path, completed_at, duration_seconds, file_size_bytes) = 0);

comment on column public.session_recordings.mode is 'Agora''s word: mix is one picture of everybody, individual one file per person.';
comment on column public.session_recordings.prefix is 'The folder in Agora''s bucket; each attempt has its own.';
comment on column public.session_recordings.record_until is 'Recorded no longer than this: the room closes.';
comment on column public.session_recordings.agora_status is 'What Agora last said of it: 4 and 5 are running, 20 is a crash.';
comment on column public.session_recordings.missing_since is 'Since when Agora finds no worker: ended, or failing over (up to 90 s).';
comment on column public.session_recordings.crashed_at is 'Agora said it ended badly; what is in the bucket decides.';
comment on column public.session_recordings.media_started_at is 'When the first picture or sound was recorded.';
comment on column public.session_recordings.upload_complete is 'Everything Agora has is in its bucket: copying may begin.';
comment on column public.session_recordings.lease_id is 'Whoever copies holds this; a newer one shuts the older out.';
comment on column public.session_recordings.class_recording_id is
  'A participant''s own row for the recording of their class: the pages look for it under the participant''s session.';

-- The guarantee behind "one live recording", and behind the pages, which show a link only where exactly one row is completed.
drop index public.session_recordings_one_live_per_session;
create unique index session_recordings_one_per_session on public.session_recordings (session_id) where status <> 'failed';
create index session_recordings_next_check_at_idx on public.session_recordings (next_check_at)
  where status in ('pending', 'recording', 'processing');  -- the reconciler asks what is due
create index session_recordings_recorder_uid_idx on public.session_recordings (recorder_uid);  -- a notification before its sid is known
create index session_recordings_requested_by_idx on public.session_recordings (requested_by);
create index session_recordings_class_recording_id_idx on public.session_recordings (class_recording_id);

-- None of these columns is granted to people: they read how far a recording is, not how it is done.
grant usage on sequence private.recorder_uids to service_role;

-- A participant of a class reads the row made for them, with a link of their own, not the class's.
alter policy "participants and admins read recordings" on public.session_recordings
  using (
    session_id in (select s.id from public.session_schedules s where s.client_id = (select auth.uid()))
    or session_id in (select private.my_led_session_ids())
    or (select private.is_admin()));
