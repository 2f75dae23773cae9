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
