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
