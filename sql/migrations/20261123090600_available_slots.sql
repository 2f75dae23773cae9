-- Slots: when a kind of session can be booked, with whom, and on request why not.
--
-- One to one, a slot starts every half hour from local midnight, in the practitioner's own zone, and is offered if
-- `private.judge_starts` finds nothing against it. For a kind of group session the slots are its classes with free seats.
-- Practitioners who are free at the same instant share a row, so that a month of fifty calendars is one small answer.

-- Definer: what is taken decides and is nobody's to read.
create function private.available_slots(
  session_type_id uuid, from_date date, until_date date, time_zone text, practitioner_id uuid, session_location text, explain boolean)
  returns table (
    starts_at timestamptz, ends_at timestamptz, local_start timestamp, practitioner_ids uuid[], group_class_id uuid, seats_left integer,
    reason text)
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  c_step     constant interval := '30 minutes';
  v_caller   uuid := (select auth.uid());
  v_type     public.session_types;
  v_from     timestamptz;
  v_until    timestamptz;
  v_duration interval;
begin
  select t.* into v_type from public.session_types t where t.id = available_slots.session_type_id and t.is_active;
  if not found then
    perform private.refuse(404, 'session_type_not_found', 'There is no such kind of session.');
  elsif until_date < from_date or until_date - from_date > 61 then
    perform private.refuse(422, 'range_not_possible', 'Please ask for one day to two months.');
  elsif available_slots.time_zone in (select private.misread_time_zones()) then
    perform private.refuse(503, 'time_zone_rules_outdated', 'We cannot tell the time in your time zone at the moment.');
  end if;
  v_from     := from_date::timestamp at time zone available_slots.time_zone;
  v_until    := (until_date + 1)::timestamp at time zone available_slots.time_zone;
  v_duration := make_interval(mins => v_type.duration_minutes);

  if v_type.is_group then
    return query
      select s.scheduled_at, s.scheduled_at + v_duration, s.scheduled_at at time zone available_slots.time_zone,
             array[s.practitioner_id], s.id, s.max_participants - seats.taken,
             case when s.scheduled_at <= now() then 'slot_in_past' when s.max_participants <= seats.taken then 'class_full' end as reason
        from public.session_schedules s
       cross join lateral (select private.taken_seats(s.id) + private.held_seats(s.id, v_caller) as taken) seats
       where s.max_participants > 1 and s.group_class_id is null and s.status = 'scheduled'
         and s.scheduled_at >= v_from and s.scheduled_at < v_until
         and s.duration_minutes = v_type.duration_minutes and coalesce(s.session_type_id, v_type.id) = v_type.id
         and s.session_location = available_slots.session_location
         and (available_slots.practitioner_id is null or s.practitioner_id = available_slots.practitioner_id)
         and (explain or (s.scheduled_at > now() and s.max_participants > seats.taken))
       order by 1, 5;
    return;
  end if;

  return query
    select j.starts_at, j.starts_at + v_duration, j.starts_at at time zone available_slots.time_zone,
           array_agg(c.practitioner_id order by c.practitioner_id), null::uuid, null::integer, j.reason
      from public.practitioner_calendars c
     cross join lateral (
       select array_agg(g) as starts
         from generate_series((v_from at time zone c.time_zone)::date::timestamp, v_until at time zone c.time_zone, '1 day') as on_date,
              generate_series(on_date at time zone c.time_zone, (on_date + interval '1 day') at time zone c.time_zone - c_step, c_step) g
        where g >= v_from and g < v_until) grid
     cross join lateral private.judge_starts(c.practitioner_id, grid.starts, v_type.duration_minutes, v_caller) j
     where (available_slots.practitioner_id is null or c.practitioner_id = available_slots.practitioner_id)
       and (explain or j.reason is null)
     group by j.starts_at, j.reason
     order by j.starts_at, j.reason nulls first;
end
$$;

create function public.get_available_slots(
  session_type_id uuid, from_date date, until_date date, time_zone text, practitioner_id uuid default null,
  session_location text default 'online', explain boolean default false)
  returns table (
    starts_at timestamptz, ends_at timestamptz, local_start timestamp, practitioner_ids uuid[], group_class_id uuid, seats_left integer,
    reason text)
  language sql stable security invoker set search_path = ''
as $$
  select * from private.available_slots(
    get_available_slots.session_type_id, get_available_slots.from_date, get_available_slots.until_date, get_available_slots.time_zone,
    get_available_slots.practitioner_id, get_available_slots.session_location, get_available_slots.explain);
$$;
comment on function public.get_available_slots is
  'Starts at which a kind of session can be booked, and with whom. With explain also those at which it cannot, with the reason.';

revoke execute on function private.available_slots, public.get_available_slots from public, anon, authenticated, service_role;
grant execute on function private.available_slots, public.get_available_slots to authenticated, service_role;
