-- Sessions record themselves: when both sides are there and everybody agrees, until the session or the agreement ends.
--
--   start   the practitioner and a client are there, and consent stands (start_agora_recording has the rules); won here
--   stop    the session has ended, the channel has been empty for a while, somebody has withdrawn consent or came
--           without it: the wish is written where that happens, and claimed here or by the reconciler
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
     -- One is there already, or somebody did not want one.
     or exists (select from public.session_recordings r
                 where r.session_id = session.id and (r.status <> 'failed' or r.stop_reason = 'asked')) then
    return false;
  end if;
  select count(*), max(r.ended_at) into v_failures, v_last_failed
    from public.session_recordings r where r.session_id = session.id;
  return v_failures = 0 or now() >= v_last_failed + private.recording_retry_delay(v_failures);
end
$$;

-- What Agora is to be asked for a session: `start` or `stop`, won here by one driver (sessions/advance_sessions.sql).
create function private.claim_session_recording_task(session_id uuid, out task text, out recording public.session_recordings)
  language plpgsql volatile set search_path = ''
as $$
#variable_conflict use_variable
declare
  r       public.session_rules;
  s       public.session_schedules;
  v_there uuid[];
  v_left  timestamptz;
  v_start record;
begin
  select * into r from public.session_rules;
  select * into s from public.session_schedules x where x.id = session_id;
  select coalesce(array_agg(h.user_id) filter (where h.is_there), '{}'), max(h.last_sign_at) into v_there, v_left
    from private.list_presence(s.id) h;

  if v_there = '{}' and private.has_channel_events(s.id) and v_left <= now() - make_interval(mins => r.empty_minutes) then
    perform private.request_recording_stop(s.id, 'channel_empty');
  end if;
  update public.session_recordings x set next_check_at = now() + interval '1 minute'
   where x.session_id = s.id and x.status in ('pending', 'recording') and x.stop_requested_at is not null
     and x.agora_sid is not null and x.next_check_at <= now()
  returning x.* into recording;
  if found then
    task := 'stop';
  elsif private.get_session_host(s) = any (v_there) and private.may_start_recording(s)
    and exists (select from private.list_session_clients(s) c where c.user_id = any (v_there)) then
    begin
      v_start := private.start_agora_recording(s.id, 'mix');
      recording := v_start.recording;
      task := case when v_start.won then 'start' end;
    exception when sqlstate 'PT409' then
      null;  -- somebody has not agreed
    end;
  end if;
end
$$;

-- Definer: nobody reads or writes the outbox.
create function private.publish_recording_failed() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  -- Once for each session: the next attempt is already coming, and its failure is no news.
  insert into private.outbox (kind, user_id, session_id, payload)
  select 'recording_failed', p.user_id, s.id, jsonb_build_object(
           'recording_id', new.id, 'failure_code', new.failure_code, 'client_id', s.client_id, 'scheduled_at', s.scheduled_at)
    from public.session_schedules s join public.practitioners p on p.id = s.practitioner_id
   where s.id = new.session_id and p.user_id is not null
     and not exists (select from private.outbox o where o.session_id = s.id and o.kind = 'recording_failed');
  return null;
end
$$;

-- Not if it was stopped before it began: somebody wanted it so.
create trigger session_recordings_70_publish_failed after update of status on public.session_recordings
  for each row when (new.status = 'failed' and old.status <> 'failed' and new.class_recording_id is null
                     and new.failure_code <> 'stopped_before_start')
  execute function private.publish_recording_failed();

revoke execute on function private.recording_retry_delay, private.may_start_recording, private.claim_session_recording_task,
  private.publish_recording_failed
  from public, anon, authenticated, service_role;
