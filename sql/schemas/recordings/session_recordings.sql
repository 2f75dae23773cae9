-- Session recordings: one row for each session, which the pages read. It is derived from the session's takes
-- (recording_takes.sql), of which there may be several, by `private.update_recording` alone (joined_takes.sql).
--
--   pending      no take has recorded yet: one is being started, or the next will be
--   recording    a take is on, or the next may begin by itself
--   processing   none is on, and none will begin by itself: files are uploaded and copied, or the session is not over
--   completed    the session is over, every take has ended, and at least one plays
--   failed       no take plays, none is on, and none will begin by itself; `failure_code` says why
--
-- A take that somebody starts by hand, an operator's retry and a reopened session lead back to an earlier state. From
-- its first completion on, a recording keeps its files and its links.
--
-- Against the milestone's table: row-level security, and
-- * `session_id` does not cascade: only the row leads to the files in storage, so a session cannot be deleted while a
--   recording of it exists.
-- * one recording per session, by index: the pages show no link where there are two.

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
  -- The milestone's columns end here.
  ended_at           timestamptz,
  stopped_at         timestamptz,
  playback_url       text,
  failure_code       text,
  failure_reason     text,
  lease_id           uuid,
  lease_until        timestamptz,
  class_recording_id uuid        references public.session_recordings on delete cascade,

  constraint session_recordings_failed_have_a_code check ((status = 'failed') = (failure_code is not null)),
  constraint session_recordings_complete_with_files
    check (status <> 'completed'
           or num_nulls(recording_url, storage_path, completed_at, duration_seconds, file_size_bytes) = 0),
  constraint session_recordings_ids_are_short check (
    char_length(agora_resource_id) <= 5000 and char_length(agora_sid) <= 255),
  constraint session_recordings_links_are_short check (
    char_length(recording_url) <= 2000 and char_length(playback_url) <= 1000 and char_length(storage_path) <= 1000),
  constraint session_recordings_texts_are_short check (
    char_length(failure_code) <= 100 and char_length(failure_reason) <= 2000)
);
comment on column public.session_recordings.agora_sid is 'Of the newest take, as is the resource''s id.';
comment on column public.session_recordings.recording_url is
  'Our own link, which can be revoked and counts views: never a signed one.';
comment on column public.session_recordings.storage_path is
  'Of its first file, inside the private bucket session-recordings. Those of all takes are beside it.';
comment on column public.session_recordings.duration_seconds is 'Of all takes that play, as is the size.';
comment on column public.session_recordings.completed_at is
  'When it was last completed; not null from then on: it can be played, whatever follows.';
comment on column public.session_recordings.stopped_at is
  'Somebody stopped it on purpose: no take begins by itself until somebody starts one by hand.';
comment on column public.session_recordings.playback_url is 'Where its links lead, without their tokens.';
comment on column public.session_recordings.lease_id is 'Of the process that erases it.';
comment on column public.session_recordings.class_recording_id is
  'A participant''s own row for the recording of their class: the pages look for it under the participant''s session.';
comment on table public.session_recordings is 'The recording of a session: one row, whatever number of takes it has.';
comment on column public.session_recordings.id is 'Of the row; made here.';
comment on column public.session_recordings.session_id is 'The session it is about: session_schedules.id.';
comment on column public.session_recordings.file_size_bytes is 'Of all its files.';
comment on column public.session_recordings.status is 'pending, recording, processing, completed or failed.';
comment on column public.session_recordings.started_at is 'When it began.';
comment on column public.session_recordings.created_at is 'When the row was made.';
comment on column public.session_recordings.updated_at is 'When the row was last changed.';

-- Guarantees one row, and for the pages exactly one completed row: with two they show no link.
create unique index session_recordings_one_per_session on public.session_recordings (session_id);
create index session_recordings_completed_at_idx on public.session_recordings (completed_at);
create index idx_session_recordings_status on public.session_recordings (status);
create index idx_session_recordings_agora_sid on public.session_recordings (agora_sid) where agora_sid is not null;
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
   cross join lateral (select x.id from public.session_recordings x where x.class_recording_id = q.recording_id offset 0) r;
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
-- Not Agora's ids, with which a recording can be stopped, nor the storage path: people need the link and the status.
grant select (id, session_id, recording_url, duration_seconds, file_size_bytes, status, started_at, completed_at,
              created_at, updated_at)
  on public.session_recordings to authenticated;
-- No write for people: the functions that call Agora write the state.
grant select, insert, update, delete on public.session_recordings to service_role;

create trigger update_session_recordings_updated_at before update on public.session_recordings
  for each row execute function public.update_updated_at_column();
