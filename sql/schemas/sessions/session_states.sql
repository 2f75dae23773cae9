-- Session states: forward, a class with all its seats, with the same consequences whoever writes the status.
--
--   scheduled ----> in_progress ----> completed
--       |               |
--       +---------------+---------> cancelled        scheduled -> completed: its time passed without any event
--
-- A completed session is taken back to scheduled or in_progress by `reopen_session` alone (reopening.sql).
--
-- Nothing in the pages begins or completes a session. `advance-sessions` does, every minute, and a token or a channel
-- event may be quicker. They write the status through `private.set_session_status`; written directly, by an admin or
-- the service, it has the same consequences, because those are triggers.

-- Definer: nobody reads reopenings.
create function private.refuse_backward_status() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  if old.status = 'completed' and new.status in ('scheduled', 'in_progress') and private.get_reopened_at(new) = now() then
    return new;  -- in this transaction
  end if;
  perform private.refuse(409, 'status_moves_forward', format('A session that is %s cannot become %s.', old.status, new.status));
end
$$;

create function private.set_status_times() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if new.status = 'in_progress' then
    new.started_at := coalesce(new.started_at, now());
  else
    new.completed_at := now();
  end if;
  return new;
end
$$;

-- Definer: whoever advances a class need not have the right to read its seats. (Cancelling: cancelling.sql.)
create function private.copy_class_status_to_seats() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  update public.session_schedules seat set status = new.status
   where seat.group_class_id = new.id and seat.status in ('scheduled', 'in_progress') and seat.status <> new.status;
  return null;
end
$$;

-- The first to write wins: a session that has ended, or has this status already, stays as it is.
create function private.set_session_status(session_id uuid, status text, note text default null) returns void
  language sql set search_path = ''
as $$
  update public.session_schedules s set status = set_session_status.status, notes = coalesce(note, s.notes)
   where s.id = set_session_status.session_id and s.status in ('scheduled', 'in_progress')
     and s.status <> set_session_status.status;
$$;

-- Definer: nobody reads or writes the outbox.
create function private.publish_session_completed() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  if private.get_reopened_at(new) is not null or private.ended_before_adoption(new) then
    return null;  -- it was announced when it was completed before; or ended before anybody was watching
  end if;
  perform private.publish_event('session_completed', new.client_id, new.id, jsonb_build_object(
    'practitioner_id', new.practitioner_id, 'scheduled_at', new.scheduled_at, 'group_class_id', new.group_class_id,
    'is_no_show', exists (select from public.session_attendance a
                           where a.session_id = new.id and a.user_id = new.client_id and a.is_no_show)));
  return null;
end
$$;

-- A session begins once somebody is present and its time has come: at once when a token is issued or a channel event
-- arrives, without waiting for `advance-sessions`. One to one, the client may begin as soon as the room is open; not
-- the practitioner, since joining early would take away the client's right to cancel; and not a class, whose seats are
-- on sale until its time.
create function private.begin_session(session_id uuid) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_session public.session_schedules;
begin
  select * into v_session from public.session_schedules s
   where s.id = begin_session.session_id and s.status = 'scheduled' and s.session_location = 'online'
     and now() between s.scheduled_at - interval '15 minutes'
                   and s.scheduled_at + make_interval(mins => s.duration_minutes + 60);  -- as long as its room is open
  if v_session.scheduled_at <= now()
     and (private.has_attended(v_session, private.get_session_host(v_session))
          or exists (select from private.list_session_clients(v_session) c where private.has_attended(v_session, c.user_id)))
     or (not private.is_class(v_session) and private.has_attended(v_session, v_session.client_id)) then
    perform private.set_session_status(v_session.id, 'in_progress');
  end if;
end
$$;

-- Definer: whoever is issued a token may write neither attendance nor the status of their session.
create function private.apply_channel_admission() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.update_attendance(new.session_id);
  perform private.begin_session(new.session_id);
  return null;
end
$$;

revoke execute on function private.refuse_backward_status, private.set_status_times, private.copy_class_status_to_seats,
  private.set_session_status, private.publish_session_completed, private.begin_session, private.apply_channel_admission
  from public, anon, authenticated, service_role;

create trigger channel_admissions_apply after insert on private.channel_admissions
  for each row when (new.session_id is not null) execute function private.apply_channel_admission();
