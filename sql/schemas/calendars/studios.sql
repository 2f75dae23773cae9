-- Studios: where in-person sessions take place, and what can be booked at each.
--
-- A practitioner may meet a client at any studio, as the booking page offers it; a class takes place at the one it
-- names. The pages send a studio's id or "Name - Address", and print what the session has: so that is always in words,
-- and the studio's id stands beside it.

create table public.studio_locations (
  id             uuid primary key default gen_random_uuid(),
  name           text not null,
  address        text not null,
  city           text,
  province_state text,
  country        text default 'CA',
  postal_code    text,
  is_active      boolean not null default true,
  created_at     timestamptz not null default now(),
  updated_at     timestamptz not null default now(),
  latitude       double precision,
  longitude      double precision,

  constraint studio_locations_coordinates_are_valid
    check (latitude between -90 and 90 and longitude between -180 and 180 and (latitude is null) = (longitude is null)),
  constraint studio_locations_name_is_short check (char_length(name) <= 200),
  constraint studio_locations_address_is_short check (char_length(address) <= 1000),
  constraint studio_locations_city_is_short check (char_length(city) <= 200),
  constraint studio_locations_province_state_is_short check (char_length(province_state) <= 200),
  constraint studio_locations_country_is_short check (char_length(country) <= 100),
  constraint studio_locations_postal_code_is_short check (char_length(postal_code) <= 50),
  constraint studio_locations_times_are_in_range check (
    created_at between '2000-01-01' and '2100-01-01' and updated_at between '2000-01-01' and '2100-01-01')
);
comment on column public.studio_locations.latitude is 'Degrees north, WGS 84; with the longitude or not at all.';
comment on table public.studio_locations is 'Studios that sessions are held in.';
comment on column public.studio_locations.id is 'Of the row; made here.';
comment on column public.studio_locations.name is 'As people read it.';
comment on column public.studio_locations.address is 'As it is written on a letter.';
comment on column public.studio_locations.city is 'Of the address.';
comment on column public.studio_locations.province_state is 'Of the address.';
comment on column public.studio_locations.country is 'Of the address.';
comment on column public.studio_locations.postal_code is 'Of the address.';
comment on column public.studio_locations.is_active is 'Whether sessions are held there.';
comment on column public.studio_locations.created_at is 'When the row was made.';
comment on column public.studio_locations.updated_at is 'When the row was last changed.';
comment on column public.studio_locations.longitude is 'In degrees east.';

create index idx_studio_locations_active on public.studio_locations (is_active) where is_active = true;

alter table public.studio_locations enable row level security;

create policy "anyone reads active studios, admins all"
  on public.studio_locations for select to anon, authenticated using (is_active or (select private.is_admin()));
create policy "admins add studios"
  on public.studio_locations for insert to authenticated with check ((select private.is_admin()));
create policy "admins change studios"
  on public.studio_locations for update to authenticated using ((select private.is_admin()));
create policy "admins remove studios"
  on public.studio_locations for delete to authenticated using ((select private.is_admin()));

revoke all on public.studio_locations from anon, authenticated, service_role;
grant select on public.studio_locations to anon;
grant select, insert, update, delete on public.studio_locations to authenticated, service_role;

create trigger update_studio_locations_updated_at before update on public.studio_locations
  for each row execute function public.update_updated_at_column();

-- A studio as the pages print it, and write it themselves for a class.
create function private.describe_studio(studio public.studio_locations) returns text
  language sql immutable set search_path = ''
as $$
  select left((studio).name || ' - ' || (studio).address, 500);
$$;

create function private.is_studio_id(physical_location text) returns boolean
  language sql immutable set search_path = ''
