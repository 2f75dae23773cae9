-- Slots: when sessions of a type can be booked, with whom, and on request why not.
--
-- One to one, a slot is a start of the practitioner's calendar (`private.read_hours`) against which
-- `private.check_starts` gives no reason: what is offered is what can be booked. For a type of group session, the slots
-- are its classes with seats.
--
-- A row is a day in the caller's time zone, and practitioners who are free at the same instant share a slot: a month of
-- fifty calendars is one small answer, far below the thousand rows to which the API limits one. With anybody, a hundred
-- calendars are looked at, in the order of their practitioners' ids; the answer says where the next hundred begin.

create type public.available_slot as (
  starts_at        timestamptz,
  ends_at          timestamptz,
  local_start      timestamp,
  practitioner_ids uuid[],
  group_class_id   uuid,
  seats_left       integer,
  reason           text
);
comment on type public.available_slot is 'A start, with whom, and the reason why it cannot be booked, if there is one.';
comment on column public.available_slot.local_start is 'In the time zone the caller asked for.';

-- Definer: it depends on others' seats and holds, which the caller may not read.
create function private.list_class_slots(
  session_type public.session_types, from_time timestamptz, until_time timestamptz, time_zone text,
  practitioner_id uuid, session_location text)
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
              when s.id in (select private.my_class_ids()) then 'already_joined'
              when s.max_participants <= seats.taken then 'class_full'
              when private.get_time_of(auth.uid(), s.practitioner_id, private.get_time_range(s)) && private.get_time_range(s)
              then 'double_booked' end
    from public.session_schedules s
   cross join lateral (select private.count_taken_seats(s.id) + private.count_held_seats(s.id, auth.uid()) as taken) seats
   where s.max_participants > 1 and s.group_class_id is null and s.status = 'scheduled'
     and s.scheduled_at >= from_time and s.scheduled_at < until_time
     -- The admin page makes a class with a duration, and does not say whether it is standing or laying.
     and s.duration_minutes = (session_type).duration_minutes
     and coalesce(s.session_type_id, (session_type).id) = (session_type).id
     and s.session_location = list_class_slots.session_location
     and (list_class_slots.practitioner_id is null or s.practitioner_id = list_class_slots.practitioner_id);
$$;

-- Whose calendars one answer looks at, and from whom on the next one does.
-- Definer: as above.
create function private.page_practitioners(after_id uuid, out page uuid[], out next_after uuid)
  language plpgsql stable security definer set search_path = ''
as $$
declare
  c_at_most constant integer := 100;
begin
  page := array(select c.practitioner_id from public.practitioner_calendars c
                 where c.practitioner_id > coalesce(after_id, '00000000-0000-0000-0000-000000000000')
                 order by c.practitioner_id limit c_at_most + 1);
  if cardinality(page) > c_at_most then
    page := page[1:c_at_most];
    next_after := page[c_at_most];
  end if;
end
$$;

-- Definer: as above.
create function private.list_start_slots(
  session_type public.session_types, from_time timestamptz, until_time timestamptz, time_zone text,
  practitioner_ids uuid[], explain boolean default false)
  returns setof public.available_slot
  language sql stable security definer set search_path = ''
