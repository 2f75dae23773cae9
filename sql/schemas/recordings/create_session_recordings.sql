-- Session recordings: one attempt to record a session, and what came of it.
--
--   pending -> recording -> processing -> completed        pending, recording, processing -> failed
--
-- Against the milestone's table: row-level security, and
-- * `session_id` does not cascade: the row is the only thing that knows of a file in storage, so a session cannot be
--   deleted while a recording of it exists.
-- * one live recording per session, by index: two starters at once must not both reach Agora.

create table public.session_recordings (
  id                uuid primary key default gen_random_uuid(),
  session_id        uuid not null references public.session_schedules (id),
  agora_resource_id text,
  agora_sid         text,
  recording_url     text,
  storage_path      text,
  duration_seconds  integer,
  file_size_bytes   bigint,
  status            text not null default 'pending'
                    check (status in ('pending', 'recording', 'processing', 'completed', 'failed')),
  started_at        timestamptz,
  completed_at      timestamptz,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now()
);
comment on column public.session_recordings.recording_url is 'Our own link, which asks who is there: never a signed one.';
comment on column public.session_recordings.storage_path is 'Inside the private bucket session-recordings.';

create unique index session_recordings_one_live_per_session on public.session_recordings (session_id)
  where status in ('pending', 'recording', 'processing');
create index idx_session_recordings_session_id on public.session_recordings (session_id);
create index idx_session_recordings_status on public.session_recordings (status);
create index idx_session_recordings_agora_sid on public.session_recordings (agora_sid) where agora_sid is not null;

create trigger update_session_recordings_updated_at before update on public.session_recordings
  for each row execute function public.update_updated_at_column();

alter table public.session_recordings enable row level security;

create policy "participants and admins read recordings"
  on public.session_recordings for select to authenticated
  using (session_id in (select private.my_session_ids()) or (select private.is_admin()));

revoke all on public.session_recordings from anon, authenticated, service_role;
-- Not Agora's ids, which stop a recording, and not the storage path: people need the link and how far it is.
grant select (id, session_id, recording_url, duration_seconds, file_size_bytes, status, started_at, completed_at,
              created_at, updated_at)
  on public.session_recordings to authenticated;
-- No write for people: the functions that talk to Agora move the state.
grant select, insert, update, delete on public.session_recordings to service_role;
