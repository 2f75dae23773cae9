-- Moving a session by its link: to a time that the booking page offers for the same practitioner and length; from a
-- seat in a class, to another class of the kind. Whoever booked it, as long as leaving costs nothing; and whoever leads
-- it: at once where the rules allow it (sessions/rescheduling.sql), else by asking the client (sessions/proposals.sql).
--
-- Offered are a few days at a time, first those with the first free time.

create type private.offered_time as (
  starts_at timestamptz, ends_at timestamptz, class_id uuid, class_name text, practitioner_name text,
  seats_left integer, needs_yes boolean);

-- A session is moved until the hour until which it is cancelled free of charge; who runs the platform, at any time. A
-- seat is left for another one while its credit comes back. Who leads it can ask for another time until it begins; but
-- not a class, which nobody can be asked about, nor one form of a class without the other.
create function private.can_move_session(session public.session_schedules, quote private.cancellation_terms)
  returns boolean
  language sql stable set search_path = ''
as $$
  select (session).status = 'scheduled' and (session).scheduled_at > now()
    and case private.get_part_in_session(session)
      when 'practitioner' then not private.is_class(session)
        or (session).correlated_session_id is null and not private.move_needs_yes(session, (session).scheduled_at)
      when 'client' then case when (session).group_class_id is not null
                         then (quote).credit_returned > 0 and (quote).fee_charged = 0
                         else now() <= (quote).free_until or private.is_admin() end
      else false end;
$$;

-- The starts are those of the booking page. They are asked about again without this session itself, whose own hour does
-- not stand in the way of moving it by half an hour. Whoever leads it needs no notice from themself.
create function private.list_offered_starts(
  session public.session_schedules, from_time timestamptz, until_time timestamptz, time_zone text)
  returns setof private.offered_time
  language plpgsql stable set search_path = ''
as $$
#variable_conflict use_column
declare
  v_type   public.session_types;
  v_starts timestamptz[];
  v_leads  boolean := private.get_part_in_session(session) = 'practitioner';
  v_notice interval;
begin
  select * into v_type from public.session_types t where t.id = session.session_type_id;
  v_type.duration_minutes := session.duration_minutes;
  select array_agg(s.starts_at) into v_starts
    from private.list_start_slots(v_type, list_offered_starts.from_time, list_offered_starts.until_time,
                                  list_offered_starts.time_zone, array[session.practitioner_id]) s;
  -- As move_needs_yes, of times that are within hours and horizon.
  v_notice := make_interval(hours => (private.get_cancellation_policy(session)).standard_cancellation_hours);
  return query
    select c.starts_at, c.starts_at + make_interval(mins => session.duration_minutes), null::uuid, null::text,
           null::text, null::integer, asks.needs_yes
      from private.check_starts(session.practitioner_id, v_starts, session.duration_minutes, session.client_id,
                                session.id, ignore_notice => v_leads) c
     cross join lateral (
       select v_leads and least(session.scheduled_at, c.starts_at) - v_notice < now() as needs_yes) asks
     where c.reason is null and c.starts_at <> session.scheduled_at and not (asks.needs_yes and private.is_class(session))
     order by c.starts_at;
end
$$;

-- Classes with a free seat that the same kind of credit pays for, whoever leads them.
create function private.list_offered_classes(
  session public.session_schedules, from_time timestamptz, until_time timestamptz, time_zone text)
  returns setof private.offered_time
  language sql stable set search_path = ''
as $$
  select distinct s.starts_at, s.ends_at, s.group_class_id, class.class_name, p.name, s.seats_left, false
    from public.session_schedules own
   cross join unnest(private.list_class_session_type_ids(own)) type_id
    join public.session_types t on t.id = type_id
   cross join private.list_class_slots(t, from_time, until_time, list_offered_classes.time_zone, null,
                                       own.session_location) s
    join public.session_schedules class on class.id = s.group_class_id
    join public.practitioners p on p.id = class.practitioner_id
   where own.id = (session).group_class_id and s.reason is null
     and not exists (select from public.session_schedules seat
                      where seat.group_class_id = s.group_class_id and seat.client_id = (session).client_id
                        and seat.status <> 'cancelled')
   order by s.starts_at, s.group_class_id;
$$;

-- Days are those of the reader's clock. Without a day, from the first one on which there is something.
-- Definer: its callers are not signed in.
create function private.read_session_offers(
  token text, day date, out shown private.managed_session, out offers private.offered_time[], out from_day date,
  out until_day date, out earlier_day date, out later_day date)
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_session public.session_schedules := private.open_session_link(read_session_offers.token, 'manage_session');
  v_is_seat boolean := v_session.group_class_id is not null;
  v_days    integer := case when v_is_seat then 14 else 7 end;
  v_zone    text;
  v_today   date;
  v_last    date;
