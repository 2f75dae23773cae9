-- From sql/schemas: recordings/session_recordings, recordings/recording_takes, recordings/joined_takes, recordings/consent, recordings/start_and_stop, recordings/expected_people, recordings/automatic_start, recordings/observations, recordings/agora_notifications, recordings/checks, recordings/files, recordings/completion, recordings/links, recordings/share_links, recordings/legal_holds, recordings/recording_erasure_queue, recordings/joined_files, recordings/film, recordings/playback, recordings/erasure_notices, recordings/erasures.

-- Functions name what later chapters make.
set check_function_bodies = off;

set lock_timeout = '5s';
set statement_timeout = 0;
do $$ begin lock table public.session_schedules in access exclusive mode; end $$;


-- adoption/recordings_aside.sql

-- Recordings of the platform in use.
call legacy.set_aside('session_recordings');


-- recordings/session_recordings.sql

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


-- recordings/recording_takes.sql

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


-- adoption/recordings.sql

-- Recordings home: one for each session, the newest that plays, or else the newest. What was under way ended with the
-- functions that knew of it. A link that the platform stored plays for as long as it does there.
call legacy.bring_home('session_recordings',
  columns => 'id, session_id, agora_resource_id, agora_sid, recording_url, storage_path, duration_seconds,
              file_size_bytes, status, started_at, completed_at, created_at, updated_at, failure_code, failure_reason',
  home => $$r.id, r.session_id, r.agora_resource_id, r.agora_sid, r.recording_url,
            case when p.plays then coalesce(r.storage_path, '') else r.storage_path end,
            case when p.plays then coalesce(r.duration_seconds, 0) else r.duration_seconds end,
            case when p.plays then coalesce(r.file_size_bytes, 0) else r.file_size_bytes end,
            case when p.plays then 'completed' else 'failed' end, r.started_at,
            case when p.plays then coalesce(r.completed_at, r.updated_at) else r.completed_at end, r.created_at, r.updated_at,
            case when not p.plays then 'before_adoption' end,
            case when not p.plays then 'It was ' || r.status || ' when the platform was adopted, without a link.' end$$,
  tables => $$cross join lateral (select r.status = 'completed' and r.recording_url is not null as plays) p$$,
  account => '(select s.client_id from public.session_schedules s where s.id = r.session_id)',
  unfit => $$case when r.id <> (
                select o.id from legacy.session_recordings o where o.session_id = r.session_id
                 order by o.status = 'completed' and o.recording_url is not null desc, o.created_at desc, o.id limit 1)
              then 'another recording of the same session' end$$);

-- Until the closing files the platform's own functions go on writing recordings: more than one of a session, and without
-- what a state asks for.
create function legacy.receive_recording() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  if current_setting('request.path', true) like '/rpc/%' then
    return new;
  end if;
  if tg_op = 'INSERT' then
    with earlier as (
      delete from public.session_recordings r
       where r.session_id = new.session_id
         and not exists (select from private.recording_takes t where t.recording_id = r.id) returning r.*)
    insert into private.legacy_rows (table_name, row_id, reason, row_data, account_id)
    select 'session_recordings', e.id, 'another recording of the same session', to_jsonb(e), u.id
      from earlier e left join public.session_schedules s on s.id = e.session_id
      left join auth.users u on u.id = s.client_id;
  end if;
  if new.status = 'failed' then
    new.failure_code := coalesce(new.failure_code, 'before_adoption');
  else
    new.failure_code := null;
  end if;
  if new.status = 'completed' then
    new.recording_url := coalesce(new.recording_url, '');
    new.storage_path := coalesce(new.storage_path, '');
    new.completed_at := coalesce(new.completed_at, now());
    new.duration_seconds := coalesce(new.duration_seconds, 0);
    new.file_size_bytes := coalesce(new.file_size_bytes, 0);
  end if;
  return new;
end
$$;

do $$
begin
  if legacy.came_home('session_recordings') then
    create trigger legacy_receive before insert or update on public.session_recordings
      for each row execute function legacy.receive_recording();
  end if;
end
$$;


-- recordings/joined_takes.sql

-- Joined takes: a session's recording follows its takes. Whatever moves a take, the session, a consent or the clock,
-- the row is derived anew from all of them; the states and when each holds stand in session_recordings.sql.

-- Whether another take may begin by itself as long as the session lasts: nobody stopped it on purpose, everybody there
-- agrees, and there have not been too many. Each is paid for, and a recorder that fails for an hour fails for another.
-- When it does begin is decided in automatic_start.sql.
create function private.may_next_take_begin(session public.session_schedules) returns boolean
  language sql stable set search_path = ''
as $$
  select (session).status in ('scheduled', 'in_progress') and (session).session_location = 'online'
         and now() < (session).scheduled_at + make_interval(mins => (session).duration_minutes)
         and not exists (select from public.session_recordings r
                          where r.session_id = (session).id
                            and (r.stopped_at is not null or private.is_being_erased(r.id)))
         and (select count(*) from private.recording_takes t where t.session_id = (session).id) < private.max_takes()
         and private.has_everybodys_consent(session);
$$;

-- As many takes of a session begin by themselves; by hand there may be twice as many (recording_takes_are_few).
create function private.max_takes() returns integer
  language sql immutable set search_path = ''
as $$
  select 12;
$$;

-- Definer: whoever moves a take, a session or a consent may not write its recording.
create function private.update_recording(recording_id uuid) returns void
  language plpgsql security definer set search_path = ''
as $$
declare
  v_old     public.session_recordings;
  v_new     public.session_recordings;
  v_session public.session_schedules;
  v_newest  private.recording_takes;
  v_takes   record;
  v_is_over boolean;
begin
  -- Locked before its takes are read: of two takes that move at once, the second sees what became of the first.
  select * into v_old from public.session_recordings r where r.id = update_recording.recording_id for no key update;
  select * into v_newest from private.recording_takes t where t.recording_id = v_old.id order by t.number desc limit 1;
  if v_newest.id is null then
    return;  -- it was erased, or has no take yet
  end if;
  select * into v_session from public.session_schedules s where s.id = v_old.session_id;
  select bool_or(t.status in ('pending', 'recording')) as is_on, bool_or(t.started_at is not null) as has_recorded,
         bool_or(t.status = 'processing') as is_processed, bool_or(t.status = 'completed') as plays,
         min(t.started_at) as started_at, max(t.ended_at) as ended_at,
         sum(t.duration_seconds) filter (where t.status = 'completed') as seconds,
         sum(t.file_size_bytes) filter (where t.status = 'completed') as bytes
    into v_takes
    from private.recording_takes t where t.recording_id = v_old.id;
  v_is_over := v_session.status in ('completed', 'cancelled');

  v_new := v_old;
  v_new.status := case
    when v_takes.is_on or private.may_next_take_begin(v_session)
      then case when v_takes.has_recorded then 'recording' else 'pending' end
    when v_takes.is_processed or (v_takes.plays and not v_is_over) then 'processing'
    when v_takes.plays then 'completed'
    else 'failed'
  end;
  v_new.agora_resource_id := v_newest.agora_resource_id;
  v_new.agora_sid := v_newest.agora_sid;
  v_new.started_at := v_takes.started_at;
  v_new.ended_at := v_takes.ended_at;
  v_new.duration_seconds := v_takes.seconds;
  v_new.file_size_bytes := v_takes.bytes;
  v_new.storage_path := (select t.storage_path from private.recording_takes t
                          where t.recording_id = v_old.id and t.status = 'completed' order by t.number limit 1);
  -- Where none plays, the newest take says why.
  v_new.failure_code := case when v_new.status = 'failed' then v_newest.failure_code end;
  v_new.failure_reason := case when v_new.status = 'failed' then v_newest.failure_reason end;
  if v_new.status = 'completed' then
    v_new.recording_url := coalesce(v_old.recording_url, private.replace_recording_link(v_old.id, v_old.playback_url));
    v_new.completed_at := case when v_old.status = 'completed' then v_old.completed_at else now() end;
  end if;
  if v_new is not distinct from v_old then
    return;
  end if;
  update public.session_recordings r
     set status = v_new.status, agora_resource_id = v_new.agora_resource_id, agora_sid = v_new.agora_sid,
         started_at = v_new.started_at, ended_at = v_new.ended_at, duration_seconds = v_new.duration_seconds,
         file_size_bytes = v_new.file_size_bytes, storage_path = v_new.storage_path,
         failure_code = v_new.failure_code, failure_reason = v_new.failure_reason,
         recording_url = v_new.recording_url, completed_at = v_new.completed_at
   where r.id = v_old.id;
  if v_new.status = 'completed' then
    perform private.add_participant_recordings(v_old.id);
  end if;
end;
$$;

-- Definer: as above.
create function private.update_recording_of_take() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.update_recording(new.recording_id);
  return null;
end;
$$;

create trigger recording_takes_10_update_recording
  after insert or update of status, agora_resource_id, agora_sid, started_at, ended_at on private.recording_takes
  for each row execute function private.update_recording_of_take();

-- Tells the practitioner, once for each session, that what should have been recorded was not: while they can still do
-- something about it, if it is noticed in time.
create function private.tell_not_recorded(session public.session_schedules, failure_code text) returns void
  language sql volatile set search_path = ''
as $$
  insert into private.outbox (kind, user_id, session_id, payload)
  select 'recording_failed', p.user_id, (session).id, jsonb_build_object(
           'recording_id', (select r.id from public.session_recordings r where r.session_id = (session).id),
           'failure_code', tell_not_recorded.failure_code, 'client_id', (session).client_id,
           'scheduled_at', (session).scheduled_at)
    from public.practitioners p
   where p.id = (session).practitioner_id and p.user_id is not null
     and not exists (select from private.outbox o where o.session_id = (session).id and o.kind = 'recording_failed');
$$;

-- Definer: nobody reads or writes the outbox.
create function private.publish_failed_take() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  -- A take of a room in which nobody was any more is no loss, if there is another.
  if new.failure_code = 'no_media' and exists (
       select from private.recording_takes t
        where t.recording_id = new.recording_id and t.id <> new.id and t.status in ('recording', 'processing', 'completed')) then
    return null;
  end if;
  perform private.tell_not_recorded(s, new.failure_code) from public.session_schedules s where s.id = new.session_id;
  return null;
end
$$;

-- Not if it was stopped before it began: that was requested.
create trigger recording_takes_70_publish_failed after update of status on private.recording_takes
  for each row when (new.status = 'failed' and old.status <> 'failed' and new.failure_code <> 'stopped_before_start')
  execute function private.publish_failed_take();

revoke execute on function private.may_next_take_begin, private.max_takes, private.update_recording,
  private.update_recording_of_take, private.tell_not_recorded, private.publish_failed_take
  from public, anon, authenticated, service_role;


-- recordings/consent.sql

-- Consent to be recorded: nobody is recorded who has not agreed.
--
--   start        everybody must have agreed: practitioner, client, and whoever holds a live token for the channel
--   admission    of somebody who has not agreed: stops the recording, and they get a token once it has stopped
--   withdrawal   stops every recording of a session in which the person takes part
--
-- What is stopped is the take that is on. Another begins by itself once everybody there agrees (automatic_start.sql).
--
-- Transactions about the same session wait for each other here: a start takes the session's lock alone, admissions
-- share it, and both lock the consent rows they relied on, so that a withdrawal waits and then sees what they did.

create function private.recording_lock_key(session_id uuid) returns bigint
  language sql immutable set search_path = ''
as $$
  select hashtextextended('recording ' || session_id, 0);
$$;

create function private.list_session_participants(session public.session_schedules) returns setof uuid
  language sql stable set search_path = ''
as $$
  select p.user_id from public.practitioners p where p.id = (session).practitioner_id and p.user_id is not null
  union
  -- One to one. A class's own row has its practitioner as its client.
  select (session).client_id
   where (session).group_class_id is null and coalesce((session).max_participants, 1) <= 1
  union
  select a.user_id from private.channel_admissions a where a.session_id = (session).id and a.expires_at > now();
$$;

create function private.count_without_consent(session public.session_schedules) returns bigint
  language plpgsql set search_path = ''
as $$
begin
  -- Locked until the end of the transaction: a consent that is relied on cannot be withdrawn meanwhile.
  perform from public.user_consents c
    where c.consent_type = 'session_recording' and c.user_id in (select private.list_session_participants(session))
    order by c.user_id for share;
  return (select count(*) from private.list_session_participants(session) person
           where not exists (select from public.user_consents c
                              where c.user_id = person and c.consent_type = 'session_recording'
                                and c.consented and c.revoked_at is null));
end;
$$;

-- The same as a question, which holds nobody up: a withdrawal at the same time may make the answer wrong.
create function private.has_everybodys_consent(session public.session_schedules) returns boolean
  language sql stable set search_path = ''
as $$
  select not exists (
    select from private.list_session_participants(session) person
     where not exists (select from public.user_consents c
                        where c.user_id = person and c.consent_type = 'session_recording'
                          and c.consented and c.revoked_at is null));
$$;

create function private.request_recording_stop(session_id uuid, reason text) returns void
  language sql set search_path = ''
as $$
  -- Agora is told by the caller itself, or by the reconciler within a minute.
  update private.recording_takes t
     set stop_requested_at = now(), stop_reason = request_recording_stop.reason, next_check_at = now()
   where t.session_id = request_recording_stop.session_id and t.status in ('pending', 'recording')
     and t.stop_requested_at is null;
$$;

-- For somebody who wants a token: true if they have to wait, since a recording is on to which they have not agreed. It
-- is requested to stop.
-- Definer: they may neither read recordings nor stop one in any other way.
create function private.stop_recording_before_admission(session_id uuid, user_id uuid) returns boolean
  language plpgsql security definer set search_path = ''
as $$
begin
  perform pg_advisory_xact_lock_shared(private.recording_lock_key(stop_recording_before_admission.session_id));
  if not exists (select from private.recording_takes t
                  where t.session_id = stop_recording_before_admission.session_id
                    and t.status in ('pending', 'recording')) then
    return false;
  end if;
  perform from public.user_consents c
    where c.user_id = stop_recording_before_admission.user_id and c.consent_type = 'session_recording'
      and c.consented and c.revoked_at is null
    for share;
  if found then
    return false;
  end if;
  -- Taking part comes before the recording: it stops, and then they are admitted.
  perform private.request_recording_stop(stop_recording_before_admission.session_id, 'somebody_has_not_agreed');
  return true;
end;
$$;

-- Definer: whoever withdraws may not write the recording.
create function private.stop_recordings_without_consent() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_recording public.session_recordings;
begin
  for v_recording in
    select r.* from public.session_recordings r join public.session_schedules s on s.id = r.session_id
     where r.status in ('pending', 'recording') and old.user_id in (select private.list_session_participants(s))
     order by r.id
  loop
    perform private.request_recording_stop(v_recording.session_id, 'consent_withdrawn');
    perform private.update_recording(v_recording.id);  -- between two takes there is nothing to stop
  end loop;
  return null;
end;
$$;

-- When a session begins, ends or is reopened; its trigger is among those of session_schedules.
-- Definer: whoever changes a session's status may not write its recording.
create function private.update_recording_of_session() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  if new.status in ('cancelled', 'completed') then
    perform private.request_recording_stop(new.id, 'session_' || new.status);
  end if;
  perform private.update_recording(r.id) from public.session_recordings r where r.session_id = new.id;
  if new.status = 'completed' then
    perform private.tell_missing_recording(new);
  end if;
  return null;
end;
$$;

revoke execute on function private.recording_lock_key, private.list_session_participants, private.count_without_consent,
  private.has_everybodys_consent, private.request_recording_stop, private.stop_recording_before_admission,
  private.stop_recordings_without_consent, private.update_recording_of_session
  from public, anon, authenticated, service_role;

grant execute on function private.stop_recording_before_admission to authenticated;


-- recordings/start_and_stop.sql

-- Starting a recording, stopping it, and its status: who may, and which of several callers calls Agora.
--
-- A start inserts the take before Agora is called, so twenty callers make one. A stop is a request that is stored:
-- whoever passes it on to Agora may crash, and the reconciler passes it on again. It is also final for the automatic
-- start, until somebody starts a take by hand.

-- The caller's access to a session's recording: `is_staff` is its practitioner, an admin or the service. The session is
-- null for strangers.
create type private.recording_access as (session public.session_schedules, is_staff boolean);

-- Definer: whether the caller belongs to a session must not depend on which of its rows they may read.
create function private.my_recording_access(session_id uuid) returns private.recording_access
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_channel  private.channel_access := private.get_channel_access(null, session_id);
  v_session  public.session_schedules := v_channel.session;
  v_is_staff boolean := coalesce((select auth.role()), '') = 'service_role' or (select private.is_admin());
