-- Session recordings: one attempt to record a session, and what came of it.
--
--   pending ----> recording ----> processing ----> completed
--      |              |                |
--      +--------------+----------------+---------> failed
--
--   pending     the row is inserted; Agora is being asked to start, in attempt 1, 2, 3
--   recording   Agora said that it records
--   processing  it has ended; first Agora uploads its files to the bucket, then we copy them to storage
--   completed   every file is in our storage, equal to its source
--   failed      `failure_code` says why. There is one way back, for an operator: `retry_recording`
--
-- A state only moves forward, by `private.observe_recording`; only the end of a copy (completion.sql) and of a
-- recording that Agora was never asked for (checks.sql) are written elsewhere. `next_check_at` is when the next check
-- is due, whatever webhooks say; `deadline_at` is until when it is tried.
--
-- Against the milestone's table: row-level security, and
-- * `session_id` does not cascade: only the row leads to the files in storage, so a session cannot be deleted while a
--   recording of it exists.
-- * one recording per session, by index: two starters at once must not both reach Agora.

create sequence private.recorder_uids as bigint minvalue 4000000000 maxvalue 4294967295 cycle;
comment on sequence private.recorder_uids is
  'The uids of Agora''s recorders: above all people''s, and a new one for each attempt, since two with one uid evict each other.';
grant usage on sequence private.recorder_uids to service_role;

create table public.session_recordings (
  id                 uuid        primary key default gen_random_uuid(),
  session_id         uuid        not null references public.session_schedules (id),
  agora_resource_id  text,
  agora_sid          text,
  recording_url      text,
  storage_path       text,
  duration_seconds   integer,
  file_size_bytes    bigint,
  status             text        not null default 'pending'
                     check (status in ('pending', 'recording', 'processing', 'completed', 'failed')),
  started_at         timestamptz,
  completed_at       timestamptz,
  created_at         timestamptz not null default now(),
  updated_at         timestamptz not null default now(),
  -- The milestone's columns end here. The rest is how a recording is made.
  mode               text        not null default 'mix',
  requested_by       uuid        references auth.users on delete set null,
  cname              text,
  recorder_uid       bigint,
  failover_uid       bigint,
  attempt            integer     not null default 1,
  prefix             text,
  record_until       timestamptz,
  agora_status       integer,
  agora_seen_at      timestamptz,
  missing_since      timestamptz,
  crashed_at         timestamptz,
  stop_requested_at  timestamptz,
  stop_reason        text,
  media_started_at   timestamptz,
  ended_at           timestamptz,
  upload_complete    boolean     not null default false,
  next_check_at      timestamptz,
  deadline_at        timestamptz,
  lease_id           uuid,
  lease_until        timestamptz,
  copy_failures      integer     not null default 0,
  claim_count        integer     not null default 0,
  failure_code       text,
  failure_reason     text,
  class_recording_id uuid        references public.session_recordings on delete cascade,

  constraint session_recordings_mode_is_known check (mode in ('mix', 'individual')),
  constraint session_recordings_recorder_uid_is_in_its_band check (recorder_uid between 4000000000 and 4294967295),
  -- Agora finds a recording only by all of these together; a participant's copy of a class recording has none.
  constraint session_recordings_have_agora_ids
    check (class_recording_id is not null or num_nulls(cname, recorder_uid, prefix, record_until) = 0),
  constraint session_recordings_failed_have_a_code check ((status = 'failed') = (failure_code is not null)),
  constraint session_recordings_complete_with_files
    check (status <> 'completed'
           or num_nulls(recording_url, storage_path, completed_at, duration_seconds, file_size_bytes) = 0),
  constraint session_recordings_ids_are_short check (
    char_length(agora_resource_id) <= 5000 and char_length(agora_sid) <= 255 and char_length(cname) <= 255 and
    char_length(prefix) <= 255),
  constraint session_recordings_links_are_short check (
    char_length(recording_url) <= 2000 and char_length(storage_path) <= 1000),
  constraint session_recordings_texts_are_short check (
    char_length(stop_reason) <= 100 and char_length(failure_code) <= 100 and char_length(failure_reason) <= 2000)
);
comment on column public.session_recordings.recording_url is
  'Our own link, which can be revoked and counts views: never a signed one.';
