-- Checks: which recording is due for a check, and which task that is. The reconciler claims them until none is due.
--
--   start   ask Agora to record (again, with the same resource, if it has one)
--   find    the recording may run although its sid is unknown: look for the sid in the bucket
--   query   ask Agora for its status
--   stop    tell Agora to stop
--   look    Agora does not know it, or says it is over: look for its files in the bucket
--
-- A claim moves `next_check_at` ahead, so two reconcilers never have the same row, and the row of one that crashed is
-- due again, ever later (foundation/queues.sql).

create function private.recording_task(recording public.session_recordings) returns text
  language sql stable set search_path = ''
as $$
  select case
    when (recording).status = 'processing' then 'look'
    when (recording).crashed_at is not null or (recording).missing_since < now() - interval '90 seconds' then 'look'
    -- Tokens expire after a day: whatever Agora has or has not answered since, this is over.
    when (recording).created_at < now() - interval '26 hours' then 'look'
    when (recording).agora_sid is null then case when (recording).stop_requested_at is null then 'start' else 'find' end
    when (recording).stop_requested_at is not null then 'stop'
    else 'query'
  end;
$$;

-- Counts a claim, and says in the recording whether it is set aside instead: `failed`, with code and reason.
create function private.count_recording_claim(recording public.session_recordings, until timestamptz)
  returns public.session_recordings
  language plpgsql volatile set search_path = ''
as $$
declare
  v_reason    text := case when recording.claim_count >= private.max_attempts() then 'claimed and never reported on'
                           else private.find_reason_unreadable(to_jsonb(recording)) end;
  v_recording public.session_recordings;
begin
  update public.session_recordings r
     set claim_count = r.claim_count + 1,
         next_check_at = case when v_reason is null
                              then greatest(count_recording_claim.until, now() + private.retry_delay(r.claim_count + 1)) end,
         status = case when v_reason is null then r.status else 'failed' end,
         failure_code = case when v_reason is not null then 'set_aside' end,
         failure_reason = coalesce(v_reason, r.failure_reason),
         ended_at = case when v_reason is null then r.ended_at else coalesce(r.ended_at, now()) end
   where r.id = recording.id
  returning r.* into v_recording;
  return v_recording;
end
$$;

create function public.claim_recording_check() returns table (task text, recording public.session_recordings)
  language plpgsql security invoker set search_path = ''
as $$
begin
  select * into recording from public.session_recordings r
   where r.status in ('pending', 'recording', 'processing') and not r.upload_complete and r.next_check_at <= now()
   order by r.next_check_at limit 1
     for update skip locked;
  if recording.id is not null then
    recording := private.count_recording_claim(recording, now() + interval '1 minute');
  end if;
  if recording.status in ('pending', 'recording', 'processing') then
    update public.session_recordings r
       set stop_requested_at = coalesce(r.stop_requested_at, case when now() >= r.record_until then now() end),
           stop_reason = coalesce(r.stop_reason, case when now() >= r.record_until then 'session_over' end)
     where r.id = recording.id
    returning r.* into recording;
  end if;
  if recording.status = 'pending' and recording.agora_resource_id is null and recording.stop_requested_at is not null then
    -- Agora was never asked for it.
    update public.session_recordings r
       set status = 'failed', failure_code = 'stopped_before_start', ended_at = now(), next_check_at = null
     where r.id = recording.id
    returning r.* into recording;
  end if;
  task := case when recording.status in ('pending', 'recording', 'processing') then private.recording_task(recording)
               when recording.id is not null then 'none' end;
  if task = 'none' then
    recording := null;  -- it ended here, and may be what nobody can read
  end if;
  return next;  -- always one row: nothing is due if its task is null
end;
$$;

revoke execute on function private.recording_task, private.count_recording_claim, public.claim_recording_check
  from public, anon, authenticated, service_role;
grant execute on function private.recording_task, private.count_recording_claim, public.claim_recording_check to service_role;