begin
  if v_session.id is null and v_is_staff then
    -- A participant's row leads to that of the class.
    select class.* into v_session from public.session_schedules named
      join public.session_schedules class on class.id = coalesce(named.group_class_id, named.id)
     where named.id = my_recording_access.session_id;
  end if;
  return row (v_session, v_is_staff or coalesce(v_channel.is_host, false))::private.recording_access;
end;
$$;

-- `is_new` is true for the one caller who inserted the take and is to call Agora.
-- Definer: nobody may write takes in any other way.
create function private.start_agora_recording(
  session_id uuid, mode text, by_hand boolean, out is_new boolean, out take private.recording_takes)
  language plpgsql security definer set search_path = ''
as $$
declare
  v_access    private.recording_access := private.my_recording_access(session_id);
  v_session   public.session_schedules := v_access.session;
  v_recording public.session_recordings;
  v_missing   bigint;
  v_number    integer;
begin
  if v_session.id is null then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  elsif not v_access.is_staff then
    perform private.refuse(403, 'not_allowed', 'Only the practitioner can record a session.');
  end if;

  -- From here on nobody is admitted: an admission at the same time has been committed, or waits.
  perform pg_advisory_xact_lock(private.recording_lock_key(v_session.id));
  select * into take from private.recording_takes t where t.session_id = v_session.id and t.status in ('pending', 'recording');
  is_new := take.id is null;
  if not is_new then
    if take.stop_requested_at is not null then
      perform private.refuse(409, 'recording_stopping', 'The recording of this session is just being stopped.',
                             'Please try again in a minute.');
    end if;
    return;
  end if;

  -- Locked as well: a cancellation at the same time is committed first, or finds this take and stops it.
  select * into v_session from public.session_schedules s where s.id = v_session.id for share;
  perform private.refuse_closed_room(v_session);
  v_missing := private.count_without_consent(v_session);
  if v_missing > 0 then
    perform private.refuse(409, 'recording_consent_missing', 'Not everybody in this session has agreed to be recorded.',
                           format('%s of the people present have not agreed.', v_missing));
  end if;

  insert into public.session_recordings (session_id) values (v_session.id) on conflict do nothing;
  update public.session_recordings r
     set stopped_at = case when not start_agora_recording.by_hand then r.stopped_at end
   where r.session_id = v_session.id
  returning r.* into v_recording;
  select coalesce(max(t.number), 0) + 1 into v_number from private.recording_takes t where t.recording_id = v_recording.id;
  if private.is_being_erased(v_recording.id) then
    perform private.refuse(409, 'recording_being_erased', 'What was recorded of this session is being erased.');
  elsif v_number > 2 * private.max_takes() then
    perform private.refuse(409, 'too_many_takes', 'This session has been recorded too often already.');
  end if;

  insert into private.recording_takes as t
    (recording_id, session_id, number, mode, requested_by, cname, recorder_uid, prefix, record_until, next_check_at,
     deadline_at)
  values
    (v_recording.id, v_session.id, v_number, start_agora_recording.mode,
     case when start_agora_recording.by_hand then (select auth.uid()) end, private.get_channel_name(v_session),
     nextval('private.recorder_uids'), private.take_prefix(v_recording.id, v_number, 1),
     v_session.scheduled_at + make_interval(mins => v_session.duration_minutes + 60),
     now() + interval '45 seconds', now() + private.take_start_timeout())
  returning t.* into take;
end;
$$;

-- Gives the newest take, which is stopped if it is on.
-- Definer: nobody may write recordings in any other way.
create function private.stop_agora_recording(session_id uuid, recording_id uuid) returns private.recording_takes
  language plpgsql security definer set search_path = ''
as $$
declare
  v_recording public.session_recordings;
  v_access    private.recording_access;
  v_take      private.recording_takes;
begin
  select * into v_recording from public.session_recordings r where r.id = stop_agora_recording.recording_id;
  v_access := private.my_recording_access(coalesce(v_recording.session_id, stop_agora_recording.session_id));
  if (v_access.session).id is not null and not v_access.is_staff then
    perform private.refuse(403, 'not_allowed', 'Only the practitioner can stop a recording.');
  end if;
  -- In a class, a participant's row leads to that of the class.
  if (v_access.session).id is not null and (v_recording.id is not null or stop_agora_recording.recording_id is null) then
    perform pg_advisory_xact_lock(private.recording_lock_key((v_access.session).id));
    perform private.request_recording_stop((v_access.session).id, 'asked');
    update public.session_recordings r set stopped_at = coalesce(r.stopped_at, now())
     where r.session_id = (v_access.session).id
    returning r.* into v_recording;
    perform private.update_recording(v_recording.id);
    select * into v_take from private.recording_takes t where t.recording_id = v_recording.id order by t.number desc limit 1;
  end if;
  if v_take.id is null then
    perform private.refuse(404, 'recording_not_found', 'There is no such recording.');
  end if;
  return v_take;
end;
$$;

create function public.start_agora_recording(session_id uuid, mode text default 'mix')
  returns table (is_new boolean, take_id uuid, recording_id uuid, status text, agora_resource_id text, agora_sid text)
  language sql security invoker set search_path = ''
as $$
  select private.limit_use('recording commands', (select auth.uid()));
  select s.is_new, (s.take).id, (s.take).recording_id, (s.take).status, (s.take).agora_resource_id, (s.take).agora_sid
    from private.start_agora_recording(session_id, mode, true) s;
$$;

comment on function public.start_agora_recording is 'Starts a take of a session, if everybody there has agreed.';

create function public.stop_agora_recording(session_id uuid default null, recording_id uuid default null)
  returns table (take_id uuid, recording_id uuid, status text)
  language sql security invoker set search_path = ''
as $$
  select private.limit_use('recording commands', (select auth.uid()));
  select t.id, t.recording_id, t.status from private.stop_agora_recording($1, $2) t;
$$;

comment on function public.stop_agora_recording is 'Stops the take that is on.';

-- The rest of the row, which whoever carries a start or a stop to Agora needs and people may not read.
create function public.find_take(take_id uuid) returns setof private.recording_takes
  language sql stable security invoker set search_path = ''
as $$
  select * from private.recording_takes t where t.id = find_take.take_id;
$$;

-- Definer: Agora's ids are for admins alone, and an admin too is `authenticated`, which has no right to these columns.
create function private.get_recording_status(
  session_id uuid, recording_id uuid, out recording public.session_recordings, out newest_take private.recording_takes)
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_recording public.session_recordings;
  v_access    private.recording_access;
begin
  if recording_id is not null then
    select * into v_recording from public.session_recordings r where r.id = get_recording_status.recording_id;
  end if;
  v_access := private.my_recording_access(coalesce(v_recording.session_id, get_recording_status.session_id));
  if recording_id is null and (v_access.session).id is not null then
    -- A participant's own row, once there is one, rather than the class's.
    select * into v_recording from public.session_recordings r
     where r.session_id in (get_recording_status.session_id, (v_access.session).id)
     order by r.session_id <> get_recording_status.session_id limit 1;
  end if;
  -- A closed recording is not found, except by admins and the service.
  if v_recording.id is null or (v_access.session).id is null
     or v_recording.id in (select private.closed_recording_ids())
        and not (coalesce((select auth.role()), '') = 'service_role' or private.is_admin())
     or not v_access.is_staff and v_recording.class_recording_id is not null
        and v_recording.session_id not in (
          select s.id from public.session_schedules s where s.client_id = (select auth.uid())) then
    perform private.refuse(404, 'recording_not_found', 'There is no such recording.');
  end if;

  if not (coalesce((select auth.role()), '') = 'service_role' or private.is_admin()) then
    v_recording.agora_resource_id := null;
    v_recording.agora_sid := null;
    v_recording.storage_path := null;
    v_recording.failure_reason := null;
  end if;
  if not v_access.is_staff and v_recording.class_recording_id is null
     and coalesce((v_access.session).max_participants, 1) > 1 then
    v_recording.recording_url := null;  -- that is the practitioner's link; a participant has one of their own
  end if;
  recording := v_recording;
  select * into newest_take from private.recording_takes t
   where t.recording_id = v_recording.id order by t.number desc limit 1;
end;
$$;

create function public.get_recording_status(session_id uuid default null, recording_id uuid default null)
  returns table (
    id uuid, session_id uuid, status text, agora_resource_id text, agora_sid text, recording_url text,
    storage_path text, duration_seconds integer, file_size_bytes bigint, started_at timestamptz,
    completed_at timestamptz, created_at timestamptz, updated_at timestamptz, agora_status integer,
    agora_seen_at timestamptz, failure_code text, failure_reason text)
  language sql stable security invoker set search_path = ''
as $$
  select (f.recording).id, (f.recording).session_id, (f.recording).status, (f.recording).agora_resource_id,
         (f.recording).agora_sid, (f.recording).recording_url, (f.recording).storage_path,
         (f.recording).duration_seconds, (f.recording).file_size_bytes, (f.recording).started_at,
         (f.recording).completed_at, (f.recording).created_at, (f.recording).updated_at,
         (f.newest_take).agora_status, (f.newest_take).agora_seen_at, (f.recording).failure_code,
         (f.recording).failure_reason
    from private.get_recording_status(get_recording_status.session_id, get_recording_status.recording_id) f;
$$;

comment on function public.get_recording_status is 'How a session''s recording stands.';

revoke execute on function private.my_recording_access, private.start_agora_recording, private.stop_agora_recording,
  public.start_agora_recording, public.stop_agora_recording, private.get_recording_status, public.get_recording_status,
  public.find_take from public, anon, authenticated, service_role;

grant execute on function private.start_agora_recording, private.stop_agora_recording, public.start_agora_recording,
  public.stop_agora_recording, private.get_recording_status, public.get_recording_status to authenticated, service_role;

grant execute on function public.find_take to service_role;


-- recordings/expected_people.sql

-- Expected people: how many a recorder must have room for. Agora wants to know before it starts a recording of each
-- person separately, and leaves out whoever is one too many.

create function public.count_expected_people(session_id uuid) returns table (people integer)
  language sql stable security invoker set search_path = ''
as $$
  -- The practitioner, and whoever has a seat or may still take one while it is recorded.
  select 1 + case when private.is_class(s)
                  then greatest(s.max_participants, (select count(*) from public.session_schedules seat
                                                       where seat.group_class_id = s.id and seat.status <> 'cancelled')::integer)
                  else 1 end
    from public.session_schedules s where s.id = count_expected_people.session_id;
$$;

revoke execute on function public.count_expected_people from public, anon, authenticated, service_role;

-- For whoever carries a start to Agora.
grant execute on function public.count_expected_people to service_role;


-- recordings/automatic_start.sql

-- Automatic recording: a take starts when the practitioner and a client are present and everybody has agreed, and stops
-- when the session or somebody's consent ends.
--
--   start   not before the scheduled time; the practitioner and a client are present, with everybody's consent (the
--           rules are start_agora_recording's); the take is inserted here
--   stop    the session has ended, the channel has been empty for a while, or somebody has withdrawn consent or joined
--           without it: the request is written where that happens, and claimed here or by the reconciler
--
-- A take that ended before the session did, for whatever reason but a deliberate stop, is followed by the next: after
-- a crash, after a recorder that found nobody or that Agora lost, when people meet again in a channel that was empty,
-- when a consent that was withdrawn is given again. After takes in vain it waits for 1, 2, 4, 8, 16 minutes.

create function private.recording_retry_delay(failures bigint) returns interval
  language sql immutable set search_path = ''
as $$
  select case when failures > 0 then interval '1 minute' * (2 ^ (least(failures, 5) - 1)) else interval '0' end;
$$;

-- Since when the next take may begin, as far as the ones before it say. In vain were those that failed or ended within
-- a minute, since the last that was not.
create function private.next_take_begins_at(session_id uuid) returns timestamptz
  language sql stable set search_path = ''
as $$
  select coalesce(max(t.ended_at) + private.recording_retry_delay(count(*)), '-infinity')
    from private.recording_takes t
   where t.session_id = next_take_begins_at.session_id
     and t.number > coalesce((select max(good.number) from private.recording_takes good
                               where good.session_id = next_take_begins_at.session_id and good.status <> 'failed'
                                 and good.ended_at >= good.started_at + interval '1 minute'), 0);
$$;

create function private.may_start_recording(session public.session_schedules) returns boolean
  language sql stable set search_path = ''
as $$
  select (session).status = 'in_progress' and now() >= (session).scheduled_at
         and private.may_next_take_begin(session)
         and not exists (select from private.recording_takes t
                          where t.session_id = (session).id and t.status in ('pending', 'recording'))
         and now() >= private.next_take_begins_at((session).id);
$$;

-- What Agora is to be asked for a session: `start` or `stop`, claimed by one caller (sessions/advancing.sql).
create function private.claim_session_recording_task(session_id uuid, out task text, out take private.recording_takes)
  language plpgsql volatile set search_path = ''
as $$
#variable_conflict use_variable
declare
  v_rules            public.session_rules;
  v_session          public.session_schedules;
  v_present          uuid[];
  v_last_activity_at timestamptz;
  v_start            record;
begin
  select * into v_rules from public.session_rules;
  select * into v_session from public.session_schedules s where s.id = session_id;
  select coalesce(array_agg(p.user_id) filter (where p.is_present), '{}'), max(p.last_activity_at)
    into v_present, v_last_activity_at
    from private.list_presence(v_session.id) p;

  if v_present = '{}' and private.has_channel_events(v_session.id)
     and v_last_activity_at <= now() - make_interval(mins => v_rules.empty_minutes) then
    perform private.request_recording_stop(v_session.id, 'channel_empty');
  end if;
  update private.recording_takes t
     set claim_count = t.claim_count + 1,
         next_check_at = now() + greatest(interval '1 minute', private.retry_delay(t.claim_count + 1))
   where t.session_id = v_session.id and t.status in ('pending', 'recording') and t.stop_requested_at is not null
     and t.agora_sid is not null and t.next_check_at <= now()
  returning t.* into take;
  if found then
    task := 'stop';
  elsif private.get_session_host(v_session) = any (v_present) and private.may_start_recording(v_session)
    and exists (select from private.list_session_clients(v_session) c where c.user_id = any (v_present)) then
    begin
      -- As the one before, which somebody may have begun by hand.
      v_start := private.start_agora_recording(v_session.id, coalesce(
        (select t.mode from private.recording_takes t where t.session_id = v_session.id order by t.number desc limit 1),
        'mix'), false);
      take := v_start.take;
      task := case when v_start.is_new then 'start' end;
    exception when sqlstate 'PT409' then
      null;  -- such as: somebody has not agreed
    end;
  end if;
  -- By the clock alone, too: the scheduled end has come, or who had not agreed has.
  perform private.update_recording(r.id) from public.session_recordings r where r.session_id = v_session.id;
  if (select count(*) from private.recording_takes t where t.session_id = v_session.id) >= private.max_takes()
     and v_session.status = 'in_progress'
     and not exists (select from private.recording_takes t
                      where t.session_id = v_session.id and t.status in ('pending', 'recording')) then
    perform private.tell_not_recorded(v_session, 'too_many_takes');
  end if;
end
$$;

-- At its completion: they met, all have agreed, nobody stopped it, and yet nothing was recorded.
create function private.tell_missing_recording(session public.session_schedules) returns void
  language plpgsql volatile set search_path = ''
as $$
begin
  if session.session_location = 'online' and session.scheduled_at > now() - interval '2 days'
     and private.has_attended(session, private.get_session_host(session))
     and exists (select from private.list_session_clients(session) c where private.has_attended(session, c.user_id))
     and private.has_everybodys_consent(session)
     and not exists (select from public.session_recordings r where r.session_id = session.id and r.stopped_at is not null)
     and not exists (select from private.recording_takes t where t.session_id = session.id and t.started_at is not null) then
    perform private.tell_not_recorded(session, 'not_started');
  end if;
end
$$;

revoke execute on function private.recording_retry_delay, private.next_take_begins_at, private.may_start_recording,
  private.claim_session_recording_task, private.tell_missing_recording from public, anon, authenticated, service_role;


-- recordings/observations.sql