comment on column public.session_recordings.storage_path is 'Inside the private bucket session-recordings.';
comment on column public.session_recordings.mode is
  'Agora''s word: mix is one picture of everybody, individual one file per person.';
comment on column public.session_recordings.prefix is 'The folder in Agora''s bucket; each attempt has its own.';
comment on column public.session_recordings.record_until is 'Recorded no longer than until then: the room closes.';
comment on column public.session_recordings.agora_status is
  'The status in Agora''s last answer: 4 and 5 are running, 20 is a crash.';
comment on column public.session_recordings.missing_since is
  'Since when Agora has answered 404: it has ended, or is changing machines (up to 90 s).';
comment on column public.session_recordings.crashed_at is
  'When Agora said that it had crashed; the files in the bucket decide what follows.';
comment on column public.session_recordings.media_started_at is 'When the first picture or sound was recorded.';
comment on column public.session_recordings.upload_complete is
  'All of Agora''s files are in its bucket: copying may begin.';
comment on column public.session_recordings.lease_id is
  'Of the process that copies; with a newer lease, the older one can write nothing any more.';
comment on column public.session_recordings.claim_count is
  'Claims, to check or to copy it, since somebody last reported on it.';
comment on column public.session_recordings.class_recording_id is
  'A participant''s own row for the recording of their class: the pages look for it under the participant''s session.';

-- Guarantees one recording, and for the pages exactly one completed row: with two they show no link.
create unique index session_recordings_one_per_session on public.session_recordings (session_id)
  where status <> 'failed';
create index idx_session_recordings_session_id on public.session_recordings (session_id);
create index idx_session_recordings_status on public.session_recordings (status);
create index idx_session_recordings_agora_sid on public.session_recordings (agora_sid) where agora_sid is not null;
create index session_recordings_next_check_at_idx on public.session_recordings (next_check_at)
  where status in ('pending', 'recording', 'processing');  -- the reconciler claims what is due
-- A notification whose sid is not stored yet is matched by its recorder's uid.
create index session_recordings_recorder_uid_idx on public.session_recordings (recorder_uid);
create index session_recordings_requested_by_idx on public.session_recordings (requested_by);
create index session_recordings_class_recording_id_idx on public.session_recordings (class_recording_id);

alter table public.session_recordings enable row level security;

-- Recordings that are queued for erasure (recording_erasure_queue.sql): closed from that moment on, and participants'
-- rows with their class's.
-- Definer: nobody may read the queue, which the policy on recordings needs.
create function private.closed_recording_ids() returns setof uuid
  language sql stable security definer set search_path = ''
as $$
  select q.recording_id from private.recording_erasure_queue q
  union
  select r.id from private.recording_erasure_queue q
    join public.session_recordings r on r.class_recording_id = q.recording_id;
$$;
revoke execute on function private.closed_recording_ids from public, anon, authenticated, service_role;
grant execute on function private.closed_recording_ids to authenticated, service_role;

-- Not for every session one takes part in: a participant of a class reads the row made for them, with a link of their
-- own, not the class's. Closed recordings are read by admins alone.
create policy "participants and admins read recordings"
  on public.session_recordings for select to authenticated
  using (
    (session_id in (select s.id from public.session_schedules s where s.client_id = (select auth.uid()))
     or session_id in (select private.my_led_session_ids())
     or (select private.is_admin()))
    and ((select private.is_admin()) or id not in (select private.closed_recording_ids())));

revoke all on public.session_recordings from anon, authenticated, service_role;
-- Not Agora's ids, with which a recording can be stopped, nor the storage path, nor how it is made: people need the
-- link and the status.
grant select (id, session_id, recording_url, duration_seconds, file_size_bytes, status, started_at, completed_at,
              created_at, updated_at)
  on public.session_recordings to authenticated;
-- No write for people: the functions that call Agora write the state.
grant select, insert, update, delete on public.session_recordings to service_role;

create trigger update_session_recordings_updated_at before update on public.session_recordings
  for each row execute function public.update_updated_at_column();