as $$
  with calendars as (
    select c.practitioner_id, c.time_zone, c.slot_interval_minutes from public.practitioner_calendars c
     where c.practitioner_id = any (list_start_slots.practitioner_ids)
  ),
  -- To explain, also the intervals of the clock at which nothing is open.
  clocks as (
    select rhythm.time_zone, rhythm.slot_interval_minutes, start
      from (select distinct time_zone, slot_interval_minutes from calendars) rhythm,
           generate_series((from_time at time zone rhythm.time_zone)::date::timestamp,
                           until_time at time zone rhythm.time_zone,
                           '1 day') midnight,
           generate_series(midnight at time zone rhythm.time_zone,
                           (midnight + interval '1 day') at time zone rhythm.time_zone - interval '1 second',
                           make_interval(mins => rhythm.slot_interval_minutes)) start
     where list_start_slots.explain and start >= from_time and start < until_time
  )
  select s.starts_at, s.starts_at + make_interval(mins => (session_type).duration_minutes),
         s.starts_at at time zone list_start_slots.time_zone,
         array_agg(c.practitioner_id order by c.practitioner_id), null::uuid, null::integer, s.reason
    from calendars c
   cross join lateral private.check_starts(
           c.practitioner_id,
           array(select unnest((private.read_hours(c.practitioner_id, from_time, until_time)).starts)
                 union
                 select k.start from clocks k
                  where (k.time_zone, k.slot_interval_minutes) = (c.time_zone, c.slot_interval_minutes)),
           (session_type).duration_minutes, auth.uid()) s
   group by s.starts_at, s.reason;
$$;

create function public.get_available_slots(
  session_type_id uuid, from_date date, until_date date, time_zone text, practitioner_id uuid default null,
  session_location text default 'online', explain boolean default false, after_practitioner_id uuid default null)
  returns table (on_date date, slots public.available_slot[], refused public.available_slot[],
                 next_after_practitioner_id uuid)
  language plpgsql stable security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  v_type       public.session_types;
  v_from_time  timestamptz;
  v_until_time timestamptz;
  v_who        record;
begin
  select t.* into v_type from public.session_types t where t.id = get_available_slots.session_type_id and t.is_active;
  if not found then
    perform private.refuse(404, 'session_type_not_found', 'There is no such kind of session.');
  elsif until_date < from_date or until_date - from_date > 61 then
    perform private.refuse(422, 'range_not_possible', 'Please ask for one day to two months.');
  elsif private.has_outdated_rules(get_available_slots.time_zone) then
    perform private.refuse(503, 'time_zone_rules_outdated', 'We cannot tell the time in your time zone at the moment.');
  end if;
  v_from_time := from_date::timestamp at time zone get_available_slots.time_zone;
  v_until_time := (until_date + 1)::timestamp at time zone get_available_slots.time_zone;

  select coalesce(p.page, array[get_available_slots.practitioner_id]) as page, p.next_after into v_who
    from (select 1) one
    left join lateral private.page_practitioners(after_practitioner_id) p
      on get_available_slots.practitioner_id is null and not v_type.is_group;

  return query
    with checked as (
      select s.* from private.list_class_slots(v_type, v_from_time, v_until_time, get_available_slots.time_zone,
                                             get_available_slots.practitioner_id, get_available_slots.session_location) s
       where v_type.is_group
      union all
      select s.* from private.list_start_slots(v_type, v_from_time, v_until_time, get_available_slots.time_zone,
                                            v_who.page, get_available_slots.explain) s
       where not v_type.is_group
    )
    select c.local_start::date,
           coalesce(array_agg(c::public.available_slot order by c.starts_at, c.group_class_id)
                    filter (where c.reason is null), '{}'),
           coalesce(array_agg(c::public.available_slot order by c.starts_at, c.reason)
                    filter (where c.reason is not null), '{}'), v_who.next_after
      from checked c
     where get_available_slots.explain or c.reason is null
     group by 1
     order by 1;
  if not found and v_who.next_after is not null then  -- among these there is nothing: go on
    return query select from_date, '{}'::public.available_slot[], '{}'::public.available_slot[], v_who.next_after;
  end if;
end
$$;
comment on function public.get_available_slots is
  'Day by day, the starts at which sessions of a type can be booked; with explain also the others, each with its reason.';

revoke execute on function private.list_class_slots, private.page_practitioners, private.list_start_slots,
  public.get_available_slots
  from public, anon, authenticated, service_role;
grant execute on function private.list_class_slots, private.page_practitioners, private.list_start_slots,
  public.get_available_slots
  to authenticated, service_role;
