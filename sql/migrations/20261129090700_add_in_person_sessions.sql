-- From sql/schemas: calendars/studios, sessions/session_schedules, sessions/wall_time, sessions/notes_and_checklists.

-- Functions name what later chapters make.
set check_function_bodies = off;

set lock_timeout = '5s';
set statement_timeout = 0;
do $$ begin lock table public.session_schedules in access exclusive mode; end $$;
do $$ begin lock table public.action_checklist, public.session_notes, public.session_types, public.user_session_credits in share row exclusive mode; end $$;


-- adoption/studios_aside.sql

-- Studios of the platform in use.
call legacy.set_aside('studio_locations');


-- calendars/studios.sql

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


-- adoption/studios.sql

-- Studios home.
call legacy.bring_home('studio_locations',
  columns => 'id, name, address, city, province_state, country, postal_code, is_active, created_at, updated_at',
  home => $$r.id, r.name, r.address, r.city, r.province_state, r.country, r.postal_code, r.is_active, r.created_at,
            r.updated_at$$,
  account => 'null::uuid');


-- adoption/sessions_aside.sql

-- What the platform in use says of sessions in person, of classes and of cancellations, in twelve columns of our names.
call legacy.set_columns_aside('session_schedules', array[
  'session_location', 'physical_location', 'location_coordinates', 'max_participants', 'current_participants',
  'correlated_session_id', 'cancellation_policy_agreed_at', 'cancellation_policy_version', 'grace_cancellation_used',
  'cancelled_at', 'class_name', 'reminder_sent']);


-- sessions/session_schedules.sql

