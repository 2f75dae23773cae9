-- Automatic recording: starts when the practitioner and a client are present and everybody has agreed, and stops when
-- the session or somebody's consent ends.
--
--   start   the practitioner and a client are present, with everybody's consent (the rules are
--           start_agora_recording's);
--           the row is inserted here
--   stop    the session has ended, the channel has been empty for a while, or somebody has withdrawn consent or joined
--           without it: the request is written where that happens, and claimed here or by the reconciler
--
-- A start that fails is tried again while the session lasts, after 1, 2, 4, 8, 16 minutes, and its practitioner is
-- notified once.

create function private.recording_retry_delay(failures bigint) returns interval
  language sql immutable set search_path = ''
as $$
  select interval '1 minute' * (2 ^ (least(failures, 5) - 1));  -- 1, 2, 4, 8, 16 minutes
$$;

create function private.may_start_recording(session public.session_schedules) returns boolean
  language plpgsql stable set search_path = ''
as $$
declare
  v_failures    bigint;
  v_last_failed timestamptz;
begin
  if session.status <> 'in_progress' or session.session_location <> 'online'
     or now() >= session.scheduled_at + make_interval(mins => session.duration_minutes)
     -- There is one already, or one was stopped on request.
     or exists (select from public.session_recordings r
                 where r.session_id = session.id and (r.status <> 'failed' or r.stop_reason = 'asked')) then
    return false;
  end if;
  select count(*), max(r.ended_at) into v_failures, v_last_failed
    from public.session_recordings r where r.session_id = session.id;
  return v_failures = 0 or now() >= v_last_failed + private.recording_retry_delay(v_failures);
end
$$;

-- What Agora is to be asked for a session: `start` or `stop`, claimed by one caller (sessions/advancing.sql).
create function private.claim_session_recording_task(session_id uuid, out task text, out recording public.session_recordings)
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
  update public.session_recordings r
     set claim_count = r.claim_count + 1,
         next_check_at = now() + greatest(interval '1 minute', private.retry_delay(r.claim_count + 1))
   where r.session_id = v_session.id and r.status in ('pending', 'recording') and r.stop_requested_at is not null
     and r.agora_sid is not null and r.next_check_at <= now()
  returning r.* into recording;
  if found then
    task := 'stop';
  elsif private.get_session_host(v_session) = any (v_present) and private.may_start_recording(v_session)
    and exists (select from private.list_session_clients(v_session) c where c.user_id = any (v_present)) then
    begin
      v_start := private.start_agora_recording(v_session.id, 'mix');
      recording := v_start.recording;
      task := case when v_start.is_new then 'start' end;
    exception when sqlstate 'PT409' then
      null;  -- such as: somebody has not agreed
    end;
  end if;
end
$$;

-- Definer: nobody reads or writes the outbox.
create function private.publish_recording_failed() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  -- Once for each session: the start is tried again by itself, and another failure says nothing new.
  insert into private.outbox (kind, user_id, session_id, payload)
  select 'recording_failed', p.user_id, s.id, jsonb_build_object(
           'recording_id', new.id, 'failure_code', new.failure_code, 'client_id', s.client_id, 'scheduled_at', s.scheduled_at)
    from public.session_schedules s join public.practitioners p on p.id = s.practitioner_id
   where s.id = new.session_id and p.user_id is not null
     and not exists (select from private.outbox o where o.session_id = s.id and o.kind = 'recording_failed');
  return null;
end
$$;

-- Not if it was stopped before it began: that was requested.
create trigger session_recordings_70_publish_failed after update of status on public.session_recordings
  for each row when (new.status = 'failed' and old.status <> 'failed' and new.class_recording_id is null
                     and new.failure_code <> 'stopped_before_start')
  execute function private.publish_recording_failed();

revoke execute on function private.recording_retry_delay, private.may_start_recording,
  private.claim_session_recording_task, private.publish_recording_failed from public, anon, authenticated, service_role;