begin
  shown := private.compose_managed_session(v_session.id);
  if not shown.can_move then
    return;
  end if;
  v_zone := (shown).time_zone;
  v_today := (now() at time zone v_zone)::date;
  v_last := v_today + coalesce((select c.booking_horizon_days from public.practitioner_calendars c
                                 where c.practitioner_id = v_session.practitioner_id and not v_is_seat), 90);
  from_day := coalesce(read_session_offers.day, (
    select (min(o.starts_at) at time zone v_zone)::date
      from private.list_times_to_move_to(v_session, v_today, least(v_last, v_today + 61), v_zone) o), v_today);
  from_day := greatest(v_today, least(from_day, v_last));
  until_day := least(from_day + v_days - 1, v_last);
  select coalesce(array_agg(o::private.offered_time), '{}') into offers
    from private.list_times_to_move_to(v_session, from_day, until_day, v_zone) o;
  earlier_day := case when from_day > v_today then greatest(v_today, from_day - v_days) end;
  later_day := case when until_day < v_last then until_day + 1 end;
end
$$;

create function private.list_times_to_move_to(
  session public.session_schedules, from_day date, until_day date, time_zone text)
  returns setof private.offered_time
  language plpgsql stable set search_path = ''
as $$
declare
  v_from  timestamptz := from_day::timestamp at time zone list_times_to_move_to.time_zone;
  v_until timestamptz := (until_day + 1)::timestamp at time zone list_times_to_move_to.time_zone;
begin
  if session.group_class_id is not null then
    return query select * from private.list_offered_classes(session, v_from, v_until, list_times_to_move_to.time_zone);
  else
    return query select * from private.list_offered_starts(session, v_from, v_until, list_times_to_move_to.time_zone);
  end if;
end
$$;

-- From a seat, `class_id` is the class to join: the old seat is left and the new one taken, or neither. What is then
-- shown is the new seat, which has a link of its own in its mail.
-- Definer: as above.
create function private.move_managed_session(token text, starts_at timestamptz, class_id uuid)
  returns private.managed_session
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_session public.session_schedules := private.open_session_link(move_managed_session.token, 'manage_session');
  v_seat    uuid;
begin
  if private.get_part_in_session(v_session) not in ('client', 'practitioner') then
    perform private.refuse(403, 'not_your_booking', 'Here only whoever has booked or leads a session moves it.');
  elsif v_session.group_class_id is null then
    if move_managed_session.starts_at is null then
      perform private.refuse(422, 'time_missing', 'Please choose a time.');
    end if;
    perform public.reschedule_session(v_session.id, move_managed_session.starts_at);
    return private.compose_managed_session(v_session.id);
  elsif move_managed_session.class_id is null then
    perform private.refuse(422, 'class_missing', 'Please choose a class.');
  end if;

  perform private.lock_client(v_session.client_id);
  -- Both in one order, for whoever changes the other way round at the same moment.
  perform from public.session_schedules class
    where class.id in (v_session.group_class_id, move_managed_session.class_id) order by class.id for update;
  select * into v_session from public.session_schedules s where s.id = v_session.id;
  if not private.can_move_session(v_session, private.compute_cancellation_terms(v_session, false)) then
    perform private.refuse(409, 'too_late_to_move', 'It is too late to move this session.', 'You can still cancel it.');
  end if;
  perform public.cancel_session(v_session.id, 'Joined another class');
  select j.session_id into v_seat from public.join_group_class(move_managed_session.class_id) j;
  return private.compose_managed_session(v_seat);
end
$$;

-- For whoever leads it: asks the client for another time. Definer: as above.
create function private.propose_managed_time(token text, starts_at timestamptz) returns private.managed_session
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_session public.session_schedules := private.open_session_link(propose_managed_time.token, 'manage_session');
begin
  perform private.refuse_unless_led(v_session);
  if propose_managed_time.starts_at is null then
    perform private.refuse(422, 'time_missing', 'Please choose a time.');
  end if;
  perform private.propose_session_time(v_session.id, propose_managed_time.starts_at);
  return private.compose_managed_session(v_session.id);
end
$$;

create function public.read_session_offers(token text, day date default null)
  returns table (shown private.managed_session, offers private.offered_time[], from_day date, until_day date,
                 earlier_day date, later_day date)
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_session_offers(read_session_offers.token, read_session_offers.day);
$$;
comment on function public.read_session_offers is 'By a link in a mail: times that a session could be moved to.';

create function public.move_managed_session(token text, starts_at timestamptz default null, class_id uuid default null)
  returns setof private.managed_session
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.move_managed_session(move_managed_session.token, move_managed_session.starts_at,
                                             move_managed_session.class_id);
$$;
comment on function public.move_managed_session is 'By a link in a mail: moves a session, or takes another class.';

create function public.propose_managed_time(token text, starts_at timestamptz default null)
  returns setof private.managed_session
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.propose_managed_time(propose_managed_time.token, propose_managed_time.starts_at);
$$;
comment on function public.propose_managed_time is 'By a link in a mail: proposes another time to the client.';

revoke execute on function private.can_move_session, private.list_offered_starts, private.list_offered_classes,
  private.list_times_to_move_to, private.read_session_offers, private.move_managed_session, private.propose_managed_time,
  public.read_session_offers, public.move_managed_session, public.propose_managed_time from public, anon, authenticated, service_role;
grant execute on function private.read_session_offers, private.move_managed_session, private.propose_managed_time,
  public.read_session_offers, public.move_managed_session, public.propose_managed_time to anon;
