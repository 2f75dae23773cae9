-- Rescheduling: the same rules as for booking, and for a client the same hours as for cancelling free of charge.
--
-- The pages update `scheduled_at`; `reschedule_session` does the same update. Credit, price and everything else stay
-- with the row. A class moves with all its seats, a seat never alone. A practitioner moves a session within their own
-- hours and with the notice of the policy; else the client is asked (proposals.sql), and their yes is their own move.
-- An admin may move it to any time that is not taken. The platform is not checked: `private.recompute_session_starts`
-- moves sessions when clock rules change.

-- Whether a practitioner's move needs the client's yes: outside their hours, beyond the time they offer, or so late
-- that the client, by the policy, could not leave any more: before the time that was agreed, or before the new one.
create function private.move_needs_yes(session public.session_schedules, scheduled_at timestamptz) returns boolean
  language sql stable set search_path = ''
as $$
  select least((session).scheduled_at, move_needs_yes.scheduled_at)
           - make_interval(hours => (private.get_cancellation_policy(session)).standard_cancellation_hours) < now()
      or move_needs_yes.scheduled_at > now() + make_interval(days => c.booking_horizon_days)
      or not private.is_in_hours((session).practitioner_id, move_needs_yes.scheduled_at, (session).duration_minutes)
    from public.practitioner_calendars c where c.practitioner_id = (session).practitioner_id;
$$;

-- Definer: it depends on other bookings of the practitioner, which the caller may not read.
create function private.authorize_reschedule() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_role text := private.get_caller_role(old);
begin
  -- Each move is told to everybody in it.
  if v_role in ('client', 'practitioner') and old.group_class_id is null then
    perform private.limit_use('times moved', auth.uid());
  end if;
  if old.group_class_id is not null then
    if new.scheduled_at <> (select class.scheduled_at from public.session_schedules class
                             where class.id = old.group_class_id) then
      perform private.refuse(409, 'seat_moves_with_its_class', 'A seat is when its class is.', 'Leave the class and join another.');
    end if;
  elsif v_role = 'platform' then
    null;
  elsif old.status <> 'scheduled' then
    perform private.refuse(409, 'session_not_movable', 'Only a scheduled session can be moved.');
  elsif private.is_accepted_time(old.id, new.scheduled_at) then
    null;  -- both want it
  elsif v_role = 'client' then
    if now() > private.get_free_until(old) then
      perform private.refuse(409, 'too_late_to_move', 'It is too late to move this session.', 'You can still cancel it.');
    end if;
    perform private.lock_calendars(old.practitioner_id, old.client_id);
    perform private.refuse_unbookable(old.practitioner_id, new.scheduled_at, old.duration_minutes, old.client_id, old.id);
  elsif new.scheduled_at <= now() then
    perform private.refuse(409, 'slot_in_past', 'This time has passed.', 'Please choose another time.');
  elsif v_role = 'practitioner' and private.move_needs_yes(old, new.scheduled_at) then
    perform private.refuse(409, 'change_needs_a_yes',
      'This time is outside your hours, or too close to the session: your client must agree to it.',
      'Propose it with propose_session_time. Your client is asked, and a yes moves the session.');
  end if;
  new.reminder_sent := null;
  return new;
end
$$;

-- Definer: whoever reschedules a class need not have the right to read its seats.
create function private.copy_class_schedule_to_seats() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  update public.session_schedules seat
     set practitioner_id = new.practitioner_id, scheduled_at = new.scheduled_at, duration_minutes = new.duration_minutes,
         session_location = new.session_location, physical_location = new.physical_location,
         studio_id = new.studio_id, class_name = new.class_name,
         notes = case seat.notes when private.describe_joining(old) then private.describe_joining(new) else seat.notes end
   where seat.group_class_id = new.id and seat.status in ('scheduled', 'in_progress');
  return null;
end
$$;

-- In people's calendars a session is one entry for good: its id is the entry's, and each change raises the sequence. It
-- is raised in the transaction of the change, and never counted from mails, which arrive in any order.
create function private.raise_calendar_sequence() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  new.calendar_sequence := old.calendar_sequence + 1;
  return new;
end
$$;

create function public.reschedule_session(session_id uuid, scheduled_at timestamptz)
  returns setof public.session_schedules
  language plpgsql volatile security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  v_session public.session_schedules;
begin
  select * into v_session from public.session_schedules s where s.id = reschedule_session.session_id;
  if v_session.id is null or private.get_caller_role(v_session) is null then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  end if;
  -- To the time it has already, nothing changes, so a second click is fine.
  return query
    update public.session_schedules s
       set scheduled_at = reschedule_session.scheduled_at,
           notes = case when s.scheduled_at = reschedule_session.scheduled_at then s.notes
                        -- A full note must not keep anybody from rescheduling.
                        else coalesce(left(s.notes, 9900) || E'\n\n', '') || 'Rescheduled on ' || current_date end
     where s.id = v_session.id
    returning s.*;
end
$$;
comment on function public.reschedule_session is 'Reschedules a session or a class, as the pages do by updating the row.';

revoke execute on function private.move_needs_yes, private.authorize_reschedule, private.copy_class_schedule_to_seats,
  private.raise_calendar_sequence, public.reschedule_session from public, anon, authenticated, service_role;
grant execute on function public.reschedule_session to authenticated;
