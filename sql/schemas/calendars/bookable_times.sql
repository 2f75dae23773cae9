-- Bookable times, and why others are not: the one check of hours, notice, horizon and the time already taken.
--
--   practitioner_unavailable   paused, unknown, or in a time zone whose rules this server does not know
--   slot_in_past, too_short_notice, beyond_horizon, outside_availability
--   not_a_start                within the hours, but not at one of the calendar's intervals
--   slot_taken                 the practitioner's time, also as somebody's client or by their other calendars
--   double_booked              the client's own time, also as a practitioner
--
-- A hold excludes everybody but its owner.

-- Who leads a session and moves it needs no notice from themself.
-- Definer: others' bookings and holds, and time off, may not be read by the caller; only the reason is returned.
create function private.check_starts(
  practitioner_id uuid, starts timestamptz[], duration_minutes integer, for_user uuid, ignore_session uuid default null,
  ignore_notice boolean default false)
  returns table (starts_at timestamptz, reason text)
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_calendar record;
  v_length   interval := make_interval(mins => check_starts.duration_minutes);
  v_before   interval;
  v_after    interval;
  v_first    timestamptz;
  v_last     timestamptz;
  v_around   tstzrange;
  v_hours    record;
  v_busy     tstzmultirange;
  v_own      tstzmultirange;
  v_until    timestamptz;
begin
  select c.*, p.user_id as host into v_calendar
    from public.practitioner_calendars c join public.practitioners p on p.id = c.practitioner_id
   where c.practitioner_id = check_starts.practitioner_id and p.available;
  if not found or private.has_outdated_rules(v_calendar.time_zone) then
    return query select s, 'practitioner_unavailable' from unnest(starts) s;
    return;
  end if;

  select min(s), max(s) + v_length into v_first, v_last from unnest(starts) s;
  v_before := make_interval(mins => v_calendar.buffer_before_minutes);
  v_after  := make_interval(mins => v_calendar.buffer_after_minutes);
  v_around := tstzrange(v_first - v_before, v_last + v_after);
  v_until  := private.get_bookable_until(v_calendar.practitioner_id);
  v_hours  := private.read_hours(v_calendar.practitioner_id, v_first, v_last);
  select coalesce(range_agg(t.during), '{}') into v_busy
    from private.practitioner_time t left join public.session_holds h on h.id = t.hold_id
   where t.practitioner_id = check_starts.practitioner_id
     and t.during && v_around
     and (t.hold_id is null or (t.lapses_at > now() and h.user_id is distinct from check_starts.for_user))
     and (t.session_id is null or t.session_id is distinct from check_starts.ignore_session);
  v_busy := v_busy
    + private.get_time_as_client(v_calendar.host, v_calendar.practitioner_id, v_around, ignore_session)
    + private.get_busy_times(v_calendar.practitioner_id, v_around);
  v_own := private.get_time_of(for_user, v_calendar.practitioner_id, tstzrange(v_first, v_last), ignore_session);
  if ignore_session is not null then  -- a session may stay where it is
    v_hours.starts := array(select unnest(v_hours.starts)
                            union select own.scheduled_at from public.session_schedules own where own.id = ignore_session);
  end if;

  return query
    select s, case
        when s <= now() then 'slot_in_past'
        when not ignore_notice and s < now() + make_interval(mins => v_calendar.minimum_notice_minutes) then 'too_short_notice'
        when s > now() + make_interval(days => v_calendar.booking_horizon_days) then 'beyond_horizon'
        when s + v_length > v_until then 'practitioner_unavailable'
        when not v_hours.opened @> tstzrange(s, s + v_length) then 'outside_availability'
        when allowed is null then 'not_a_start'
        when v_busy && tstzrange(s - v_before, s + v_length + v_after) then 'slot_taken'
        when v_own && tstzrange(s, s + v_length) then 'double_booked'
      end
      from unnest(starts) s left join unnest(v_hours.starts) allowed on allowed = s;
end
$$;

