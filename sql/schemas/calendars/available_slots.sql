-- Slots: when a kind of session can be booked, with whom, and on request why not.
--
-- One to one, a slot starts every half hour from local midnight, in the practitioner's own zone, and is offered if
-- `private.check_starts` finds nothing against it. For a kind of group session, the slots are its classes with seats.
--
-- A row is a day on the caller's clock, and practitioners who are free at the same instant share a slot: a month of
-- fifty calendars is one small answer, far below the thousand rows at which the API cuts an answer off.

create type public.available_slot as (
  starts_at        timestamptz,
  ends_at          timestamptz,
  local_start      timestamp,
  practitioner_ids uuid[],
  group_class_id   uuid,
  seats_left       integer,
  reason           text
);
comment on type public.available_slot is 'A start, with whom, and what speaks against it if something does.';
comment on column public.available_slot.local_start is 'On the caller''s clock.';

-- Definer: what is taken decides and is nobody's to read.
create function private.list_class_slots(
  kind public.session_types, first timestamptz, until timestamptz, time_zone text, practitioner_id uuid,
  session_location text)
  returns setof public.available_slot
  language sql stable security definer set search_path = ''
as $$
  select s.scheduled_at, s.scheduled_at + make_interval(mins => s.duration_minutes),
         s.scheduled_at at time zone list_class_slots.time_zone,
         array[s.practitioner_id], s.id, s.max_participants - seats.taken,
         case when s.scheduled_at <= now() then 'slot_in_past'
              when s.practitioner_id in (select private.paused_practitioner_ids())
                or s.scheduled_at + make_interval(mins => s.duration_minutes) > private.get_bookable_until(s.practitioner_id)
              then 'practitioner_unavailable'
              when s.max_participants <= seats.taken then 'class_full' end
    from public.session_schedules s
   cross join lateral (select private.count_taken_seats(s.id) + private.count_held_seats(s.id, auth.uid()) as taken) seats
   where s.max_participants > 1 and s.group_class_id is null and s.status = 'scheduled'
     and s.scheduled_at >= first and s.scheduled_at < until
     -- The admin page makes a class of so many minutes, and does not say whether people stand or lie.
     and s.duration_minutes = (kind).duration_minutes and coalesce(s.session_type_id, (kind).id) = (kind).id
     and s.session_location = list_class_slots.session_location
     and (list_class_slots.practitioner_id is null or s.practitioner_id = list_class_slots.practitioner_id);
$$;

-- Definer: as above.
create function private.list_start_slots(
  kind public.session_types, first timestamptz, until timestamptz, time_zone text, practitioner_id uuid)
  returns setof public.available_slot
  language sql stable security definer set search_path = ''
as $$
  with asked as (
    select c.practitioner_id, c.time_zone from public.practitioner_calendars c
     where list_start_slots.practitioner_id is null or c.practitioner_id = list_start_slots.practitioner_id
  ),
  grids as (
    select zone.time_zone, array_agg(start) as starts
      from (select distinct time_zone from asked) zone,
           generate_series((first at time zone zone.time_zone)::date::timestamp, until at time zone zone.time_zone,
                           '1 day') midnight,
           -- Half hours of real time: in the night of a change a day has two more or two fewer of them.
           generate_series(midnight at time zone zone.time_zone,
                           (midnight + interval '1 day') at time zone zone.time_zone - interval '1 second',
                           '30 minutes') start
     where start >= first and start < until
     group by zone.time_zone
  )
  select j.starts_at, j.starts_at + make_interval(mins => (kind).duration_minutes),
         j.starts_at at time zone list_start_slots.time_zone,
         array_agg(a.practitioner_id order by a.practitioner_id), null::uuid, null::integer, j.reason
    from asked a
    join grids g on g.time_zone = a.time_zone
   cross join lateral private.check_starts(a.practitioner_id, g.starts, (kind).duration_minutes, auth.uid()) j
   group by j.starts_at, j.reason;
$$;

create function public.get_available_slots(
  session_type_id uuid, from_date date, until_date date, time_zone text, practitioner_id uuid default null,
  session_location text default 'online', explain boolean default false)
  returns table (on_date date, slots public.available_slot[], refused public.available_slot[])
  language plpgsql stable security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  v_kind  public.session_types;
  v_first timestamptz;
  v_until timestamptz;
begin
  select t.* into v_kind from public.session_types t where t.id = get_available_slots.session_type_id and t.is_active;
  if not found then
    perform private.refuse(404, 'session_type_not_found', 'There is no such kind of session.');
  elsif until_date < from_date or until_date - from_date > 61 then
    perform private.refuse(422, 'range_not_possible', 'Please ask for one day to two months.');
  elsif get_available_slots.time_zone in (select private.list_outdated_time_zones()) then
    perform private.refuse(503, 'time_zone_rules_outdated', 'We cannot tell the time in your time zone at the moment.');
  end if;
  v_first := from_date::timestamp at time zone get_available_slots.time_zone;
  v_until := (until_date + 1)::timestamp at time zone get_available_slots.time_zone;

  return query
    with judged as (
      select s.* from private.list_class_slots(v_kind, v_first, v_until, get_available_slots.time_zone,
                                             get_available_slots.practitioner_id, get_available_slots.session_location) s
       where v_kind.is_group
      union all
      select s.* from private.list_start_slots(v_kind, v_first, v_until, get_available_slots.time_zone,
                                            get_available_slots.practitioner_id) s
       where not v_kind.is_group
    )
    select j.local_start::date,
           coalesce(array_agg(j::public.available_slot order by j.starts_at, j.group_class_id)
                    filter (where j.reason is null), '{}'),
           coalesce(array_agg(j::public.available_slot order by j.starts_at, j.reason)
                    filter (where j.reason is not null), '{}')
      from judged j
     where get_available_slots.explain or j.reason is null
     group by 1
     order by 1;
end
$$;
comment on function public.get_available_slots is
  'Day by day, the starts at which a kind of session can be booked; with explain also the others, each with its reason.';

revoke execute on function private.list_class_slots, private.list_start_slots, public.get_available_slots
  from public, anon, authenticated, service_role;
grant execute on function private.list_class_slots, private.list_start_slots, public.get_available_slots
  to authenticated, service_role;
