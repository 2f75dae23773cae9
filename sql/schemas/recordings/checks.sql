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