-- Observations: what is observed of a take, and its next state. Python reports the observation; SQL decides.
--
--   observation      source                           pending                recording        processing
--   acquired         acquire 200                      stores the resource
--   started          start 200                        stores the sid
--   already_running  start 201, 400/53                queries for its sid; after 6 min without: next attempt
--   unclear          start 206/65, 5xx, silence       asks again; after 6 min: next attempt
--   busy             429, 406, no connection          later
--   no_worker        start 500/502                    next attempt
--   rejected         acquire or start 4xx             failed
--   found            a sid in the bucket              stores the sid
--   starting         query 0 to 3                     later                  later
--   running          query 4, 5; event 40, 70         recording              later
--   media_started    event 42                         recording
--   failed_over      event 12                         a 404 counts anew      the same
--   troubled         event 1, grave                   queries now            the same
--   missing          query or stop 404                after 90 s the bucket  the same
--   crashed          query 20; event 11, not normal   now the bucket         the same         the same
--   ended            query 6 to 8; stop; event 41, 71 processing             processing
--   exited           event 11, normal                 processing             processing
--   no_data          stop 206/435                     failed                 failed
--   uploaded         event 31, stop "uploaded"        processing, complete   the same         complete
--   backed_up        event 32, stop "backuped"        processing, 72 h       the same         72 h
--   absent           bucket: nothing                  next attempt; failed   failed           failed when overdue,
--                                                     if it crashed                           or if it crashed
--   partial          bucket: slices missing           processing             processing       failed after 72 h
--   playable         bucket: no end or MP4 yet        processing             processing       complete when overdue
--   complete         bucket: everything               processing, complete   the same         complete
--   unanswered       query or stop without an answer  later                  later            later
--
-- Where a cell is empty, nothing changes. Nor does it by an observation of an earlier attempt, or after the end.

create function private.next_take_state(
  take private.recording_takes, observation text, out status text, out failure_code text)
  language plpgsql stable set search_path = ''
as $$
begin
  status := case
    when observation in ('ended', 'exited', 'uploaded', 'backed_up', 'playable', 'complete') then 'processing'
    when observation = 'partial' and now() > greatest(take.deadline_at, take.ended_at + interval '72 hours') then 'failed'
    when observation = 'partial' then 'processing'
    when observation in ('running', 'media_started') and take.status = 'pending' then 'recording'
    when observation = 'rejected' and take.status = 'pending' then 'failed'
    when observation = 'no_data' and take.status <> 'processing' then 'failed'
    when observation = 'absent' and (take.crashed_at is not null or take.status = 'recording') then 'failed'
    when observation = 'absent' and take.status = 'processing' and now() > take.deadline_at then 'failed'
    when observation in ('absent', 'no_worker') and take.status = 'pending' then 'next attempt'
    when observation in ('unclear', 'already_running') and take.status = 'pending' and take.agora_sid is null
         and now() > take.deadline_at then 'next attempt'
    else take.status
  end;
  failure_code := case
    when status = 'next attempt' and take.stop_requested_at is not null then 'stopped_before_start'
    when status = 'next attempt' and (take.attempt >= 3 or now() > take.record_until) then 'not_started'
    when status <> 'failed' then null
    when observation = 'rejected' then 'agora_rejected'
    when observation = 'partial' then 'upload_incomplete'
    when observation = 'absent' and take.crashed_at is not null then 'agora_crashed'
    else 'no_media'
  end;
  if failure_code is not null then
    status := 'failed';
  end if;
end;
$$;

create function private.next_take_check_at(take private.recording_takes, observation text) returns timestamptz
  language sql stable set search_path = ''
as $$
  select case
    when observation in ('found', 'troubled', 'crashed', 'uploaded', 'complete') then now()
    when observation in ('started', 'unclear', 'starting') then now() + interval '5 seconds'
    when observation in ('ended', 'exited') then now() + interval '10 seconds'
    when observation in ('already_running', 'busy', 'missing', 'unanswered') then now() + interval '15 seconds'
    when observation = 'running' then now() + interval '2 minutes'
    -- Files arrive within minutes or, from a backup, within days: checked ever more rarely.
    when observation in ('absent', 'partial', 'playable')
      then now() + least(interval '10 minutes', greatest(interval '15 seconds', (now() - (take).ended_at) / 4))
    else (take).next_check_at
  end;
$$;

create function private.observe_take(
  take_id      uuid,
  attempt      integer,
  observation  text,
  resource_id  text        default null,
  sid          text        default null,
  agora_status integer     default null,
  happened_at  timestamptz default null,
  failover_uid bigint      default null,
  reason       text        default null
) returns private.recording_takes
  language plpgsql set search_path = ''
as $$
declare
  v_happened_at timestamptz := least(coalesce(happened_at, now()), now());
  v_old         private.recording_takes;
  v_new         private.recording_takes;
  v_state       record;
begin
  -- Locked, so that of two observations at once one is applied after the other.
  select * into v_old from private.recording_takes s where s.id = observe_take.take_id for update;
  if v_old.id is null then
    perform private.refuse(404, 'recording_not_found', 'There is no such take.');
  elsif v_old.status in ('completed', 'failed') or v_old.upload_complete or v_old.attempt <> observe_take.attempt then
    return v_old;
  end if;

  v_new := v_old;
  v_new.agora_resource_id := coalesce(v_new.agora_resource_id, observe_take.resource_id);
  v_new.agora_sid := coalesce(v_new.agora_sid, observe_take.sid);
  v_new.agora_status := coalesce(observe_take.agora_status, v_new.agora_status);
  v_new.agora_seen_at := case when observe_take.agora_status is null then v_new.agora_seen_at else now() end;
  v_new.failover_uid := coalesce(observe_take.failover_uid, v_new.failover_uid);
  v_new.missing_since := case when observation = 'missing' then coalesce(v_new.missing_since, now())
                              when observation not in ('starting', 'running', 'failed_over') then v_new.missing_since end;
  v_new.crashed_at := case when observation = 'crashed' then coalesce(v_new.crashed_at, v_happened_at) else v_new.crashed_at end;
  v_new.media_started_at := case when observation = 'media_started' then least(v_new.media_started_at, v_happened_at)
                                 else v_new.media_started_at end;
  v_new.next_check_at := private.next_take_check_at(v_new, observation);

  v_state := private.next_take_state(v_new, observation);
  if v_state.status = 'next attempt' then
    v_new.attempt := v_new.attempt + 1;
    v_new.recorder_uid := nextval('private.recorder_uids');
    v_new.prefix := private.take_prefix(v_new.recording_id, v_new.number, v_new.attempt);
    v_new.agora_resource_id := null;
    v_new.agora_sid := null;
    v_new.missing_since := null;
    v_new.next_check_at := now();
    v_new.deadline_at := now() + private.take_start_timeout();
  elsif v_state.status = 'recording' and v_new.status = 'pending' then
    v_new.status := 'recording';
    v_new.started_at := v_happened_at;
  elsif v_state.status = 'processing' then
    if v_new.status <> 'processing' then
      v_new.status := 'processing';
      v_new.started_at := coalesce(v_new.started_at, v_new.media_started_at);
      v_new.ended_at := coalesce(v_new.ended_at, v_happened_at);
      v_new.deadline_at := now() + interval '20 minutes';  -- as long as an upload usually takes
    end if;
    if observation = 'backed_up' then
      v_new.deadline_at := v_new.ended_at + interval '72 hours';  -- as long as Agora keeps a backup
    elsif observation in ('uploaded', 'complete') or (observation = 'playable' and now() > v_new.deadline_at) then
      v_new.upload_complete := true;
      v_new.next_check_at := now();
      v_new.deadline_at := now() + interval '72 hours';  -- for the copy
    end if;
  elsif v_state.status = 'failed' then
    v_new.status := 'failed';
    v_new.failure_code := v_state.failure_code;
    v_new.failure_reason := left(observe_take.reason, 2000);
    v_new.ended_at := coalesce(v_new.ended_at, v_happened_at);
    v_new.next_check_at := null;
  end if;

  update private.recording_takes s
     set status = v_new.status, attempt = v_new.attempt, recorder_uid = v_new.recorder_uid,
         failover_uid = v_new.failover_uid, prefix = v_new.prefix, agora_resource_id = v_new.agora_resource_id,
         agora_sid = v_new.agora_sid, agora_status = v_new.agora_status, agora_seen_at = v_new.agora_seen_at,
         started_at = v_new.started_at, media_started_at = v_new.media_started_at, ended_at = v_new.ended_at,
         missing_since = v_new.missing_since, crashed_at = v_new.crashed_at, upload_complete = v_new.upload_complete,
         next_check_at = v_new.next_check_at, deadline_at = v_new.deadline_at, failure_code = v_new.failure_code,
         failure_reason = v_new.failure_reason, claim_count = 0
   where s.id = v_new.id
  returning s.* into v_new;
  return v_new;
end;
$$;

create function public.observe_take(
  take_id uuid, attempt integer, observation text, resource_id text default null, sid text default null,
  agora_status integer default null, reason text default null
) returns setof private.recording_takes
  language sql security invoker set search_path = ''
as $$
  select * from private.observe_take(take_id, attempt, observation, resource_id, sid, agora_status,
                                          reason => reason);
$$;

revoke execute on function private.next_take_state, private.next_take_check_at, private.observe_take,
  public.observe_take from public, anon, authenticated, service_role;

-- Not granted to authenticated: Agora's answers are evidence, and only the server gets them.
grant execute on function private.next_take_state, private.next_take_check_at, private.observe_take,
  public.observe_take to service_role;


-- recordings/agora_notifications.sql

