-- Checks: which recording is due for a check, and which task that is. The reconciler claims them until none is due.
--
--   start   ask Agora to record (again, with the same resource, if it has one)
--   find    the recording may run although its sid is unknown: look for the sid in the bucket
--   query   ask Agora for its status
--   stop    tell Agora to stop
--   look    Agora does not know it, or says it is over: look for its files in the bucket
--
-- A claim moves `next_check_at` ahead, so two reconcilers never have the same row, and the row of one that crashed is
-- due again.

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

create function public.claim_recording_check() returns table (task text, recording public.session_recordings)
  language plpgsql security invoker set search_path = ''
as $$
begin
  select * into recording from public.session_recordings r
   where r.status in ('pending', 'recording', 'processing') and not r.upload_complete and r.next_check_at <= now()
   order by r.next_check_at limit 1
     for update skip locked;
  if recording.id is not null then
    update public.session_recordings r
       set next_check_at = now() + interval '1 minute',
           stop_requested_at = coalesce(r.stop_requested_at, case when now() >= r.record_until then now() end),
           stop_reason = coalesce(r.stop_reason, case when now() >= r.record_until then 'session_over' end)
     where r.id = recording.id
    returning r.* into recording;

    if recording.status = 'pending' and recording.agora_resource_id is null and recording.stop_requested_at is not null then
      -- Agora was never asked for it.
      update public.session_recordings r
         set status = 'failed', failure_code = 'stopped_before_start', ended_at = now(), next_check_at = null
       where r.id = recording.id
      returning r.* into recording;
    end if;
  end if;
  task := case when recording.status in ('pending', 'recording', 'processing') then private.recording_task(recording)
               when recording.id is not null then 'none' end;
  return next;  -- always one row: nothing is due if its task is null
end;
$$;

revoke execute on function private.recording_task, public.claim_recording_check
  from public, anon, authenticated, service_role;
grant execute on function private.recording_task, public.claim_recording_check to service_role;