create function private.get_unbookable_reason(
  practitioner_id uuid, scheduled_at timestamptz, duration_minutes integer, for_user uuid,
  ignore_session uuid default null)
  returns text
  language plpgsql stable set search_path = ''
as $$
#variable_conflict use_column
begin
  return (
    select c.reason from private.check_starts(get_unbookable_reason.practitioner_id, array[get_unbookable_reason.scheduled_at],
      get_unbookable_reason.duration_minutes, get_unbookable_reason.for_user, get_unbookable_reason.ignore_session) c);
end
$$;

-- The caller has locked both calendars: what is free now stays free until this transaction has reserved it.
create function private.refuse_unbookable(
  practitioner_id uuid, scheduled_at timestamptz, duration_minutes integer, for_user uuid,
  ignore_session uuid default null)
  returns void
  language plpgsql volatile set search_path = ''
as $$
begin
  case private.get_unbookable_reason(
      refuse_unbookable.practitioner_id, refuse_unbookable.scheduled_at, refuse_unbookable.duration_minutes,
      refuse_unbookable.for_user, refuse_unbookable.ignore_session)
    when 'practitioner_unavailable' then
      perform private.refuse(409, 'practitioner_unavailable', 'This practitioner takes no bookings at the moment.',
                             'Please choose another practitioner.');
    when 'slot_in_past' then
      perform private.refuse(409, 'slot_in_past', 'This time has passed.', 'Please choose another time.');
    when 'too_short_notice' then
      perform private.refuse(409, 'too_short_notice', 'This practitioner needs more notice than that.',
                             'Please choose a later time.');
    when 'beyond_horizon' then
      perform private.refuse(409, 'beyond_horizon', 'This practitioner does not take bookings that far ahead.',
                             'Please choose an earlier time.');
    when 'outside_availability' then
      perform private.refuse(409, 'outside_availability', 'The practitioner does not work at this time.',
                             'Please choose another time.');
    when 'not_a_start' then
      perform private.refuse(409, 'not_a_start', 'The practitioner starts no session at this minute.',
                             'Please choose another time.');
    when 'double_booked' then
      perform private.refuse_double_booking(for_user);
    when 'slot_taken' then
      perform private.refuse(409, 'slot_taken', 'This time is taken.', 'Please choose another time.');
    else null;
  end case;
end
$$;

-- Of a time that a session is to move to, or that another practitioner is to take over: whether it is within the hours,
-- and whether nothing else takes it. Neither asks for notice or horizon, which are about new bookings.

create function private.is_in_hours(practitioner_id uuid, scheduled_at timestamptz, duration_minutes integer)
  returns boolean
  language plpgsql stable set search_path = ''
as $$
declare
  c_end constant timestamptz := scheduled_at + make_interval(mins => duration_minutes);
begin
  return (private.read_hours(is_in_hours.practitioner_id, scheduled_at, c_end)).opened @> tstzrange(scheduled_at, c_end);
end
$$;

create function private.is_free_time(
  practitioner_id uuid, scheduled_at timestamptz, duration_minutes integer, ignore_session uuid) returns boolean
  language sql stable set search_path = ''
as $$
  select not exists (
    select from private.practitioner_time t
     where t.practitioner_id = c.practitioner_id
       and t.during && private.add_buffers(is_free_time.scheduled_at, duration_minutes, c)
       and t.session_id is distinct from ignore_session and coalesce(t.lapses_at > now(), true))
     -- Nor are they somebody's client then.
     and not private.get_time_as_client(p.user_id, p.id, asked.during, ignore_session) && asked.during
     and not private.get_busy_times(p.id, asked.during) && asked.during
    from public.practitioner_calendars c join public.practitioners p on p.id = c.practitioner_id
   cross join tstzrange(scheduled_at, scheduled_at + make_interval(mins => duration_minutes)) asked (during)
   where c.practitioner_id = is_free_time.practitioner_id;
$$;

revoke execute on function private.check_starts, private.get_unbookable_reason, private.refuse_unbookable,
  private.is_in_hours, private.is_free_time
  from public, anon, authenticated, service_role;
