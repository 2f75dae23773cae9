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

create trigger session_recordings_30_queue_join after insert or update of status, completed_at on public.session_recordings
  for each row when (new.status = 'completed' and new.class_recording_id is null)
  execute function private.queue_join();

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
