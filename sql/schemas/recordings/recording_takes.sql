-- Takes: each time that a session is recorded, and what came of it. A session has any number of them, one after the
-- other: until it is over, the next begins where the last one ended before it should have (automatic_start.sql).
--
--   pending ----> recording ----> processing ----> completed
--      |              |                |
--      +--------------+----------------+---------> failed
--
--   pending     the row is inserted; Agora is being asked to start, in attempt 1, 2, 3
--   recording   Agora said that it records
--   processing  it has ended; first Agora uploads its files to the bucket, then we copy them to storage
--   completed   every file is in our storage, equal to its source
--   failed      `failure_code` says why. There is one way back, for an operator: `retry_take`
--
-- A state only moves forward, by `private.observe_take`; only the end of a copy (completion.sql) and of a take that
-- Agora was never asked for (checks.sql) are written elsewhere. `next_check_at` is when the next check is due, whatever
-- webhooks say; `deadline_at` is until when it is tried.

create sequence private.recorder_uids as bigint minvalue 4000000000 maxvalue 4294967295 cycle;
comment on sequence private.recorder_uids is
  'The uids of Agora''s recorders: above all people''s, and a new one for each attempt, since two with one uid evict each other.';
grant usage on sequence private.recorder_uids to service_role;

create table private.recording_takes (
  id                uuid        primary key default gen_random_uuid(),
  recording_id      uuid        not null references public.session_recordings on delete cascade,
  session_id        uuid        not null references public.session_schedules,
  number            integer     not null default 1,
  status            text        not null default 'pending',
  mode              text        not null default 'mix',
  requested_by      uuid        references auth.users on delete set null,
  cname             text        not null,
  recorder_uid      bigint      not null,
  failover_uid      bigint,
  attempt           integer     not null default 1,
  prefix            text        not null,
  record_until      timestamptz not null,
  agora_resource_id text,
  agora_sid         text,
  agora_status      integer,
  agora_seen_at     timestamptz,
  missing_since     timestamptz,
  crashed_at        timestamptz,
  stop_requested_at timestamptz,
  stop_reason       text,
  started_at        timestamptz,
  media_started_at  timestamptz,
  ended_at          timestamptz,
  upload_complete   boolean     not null default false,
  next_check_at     timestamptz,
  deadline_at       timestamptz,
  lease_id          uuid,
  lease_until       timestamptz,
  copy_failures     integer     not null default 0,
  claim_count       integer     not null default 0,
  storage_path      text,
  duration_seconds  integer,
  file_size_bytes   bigint,
  failure_code      text,
  failure_reason    text,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),

  constraint recording_takes_are_numbered unique (recording_id, number),
  constraint recording_takes_are_few check (number between 1 and 24),
  constraint recording_takes_status_is_known
    check (status in ('pending', 'recording', 'processing', 'completed', 'failed')),
  constraint recording_takes_mode_is_known check (mode in ('mix', 'individual')),
  constraint recording_takes_recorder_uid_is_in_its_band check (recorder_uid between 4000000000 and 4294967295),
  constraint recording_takes_failed_have_a_code check ((status = 'failed') = (failure_code is not null)),
  constraint recording_takes_complete_with_files
    check (status <> 'completed' or num_nulls(storage_path, duration_seconds, file_size_bytes) = 0),
  constraint recording_takes_texts_are_short check (
    char_length(agora_resource_id) <= 5000 and char_length(agora_sid) <= 255 and char_length(cname) <= 255 and
    char_length(prefix) <= 255 and char_length(storage_path) <= 1000 and char_length(stop_reason) <= 100 and
    char_length(failure_code) <= 100 and char_length(failure_reason) <= 2000)
);
comment on column private.recording_takes.number is 'Takes play in this order.';
comment on column private.recording_takes.mode is
  'Agora''s word: mix is one picture of everybody, individual one file per person.';
comment on column private.recording_takes.requested_by is 'Null: it began by itself.';
comment on column private.recording_takes.prefix is 'The folder in Agora''s bucket; each attempt has its own.';
comment on column private.recording_takes.record_until is 'Recorded no longer than until then: the room closes.';
comment on column private.recording_takes.agora_status is
  'The status in Agora''s last answer: 4 and 5 are running, 20 is a crash.';
comment on column private.recording_takes.missing_since is
  'Since when Agora has answered 404: it has ended, or is changing machines (up to 90 s).';
comment on column private.recording_takes.crashed_at is
  'When Agora said that it had crashed; the files in the bucket decide what follows.';
comment on column private.recording_takes.media_started_at is 'When the first picture or sound was recorded.';
comment on column private.recording_takes.upload_complete is
  'All of Agora''s files are in its bucket: copying may begin.';
comment on column private.recording_takes.lease_id is
  'Of the process that copies; with a newer lease, the older one can write nothing any more.';
comment on column private.recording_takes.claim_count is
  'Claims, to check or to copy it, since somebody last reported on it.';

-- Two who start at once must not both reach Agora, and two recorders must not record the same.
create unique index recording_takes_one_at_once on private.recording_takes (session_id)
  where status in ('pending', 'recording');
create index recording_takes_session_id_idx on private.recording_takes (session_id);
create index recording_takes_created_at_idx on private.recording_takes (created_at);  -- ops_status asks for the newest
create index recording_takes_agora_sid_idx on private.recording_takes (agora_sid) where agora_sid is not null;
create index recording_takes_next_check_at_idx on private.recording_takes (next_check_at)
  where status in ('pending', 'recording', 'processing');  -- the reconciler claims what is due
-- A notification whose sid is not stored yet is matched by its recorder's uid.
create index recording_takes_recorder_uid_idx on private.recording_takes (recorder_uid);
create index recording_takes_requested_by_idx on private.recording_takes (requested_by);

alter table private.recording_takes enable row level security;
-- No policy: only the service and the functions of this schema read and write it.
grant select, insert, update, delete on private.recording_takes to service_role;

create trigger update_recording_takes_updated_at before update on private.recording_takes
  for each row execute function public.update_updated_at_column();

-- The folder of a recording in Agora's bucket, and in it that of each attempt of each take. Agora accepts letters and
-- digits only.
create function private.recording_folder(recording_id uuid) returns text
  language sql immutable set search_path = ''
as $$
  select 'recordings/' || replace(recording_id::text, '-', '');
$$;

create function private.take_prefix(recording_id uuid, number integer, attempt integer) returns text
  language sql immutable set search_path = ''
as $$
  select private.recording_folder(recording_id) || '/' || number || '/' || attempt;
$$;

create function private.take_start_timeout() returns interval
  language sql immutable set search_path = ''
as $$
  -- A resource is valid for 5 minutes, and a recorder alone in its channel leaves after 5. With no file and no sid
  -- after 6, nothing is recording, so a second attempt cannot become a second recording.
  select interval '6 minutes';
$$;

revoke execute on function private.recording_folder, private.take_prefix, private.take_start_timeout
  from public, anon, authenticated, service_role;
grant execute on function private.recording_folder, private.take_prefix, private.take_start_timeout to service_role;