-- Sessions, in person or online, for one client or a class: what is added to the baseline's table, who reads and writes
-- it.
--
--   scheduled -> in_progress -> completed        scheduled -> cancelled        in_progress -> cancelled
--
-- A class is one row with max_participants > 1. Everybody who joins has a row of their own beside it, their seat, with
-- `group_class_id`: the frontend inserts it, with the note "Joined group class: <id>", and copies max_participants into
-- it. It is for one, whatever is sent, because the pages list as a class whatever is for more.
--
-- The frontend writes this table directly. People create a session as scheduled and may then only annotate, reschedule
-- or cancel it; admins change what they need to. What follows from a write (credits, seats, the practitioner's time)
-- follows by trigger, whoever writes: session_schedules_triggers.sql lists them in their order.

alter table public.session_schedules
  add column cancellation_policy_agreed_at timestamptz,
  add column cancellation_policy_version uuid references public.cancellation_policy (id),
  add column grace_cancellation_used boolean not null default false,
  add column cancelled_at timestamptz,
  add column class_name text,
  add column reminder_sent timestamptz,
  add column session_location text not null default 'online' check (session_location in ('online', 'in_person')),
  add column physical_location text,
  add column studio_id uuid references public.studio_locations (id) on delete set null,
  add column place_said_at timestamptz,
  add column location_coordinates point check (location_coordinates <@ box '((-180, -90), (180, 90))'),
  add column max_participants integer not null default 1,
  add column current_participants integer not null default 1,
  add column correlated_session_id uuid references public.session_schedules (id) on delete set null,
  add column group_class_id uuid references public.session_schedules (id),
  add column session_type_id uuid references public.session_types (id),
  add column time_zone text,
  add column local_start timestamp,
  add column credit_lot_id uuid references public.user_session_credits (id) on delete set null,
  add column started_at timestamptz,
  add column completed_at timestamptz,
  add column calendar_sequence integer not null default 0;

comment on column public.session_schedules.client_id is
  'Of a class''s own row: its practitioner''s account. No foreign key: the account may have been erased since.';

comment on column public.session_schedules.cancelled_at is 'By the server''s clock.';

comment on column public.session_schedules.physical_location is '"Name - Address" of a studio, or an address.';

comment on column public.session_schedules.studio_id is 'The studio that physical_location names, if it is one.';

comment on column public.session_schedules.place_said_at is
  'When somebody said where. Null: nobody did, and it is online by that; its client is asked by mail (pages/choose_place).';

comment on column public.session_schedules.location_coordinates is '(longitude, latitude)';

comment on column public.session_schedules.correlated_session_id is
  'The same class in the other form: online or in person.';

comment on column public.session_schedules.group_class_id is
  'On a participant''s row: the class they joined. A class somebody joined is cancelled, not deleted.';

comment on column public.session_schedules.time_zone is 'The practitioner''s, when the session was booked or moved.';

comment on column public.session_schedules.local_start is 'scheduled_at on the clock in time_zone.';

comment on column public.session_schedules.credit_lot_id is
  'The credits this session was booked from, and to which a cancellation returns it. Null: paid singly, or not at all.';

comment on column public.session_schedules.started_at is 'When its status became in_progress; null if it never did.';

comment on column public.session_schedules.completed_at is 'By the server''s clock.';

comment on column public.session_schedules.calendar_sequence is
  'How often it has changed in a way that calendars show.';

-- adoption/sessions.sql

-- Sessions home: the values of the twelve columns, and the local time of each session, in one pass before there are indexes
-- on them. A participant's own row keeps the seats of its class until the closing files: the pages find it by them. Nobody
-- changed these sessions, so no trigger fires.

create procedure legacy.bring_sessions_home()
  language plpgsql set search_path = ''
as $procedure$
begin
  if not legacy.has_columns('session_schedules') then
    alter table public.session_schedules disable trigger user;
    update public.session_schedules s
       set time_zone = c.time_zone, local_start = s.scheduled_at at time zone c.time_zone
      from public.practitioner_calendars c where c.practitioner_id = s.practitioner_id;
    alter table public.session_schedules enable trigger user;
    return;
  end if;

  insert into private.legacy_rows (table_name, row_id, reason, row_data, account_id)
  select 'session_schedules', s.id, w.reason, w.row_data, u.id
    from public.session_schedules s left join auth.users u on u.id = s.client_id
   cross join lateral (values
     ('a number of seats that no session has', jsonb_build_object(
        'max_participants', s.legacy_max_participants, 'current_participants', s.legacy_current_participants),
      s.legacy_max_participants not between 1 and 1000 or s.legacy_current_participants not between 0 and 1000),
     ('a place that is longer than a place can be', legacy.shorten(jsonb_build_object('physical_location', s.legacy_physical_location)),
      char_length(s.legacy_physical_location) > 500),
     ('a name that is longer than a class''s can be', legacy.shorten(jsonb_build_object('class_name', s.legacy_class_name)),
      char_length(s.legacy_class_name) > 200),
     ('coordinates that are not on earth', jsonb_build_object('location_coordinates', s.legacy_location_coordinates::text),
      not s.legacy_location_coordinates <@ '((-180, -90), (180, 90))'::pg_catalog.box),
     ('a cancellation policy that could not be taken',
      jsonb_build_object('cancellation_policy_version', s.legacy_cancellation_policy_version),
      s.legacy_cancellation_policy_version is not null and not exists (
        select from public.cancellation_policy p where p.id = s.legacy_cancellation_policy_version)))
     w (reason, row_data, applies)
   where w.applies;

  alter table public.session_schedules disable trigger user;
  update public.session_schedules s
     set time_zone = c.time_zone, local_start = s.scheduled_at at time zone c.time_zone,
         session_location = coalesce(s.legacy_session_location, 'online'),
         studio_id = place.studio_id,
         physical_location = left(coalesce(place.words, s.legacy_physical_location), 500),
         -- Somebody chose it on a page, so nobody is asked again.
         place_said_at = case when s.scheduled_at > now() and (place.studio_id is not null or s.legacy_session_location = 'in_person')
                              then s.created_at end,
         location_coordinates = case when s.legacy_location_coordinates <@ '((-180, -90), (180, 90))'::pg_catalog.box
                                     then s.legacy_location_coordinates end,
         max_participants = least(greatest(coalesce(s.legacy_max_participants, 1), 1), 1000),
         current_participants = least(greatest(coalesce(s.legacy_current_participants, 1), 0), 1000),
         correlated_session_id = s.legacy_correlated_session_id,
         cancellation_policy_agreed_at = s.legacy_cancellation_policy_agreed_at,
         cancellation_policy_version = (
           select p.id from public.cancellation_policy p where p.id = s.legacy_cancellation_policy_version),
         grace_cancellation_used = coalesce(s.legacy_grace_cancellation_used, false),
         cancelled_at = case when s.legacy_cancelled_at between '2000-01-01' and '2100-01-01' then s.legacy_cancelled_at end,
         class_name = left(s.legacy_class_name, 200),
         reminder_sent = s.legacy_reminder_sent
    from public.session_schedules old
    left join public.practitioner_calendars c on c.practitioner_id = old.practitioner_id
    -- Each place is looked up once, however many sessions are there.
    left join (select p.said, f.id as studio_id, private.describe_studio(f) as words
                 from (select distinct o.legacy_physical_location as said from public.session_schedules o
                        where o.legacy_physical_location is not null) p
                cross join lateral private.find_studio(p.said) f where f.id is not null) place
      on place.said = old.legacy_physical_location
   where s.id = old.id;
  alter table public.session_schedules enable trigger user;
  call legacy.drop_columns('session_schedules');
end
$procedure$;

call legacy.bring_sessions_home();
drop procedure legacy.bring_sessions_home();

-- Whose sessions, in the order of time, as every list asks.
create index session_schedules_client_id_idx on public.session_schedules (client_id, scheduled_at);

create index session_schedules_practitioner_id_idx on public.session_schedules (practitioner_id, scheduled_at);

-- Everybody's, the newest first, as admins ask.
create index session_schedules_scheduled_at_idx on public.session_schedules (scheduled_at);

-- The list of open classes.
create index session_schedules_classes_idx on public.session_schedules (scheduled_at)
  where max_participants > 1;

-- Those that can still be joined, in the order that they are listed: only as many are looked at as are shown.
create index session_schedules_coming_classes_idx on public.session_schedules (scheduled_at, id)
  where max_participants > 1 and group_class_id is null and status = 'scheduled';

-- advance_next_session asks which are under way.
create index session_schedules_unfinished_idx on public.session_schedules (scheduled_at)
  where status in ('scheduled', 'in_progress') and group_class_id is null;

create index session_schedules_in_progress_idx on public.session_schedules (scheduled_at) where status = 'in_progress';

create index idx_session_schedules_reminder on public.session_schedules (status, scheduled_at, reminder_sent)
  where status = 'scheduled';

create index idx_session_schedules_cancelled_at on public.session_schedules (cancelled_at)
  where cancelled_at is not null;

create index idx_session_schedules_class_name on public.session_schedules (class_name) where class_name is not null;

create index idx_session_schedules_location on public.session_schedules (session_location);

-- The foreign keys: without them, deleting what they point to reads every session.
create index session_schedules_cancellation_policy_version_idx
  on public.session_schedules (cancellation_policy_version);

create index idx_session_schedules_correlated on public.session_schedules (correlated_session_id);

create index session_schedules_group_class_id_idx on public.session_schedules (group_class_id);

create index session_schedules_studio_id_idx on public.session_schedules (studio_id);

create index session_schedules_session_type_id_idx on public.session_schedules (session_type_id);

create index session_schedules_credit_lot_id_idx on public.session_schedules (credit_lot_id);

-- Column grants cannot tell an admin from a client, so this refuses what people may not change. Definer functions, such
-- as those that book, check for themselves what they write and pass here.
create function private.guard_session_schedules() returns trigger
  language plpgsql set search_path = ''
as $$
declare
  -- Every other column is fixed, also one added later. The triggers that fill in columns fire after this one.
  c_open constant text[] := array['status', 'notes', 'scheduled_at', 'cancelled_at', 'updated_at'];
begin
  if tg_op = 'INSERT' and now() >= new.scheduled_at
        -- A practitioner and a client may begin at once, and the page's clock gives full minutes.
        + make_interval(mins => case when private.is_class(new) then 0 else new.duration_minutes end) then
    perform private.refuse(409, 'slot_in_past', 'This time has passed.', 'Please choose another time.');
  elsif private.is_admin() then
    return new;
  end if;
  if tg_op = 'INSERT' then
    if new.status <> 'scheduled' then
      perform private.refuse(403, 'session_not_scheduled', 'A new session starts as scheduled.');
    end if;
    return new;
  end if;

  if to_jsonb(new) - c_open <> to_jsonb(old) - c_open
     or (new.scheduled_at <> old.scheduled_at
         and (new.status <> old.status or new.max_participants > 1 or new.group_class_id is not null)) then
    perform private.refuse(403, 'session_is_fixed', 'A booked session cannot be changed here.',
                           'Cancel it and book another one.');
  end if;
  if new.status <> old.status and (old.status, new.status) <> ('scheduled', 'cancelled') then
    perform private.refuse(409, 'session_not_cancellable', 'Only a scheduled session can be cancelled.');
  end if;
  return new;
end
$$;

-- The place in words, as the pages print it, and which studio that is.
-- Definer: only admins read a studio that is closed.
create function private.set_place() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_studio public.studio_locations;
begin
  if new.session_location = 'in_person' then
    v_studio := private.find_studio(new.physical_location);
    if private.is_studio_id(new.physical_location) then
      if v_studio.id is null then
        perform private.refuse(404, 'studio_not_found', 'There is no such studio.', 'Choose a studio or give an address.');
      end if;
      new.physical_location := private.describe_studio(v_studio);
    end if;
  end if;
  new.studio_id := v_studio.id;
  return new;
end
$$;

revoke execute on function private.guard_session_schedules, private.set_place
  from public, anon, authenticated, service_role;


-- sessions/wall_time.sql

-- Wall time: a session stays at the local time it was booked for; its instant follows from today's clock rules.
--
-- A government that changes its clock rules moves the instant of "Tuesday at ten", not the appointment. So the zone and
-- the local time are stored beside the instant, and `private.recompute_session_starts` moves what is still to come once
-- the server knows the new rules.

create function private.set_wall_time() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  select c.time_zone, new.scheduled_at at time zone c.time_zone into new.time_zone, new.local_start
    from public.practitioner_calendars c where c.practitioner_id = new.practitioner_id;
  return new;
end
$$;

-- What changes by time alone: credits that expire, or are about to, and the instants of sessions when clock rules have
-- changed. A batch of each, after the session that the last batch ended with.
create function public.reconcile_bookings(
  after_start timestamptz default null, after_id uuid default null, max_rows integer default 200)
  returns table (lots_expired integer, lots_ending integer, sessions_moved integer, sessions_stuck integer, next_start timestamptz,
                 next_id uuid, is_done boolean)
  language plpgsql volatile security invoker set search_path = ''
as $$
declare
  v_rows    integer;
  v_untried integer;
begin
  lots_expired := private.expire_credits(reconcile_bookings.max_rows);
  lots_ending := private.tell_ending_credits(reconcile_bookings.max_rows);
  with batch as materialized (
    select * from private.recompute_session_starts(
      reconcile_bookings.after_start, reconcile_bookings.after_id, reconcile_bookings.max_rows))
  select count(*), count(*) filter (where b.moved is null), count(*) filter (where b.moved),
         count(*) filter (where not b.moved),
         (array_agg(b.previous_start order by b.previous_start desc, b.session_id desc))[1],
         (array_agg(b.session_id order by b.previous_start desc, b.session_id desc))[1]
    into v_rows, v_untried, sessions_moved, sessions_stuck, next_start, next_id from batch b;
  if v_untried > 0 or v_rows = 0 then  -- there was no time: the same again; or the end, while credits still expire
    next_start := reconcile_bookings.after_start;
    next_id := reconcile_bookings.after_id;
  end if;
  is_done := v_rows < reconcile_bookings.max_rows and v_untried = 0 and lots_expired + lots_ending = 0;
  return next;
end
$$;

comment on function public.reconcile_bookings is
  'For the scheduler, batch by batch. Stuck is a session whose new time is taken: somebody has to reschedule it.';

revoke execute on function private.set_wall_time, public.reconcile_bookings from public, anon, authenticated,
  service_role;

grant execute on function public.reconcile_bookings to service_role;


-- sessions/notes_and_checklists.sql

create index session_notes_session_id_idx on public.session_notes (session_id);

create index session_notes_author_id_idx on public.session_notes (author_id);

create index action_checklist_client_id_idx on public.action_checklist (client_id);

create index action_checklist_practitioner_id_idx on public.action_checklist (practitioner_id);

-- Clients tick off, practitioners write: a policy cannot tell one column from another.
create function private.guard_action_checklist() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if private.is_api_caller() and old.client_id = (select auth.uid())
     and to_jsonb(new) - array['completed', 'updated_at'] <> to_jsonb(old) - array['completed', 'updated_at'] then
    perform private.refuse(403, 'only_completion_is_yours', 'You can tick this off, but not rewrite it.');
  end if;
  return new;
end
$$;
