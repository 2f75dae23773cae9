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