-- Agora notifications: the inbox of what Agora reports about recordings.
--
--   received -> applied
--
-- Each is stored under Agora's own id (noticeId) before anything else happens, so a repeat changes nothing. One that
-- matches no take yet (its sid is stored a moment later, or never: the console's health check) waits and is tried
-- again for a day. After 90 days they are deleted.

create table private.agora_notifications (
  notice_id      text        primary key,
  product        integer     not null,
  event_type     integer     not null,
  channel        text        not null,
  recorder_uid   bigint,
  sid            text        not null,
  observation    text,
  happened_at    timestamptz,
  failover_uid   bigint,
  payload        jsonb       not null,
  delivery_count integer     not null default 1,
  take_id        uuid,
  received_at    timestamptz not null default now(),
  applied_at     timestamptz,
  attempts       integer     not null default 0,
  next_attempt_at timestamptz not null default now(),
  failure        text,

  constraint agora_notifications_texts_are_short check (
    char_length(notice_id) <= 255 and char_length(channel) <= 255 and char_length(sid) <= 255 and
    char_length(observation) <= 50 and char_length(failure) <= 2000),
  constraint agora_notifications_payload_is_short check (char_length(payload::text) <= 2000000),
  constraint agora_notifications_happened_at_is_in_range check (happened_at between '2000-01-01' and '2100-01-01')
);

comment on table  private.agora_notifications is 'Agora''s notifications about recordings, unchanged.';

comment on column private.agora_notifications.observation  is
  'What it means to a take (see observe_take); null if nothing.';

comment on column private.agora_notifications.take_id is
  'The take it was applied to. No foreign key: the inbox outlives it.';

comment on column private.agora_notifications.failure is
  'The error of the last attempt to apply it; null if it only waits.';

create index agora_notifications_due_idx on private.agora_notifications (next_attempt_at) where applied_at is null;

create index agora_notifications_received_at_idx on private.agora_notifications (received_at);  -- deletion is by age

alter table private.agora_notifications enable row level security;

-- No policy: only the service reads and writes it.
grant select, insert, update, delete on private.agora_notifications to service_role;

create function private.apply_agora_notification(notification private.agora_notifications) returns boolean
  language plpgsql set search_path = ''
as $$
declare
  v_take private.recording_takes;
begin
  if (notification).observation is not null then
    select * into v_take from private.recording_takes t where t.agora_sid = (notification).sid;
    if not found then
      -- The notification came before Agora's answer to the start, or that answer was lost: the sid is known from here.
      select * into v_take from private.recording_takes t
       where t.recorder_uid = (notification).recorder_uid and t.cname = (notification).channel and t.agora_sid is null
         and t.status = 'pending';
    end if;
    if v_take.id is null then
      return false;
    end if;
    perform private.observe_take(
      v_take.id, v_take.attempt, (notification).observation, sid => (notification).sid,
      happened_at => (notification).happened_at, failover_uid => (notification).failover_uid);
  end if;

  update private.agora_notifications n set applied_at = now(), take_id = v_take.id
   where n.notice_id = (notification).notice_id;
  return true;
end;
$$;

create function public.receive_agora_notification(
  notice_id    text,
  product      integer,
  event_type   integer,
  channel      text,
  sid          text,
  payload      jsonb,
  observation  text        default null,
  recorder_uid bigint      default null,
  happened_at  timestamptz default null,
  failover_uid bigint      default null
) returns table (is_repeated boolean, is_applied boolean)
  language plpgsql security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  v_notification private.agora_notifications;
begin
  insert into private.agora_notifications as n
    (notice_id, product, event_type, channel, sid, payload, observation, recorder_uid, happened_at, failover_uid)
  values
    (receive_agora_notification.notice_id, receive_agora_notification.product, receive_agora_notification.event_type,
     receive_agora_notification.channel, receive_agora_notification.sid, receive_agora_notification.payload,
     receive_agora_notification.observation, receive_agora_notification.recorder_uid,
     receive_agora_notification.happened_at, receive_agora_notification.failover_uid)
  on conflict (notice_id) do update set delivery_count = n.delivery_count + 1
  returning n.* into v_notification;
  return query select v_notification.delivery_count > 1,
                      v_notification.applied_at is not null or private.apply_agora_notification(v_notification);
end;
$$;

-- Counts the attempt, and survives one that cannot be applied: its neighbours are. Returns whether it was.
create function private.try_agora_notification(notification private.agora_notifications) returns boolean
  language plpgsql set search_path = ''
as $$
declare
  v_failure text;
begin
  begin
    if private.apply_agora_notification(notification) then
      return true;
    end if;
  exception when query_canceled or others then
    v_failure := sqlstate || ' ' || sqlerrm;
  end;
  update private.agora_notifications n
     set attempts = n.attempts + 1, failure = v_failure, next_attempt_at = now() + private.retry_delay(n.attempts + 1)
   where n.notice_id = (notification).notice_id;
  return false;
end
$$;

-- For the reconciler, again until none was tried. One that fails again and again is set aside; one that only waits is
-- tried for a day.
create function public.apply_waiting_agora_notifications(max_rows integer default 100)
  returns table (tried bigint, applied bigint, forgotten bigint)
  language plpgsql security invoker set search_path = ''
as $$
declare
  v_notification private.agora_notifications;
begin
  tried := 0;
  applied := 0;
  for v_notification in
    select * from private.agora_notifications n
     where n.applied_at is null and n.next_attempt_at <= now() and n.received_at > now() - interval '24 hours'
       and (n.failure is null or n.attempts < private.max_attempts())
     order by n.next_attempt_at limit apply_waiting_agora_notifications.max_rows for update skip locked
  loop
    tried := tried + 1;
    applied := applied + private.try_agora_notification(v_notification)::integer;
    exit when clock_timestamp() > now() + interval '3 seconds';
  end loop;

  delete from private.agora_notifications n
   where n.ctid = any (array(select old.ctid from private.agora_notifications old
                          where old.received_at < now() - interval '90 days'
                          order by old.received_at limit 1000 for update skip locked));
  get diagnostics forgotten = row_count;
  return next;
end;
$$;

revoke execute on function private.apply_agora_notification, private.try_agora_notification,
  public.receive_agora_notification, public.apply_waiting_agora_notifications
  from public, anon, authenticated, service_role;

grant execute on function private.apply_agora_notification, private.try_agora_notification,
  public.receive_agora_notification, public.apply_waiting_agora_notifications to service_role;


-- recordings/checks.sql

-- Checks: which take is due for a check, and which task that is. The reconciler claims them until none is due.
--
--   start   ask Agora to record (again, with the same resource, if it has one)
--   find    it may run although its sid is unknown: look for the sid in the bucket
--   query   ask Agora for its status
--   stop    tell Agora to stop
--   look    Agora does not know it, or says it is over: look for its files in the bucket
--
-- A claim moves `next_check_at` ahead, so two reconcilers never have the same row, and the row of one that crashed is
-- due again, ever later (foundation/queues.sql).

create function private.take_task(take private.recording_takes) returns text
  language sql stable set search_path = ''
as $$
  select case
    when (take).status = 'processing' then 'look'
    when (take).crashed_at is not null or (take).missing_since < now() - interval '90 seconds' then 'look'
    -- Tokens expire after a day: whatever Agora has or has not answered since, this is over.
    when (take).created_at < now() - interval '26 hours' then 'look'
    when (take).agora_sid is null then case when (take).stop_requested_at is null then 'start' else 'find' end
    when (take).stop_requested_at is not null then 'stop'
    else 'query'
  end;
$$;

-- Counts a claim, and says in the take whether it is set aside instead: `failed`, with code and reason.
create function private.count_take_claim(take private.recording_takes, until timestamptz)
  returns private.recording_takes
  language plpgsql volatile set search_path = ''
as $$
declare
  v_reason    text := case when take.claim_count >= private.max_attempts() then 'claimed and never reported on'
                           else private.find_reason_unreadable(to_jsonb(take)) end;
  v_take private.recording_takes;
begin
  update private.recording_takes t
     set claim_count = t.claim_count + 1,
         next_check_at = case when v_reason is null
                              then greatest(count_take_claim.until, now() + private.retry_delay(t.claim_count + 1)) end,
         status = case when v_reason is null then t.status else 'failed' end,
         failure_code = case when v_reason is not null then 'set_aside' end,
         failure_reason = coalesce(v_reason, t.failure_reason),
         ended_at = case when v_reason is null then t.ended_at else coalesce(t.ended_at, now()) end
   where t.id = take.id
  returning t.* into v_take;
  return v_take;
end
$$;

create function public.claim_take_check() returns table (task text, take private.recording_takes)
  language plpgsql security invoker set search_path = ''
as $$
begin
  select * into take from private.recording_takes t
   where t.status in ('pending', 'recording', 'processing') and not t.upload_complete and t.next_check_at <= now()
   order by t.next_check_at limit 1
     for update skip locked;
  if take.id is not null then
    take := private.count_take_claim(take, now() + interval '1 minute');
  end if;
  if take.status in ('pending', 'recording', 'processing') then
    update private.recording_takes t
       set stop_requested_at = coalesce(t.stop_requested_at, case when now() >= t.record_until then now() end),
           stop_reason = coalesce(t.stop_reason, case when now() >= t.record_until then 'session_over' end)
     where t.id = take.id
    returning t.* into take;
  end if;
  if take.status = 'pending' and take.agora_resource_id is null and take.stop_requested_at is not null then
    -- Agora was never asked for it.
    update private.recording_takes t
       set status = 'failed', failure_code = 'stopped_before_start', ended_at = now(), next_check_at = null
     where t.id = take.id
    returning t.* into take;
  end if;
  task := case when take.status in ('pending', 'recording', 'processing') then private.take_task(take)
               when take.id is not null then 'none' end;
  if task = 'none' then
    take := null;  -- it ended here, and may be what nobody can read
  end if;
  return next;  -- always one row: nothing is due if its task is null
end;
$$;

revoke execute on function private.take_task, private.count_take_claim, public.claim_take_check
  from public, anon, authenticated, service_role;

grant execute on function private.take_task, private.count_take_claim, public.claim_take_check to service_role;


-- recordings/files.sql

-- Files: copying a finished take from Agora's bucket to our storage, file by file, by whoever has the lease.
--
--   planned -> uploading (upload_url) -> verified (sha256)            all verified: the take is completed
--
-- A process may be killed at any byte: the next one takes the lease over, and each upload resumes at the offset that
-- storage reports. A file is verified only when it was read back from storage and has the source's SHA-256.
--
-- The storage bucket is private, and closed to everybody but the service: a recording is opened through its own link,
-- which can be revoked and logs each view. A signed URL made straight from storage could do neither, so nobody has a
-- right on these objects.

insert into storage.buckets (id, name, public, allowed_mime_types)
values ('session-recordings', 'session-recordings', false,
        array['video/mp4', 'video/mp2t', 'video/webm', 'application/vnd.apple.mpegurl', 'application/dash+xml'])
-- The platform in use may have it, made by hand.
on conflict (id) do update set public = false, allowed_mime_types = excluded.allowed_mime_types;

-- Restrictive and for every command, so that no permissive policy made for another bucket opens this one.
create policy "recordings are opened only through their links"
  on storage.objects as restrictive for all to anon, authenticated
  using (bucket_id <> 'session-recordings')
  with check (bucket_id <> 'session-recordings');

create table private.recording_files (
  id               uuid        primary key default gen_random_uuid(),
  take_id          uuid        not null references private.recording_takes on delete cascade,
  position         integer     not null,
  kind             text        not null,
  source_key       text        not null,
  source_etag      text        not null,
  size_bytes       bigint      not null,
  storage_path     text        not null,
  upload_url       text,
  sha256           bytea,
  verified_at      timestamptz,
  created_at       timestamptz not null default now(),

  constraint recording_files_are_ordered unique (take_id, position),
  constraint recording_files_are_stored_once unique (storage_path),
  constraint recording_files_kind_is_known check (kind in ('mp4', 'playlist', 'slice', 'webm')),
  constraint recording_files_size_is_not_negative check (size_bytes >= 0),
  constraint recording_files_verified_by_hash
    check ((verified_at is null) = (sha256 is null) and octet_length(sha256) = 32),
  constraint recording_files_texts_are_short check (
    char_length(source_key) <= 1000 and char_length(source_etag) <= 255 and char_length(storage_path) <= 1000 and
    char_length(upload_url) <= 5000)
);

comment on table private.recording_files is 'The files of a take, in playing order.';

comment on column private.recording_files.source_etag is
  'The version of the source: if it changes, the copy begins anew.';

comment on column private.recording_files.upload_url is 'Where an interrupted upload resumes.';

alter table private.recording_files enable row level security;

-- No policy: only the service touches it.
grant select, insert, update, delete on private.recording_files to service_role;

create function private.refuse_deletion_with_files() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if exists (select from private.recording_files f join private.recording_takes t on t.id = f.take_id
              where t.recording_id = old.id) then
    perform private.refuse(409, 'recording_has_files', 'The files of this recording would be left behind.',
                           'Put it into the erasure queue; purge-recordings erases both.');
  end if;
  return old;
end
$$;

-- Only the recording's row leads to its files.
create trigger session_recordings_refuse_deletion_with_files before delete on public.session_recordings
  for each row execute function private.refuse_deletion_with_files();

create function private.lock_take_to_copy(recording_id uuid) returns private.recording_takes
  language plpgsql volatile set search_path = ''
as $$
declare
  v_take private.recording_takes;
begin
  if lock_take_to_copy.recording_id is null then
    select * into v_take from private.recording_takes t
     where t.status = 'processing' and t.upload_complete and t.next_check_at <= now()
       and coalesce(t.lease_until, '-infinity') < now()
       and not exists (select from private.recording_erasure_queue q where q.recording_id = t.recording_id)
     order by t.next_check_at limit 1
       for update skip locked;
  else
    -- Named by an operator, it need not be due yet, and a locked row is waited for: the first that is to be copied.
    select * into v_take from private.recording_takes t where t.recording_id = lock_take_to_copy.recording_id
     order by t.status = 'processing' and t.upload_complete desc, t.status = 'completed' desc, t.number limit 1
       for update;
    if not found then
      perform private.refuse(404, 'recording_not_found', 'There is no such recording.');
    end if;
  end if;
  return v_take;
end
$$;

create function public.claim_take_copy(recording_id uuid default null)
  returns table (is_claimed boolean, is_planned boolean, take private.recording_takes)
  language plpgsql security invoker set search_path = ''
as $$
begin
  for v_try in 1 .. 50 loop
    take := private.lock_take_to_copy(claim_take_copy.recording_id);
    -- What is to be erased is not copied.
    is_claimed := coalesce(take.status = 'processing' and take.upload_complete
                           and coalesce(take.lease_until, '-infinity') < now()
                           and not exists (select from private.recording_erasure_queue q
                                            where q.recording_id = take.recording_id), false);
    exit when not is_claimed;
    take := private.count_take_claim(take, now() + interval '2 minutes');
    is_claimed := take.status = 'processing';
    exit when is_claimed;
    take := null;  -- set aside, and perhaps what nobody can read: the next one
    exit when claim_take_copy.recording_id is not null;
  end loop;

  if is_claimed then
    update private.recording_takes t set lease_id = gen_random_uuid(), lease_until = now() + interval '2 minutes'
     where t.id = take.id
    returning t.* into take;
  end if;
  is_planned := exists (select from private.recording_files f where f.take_id = take.id);
  return next;
end;
$$;

create function private.renew_take_lease(take_id uuid, lease_id uuid) returns private.recording_takes
  language plpgsql set search_path = ''
as $$
declare
  v_take private.recording_takes;
begin
  update private.recording_takes t set lease_until = now() + interval '2 minutes'
   where t.id = renew_take_lease.take_id and t.lease_id = renew_take_lease.lease_id
     and t.status = 'processing'
  returning t.* into v_take;
  if not found then
    perform private.refuse(409, 'lease_lost', 'Somebody else copies this take now.');
  end if;
  return v_take;
end;
$$;

create function public.renew_take_lease(take_id uuid, lease_id uuid) returns table (lease_until timestamptz)
  language sql security invoker set search_path = ''
as $$
  select (private.renew_take_lease(take_id, lease_id)).lease_until;
$$;

create function public.plan_take_files(take_id uuid, lease_id uuid, files jsonb, duration_seconds integer)
  returns table (planned bigint)
  language plpgsql security invoker set search_path = ''
as $$
begin
  perform private.renew_take_lease(plan_take_files.take_id, plan_take_files.lease_id);
  insert into private.recording_files (take_id, position, kind, source_key, source_etag, size_bytes, storage_path)
  select plan_take_files.take_id, f.position, f.kind, f.source_key, f.source_etag, f.size_bytes, f.storage_path
    from jsonb_to_recordset(plan_take_files.files)
      as f (position integer, kind text, source_key text, source_etag text, size_bytes bigint, storage_path text);
  get diagnostics planned = row_count;
  update private.recording_takes t set duration_seconds = plan_take_files.duration_seconds
   where t.id = plan_take_files.take_id;
  return next;
end;
$$;

create function public.next_take_file(take_id uuid, lease_id uuid)
  returns table (remaining bigint, file private.recording_files)
  language plpgsql security invoker set search_path = ''
as $$
begin
  perform private.renew_take_lease(next_take_file.take_id, next_take_file.lease_id);
  select count(*) into remaining from private.recording_files f
   where f.take_id = next_take_file.take_id and f.verified_at is null;
  select * into file from private.recording_files f
   where f.take_id = next_take_file.take_id and f.verified_at is null
   order by f.position limit 1;
  return next;
end;
$$;

create function public.record_take_upload(take_id uuid, lease_id uuid, file_id uuid, upload_url text)
  returns table (lease_until timestamptz)
  language plpgsql security invoker set search_path = ''
as $$
begin
  lease_until := (private.renew_take_lease(record_take_upload.take_id,
                                                record_take_upload.lease_id)).lease_until;
  update private.recording_files f set upload_url = record_take_upload.upload_url
   where f.id = record_take_upload.file_id and f.take_id = record_take_upload.take_id;
  return next;
end;
$$;

create function public.verify_take_file(take_id uuid, lease_id uuid, file_id uuid, sha256 text)
  returns table (lease_until timestamptz)
  language plpgsql security invoker set search_path = ''
as $$
begin
  lease_until := (private.renew_take_lease(verify_take_file.take_id,
                                                verify_take_file.lease_id)).lease_until;
  update private.recording_files f
     set sha256 = decode(verify_take_file.sha256, 'hex'), verified_at = now(), upload_url = null
   where f.id = verify_take_file.file_id and f.take_id = verify_take_file.take_id;
  -- It gets on: however many calls a long take needs, it is not set aside.
  update private.recording_takes t set claim_count = 0
   where t.id = verify_take_file.take_id and t.claim_count > 0;
  return next;
end;
$$;

revoke execute on function private.refuse_deletion_with_files, private.lock_take_to_copy,
  public.claim_take_copy, private.renew_take_lease, public.renew_take_lease,
  public.plan_take_files, public.next_take_file, public.record_take_upload,
  public.verify_take_file from public, anon, authenticated, service_role;

grant execute on function private.lock_take_to_copy, public.claim_take_copy, private.renew_take_lease,
  public.renew_take_lease, public.plan_take_files, public.next_take_file,
  public.record_take_upload, public.verify_take_file to service_role;


-- recordings/completion.sql

-- The end of a take's copy: every file is verified, or it is tried again, ever more rarely, until its deadline.
--
--   processing -> completed        processing -> processing (later) -> failed        failed -> processing (operator)

create function public.complete_take(take_id uuid, lease_id uuid, playback_url text)
  returns setof private.recording_takes
  language plpgsql security invoker set search_path = ''
as $$
declare
  v_take       private.recording_takes := private.renew_take_lease(complete_take.take_id, complete_take.lease_id);
  v_first_path text;
  v_bytes      bigint;
  v_unverified bigint;
begin
  select min(f.storage_path) filter (where f.position = 1), sum(f.size_bytes),
         count(*) filter (where f.verified_at is null)
    into v_first_path, v_bytes, v_unverified
    from private.recording_files f where f.take_id = v_take.id;
  if v_first_path is null or v_unverified > 0 then
    perform private.refuse(409, 'recording_files_not_verified', 'Not every part of this recording has been verified.');
  end if;

  -- First where its links lead: with this take the recording may be complete.
  update public.session_recordings r set playback_url = complete_take.playback_url where r.id = v_take.recording_id;
  return query
    update private.recording_takes t
       set status = 'completed', storage_path = v_first_path, file_size_bytes = v_bytes,
           lease_id = null, lease_until = null, next_check_at = null
     where t.id = v_take.id
    returning t.*;
end;
$$;

-- Participants' pages look for a recording under their own seat: each who was admitted to the channel gets a row and a
-- link of their own, and keeps it when a take is added.
create function private.add_participant_recordings(recording_id uuid) returns void
  language plpgsql set search_path = ''
as $$
begin
  update public.session_recordings mine
     set storage_path = r.storage_path, duration_seconds = r.duration_seconds, file_size_bytes = r.file_size_bytes,
         started_at = r.started_at, ended_at = r.ended_at, completed_at = r.completed_at
    from public.session_recordings r
   where r.id = add_participant_recordings.recording_id and mine.class_recording_id = r.id;
  insert into public.session_recordings
    (session_id, class_recording_id, status, storage_path, duration_seconds, file_size_bytes, started_at, ended_at,
     completed_at, playback_url, recording_url)
  select mine.id, r.id, 'completed', r.storage_path, r.duration_seconds, r.file_size_bytes, r.started_at, r.ended_at,
         r.completed_at, r.playback_url, r.playback_url
    from public.session_recordings r
    join public.session_schedules mine on mine.group_class_id = r.session_id and mine.status <> 'cancelled'
   where r.id = add_participant_recordings.recording_id
     and private.was_admitted(r.session_id, mine.client_id)
     -- Whoever has withdrawn consent meanwhile gets none, even where the recording is kept for the others.
     and exists (select from public.user_consents c
                  where c.user_id = mine.client_id and c.consent_type = 'session_recording'
                    and c.consented and c.revoked_at is null)
  on conflict (session_id) do nothing;
  update public.session_recordings r
     set recording_url = private.replace_recording_link(r.id, r.playback_url)
   where r.class_recording_id = add_participant_recordings.recording_id
     and not exists (select from private.recording_links l where l.recording_id = r.id);
end;
$$;

-- Definer: nobody may read admissions.
create function private.was_admitted(session_id uuid, user_id uuid) returns boolean
  language sql stable security definer set search_path = ''
as $$
  select exists (select from private.channel_admissions a
                  where a.session_id = was_admitted.session_id and a.user_id = was_admitted.user_id);
$$;

create function public.postpone_take_copy(take_id uuid, lease_id uuid, code text, reason text)
  returns setof private.recording_takes
  language plpgsql security invoker set search_path = ''
as $$
declare
  v_take     private.recording_takes := private.renew_take_lease(postpone_take_copy.take_id, postpone_take_copy.lease_id);
  v_is_final boolean := now() > v_take.deadline_at;
begin
  if postpone_take_copy.code = 'source_changed' then
    delete from private.recording_files f where f.take_id = v_take.id;  -- what was copied is outdated
  end if;
  return query
    update private.recording_takes t
       set status = case when v_is_final then 'failed' else 'processing' end,
           failure_code = case when v_is_final then postpone_take_copy.code end,
           failure_reason = left(postpone_take_copy.reason, 2000),
           copy_failures = t.copy_failures + 1, claim_count = 0,
           next_check_at = case when not v_is_final
                                then now() + least(interval '1 hour', interval '30 seconds' * 2 ^ least(t.copy_failures, 10)) end,
           lease_id = null, lease_until = null
     where t.id = v_take.id
    returning t.*;
end;
$$;

create function public.retry_take(take_id uuid) returns setof private.recording_takes
  language plpgsql security invoker set search_path = ''
as $$
begin
  -- The one way back, for an operator who has removed the cause: the files are looked for in the bucket anew.
  return query
    update private.recording_takes t
       set status = 'processing', failure_code = null, failure_reason = null, crashed_at = null, copy_failures = 0,
           claim_count = 0, upload_complete = false, next_check_at = now(), deadline_at = now() + interval '20 minutes'
     where t.id = retry_take.take_id and t.status = 'failed' and t.agora_sid is not null
    returning t.*;
  if not found then
    perform private.refuse(409, 'recording_not_failed', 'Only a failed take that Agora knew can be tried again.');
  end if;
end;
$$;

revoke execute on function public.complete_take, private.add_participant_recordings, private.was_admitted,
  public.postpone_take_copy, public.retry_take from public, anon, authenticated, service_role;

grant execute on function public.complete_take, private.add_participant_recordings, private.was_admitted,
  public.postpone_take_copy, public.retry_take to service_role;


-- recordings/links.sql

-- Links to recordings, and the views of each. The links are our own, because a signed URL of storage can be neither
-- revoked nor counted.
--
--   live -> revoked
--
-- A link has a random token; only its SHA-256 is stored here. `recording_url` is the full link, for those who may read
-- that row. Rotating revokes every older link of a recording and makes a new one.
--
-- A view is of one link: one's own (`recording`) or one that was shared (`share`). The client and the practitioner of a
-- recording may read when and by which link it was viewed. A view belongs to whoever has its key, a random token that
-- their browser keeps for a day: an address that is passed on brings none along, and begins another view.

create table private.recording_links (
  id           uuid        primary key default gen_random_uuid(),
  recording_id uuid        not null references public.session_recordings on delete cascade,
  token_sha256 bytea       not null,
  created_at   timestamptz not null default now(),
  revoked_at   timestamptz,

  constraint recording_links_token_is_unique unique (token_sha256),
  constraint recording_links_keep_only_a_hash check (octet_length(token_sha256) = 32)
);

create index recording_links_recording_id_idx on private.recording_links (recording_id);

alter table private.recording_links enable row level security;

-- No policy: only the service and the functions below touch it.
grant select, insert, update on private.recording_links to service_role;

create table public.recording_views (
  id             uuid        primary key default gen_random_uuid(),
  recording_id   uuid        not null,
  link_id        uuid        not null,
  viewed_at      timestamptz not null default now(),
  ip_address     text,
  user_agent     text,
  link_kind      text        not null default 'recording',
  key_sha256     bytea,
  masked_address text        generated always as (
    case when ip_address ~ '^[0-9.]+$' then regexp_replace(ip_address, '[0-9]+$', 'x')
         when ip_address ~ '^([^:]*:){2}' then regexp_replace(ip_address, '^(([^:]*:){2}).*$', '\1x') end) stored,

  constraint recording_views_link_kind_is_known check (link_kind in ('recording', 'share')),
  constraint recording_views_key_is_unique unique (key_sha256),
  constraint recording_views_keep_only_a_hash check (octet_length(key_sha256) = 32),
  constraint recording_views_texts_are_short check (char_length(ip_address) <= 100 and char_length(user_agent) <= 1000)
);

comment on table public.recording_views is
  'Views of recordings, by link. Evidence: never changed, and without foreign keys, so it outlives both.';

comment on column public.recording_views.masked_address is '192.0.2.x or 2001:db8:x: roughly from where, not who.';

comment on column public.recording_views.id is 'Of the row; made here.';

comment on column public.recording_views.recording_id is 'session_recordings.id.';

comment on column public.recording_views.link_id is 'Through which link.';

comment on column public.recording_views.viewed_at is 'When it was opened.';

comment on column public.recording_views.link_kind is 'recording: their own link; share: one that was shared.';

create index recording_views_recording_id_idx on public.recording_views (recording_id, viewed_at);

create index recording_views_link_id_idx on public.recording_views (link_id, viewed_at);  -- when a link was last opened

alter table public.recording_views enable row level security;

-- The policy on recordings applies within this one: whoever may read a recording may read its views.
create policy "viewers of a recording read its views"
  on public.recording_views for select to authenticated
  using (exists (select from public.session_recordings r where r.id = recording_views.recording_id) or (select private.is_admin()));

revoke all on public.recording_views from anon, authenticated, service_role;

-- Not ip_address and user_agent: what identifies a stranger is for the service alone, should it ever be needed. Nor the
-- key.
grant select (id, recording_id, link_id, link_kind, viewed_at, masked_address)
  on public.recording_views to authenticated;

grant select, insert on public.recording_views to service_role;

-- No update or delete for anybody: views are evidence.

create function private.find_recording_view(key_sha256 text, link_id uuid) returns uuid
  language sql stable set search_path = ''
as $$
  select v.id from public.recording_views v
   where v.key_sha256 = decode(find_recording_view.key_sha256, 'hex')
     and v.link_id = find_recording_view.link_id and v.viewed_at > now() - interval '1 day';
$$;

-- Gives the view's key, which nobody can read again.
create function private.add_recording_view(
  recording_id uuid, link_id uuid, link_kind text, ip_address text, user_agent text) returns text
  language plpgsql set search_path = ''
as $$
declare
  v_key text := private.make_token();
begin
  insert into public.recording_views (recording_id, link_id, link_kind, ip_address, user_agent, key_sha256)
  values (add_recording_view.recording_id, add_recording_view.link_id, add_recording_view.link_kind,
          add_recording_view.ip_address, add_recording_view.user_agent, sha256(convert_to(v_key, 'UTF8')));
  return v_key;
end
$$;

create function private.replace_recording_link(recording_id uuid, playback_url text) returns text
  language plpgsql set search_path = ''
as $$
declare
  v_token text := private.make_token();
begin
  update private.recording_links l set revoked_at = now()
   where l.recording_id = replace_recording_link.recording_id and l.revoked_at is null;
  insert into private.recording_links (recording_id, token_sha256)
  values (replace_recording_link.recording_id, sha256(convert_to(v_token, 'UTF8')));
  return playback_url || '?token=' || v_token;
end;
$$;

-- Definer: writes a recording's link for staff, who may not write recordings.
create function private.rotate_recording_link(recording_id uuid) returns text
  language plpgsql security definer set search_path = ''
as $$
declare
  v_recording public.session_recordings;
  v_access    private.recording_access;
begin
  select * into v_recording from public.session_recordings r where r.id = rotate_recording_link.recording_id for update;
  v_access := private.my_recording_access(v_recording.session_id);
  if (v_access.session).id is null then
    perform private.refuse(404, 'recording_not_found', 'There is no such recording.');
  elsif not v_access.is_staff then
    perform private.refuse(403, 'not_allowed', 'Only the practitioner can replace the link of a recording.');
  elsif v_recording.completed_at is null then
    perform private.refuse(409, 'recording_not_completed', 'This recording has no link yet.');
  end if;

  perform private.limit_use('share links', (select auth.uid()));
  -- A class recording has a link for each participant: all of them are replaced.
  update public.session_recordings r
     set recording_url = private.replace_recording_link(r.id, split_part(r.recording_url, '?', 1))
   where r.completed_at is not null and v_recording.id in (r.id, r.class_recording_id);
  return (select r.recording_url from public.session_recordings r where r.id = v_recording.id);
end;
$$;

create function public.rotate_recording_link(recording_id uuid) returns table (recording_url text)
  language sql security invoker set search_path = ''
as $$
  select private.rotate_recording_link(recording_id);
$$;

comment on function public.rotate_recording_link is 'Replaces a recording''s own link; the old one ends.';

revoke execute on function private.find_recording_view, private.add_recording_view, private.replace_recording_link,
  private.rotate_recording_link, public.rotate_recording_link
  from public, anon, authenticated, service_role;

grant execute on function private.rotate_recording_link, public.rotate_recording_link to authenticated, service_role;

grant execute on function private.find_recording_view, private.add_recording_view, private.replace_recording_link to service_role;


-- recordings/share_links.sql

-- Share links: with one, somebody shows a recording to others. They expire by themselves, can be revoked, and may
-- require a password.
--
--   open -> expired (by the clock)      open -> used up (view_limit)      open -> revoked
--
-- Only the SHA-256 of the token and the scrypt hash of the password are stored. The token is made here and given out
-- once; the function hashes the password, with a salt that goes into the link, so that neither is here. Whoever may
-- read a recording may read who shares it, and revoke the link: they are in it.

create table public.recording_share_links (
  id              uuid        primary key default gen_random_uuid(),
  recording_id    uuid        not null references public.session_recordings on delete cascade,
  created_by      uuid        not null references auth.users on delete cascade,
  token_sha256    bytea       not null,
  password_scrypt bytea,
  has_password    boolean     not null generated always as (password_scrypt is not null) stored,
  view_limit      integer,
  view_count      integer     not null default 0,
  created_at      timestamptz not null default now(),
  expires_at      timestamptz not null,
  revoked_at      timestamptz,

  constraint recording_share_links_token_is_unique unique (token_sha256),
  constraint recording_share_links_keep_only_hashes
    check (octet_length(token_sha256) = 32 and octet_length(password_scrypt) = 32),
  constraint recording_share_links_end_within_90_days
    check (expires_at > created_at and expires_at <= created_at + interval '90 days'),
  constraint recording_share_links_views_are_counted
    check (view_limit > 0 and view_count between 0 and coalesce(view_limit, view_count)),
  constraint recording_share_links_view_limit_is_in_range check (view_limit between 1 and 1000000),
  constraint recording_share_links_expires_at_is_in_range check (expires_at between '2000-01-01' and '2100-01-01')
);

comment on column public.recording_share_links.password_scrypt is
  'Salted with what stands in the link behind the token, which is random and kept nowhere.';

comment on table public.recording_share_links is 'Links by which somebody without an account watches a recording.';

comment on column public.recording_share_links.id is 'Of the row; made here.';

comment on column public.recording_share_links.recording_id is 'session_recordings.id.';

comment on column public.recording_share_links.created_by is 'Who shared it.';

comment on column public.recording_share_links.has_password is 'Whether it asks for one.';

comment on column public.recording_share_links.view_limit is 'How many views it is good for; null: any.';

comment on column public.recording_share_links.view_count is 'How many it has had.';

comment on column public.recording_share_links.created_at is 'When the row was made.';

comment on column public.recording_share_links.expires_at is 'From when on it is of no use; null: never.';

comment on column public.recording_share_links.revoked_at is 'When it was taken back; null: it holds.';

create index recording_share_links_recording_id_idx on public.recording_share_links (recording_id);

create index recording_share_links_created_by_idx on public.recording_share_links (created_by);

alter table public.recording_share_links enable row level security;

-- The policy on recordings applies within this one.
create policy "who made a share link or sees its recording sees it"
  on public.recording_share_links for select to authenticated
  using (created_by = (select auth.uid())
         or exists (select from public.session_recordings r where r.id = recording_share_links.recording_id));

revoke all on public.recording_share_links from anon, authenticated, service_role;

grant select (id, recording_id, created_by, has_password, view_limit, view_count, created_at, expires_at, revoked_at)
  on public.recording_share_links to authenticated;

-- No write for people: the functions below make links and revoke them.
grant select, insert, update on public.recording_share_links to service_role;

create view public.my_share_links with (security_invoker = true) as
select l.id, l.recording_id, r.session_id, l.created_by = (select auth.uid()) as is_mine, l.created_at, l.expires_at,
       l.revoked_at, l.has_password, l.view_limit, l.view_count,
       (select max(v.viewed_at) from public.recording_views v where v.link_id = l.id) as last_viewed_at,
       l.revoked_at is null and l.expires_at > now()
         and l.view_count < coalesce(l.view_limit, l.view_count + 1) as is_open
  from public.recording_share_links l
  left join public.session_recordings r on r.id = l.recording_id;

comment on view public.my_share_links is 'The links that one has made, and those to recordings that one may read.';

comment on column public.my_share_links.id is 'Of the row; made here.';

comment on column public.my_share_links.recording_id is 'session_recordings.id.';

comment on column public.my_share_links.session_id is 'Of the recorded session.';

comment on column public.my_share_links.is_mine is 'Whether I made it.';

comment on column public.my_share_links.created_at is 'When the row was made.';

comment on column public.my_share_links.expires_at is 'From when on it is of no use; null: never.';

comment on column public.my_share_links.revoked_at is 'When it was taken back; null: it holds.';

comment on column public.my_share_links.has_password is 'Whether it asks for one.';

comment on column public.my_share_links.view_limit is 'How many views it is good for; null: any.';

comment on column public.my_share_links.view_count is 'How many it has had.';

comment on column public.my_share_links.last_viewed_at is 'When it was last watched.';

comment on column public.my_share_links.is_open is 'Whether it can be used now.';

revoke all on public.my_share_links from anon, authenticated, service_role;

grant select on public.my_share_links to authenticated;

-- Definer: the right to share must not depend on which rows they may read.
create function private.create_recording_share_link(
  recording_id uuid, expires_in_days integer, password_scrypt text, view_limit integer,
  out link public.recording_share_links, out token text)
  language plpgsql security definer set search_path = ''
as $$
declare
  v_recording public.session_recordings;
  v_session   public.session_schedules;
  v_is_staff  boolean;
begin
  select * into v_recording from public.session_recordings r where r.id = create_recording_share_link.recording_id;
  select * into v_session from public.session_schedules s where s.id = v_recording.session_id;
  v_is_staff := private.is_admin() or coalesce(private.get_session_host(v_session) = (select auth.uid()), false);
  if v_session.id is null or v_recording.id in (select private.closed_recording_ids())
     or not (v_is_staff or coalesce(v_session.client_id = (select auth.uid()), false)) then
    perform private.refuse(404, 'recording_not_found', 'There is no such recording.');
  elsif v_recording.class_recording_id is not null and not v_is_staff then
    perform private.refuse(403, 'class_recording_not_shareable',
                           'The recording of a class shows others too, so only its practitioner can share it.');
  elsif v_recording.completed_at is null then
    perform private.refuse(409, 'recording_not_completed', 'This recording cannot be shared yet.');
  end if;

  perform private.limit_use('share links', (select auth.uid()));
  perform private.limit_use('share links of a recording', v_recording.id);
  token := private.make_token();
  insert into public.recording_share_links as l
    (recording_id, created_by, token_sha256, password_scrypt, view_limit, expires_at)
  values
    (v_recording.id, (select auth.uid()), sha256(convert_to(token, 'UTF8')),
     decode(create_recording_share_link.password_scrypt, 'hex'), create_recording_share_link.view_limit,
     now() + make_interval(days => create_recording_share_link.expires_in_days))
  returning l.* into link;
end
$$;

-- By whoever made it, and by whoever is in the recording.
-- Definer: the right to revoke must not depend on which rows they may read.
create function private.revoke_recording_share_link(share_link_id uuid) returns timestamptz
  language plpgsql security definer set search_path = ''
as $$
declare
  v_link    public.recording_share_links;
  v_session public.session_schedules;
begin
  -- Of two calls at once, the second finds the link revoked by the first.
  select * into v_link from public.recording_share_links l where l.id = revoke_recording_share_link.share_link_id for update;
  select s.* into v_session from public.session_recordings r join public.session_schedules s on s.id = r.session_id
   where r.id = v_link.recording_id;
  if v_link.id is null
     or not (v_link.created_by = (select auth.uid()) or private.is_admin()
             or coalesce((select auth.uid()) in (private.get_session_host(v_session), v_session.client_id), false)) then
    perform private.refuse(404, 'share_link_not_found', 'There is no such link.');
  end if;
  update public.recording_share_links l set revoked_at = coalesce(l.revoked_at, now()) where l.id = v_link.id
  returning l.* into v_link;
  return v_link.revoked_at;
end
$$;

create function public.create_recording_share_link(
  recording_id uuid, expires_in_days integer default 7, password_scrypt text default null, view_limit integer default null
)
  returns table (
    share_link_id uuid, token text, recording_id uuid, expires_at timestamptz, has_password boolean, view_limit integer)
  language sql security invoker set search_path = ''
as $$
  select (made.link).id, made.token, (made.link).recording_id, (made.link).expires_at, (made.link).has_password,
         (made.link).view_limit
    from private.create_recording_share_link($1, $2, $3, $4) made;
$$;

comment on function public.create_recording_share_link is
  'Makes a link by which anybody watches a recording; the token is told once.';

create function public.revoke_recording_share_link(share_link_id uuid)
  returns table (share_link_id uuid, revoked_at timestamptz)
  language sql security invoker set search_path = ''
as $$
  select $1, private.revoke_recording_share_link($1);
$$;

comment on function public.revoke_recording_share_link is 'Ends a shared link at once.';

revoke execute on function private.create_recording_share_link, private.revoke_recording_share_link,
  public.create_recording_share_link, public.revoke_recording_share_link from public, anon, authenticated, service_role;

grant execute on function private.create_recording_share_link, private.revoke_recording_share_link,
  public.create_recording_share_link, public.revoke_recording_share_link to authenticated;


-- recordings/legal_holds.sql

-- Legal holds: a recording that may be needed as evidence is not erased, whoever asks and however old it is.
--
--   held -> released
--
-- A hold is on a person, with every recording they may be in, or on a session or class. It is released, never deleted.

create table public.legal_holds (
  id          uuid        primary key default gen_random_uuid(),
  user_id     uuid,
  session_id  uuid,
  reason      text        not null,
  placed_by   uuid        default auth.uid(),
  placed_at   timestamptz not null default now(),
  released_at timestamptz,

  constraint legal_holds_have_one_subject check (num_nonnulls(user_id, session_id) = 1),
  constraint legal_holds_have_a_reason check (btrim(reason) <> ''),
  constraint legal_holds_reason_is_short check (char_length(reason) <= 2000),
  constraint legal_holds_released_at_is_in_range check (released_at between '2000-01-01' and '2100-01-01')
);

comment on table public.legal_holds is 'No foreign keys: a hold outlives the account it is on, and who placed it.';

comment on column public.legal_holds.id is 'Of the row; made here.';

comment on column public.legal_holds.user_id is 'Whose rows are kept.';

comment on column public.legal_holds.session_id is 'Or of which session.';

comment on column public.legal_holds.reason is 'In words, for whoever reads it later.';

comment on column public.legal_holds.placed_by is 'The admin who placed it.';

comment on column public.legal_holds.placed_at is 'When.';

comment on column public.legal_holds.released_at is 'When it ended; null: it holds.';

create index legal_holds_user_id_idx on public.legal_holds (user_id) where released_at is null;

create index legal_holds_session_id_idx on public.legal_holds (session_id) where released_at is null;

alter table public.legal_holds enable row level security;

create policy "admins read legal holds"
  on public.legal_holds for select to authenticated using ((select private.is_admin()));

create policy "admins place legal holds"
  on public.legal_holds for insert to authenticated with check ((select private.is_admin()));

create policy "admins release legal holds"
  on public.legal_holds for update to authenticated using ((select private.is_admin()));

revoke all on public.legal_holds from anon, authenticated, service_role;

grant select, insert (user_id, session_id, reason), update (released_at) on public.legal_holds to authenticated;

grant select on public.legal_holds to service_role;

-- No delete: that there was a hold is evidence too.

-- By the server's clock, and once: a released hold stays released.
create function private.set_legal_hold_released_at() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if old.released_at is not null then
    perform private.refuse(409, 'hold_released', 'This hold was released. Place a new one.');
  end if;
  new.released_at := now();
  return new;
end
$$;

create trigger legal_holds_set_released_at before update on public.legal_holds
  for each row when (new.released_at is not null) execute function private.set_legal_hold_released_at();

create trigger audit_legal_holds after insert or update on public.legal_holds
  for each row execute function private.write_audit_log();

-- Everybody who may be seen or heard in a recording of this session.
create function private.list_possibly_recorded_users(session public.session_schedules) returns setof uuid
  language sql stable set search_path = ''
as $$
  select p.user_id from public.practitioners p where p.id = (session).practitioner_id and p.user_id is not null
  union
  select (session).client_id where (session).group_class_id is null and coalesce((session).max_participants, 1) <= 1
  union
  -- Whoever was admitted to the channel.
  select a.user_id from private.channel_admissions a where a.session_id = (session).id;
$$;

-- Definer: only admins may read holds.
create function private.is_recording_under_legal_hold(recording public.session_recordings) returns boolean
  language sql stable security definer set search_path = ''
as $$
  select exists (
    select from public.session_recordings r
      join public.session_schedules s on s.id = r.session_id
      join public.legal_holds h on h.released_at is null
       and (h.user_id in (select private.list_possibly_recorded_users(s))
            or h.session_id in (select s.id union
                                select seat.id from public.session_schedules seat where seat.group_class_id = s.id))
     where r.id = coalesce((recording).class_recording_id, (recording).id));
$$;

-- The same of all recordings at once, from the holds to the recordings: to ask about each of thousands takes too long.
-- Definer: as above.
create function private.recording_ids_under_legal_hold() returns setof uuid
  language sql stable security definer set search_path = ''
as $$
  with holds as (select h.user_id, h.session_id from public.legal_holds h where h.released_at is null),
  held as (
    select s.id from holds h join public.practitioners p on p.user_id = h.user_id
      join public.session_schedules s on s.practitioner_id = p.id
    union
    select s.id from holds h join public.session_schedules s on s.client_id = h.user_id
     where s.group_class_id is null and coalesce(s.max_participants, 1) <= 1
    union
    select a.session_id from holds h join private.channel_admissions a on a.user_id = h.user_id
    union
    -- A class by its own hold, or by that of a seat.
    select unnest(array[s.id, s.group_class_id]) from holds h join public.session_schedules s on s.id = h.session_id
  ), recordings as (
    select r.id from held join public.session_recordings r on r.session_id = held.id and r.class_recording_id is null
  )
  select r.id from recordings r
  union all
  select participants.id from recordings r join public.session_recordings participants on participants.class_recording_id = r.id;
$$;

revoke execute on function private.set_legal_hold_released_at, private.list_possibly_recorded_users,
  private.recording_ids_under_legal_hold, private.is_recording_under_legal_hold from public, anon, authenticated, service_role;

grant execute on function private.recording_ids_under_legal_hold, private.is_recording_under_legal_hold to service_role;


-- recordings/recording_erasure_queue.sql

-- The erasure queue: which recordings are to be erased, and why. One in it can be neither listed nor opened any more.
--
--   queued -> begun -> erased, with a receipt (erasures.sql)        queued -> not queued (consent is given again)
--
-- Queued are
--   a one-to-one recording      when either of the two withdraws consent
--   the recording of a class    when its practitioner withdraws consent, or anybody who was in it; where the class has
--                               a rule that it survives a withdrawal, only that participant's own row and link
--   any recording               when its retention is over, a week after its people were told
--
-- Under a legal hold nothing is erased: it stays in the queue, closed, until the hold is released.

create table public.recording_rules (
  id                  uuid        primary key default gen_random_uuid(),
  session_id          uuid        not null references public.session_schedules on delete cascade,
  retention_days      integer,
  survives_withdrawal boolean     not null default false,
  updated_at          timestamptz not null default now(),

  constraint recording_rules_one_per_session unique (session_id),
  constraint recording_rules_retention_days_are_in_range check (retention_days between 1 and 36500)
);

comment on table public.recording_rules is
  'Exceptions for the recording of one session or class.';

comment on column public.recording_rules.retention_days is
  'Null: that of session_recordings in data_retention_policies.';

comment on column public.recording_rules.survives_withdrawal is
  'Whether the recording of a class is kept for the others when a participant withdraws. They are still in it: rarely lawful.';

comment on column public.recording_rules.id is 'Of the row; made here.';

comment on column public.recording_rules.session_id is 'The class it is for; null: all.';

comment on column public.recording_rules.updated_at is 'When the row was last changed.';

alter table public.recording_rules enable row level security;

create policy "admins read recording rules"
  on public.recording_rules for select to authenticated using ((select private.is_admin()));

create policy "admins add recording rules"
  on public.recording_rules for insert to authenticated with check ((select private.is_admin()));

create policy "admins change recording rules"
  on public.recording_rules for update to authenticated using ((select private.is_admin()));

create policy "admins remove recording rules"
  on public.recording_rules for delete to authenticated using ((select private.is_admin()));

revoke all on public.recording_rules from anon, authenticated, service_role;

grant select, insert (session_id, retention_days, survives_withdrawal),
      update (retention_days, survives_withdrawal), delete
  on public.recording_rules to authenticated;

grant select on public.recording_rules to service_role;

create trigger update_recording_rules_updated_at before update on public.recording_rules
  for each row execute function public.update_updated_at_column();

create trigger audit_recording_rules after insert or update or delete on public.recording_rules
  for each row execute function private.write_audit_log();

create table private.recording_erasure_queue (
  id              uuid        primary key default gen_random_uuid(),
  recording_id    uuid        not null references public.session_recordings on delete cascade,
  reason          text        not null,
  user_id         uuid,
  queued_at       timestamptz not null default now(),
  due_at          timestamptz not null default now(),
  begun_at        timestamptz,
  attempt_count   integer     not null default 0,
  next_attempt_at timestamptz not null default now(),

  constraint recording_erasure_queue_reason_is_known
    check (reason in ('consent_withdrawn', 'retention', 'account_erased', 'asked')),
  constraint recording_erasure_queue_holds_a_reason_once unique nulls not distinct (recording_id, reason, user_id)
);

comment on column private.recording_erasure_queue.user_id is 'Who withdrew consent.';

comment on column private.recording_erasure_queue.begun_at is 'From then on it stays queued: the first files may be deleted.';

comment on column private.recording_erasure_queue.attempt_count is
  'How often it was claimed; if more than a few times, storage or the bucket refuses to delete.';

comment on column private.recording_erasure_queue.next_attempt_at is
  'Not before then: an attempt failed, or it was under a legal hold when it was last looked at.';

create index recording_erasure_queue_next_attempt_at_idx on private.recording_erasure_queue (next_attempt_at);

alter table private.recording_erasure_queue enable row level security;

-- No policy: triggers fill it, and the service erases what is in it.
grant select, insert, update, delete on private.recording_erasure_queue to service_role;

-- Whether its erasure has begun: nothing is added to it any more.
-- Definer: nobody may read the queue.
create function private.is_being_erased(recording_id uuid) returns boolean
  language sql stable security definer set search_path = ''
as $$
  select exists (select from private.recording_erasure_queue q
                  where q.recording_id = is_being_erased.recording_id and q.begun_at is not null);
$$;

-- How long a recording is kept: by the rule of its session, else by the policy for all; null is for ever.
create function private.recording_retention_days(recording public.session_recordings) returns integer
  language sql stable set search_path = ''
as $$
  select coalesce(
    (select rule.retention_days from public.recording_rules rule where rule.session_id = (recording).session_id),
    (select p.retention_days from public.data_retention_policies p where p.table_name = 'session_recordings' and p.auto_delete));
$$;

create function private.queue_expired_recordings(max_rows integer) returns integer
  language plpgsql volatile set search_path = ''
as $$
declare
  v_count integer;
begin
  -- Not before its people have been told (erasure_notices.sql). A participant's row is erased with its class's.
  insert into private.recording_erasure_queue (recording_id, reason)
  select r.id, 'retention' from public.session_recordings r
   where r.id = any (array(select private.expiring_recording_ids()))
     and r.class_recording_id is null and r.status in ('completed', 'failed')
     and private.may_erase_after_retention(r)
     and not exists (select from private.recording_erasure_queue q where q.recording_id = r.id and q.reason = 'retention')
   limit queue_expired_recordings.max_rows
  on conflict do nothing;
  get diagnostics v_count = row_count;
  return v_count;
end
$$;

-- Definer: whoever withdraws consent may neither write the queue nor read who else is in a recording.
create function private.queue_recordings_without_consent() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  insert into private.recording_erasure_queue (recording_id, reason, user_id, due_at)
  select case when kept.for_others then participants.id else r.id end, 'consent_withdrawn', old.user_id,
         now() + interval '1 day'  -- time to undo a mistake; it is closed at once
    from (select s.id from public.session_schedules s
            join public.practitioners p on p.id = s.practitioner_id where p.user_id = old.user_id
          union
          select s.id from public.session_schedules s where s.client_id = old.user_id
          union
          select a.session_id from private.channel_admissions a where a.user_id = old.user_id) theirs
    join public.session_schedules s on s.id = theirs.id
    -- Looked up session by session: joined, everybody's recordings are read.
   cross join lateral (select x.id from public.session_recordings x
                        where x.session_id = s.id and x.class_recording_id is null limit 1) r
    left join public.recording_rules rule on rule.session_id = s.id
   cross join lateral (select coalesce(rule.survives_withdrawal, false) and private.is_class(s)
                              and private.get_session_host(s) is distinct from old.user_id as for_others) kept
    left join lateral (select x.id from public.session_recordings x
                        where kept.for_others and x.class_recording_id = r.id
                          and x.session_id in (select seat.id from public.session_schedules seat
                                                where seat.group_class_id = s.id and seat.client_id = old.user_id)
                        limit 1) participants on true
   where old.user_id in (select private.list_possibly_recorded_users(s))
     and (not kept.for_others or participants.id is not null)
  on conflict do nothing;
  return null;
end
$$;

-- Definer: whoever gives consent again may not write the queue.
create function private.unqueue_recordings() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  delete from private.recording_erasure_queue q
   where q.user_id = new.user_id and q.reason = 'consent_withdrawn' and q.begun_at is null;
  return null;
end
$$;

revoke execute on function private.is_being_erased, private.recording_retention_days, private.queue_expired_recordings,
  private.queue_recordings_without_consent, private.unqueue_recordings from public, anon, authenticated, service_role;

grant execute on function private.recording_retention_days, private.queue_expired_recordings to service_role;


-- recordings/joined_files.sql

-- Joined files: the parts of a completed recording as one file to download, made of the verified copies by whoever has
-- the lease.
--
--   waiting -> (recorded: size, hash, upload_url) -> joined          waiting -> given_up, with a reason
--
-- It is an addition: the recording is complete without it, is played from its parts, and keeps them. A process may be
-- killed at any byte: joining the same parts gives the same bytes, so the next one goes on where storage stands. It is
-- offered once it was read back from storage and has the hash of what was sent.
--
-- A recording of one MP4 or WebM has none: that file is the one to download. One that gets another take is joined anew.

create table private.joined_files (
  recording_id     uuid        primary key references public.session_recordings on delete cascade,
  parts            integer     not null,
  status           text        not null default 'waiting',
  kind             text,
  storage_path     text,
  size_bytes       bigint,
  parts_sha256     bytea,
  sha256           bytea,
  duration_seconds integer,
  upload_url       text,
  attempts         integer     not null default 0,
  next_attempt_at  timestamptz not null default now(),
  lease_id         uuid,
  lease_until      timestamptz,
  joined_at        timestamptz,
  failure_code     text,
  failure_reason   text,
  created_at       timestamptz not null default now(),

  constraint joined_files_status_is_known check (status in ('waiting', 'joined', 'given_up')),
  constraint joined_files_kind_is_known check (kind in ('mp4', 'webm')),
  constraint joined_files_joined_are_whole check (
    (status = 'joined') = (joined_at is not null)
    and (status <> 'joined' or num_nulls(kind, storage_path, size_bytes, sha256, duration_seconds) = 0)),
  constraint joined_files_given_up_have_a_code check (status <> 'given_up' or failure_code is not null),
  constraint joined_files_numbers_are_in_range check (
    parts > 0 and size_bytes > 0 and duration_seconds >= 0 and octet_length(sha256) = 32
    and octet_length(parts_sha256) = 32),
  constraint joined_files_texts_are_short check (
    char_length(storage_path) <= 1000 and char_length(upload_url) <= 5000 and
    char_length(failure_code) <= 100 and char_length(failure_reason) <= 2000)
);

comment on column private.joined_files.parts is 'How many files are played of its recording: with another one, it is outdated.';

comment on column private.joined_files.attempts is 'Claims since its parts are these.';

comment on column private.joined_files.parts_sha256 is
  'Of what the parts give, before its index is put in: an upload goes on if they give the same again.';

comment on column private.joined_files.sha256 is 'Of what storage holds, read back.';

comment on column private.joined_files.upload_url is 'Where an interrupted upload resumes.';

comment on column private.joined_files.failure_code is 'Of the last attempt; of one that was given up, why it stays several files.';

create index joined_files_next_attempt_at_idx on private.joined_files (next_attempt_at) where status = 'waiting';

alter table private.joined_files enable row level security;

-- No policy: only the service and the functions of this schema touch it.
grant select, insert, update, delete on private.joined_files to service_role;

-- Every verified file of the takes that play, in playing order.
create function private.list_recorded_files(recording_id uuid)
  returns table (kind text, storage_path text, mode text, take integer, seconds integer)
  language sql stable set search_path = ''
as $$
  select f.kind, f.storage_path, t.mode, t.number, t.duration_seconds
    from private.recording_takes t join private.recording_files f on f.take_id = t.id
   where t.recording_id = list_recorded_files.recording_id and t.status = 'completed'
   order by t.number, f.position;
$$;

-- Definer: whoever completes a session may not write this.
create function private.queue_join() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_parts integer;
  v_joins boolean;
begin
  select count(*), count(*) > 1 or bool_or(f.kind = 'playlist') into v_parts, v_joins
    from private.list_recorded_files(new.id) f where f.kind in ('mp4', 'playlist', 'webm');
  if v_joins then
    insert into private.joined_files as j (recording_id, parts) values (new.id, v_parts)
    on conflict (recording_id) do update
      set parts = excluded.parts, status = 'waiting', joined_at = null, attempts = 0, next_attempt_at = now(),
          lease_id = null, lease_until = null, upload_url = null, failure_code = null,
          failure_reason = null
      where j.parts <> excluded.parts;
  end if;
  return null;
end
$$;

-- The one file to download, if it is there.
create function private.find_joined_file(recording_id uuid, out kind text, out storage_path text, out size_bytes bigint)
  language sql stable set search_path = ''
as $$
  select j.kind, j.storage_path, j.size_bytes from private.joined_files j
   where j.recording_id = find_joined_file.recording_id and j.status = 'joined';
$$;

-- Of the recording that is named, due or not, or of the next that is due.
create function private.lock_due_join(recording_id uuid) returns private.joined_files
  language sql volatile set search_path = ''
as $$
  select j.* from private.joined_files j join public.session_recordings r on r.id = j.recording_id
   where j.status = 'waiting' and r.status = 'completed' and coalesce(j.lease_until, '-infinity') < now()
     and (j.recording_id = lock_due_join.recording_id or lock_due_join.recording_id is null and j.next_attempt_at <= now())
     -- What is to be erased is not joined.
     and not exists (select from private.recording_erasure_queue q where q.recording_id = j.recording_id)
   order by j.next_attempt_at limit 1
     for update of j skip locked;
$$;

create function public.claim_join(recording_id uuid default null)
  returns table (
    id uuid, session_id uuid, lease_id uuid, upload_url text, parts_sha256 text, seconds integer, files jsonb)
  language plpgsql security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  v_join   private.joined_files;
  v_reason text;
begin
  for v_try in 1 .. 50 loop
    v_join := private.lock_due_join(claim_join.recording_id);
    exit when v_join.recording_id is null;
    files := (select jsonb_agg(to_jsonb(f))
                from private.list_recorded_files(v_join.recording_id) f);
    v_reason := case when v_join.attempts >= private.max_attempts() then 'claimed and never reported on'
                     else private.find_reason_unreadable(jsonb_build_array(to_jsonb(v_join), files)) end;
    update private.joined_files j
       set attempts = j.attempts + 1, lease_id = gen_random_uuid(), lease_until = now() + interval '2 minutes',
           next_attempt_at = now() + greatest(interval '2 minutes', private.retry_delay(j.attempts + 1))
     where j.recording_id = v_join.recording_id
    returning j.* into v_join;
    exit when v_reason is null;
    perform private.give_up_join(v_join, 'set_aside', v_reason);
    v_join := null;
  end loop;
  if v_join.recording_id is not null then
    return query
      select v_join.recording_id, r.session_id, v_join.lease_id, v_join.upload_url, encode(v_join.parts_sha256, 'hex'),
             r.duration_seconds, files
        from public.session_recordings r where r.id = v_join.recording_id;
  end if;
end
$$;

create function private.give_up_join(file private.joined_files, code text, reason text) returns void
  language sql volatile set search_path = ''
as $$
  update private.joined_files j
     set status = 'given_up', failure_code = give_up_join.code, failure_reason = left(give_up_join.reason, 2000),
         upload_url = null, lease_id = null, lease_until = null
   where j.recording_id = (give_up_join.file).recording_id;
$$;

create function private.renew_join_lease(recording_id uuid, lease_id uuid) returns private.joined_files
  language plpgsql set search_path = ''
as $$
declare
  v_join private.joined_files;
begin
  update private.joined_files j set lease_until = now() + interval '2 minutes'
   where j.recording_id = renew_join_lease.recording_id and j.lease_id = renew_join_lease.lease_id and j.status = 'waiting'
     and not exists (select from private.recording_erasure_queue q where q.recording_id = j.recording_id)
  returning j.* into v_join;
  if not found then
    perform private.refuse(409, 'lease_lost', 'Somebody else joins this recording now, or nobody is to.');
  end if;
  return v_join;
end
$$;

create function public.renew_join_lease(recording_id uuid, lease_id uuid) returns table (lease_until timestamptz)
  language sql security invoker set search_path = ''
as $$
  select (private.renew_join_lease(recording_id, lease_id)).lease_until;
$$;

-- What the parts give, before it is sent, and where it is sent to; without an address it is sent anew.
create function public.record_join(
  recording_id uuid, lease_id uuid, kind text, storage_path text, size_bytes bigint, parts_sha256 text,
  duration_seconds integer, upload_url text)
  returns table (lease_until timestamptz)
  language plpgsql security invoker set search_path = ''
as $$
begin
  lease_until := (private.renew_join_lease(record_join.recording_id, record_join.lease_id)).lease_until;
  update private.joined_files j
     set kind = record_join.kind, storage_path = record_join.storage_path, size_bytes = record_join.size_bytes,
         parts_sha256 = decode(record_join.parts_sha256, 'hex'), duration_seconds = record_join.duration_seconds,
         upload_url = record_join.upload_url
   where j.recording_id = record_join.recording_id;
  return next;
end
$$;

-- It was read back, and is what was sent.
create function public.finish_join(recording_id uuid, lease_id uuid, sha256 text) returns table (joined_at timestamptz)
  language plpgsql security invoker set search_path = ''
as $$
#variable_conflict use_column
begin
  perform private.renew_join_lease(finish_join.recording_id, finish_join.lease_id);
  return query
    update private.joined_files j
       set status = 'joined', joined_at = now(), sha256 = decode(finish_join.sha256, 'hex'), upload_url = null, lease_id = null, lease_until = null,
           failure_code = null, failure_reason = null
     where j.recording_id = finish_join.recording_id
    returning j.joined_at;
end
$$;

create function public.postpone_join(recording_id uuid, lease_id uuid, code text, reason text, is_final boolean default false)
  returns table (status text)
  language plpgsql security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  v_join private.joined_files := private.renew_join_lease(postpone_join.recording_id, postpone_join.lease_id);
begin
  if postpone_join.is_final or v_join.attempts >= private.max_attempts() then
    perform private.give_up_join(v_join, postpone_join.code, postpone_join.reason);
  else
    update private.joined_files j
       set failure_code = postpone_join.code, failure_reason = left(postpone_join.reason, 2000),
           lease_id = null, lease_until = null
     where j.recording_id = v_join.recording_id;
  end if;
  return query select j.status from private.joined_files j where j.recording_id = v_join.recording_id;
end
$$;

revoke execute on function private.list_recorded_files, private.queue_join, private.find_joined_file, private.lock_due_join,
  public.claim_join, private.give_up_join, private.renew_join_lease, public.renew_join_lease, public.record_join,
  public.finish_join, public.postpone_join from public, anon, authenticated, service_role;

grant execute on function private.list_recorded_files, private.find_joined_file, private.lock_due_join,
  public.claim_join, private.give_up_join, private.renew_join_lease, public.renew_join_lease, public.record_join,
  public.finish_join, public.postpone_join to service_role;


-- recordings/film.sql

-- The film of a recording: the files of its takes as one timeline, what is known of the session, and chapters.
--
-- Takes follow each other on the timeline, as long as each plays. What plays at the same time, the people of an
-- individual recording, are lanes of it: each the same length, one shown at a time. How long the parts of a lane are
-- within a take is in no index; where there are several, they share the take's length by their size.

-- The parts in playing order: what the number in an address counts. A slice is no part: its playlist is.
create function private.list_film_parts(recording_id uuid)
  returns table (number bigint, file_id uuid, kind text, lane text, take integer, starts_at numeric, seconds numeric)
  language sql stable set search_path = ''
as $$
  with takes as (
    select t.id, t.number, t.duration_seconds,
           sum(t.duration_seconds) over (order by t.number) - t.duration_seconds as starts_at
      from private.recording_takes t
     where t.recording_id = list_film_parts.recording_id and t.status = 'completed'
  ), parts as (
    select row_number() over (order by t.number, f.position) as number, f.id, f.kind, t.number as take, f.position,
           coalesce(substring(f.storage_path from '__uid_s_(.+?)__uid_e(?:_(?:audio|video))?'), '') as person,
           substring(f.storage_path from '__uid_e_(audio|video)') as track,
           t.starts_at, t.duration_seconds, greatest(f.size_bytes, 1)::numeric as size
      from takes t join private.recording_files f on f.take_id = t.id
     where f.kind in ('mp4', 'playlist', 'webm')
  ), shares as (
    select p.*, p.duration_seconds * p.size / sum(p.size) over lane as seconds,
           p.duration_seconds * (sum(p.size) over (lane order by p.position) - p.size) / sum(p.size) over lane as into_take
      from parts p
    window lane as (partition by p.take, p.person, p.track)
  )
  select s.number, s.id, s.kind, concat_ws(' ', nullif(s.person, ''), s.track), s.take,
         round(s.starts_at + s.into_take, 3), round(s.seconds, 3)
    from shares s order by s.number;
$$;

-- Where takes begin, and who came and left during them. Of the first and last seconds of a take nothing is said: all
-- come and go then. In individual recordings everybody's picture begins when they do, so a time of the session is
-- another one in each.
create function private.list_film_chapters(recording public.session_recordings, names_client boolean)
  returns table (at numeric, kind text, who text)
  language sql stable set search_path = ''
as $$
  with session as (
    select s as own, coalesce(class, s) as led
      from public.session_schedules s left join public.session_schedules class on class.id = s.group_class_id
     where s.id = (recording).session_id
  ), takes as (
    select t.mode, t.duration_seconds, coalesce(t.media_started_at, t.started_at) as began,
           sum(t.duration_seconds) over (order by t.number) - t.duration_seconds as starts_at,
           row_number() over (order by t.number) as place
      from private.recording_takes t
     where t.recording_id = coalesce((recording).class_recording_id, (recording).id) and t.status = 'completed'
  ), moments as (
    select a.user_id, e.kind, e.moment
      from session s
      join public.session_attendance a on a.source = 'agora'
       and a.session_id in (select (s.led).id union all
                            select seat.id from public.session_schedules seat where seat.group_class_id = (s.led).id)
     cross join lateral unnest(a.intervals) i
     cross join lateral (values ('joined', lower(i)), ('left', upper(i))) e (kind, moment)
  )
  select t.starts_at::numeric, case t.place when 1 then 'begins' else 'goes_on' end, null
    from takes t
  union all
  (select round(t.starts_at + extract(epoch from m.moment - t.began), 1) as at, m.kind,
          case when m.user_id = private.get_session_host(s.led)
                 then (select p.name from public.practitioners p where p.id = (s.led).practitioner_id)
               when names_client and m.user_id = (s.own).client_id
                 then (select f.full_name from public.profiles f where f.id = m.user_id) end
     from session s cross join moments m
     join takes t on t.mode = 'mix'
      and m.moment between t.began + interval '5 seconds' and t.began + make_interval(secs => t.duration_seconds - 5)
    order by 1 limit 200)
   order by 1;
$$;

-- Definer: names the practitioner and, to those who were there, the client, whose rows the service may not read.
create function private.describe_film(recording public.session_recordings, names_client boolean) returns jsonb
  language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object(
    'name', coalesce(s.class_name, t.name),
    'held_at', s.scheduled_at,
    'time_zone', coalesce(s.time_zone, c.time_zone, 'America/Toronto'),
    'practitioner_name', p.name,
    'client_name', case when names_client then f.full_name end,
    'is_class', private.is_class(s) or s.group_class_id is not null,
    'seconds', (recording).duration_seconds,
    'parts', (select coalesce(jsonb_agg(jsonb_build_object('kind', x.kind, 'lane', x.lane, 'starts_at', x.starts_at,
                                                           'seconds', x.seconds) order by x.number), '[]')
                from private.list_film_parts(coalesce((recording).class_recording_id, (recording).id)) x),
    'chapters', (select coalesce(jsonb_agg(x order by x.at), '[]')
                   from private.list_film_chapters(recording, names_client) x),
    -- All of it in one, to download, once it is joined.
    'joined_bytes', (select j.size_bytes
                       from private.find_joined_file(coalesce((recording).class_recording_id, (recording).id)) j))
    from public.session_schedules s
    left join public.session_types t on t.id = s.session_type_id
    left join public.practitioners p on p.id = s.practitioner_id
    left join public.practitioner_calendars c on c.practitioner_id = p.id
    left join public.profiles f on f.id = s.client_id and not private.is_class(s)
   where s.id = (recording).session_id;
$$;

revoke execute on function private.list_film_parts, private.list_film_chapters, private.describe_film
  from public, anon, authenticated, service_role;

grant execute on function private.list_film_parts, private.describe_film to service_role;


-- recordings/playback.sql

-- Playback: opening a recording, by one's own link or by one that was shared. Both end with the next request once the
-- link is revoked or the recording is queued for erasure.
--
-- A shared link with a password or a view limit is opened by a POST only: link previews would use it up otherwise.
-- Later requests belong to that view, for a day, and need neither the password nor another view: its key is in a cookie
-- of the browser that opened it, and in no address.
--
-- A HEAD begins no view (`begins_view` is false): the function then shows the page, and no way to a file.
--
-- An unknown link is answered and counted, by address. A known one always works, but each has its limit: of views, and
-- of requests in one view.

-- The requested file, by its place in playing order, take after take, or, as in playlists, by its name. A participant's
-- own row leads to the files of its class. What was completed once is played while another take is made.
create function private.find_recording_part(
  recording public.session_recordings, part integer, file_name text,
  out kind text, out storage_path text)
  language plpgsql stable set search_path = ''
as $$
declare
  v_recording_id uuid := coalesce((recording).class_recording_id, (recording).id);
  v_file         private.recording_files;
begin
  if find_recording_part.file_name is null then
    select f.* into v_file from private.list_film_parts(v_recording_id) p join private.recording_files f on f.id = p.file_id
     where p.number = find_recording_part.part;
  else
    select f.* into v_file from private.recording_files f join private.recording_takes t on t.id = f.take_id
     where t.recording_id = v_recording_id and t.status = 'completed'
       and f.storage_path = regexp_replace((recording).storage_path, '[^/]*$', '') || find_recording_part.file_name;
  end if;
  if v_file.id is null and find_recording_part.file_name = 'joined' then
    select v_recording_id, j.kind, j.storage_path into v_file.id, v_file.kind, v_file.storage_path
      from private.find_joined_file(v_recording_id) j where j.storage_path is not null;  -- all in one, to download
  end if;
  if v_file.id is null then
    perform private.refuse(404, 'recording_not_found', 'This link leads to no recording, or not any more.',
                           'Please ask for a new one.');
  end if;
  kind := v_file.kind;
  storage_path := v_file.storage_path;
end
$$;

-- Whether it is queued for erasure: private.closed_recording_ids for one row.
create function private.is_recording_closed(recording public.session_recordings) returns boolean
  language sql stable set search_path = ''
as $$
  select exists (select from private.recording_erasure_queue q
                  where q.recording_id in ((recording).id, (recording).class_recording_id));
$$;

-- True if there is a recording; else the attempt is counted and answered.
create function private.find_or_answer(recording public.session_recordings, ip_address text) returns boolean
  language plpgsql volatile set search_path = ''
as $$
begin
  if (recording).id is null and private.limit_attempt('unknown links', private.mask_address(ip_address)) then
    perform private.answer_refusal(404, 'recording_not_found', 'This link leads to no recording, or not any more.',
                                   'Please ask for a new one.');
  end if;
  return (recording).id is not null;
end
$$;

create function public.view_recording(
  token_sha256 text,
  part         integer default 1,
  file_name    text    default null,
  view_sha256  text    default null,
  ip_address   text    default null,
  user_agent   text    default null,
  begins_view  boolean default true,
  describes    boolean default false
) returns table (recording_id uuid, new_view_key text, kind text, storage_path text, film jsonb)
  language plpgsql security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  v_link      private.recording_links;
  v_recording public.session_recordings;
  v_view      uuid;
  v_part      record;
begin
  select * into v_link from private.recording_links l
   where l.token_sha256 = decode(view_recording.token_sha256, 'hex') and l.revoked_at is null;
  select * into v_recording from public.session_recordings r
   where r.id = v_link.recording_id and r.completed_at is not null and not private.is_recording_closed(r);
  if not private.find_or_answer(v_recording, view_recording.ip_address) then
    return next;
    return;
  end if;
  v_part := private.find_recording_part(v_recording, view_recording.part, view_recording.file_name);

  -- A player makes many requests; all of them are one view, for a day.
  v_view := private.find_recording_view(view_recording.view_sha256, v_link.id);
  if v_view is not null then
    perform private.limit_use('requests of a view', v_view);
  elsif view_recording.begins_view then
    perform private.limit_use('views of a link', v_link.id);
    new_view_key := private.add_recording_view(
      v_recording.id, v_link.id, 'recording', view_recording.ip_address, view_recording.user_agent);
  end if;
  return query
    select v_recording.id, new_view_key, v_part.kind, v_part.storage_path,
           case when view_recording.describes then private.describe_film(v_recording, names_client => true) end;
end;
$$;

-- Before the password is hashed, which takes as long as many requests, and before it is compared: a guess is counted
-- however it ends. The right one gives its link's guesses back.
create function public.count_password_guess(token_sha256 text, ip_address text default null) returns table (counted boolean)
  language plpgsql volatile security invoker set search_path = ''
as $$
declare
  v_recording public.session_recordings;
  v_link      public.recording_share_links;
begin
  select * into v_link from public.recording_share_links l
   where l.token_sha256 = decode(count_password_guess.token_sha256, 'hex') and l.revoked_at is null;
  select * into v_recording from public.session_recordings r where r.id = v_link.recording_id;
  counted := private.find_or_answer(v_recording, count_password_guess.ip_address)
             and private.limit_attempt('password guesses', v_link.id::text);
  return next;
end
$$;

create function public.open_share_link(
  token_sha256    text,
  opens           boolean default false,
  password_scrypt text    default null,
  part            integer default 1,
  file_name       text    default null,
  view_sha256     text    default null,
  ip_address      text    default null,
  user_agent      text    default null,
  begins_view     boolean default true,
  describes       boolean default false
) returns table (
  state text, has_password boolean, recording_id uuid, new_view_key text, kind text, storage_path text, film jsonb)
  language plpgsql security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  v_hash      bytea := decode(open_share_link.token_sha256, 'hex');
  v_link      public.recording_share_links;
  v_view      uuid;
  v_recording public.session_recordings;
  v_part      record;
  v_film      jsonb;
begin
  select * into v_link from public.recording_share_links l where l.token_sha256 = v_hash;
  v_view := private.find_recording_view(open_share_link.view_sha256, v_link.id);
  if v_view is null and (open_share_link.opens or not (v_link.has_password or v_link.view_limit is not null)) then
    -- This may become a view: those who open the same link at once wait here, so that each finds the current count.
    select * into v_link from public.recording_share_links l where l.token_sha256 = v_hash for update;
  end if;

  select * into v_recording from public.session_recordings r
   where r.id = v_link.recording_id and v_link.revoked_at is null and r.completed_at is not null
     and not private.is_recording_closed(r);
  if not private.find_or_answer(v_recording, open_share_link.ip_address) then
    return next;
    return;
  end if;
  v_part := private.find_recording_part(v_recording, open_share_link.part, open_share_link.file_name);
  if v_link.expires_at <= now() then
    perform private.refuse(410, 'share_link_expired', 'This link has expired.', 'Ask whoever sent it for a new one.');
  end if;
  has_password := v_link.has_password;
  if open_share_link.describes then
    v_film := private.describe_film(v_recording, names_client => false);
  end if;

  if v_view is null then
    if v_link.view_count >= v_link.view_limit then
      perform private.refuse(410, 'share_link_used_up', 'This link has been opened as often as it could be.',
                             'Ask whoever sent it for a new one.');
    elsif not open_share_link.opens and (v_link.has_password or v_link.view_limit is not null) then
      state := 'closed';
      return next;
      return;
    elsif v_link.password_scrypt <> coalesce(decode(open_share_link.password_scrypt, 'hex'), '') then
      state := 'wrong_password';
      return next;
      return;
    elsif not open_share_link.begins_view then
      return query select 'open', false, v_recording.id, null::text, v_part.kind, v_part.storage_path, v_film;
      return;
    end if;
    perform private.limit_use('views of a link', v_link.id);
    if v_link.has_password then
      perform private.forget_uses('password guesses', v_link.id::text);
    end if;
    update public.recording_share_links l set view_count = l.view_count + 1 where l.id = v_link.id;
    new_view_key := private.add_recording_view(
      v_recording.id, v_link.id, 'share', open_share_link.ip_address, open_share_link.user_agent);
  else
    if open_share_link.opens and v_link.has_password then
      perform private.forget_uses('password guesses', v_link.id::text);  -- whoever has a view knew the password
    end if;
    perform private.limit_use('requests of a view', v_view);
  end if;

  return query
    select 'open', v_link.has_password, v_recording.id, new_view_key, v_part.kind, v_part.storage_path, v_film;
end
$$;

revoke execute on function private.find_recording_part, private.is_recording_closed, private.find_or_answer,
  public.view_recording, public.count_password_guess, public.open_share_link from public, anon, authenticated, service_role;

-- Not granted to anon: the server hashes token and password, and passes on the caller's address.
grant execute on function private.find_recording_part, private.is_recording_closed, private.find_or_answer,
  public.view_recording, public.count_password_guess, public.open_share_link to service_role;


-- recordings/erasure_notices.sql

-- Erasure notices: seven days before a recording is erased because its retention is over, its people are told, while
-- they can still download it.
--
--   kept -> told (ends_at) -> queued for erasure, not before ends_at
--
-- Once for each recording; again only if its end was moved to later than they were told. Nobody is told of a recording
-- that is closed already, as after a withdrawal, nor of one under a legal hold: it is not erased, and once the hold is
-- released they are told as of any other. What is kept for less than seven days, by a rule of its session, is erased
-- when that says.

create table private.recording_erasure_notices (
  recording_id uuid        primary key references public.session_recordings on delete cascade,
  ends_at      timestamptz not null,
  told_at      timestamptz not null default now(),

  constraint recording_erasure_notices_give_time check (ends_at >= told_at),
  constraint recording_erasure_notices_ends_at_is_in_range check (ends_at between '2000-01-01' and '2200-01-01')
);

comment on column private.recording_erasure_notices.ends_at is 'As they were told: it is not erased before.';

alter table private.recording_erasure_notices enable row level security;

-- No policy: only the service writes it, through the functions below.
grant select, insert, update on private.recording_erasure_notices to service_role;

create function private.recording_notice_period() returns interval
  language sql immutable set search_path = ''
as $$
  select interval '7 days';
$$;

-- When a recording's retention is over; null is never. Counted from the end of the recording.
create function private.recording_retention_ends_at(recording public.session_recordings) returns timestamptz
  language sql stable set search_path = ''
as $$
  select coalesce((recording).ended_at, (recording).completed_at, (recording).created_at)
         + make_interval(days => private.recording_retention_days(recording));
$$;

-- Those whose retention is over within the notice period, or by a rule of their own may be: few of all there are. By
-- index, because every run asks.
create index session_recordings_ended_at_idx on public.session_recordings ((coalesce(ended_at, completed_at, created_at)));

create function private.expiring_recording_ids() returns setof uuid
  language sql stable set search_path = ''
as $$
  select r.id from public.session_recordings r
   where coalesce(r.ended_at, r.completed_at, r.created_at) < now() + private.recording_notice_period() - (
           select make_interval(days => p.retention_days) from public.data_retention_policies p
            where p.table_name = 'session_recordings' and p.auto_delete)
  union
  select r.id from public.recording_rules rule join public.session_recordings r on r.session_id = rule.session_id
   where rule.retention_days is not null;
$$;

-- Whether its people are told before it is erased. A recording that failed has nothing to download.
create function private.is_erasure_told(recording public.session_recordings) returns boolean
  language sql stable set search_path = ''
as $$
  select (recording).status = 'completed'
     and make_interval(days => private.recording_retention_days(recording)) >= private.recording_notice_period();
$$;

create function private.may_erase_after_retention(recording public.session_recordings) returns boolean
  language sql stable set search_path = ''
as $$
  select private.recording_retention_ends_at(recording) < now()
     and (not private.is_erasure_told(recording)
          or exists (select from private.recording_erasure_notices n
                      where n.recording_id = (recording).id and n.ends_at <= now()
                        and n.ends_at > private.recording_retention_ends_at(recording) - private.recording_notice_period()));
$$;

-- Definer: nobody writes the outbox.
create function private.tell_of_erasure(recording_id uuid, ends_at timestamptz) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  -- Its people: client and practitioner, and of a class whoever has a row of their own.
  perform private.publish_event('recording_ending', s.client_id, s.id, jsonb_build_object(
           'recording_id', r.id, 'practitioner_id', s.practitioner_id, 'scheduled_at', s.scheduled_at,
           'group_class_id', s.group_class_id, 'expires_at', tell_of_erasure.ends_at))
    from public.session_recordings r join public.session_schedules s on s.id = r.session_id
   where tell_of_erasure.recording_id in (r.id, r.class_recording_id)
     and not exists (select from private.recording_erasure_queue q where q.recording_id = r.id);
end
$$;

create function private.tell_of_erasures(max_rows integer) returns integer
  language plpgsql volatile set search_path = ''
as $$
declare
  v_notice private.recording_erasure_notices;
  v_count  integer := 0;
begin
  for v_notice in
    insert into private.recording_erasure_notices as n (recording_id, ends_at)
    select r.id, greatest(private.recording_retention_ends_at(r), now() + private.recording_notice_period())
      from public.session_recordings r
     where r.id = any (array(select private.expiring_recording_ids()))
       and r.class_recording_id is null and private.is_erasure_told(r)
       and private.recording_retention_ends_at(r) < now() + private.recording_notice_period()
       and not exists (select from private.recording_erasure_queue q where q.recording_id = r.id)
       and not exists (select from private.recording_erasure_notices told
                        where told.recording_id = r.id
                          and told.ends_at > private.recording_retention_ends_at(r) - private.recording_notice_period())
       and r.id not in (select private.recording_ids_under_legal_hold())
     limit tell_of_erasures.max_rows
    on conflict on constraint recording_erasure_notices_pkey
      do update set ends_at = excluded.ends_at, told_at = excluded.told_at
    returning n.*
  loop
    perform private.tell_of_erasure(v_notice.recording_id, v_notice.ends_at);
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$$;

revoke execute on function private.recording_notice_period, private.recording_retention_ends_at,
  private.expiring_recording_ids,
  private.is_erasure_told, private.may_erase_after_retention, private.tell_of_erasure, private.tell_of_erasures
  from public, anon, authenticated, service_role;

grant execute on function private.recording_notice_period, private.recording_retention_ends_at,
  private.expiring_recording_ids,
  private.is_erasure_told, private.may_erase_after_retention, private.tell_of_erasure, private.tell_of_erasures
  to service_role;


-- recordings/erasures.sql

-- Erasures: a recording that is due in the erasure queue is claimed by one process, which deletes the files, then the
-- rows, and leaves a receipt.
--
--   due -> claimed (lease) -> files deleted from storage and from Agora's bucket -> rows deleted, receipt written
--
-- The process may be killed anywhere: the lease expires, and the next one deletes what is left. The row is deleted
-- last, because it alone says where the files are.

create table public.recording_erasures (
  id           uuid        primary key default gen_random_uuid(),
  recording_id uuid        not null,
  reasons      text[]      not null,
  files        integer     not null,
  bytes        bigint      not null,
  queued_at    timestamptz not null,
  erased_at    timestamptz not null default now(),

  constraint recording_erasures_happen_once unique (recording_id),
  constraint recording_erasures_reasons_are_few check (
    cardinality(reasons) <= 20 and char_length(reasons::text) <= 1000)
);

comment on table public.recording_erasures is
  'Receipts: that a recording was erased, and why. They name no person and no session, only the id of the recording.';

comment on column public.recording_erasures.id is 'Of the row; made here.';

comment on column public.recording_erasures.recording_id is 'Which recording it was.';

comment on column public.recording_erasures.reasons is 'Why it was erased.';

comment on column public.recording_erasures.files is 'How many files went.';

comment on column public.recording_erasures.bytes is 'How many bytes.';

comment on column public.recording_erasures.queued_at is 'When it was closed.';

comment on column public.recording_erasures.erased_at is 'When nothing was left.';

alter table public.recording_erasures enable row level security;

create policy "admins read receipts of erasures"
  on public.recording_erasures for select to authenticated using ((select private.is_admin()));

revoke all on public.recording_erasures from anon, authenticated, service_role;

grant select on public.recording_erasures to authenticated;

grant select, insert on public.recording_erasures to service_role;

-- No update or delete for anybody: a receipt is evidence.

-- For purge-recordings, again until it gives nought: tells the people of what is erased in a week, queues what has been
-- kept long enough, and moves what is under a legal hold out of the way, so that no claim has to pass it.
create function public.prepare_recording_erasures(max_rows integer default 1000)
  returns table (told integer, queued integer, held integer)
  language plpgsql security invoker set search_path = ''
as $$
begin
  told := private.tell_of_erasures(prepare_recording_erasures.max_rows);
  queued := private.queue_expired_recordings(prepare_recording_erasures.max_rows);
  with under_hold as materialized (select private.recording_ids_under_legal_hold() as id)
  update private.recording_erasure_queue q set next_attempt_at = now() + interval '1 hour'
   where q.id in (select due.id from private.recording_erasure_queue due join under_hold h on h.id = due.recording_id
                   where due.next_attempt_at <= now() and due.due_at <= now()
                   order by due.next_attempt_at limit prepare_recording_erasures.max_rows for update of due skip locked);
  get diagnostics held = row_count;
  return next;
end
$$;

-- The next recording that is due, or the one that is named: an operator's request waits for no next attempt.
create function public.claim_recording_erasure(recording_id uuid default null)
  returns table (recording public.session_recordings, storage_folder text, source_folder text)
  language plpgsql security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  v_recording public.session_recordings;
begin
  select r.* into v_recording
    from private.recording_erasure_queue q join public.session_recordings r on r.id = q.recording_id
   where q.due_at <= now()
     and (r.id = claim_recording_erasure.recording_id
          or (claim_recording_erasure.recording_id is null and q.next_attempt_at <= now()
              and q.attempt_count < private.max_attempts()))
     -- Not while Agora is still recording or uploading, or may record again.
     and r.status in ('completed', 'failed', 'processing')
     and not exists (select from private.recording_takes t
                      where t.recording_id = r.id
                        and (t.status in ('pending', 'recording') or (t.status = 'processing' and not t.upload_complete)
                             or t.lease_until >= now()))
     and not exists (select from private.joined_files j where j.recording_id = r.id and j.lease_until >= now())
     and coalesce(r.lease_until, '-infinity') < now()
     and not private.is_recording_under_legal_hold(r)
   order by q.next_attempt_at limit 1
     for update of r skip locked;
  if not found then
    return;
  end if;

  update public.session_recordings r set lease_id = gen_random_uuid(), lease_until = now() + interval '10 minutes'
   where r.id = v_recording.id
  returning r.* into v_recording;
  update private.recording_erasure_queue q
     set begun_at = coalesce(q.begun_at, now()), attempt_count = q.attempt_count + 1,
         next_attempt_at = now() + greatest(interval '10 minutes', private.retry_delay(q.attempt_count + 1))
   where q.recording_id = v_recording.id;
  v_recording.failure_reason := null;  -- of any length, and nobody asks for it here
  return query
    -- A participant's row has no files of its own.
    select v_recording,
           case when v_recording.class_recording_id is null then v_recording.session_id || '/' || v_recording.id end,
           case when v_recording.class_recording_id is null
                then private.recording_folder(v_recording.id) || '/' end;  -- of every attempt of every take
end
$$;

-- Definer: nobody may change views, but what identifies a viewer is erased with the recording they viewed.
create function private.finish_recording_erasure(recording_id uuid, lease_id uuid) returns public.recording_erasures
  language plpgsql security definer set search_path = ''
as $$
declare
  v_receipt public.recording_erasures;
begin
  perform from public.session_recordings r
    where r.id = finish_recording_erasure.recording_id and r.lease_id = finish_recording_erasure.lease_id
      and r.lease_until > now()
    for update;
  if not found then
    perform private.refuse(409, 'lease_lost', 'Somebody else erases this recording now.');
  end if;

  insert into public.recording_erasures as e (recording_id, reasons, files, bytes, queued_at)
  select finish_recording_erasure.recording_id, array_agg(distinct q.reason),
         copied.files, copied.bytes, min(q.queued_at)
    from private.recording_erasure_queue q
   cross join (select count(*) as files, coalesce(sum(f.size_bytes), 0) as bytes
                 from (select f.size_bytes from private.recording_files f join private.recording_takes t on t.id = f.take_id
                        where t.recording_id = finish_recording_erasure.recording_id
                       union all
                       select j.size_bytes from private.joined_files j
                        where j.recording_id = finish_recording_erasure.recording_id and j.status = 'joined') f) copied
   where q.recording_id = finish_recording_erasure.recording_id
   group by copied.files, copied.bytes
  returning e.* into v_receipt;

  update public.recording_views v set ip_address = null, user_agent = null
   where v.recording_id in (select r.id from public.session_recordings r
                             where finish_recording_erasure.recording_id in (r.id, r.class_recording_id));
  delete from private.recording_files f using private.recording_takes t
   where t.id = f.take_id and t.recording_id = finish_recording_erasure.recording_id;
  -- With its takes, its links, its rows in the queue, and the rows of the class's participants.
  delete from public.session_recordings r where r.id = finish_recording_erasure.recording_id;
  return v_receipt;
end
$$;

create function public.finish_recording_erasure(recording_id uuid, lease_id uuid)
  returns setof public.recording_erasures
  language sql security invoker set search_path = ''
as $$
  select * from private.finish_recording_erasure(recording_id, lease_id);
$$;

revoke execute on function public.prepare_recording_erasures, public.claim_recording_erasure,
  private.finish_recording_erasure, public.finish_recording_erasure from public, anon, authenticated, service_role;

grant execute on function public.prepare_recording_erasures, public.claim_recording_erasure,
  private.finish_recording_erasure, public.finish_recording_erasure to service_role;