as $$
  select coalesce(is_studio_id.physical_location ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$', false);
$$;

-- The studio that somebody names by its id, in words, or by its name alone.
create function private.find_studio(physical_location text) returns public.studio_locations
  language sql stable set search_path = ''
as $$
  select l from public.studio_locations l
   where l.id::text = lower(find_studio.physical_location)
      or find_studio.physical_location in (private.describe_studio(l), l.name)
   order by l.is_active desc, l.created_at, l.id limit 1;
$$;

-- The place that somebody names, in words.
create function private.describe_place(physical_location text) returns text
  language sql stable set search_path = ''
as $$
  select coalesce(case when private.is_studio_id(describe_place.physical_location)
                       then private.describe_studio(private.find_studio(describe_place.physical_location)) end,
                  describe_place.physical_location);
$$;

-- A studio that is renamed or moves is where its sessions to come take place.
-- Definer: whoever changes a studio need not have the right to read its sessions.
create function private.copy_studio_to_sessions() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  -- A class changes its seats.
  update public.session_schedules s set physical_location = private.describe_studio(new)
   where s.studio_id = new.id and s.group_class_id is null and s.status = 'scheduled' and s.scheduled_at > now();
  return null;
end
$$;

create trigger studio_locations_copy_to_sessions after update of name, address on public.studio_locations
  for each row when (private.describe_studio(new) <> private.describe_studio(old))
  execute function private.copy_studio_to_sessions();

create function public.studio_availability(
  session_type_id uuid default null, from_date date default null, until_date date default null,
  time_zone text default 'America/Toronto')
  returns table (studio_location_id uuid, name text, address text, city text, province_state text, country text,
                 postal_code text, latitude double precision, longitude double precision, classes jsonb,
                 next_slot timestamptz, days date[])
  language plpgsql stable security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  v_from  date := coalesce(from_date, (now() at time zone studio_availability.time_zone)::date);
  v_until date := coalesce(until_date, v_from + 13);
  v_next  timestamptz;
  v_days  date[];
begin
  if studio_availability.session_type_id is not null then
    -- The same for all studios: a practitioner is free or not, wherever they would be. Of the first hundred of them:
    -- a day on which none of so many is free is no day.
    select min((s.slots[1]).starts_at), array_agg(s.on_date order by s.on_date) into v_next, v_days
      from public.get_available_slots(studio_availability.session_type_id, v_from, v_until,
                                      studio_availability.time_zone, null, 'in_person') s
      join public.session_types t on t.id = studio_availability.session_type_id and not t.is_group
     where cardinality(s.slots) > 0;
  elsif v_until < v_from or v_until - v_from > 61 then
    perform private.refuse(422, 'range_not_possible', 'Please ask for one day to two months.');
  end if;

  return query
    select l.id, l.name, l.address, l.city, l.province_state, l.country, l.postal_code, l.latitude, l.longitude,
           coalesce(taught.classes, '[]'), v_next, coalesce(v_days, '{}')
      from public.studio_locations l
      left join lateral (
        select jsonb_agg(jsonb_build_object(
                 'id', s.id, 'class_name', s.class_name, 'scheduled_at', s.scheduled_at,
                 'duration_minutes', s.duration_minutes, 'practitioner_id', s.practitioner_id,
                 'practitioner_name', p.name, 'seats_left', s.max_participants - s.current_participants)
               order by s.scheduled_at) as classes
          from public.session_schedules s left join public.practitioners p on p.id = s.practitioner_id
         where s.max_participants > 1 and s.group_class_id is null and s.status = 'scheduled' and s.scheduled_at > now()
           and s.scheduled_at >= v_from::timestamp at time zone studio_availability.time_zone
           and s.scheduled_at < (v_until + 1)::timestamp at time zone studio_availability.time_zone
           and s.current_participants < s.max_participants
           and (studio_availability.session_type_id is null
                or s.session_type_id = studio_availability.session_type_id
                or s.session_type_id is null and s.duration_minutes = (
                     select t.duration_minutes from public.session_types t
                      where t.id = studio_availability.session_type_id and t.is_group))
           and s.studio_id = l.id) taught on true
     where l.is_active
     order by l.name, l.id;
end
$$;
comment on function public.studio_availability is
  'The studios for a map: where they are, their classes with free seats, and when a one-to-one session can be booked.';

revoke execute on function private.describe_studio, private.is_studio_id, private.find_studio,
  private.describe_place, private.copy_studio_to_sessions, public.studio_availability
  from public, anon, authenticated, service_role;
-- The condition of a trigger is evaluated as whoever writes the row.
grant execute on function private.describe_studio, public.studio_availability to authenticated;
grant execute on function private.describe_studio to service_role;
