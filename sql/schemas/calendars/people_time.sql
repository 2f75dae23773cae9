-- People's time: nobody is booked twice for one hour, as a client, as a practitioner, or as one and the other.
--
-- With one practitioner only the two forms of a class overlap, online and in person, which are one occasion
-- (practitioner_time.sql): whoever wants both may have both, so sessions with the same practitioner never stand in each
-- other's way here. A seat that moves with its class is told and not refused: one person does not hold up a class. The
-- trigger stands among that table's others (sessions/session_schedules_triggers.sql).

create function private.get_time_range(session public.session_schedules) returns tstzrange
  language plpgsql immutable set search_path = ''
as $$
begin
  return tstzrange((session).scheduled_at, (session).scheduled_at + make_interval(mins => (session).duration_minutes));
end
$$;

-- Definer: sessions with other practitioners, which the caller may not read; only the time is returned.
create function private.get_time_as_client(
  user_id uuid, except_practitioner uuid, during tstzrange, ignore_session uuid default null) returns tstzmultirange
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
begin
  return (
    select coalesce(range_agg(private.get_time_range(s)), '{}')
      from public.session_schedules s
     where s.client_id = get_time_as_client.user_id and s.status in ('scheduled', 'in_progress')
       -- The client of a class's own row is whoever made it.
       and not private.is_class(s)
       and s.practitioner_id <> except_practitioner and s.id is distinct from ignore_session
       -- No session lasts longer than a day.
       and s.scheduled_at > lower(during) - interval '1 day' and s.scheduled_at < upper(during));
end
$$;

-- Definer: as above. Of their own practice also what others are about to book; time off is theirs to spend.
create function private.get_time_of(
  user_id uuid, except_practitioner uuid, during tstzrange, ignore_session uuid default null) returns tstzmultirange
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_time tstzmultirange := private.get_time_as_client(get_time_of.user_id, except_practitioner, during, ignore_session);
begin
  if not exists (select from public.practitioners p where p.user_id = get_time_of.user_id and p.id <> except_practitioner) then
    return v_time;
  end if;
  return v_time
       + coalesce((
           select range_agg(private.get_time_range(s))
             from public.practitioners p join public.session_schedules s on s.practitioner_id = p.id
            where p.user_id = get_time_of.user_id and p.id <> except_practitioner and private.occupies_time(s)
              and s.id is distinct from ignore_session
              and s.scheduled_at > lower(during) - interval '1 day' and s.scheduled_at < upper(during)), '{}')
       + coalesce((
           select range_agg(tstzrange(h.scheduled_at, h.scheduled_at + make_interval(mins => h.duration_minutes)))
             from public.practitioners p join public.session_holds h on h.practitioner_id = p.id
            where p.user_id = get_time_of.user_id and p.id <> except_practitioner and h.group_class_id is null
              and h.status = 'held' and h.expires_at > now() and h.user_id <> get_time_of.user_id
              and h.scheduled_at > lower(during) - interval '1 day' and h.scheduled_at < upper(during)), '{}');
end
$$;

-- Whoever books with somebody, and has a practice of their own, needs both calendars: in the order of their ids,
-- because two practitioners who book each other at once would otherwise wait for each other.
-- Definer: clients lock the calendar they book in, and may not write it.
create function private.lock_calendars(practitioner_id uuid, user_id uuid) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
begin
  -- As one array, which leads into the index: with an "or", every calendar is looked at.
  perform from public.practitioner_calendars c
    where c.practitioner_id = any (array(
            select p.id from public.practitioners p where p.user_id = lock_calendars.user_id
            union all select lock_calendars.practitioner_id))
    order by c.practitioner_id for update;
end
$$;

create function private.refuse_double_booking(client_id uuid) returns void
  language plpgsql stable set search_path = ''
as $$
begin
  perform private.refuse(
    409, 'double_booked',
    case when client_id = auth.uid() then 'You have another session at this time.'
         else 'This client has another session at this time.' end,
    'Cancel or move that one first, or choose another time.');
end
$$;

-- Definer: it reads other sessions of both, and locks calendars.
create function private.refuse_overlap() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_during tstzrange := private.get_time_range(new);
  v_host   uuid := (select p.user_id from public.practitioners p where p.id = new.practitioner_id);
begin
  if upper(v_during) <= now() then
    return null;
  end if;
  if tg_op = 'UPDATE' then
    if new.group_class_id is not null or private.get_caller_role(old) = 'platform' then
      return null;
    end if;
  elsif not private.is_class(new) then
    -- Two sessions of one client, with two practitioners at once, queue here.
    perform private.lock_client(new.client_id);
  end if;
  if not private.is_class(new) then
    perform private.lock_calendars(new.practitioner_id, new.client_id);
    if private.get_time_of(new.client_id, new.practitioner_id, v_during, new.id) && v_during then
      perform private.refuse_double_booking(new.client_id);
    end if;
  end if;
  if new.group_class_id is null and private.get_time_as_client(v_host, new.practitioner_id, v_during, new.id) && v_during then
    perform private.refuse(
      409, 'slot_taken',
      case when v_host = auth.uid() then 'You take part in another session at this time.'
           else 'The practitioner takes part in another session at this time.' end,
      'Please choose another time.');
  end if;
  return null;
end
$$;

revoke execute on function private.get_time_range, private.get_time_as_client, private.get_time_of,
  private.lock_calendars, private.refuse_double_booking, private.refuse_overlap
  from public, anon, authenticated, service_role;
