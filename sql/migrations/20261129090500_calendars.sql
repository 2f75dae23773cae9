-- From sql/schemas: calendars/time_zones, calendars/practitioner_hours.

-- Functions name what later chapters make.
set check_function_bodies = off;

set lock_timeout = '5s';
set statement_timeout = 0;
do $$ begin lock table public.practitioners in share row exclusive mode; end $$;


-- calendars/time_zones.sql

-- Time zones: which there are, whether this server knows their rules, and what follows when those change.
--
-- British Columbia, Alberta, Manitoba and the Northwest Territories left the old clock rules in 2026. With older rules,
-- ten in the morning of 2026-12-01 is an hour off there, and so would be every session. Nothing here can mend that:
-- what computes times refuses a zone whose rules are outdated, and `python -m deploy doctor` says so before anybody
-- books, with the tzdata that is needed. Once the server has the new rules, a job moves the sessions booked under the
-- old ones.

-- Names are looked up here instead of read from disk: pg_timezone_names reads every file of the server's rules, 10 ms
-- here and more on a busy disk, and each event looks up the time zone of its recipients, even of those who named none.
-- Read from disk, that would be most of the time of every booking and payment.
create table private.known_time_zones (
  name text primary key,

  constraint known_time_zones_name_is_short check (char_length(name) <= 100)
);

comment on table private.known_time_zones is
  'Names this server had rules for when the migration ran. A newer one is still found, slowly, in the rules themselves.';

insert into private.known_time_zones (name) select n.name from pg_catalog.pg_timezone_names n;

alter table private.known_time_zones enable row level security;

-- No policy and no grant: it is read by the function below.

-- Definer: a check constraint is evaluated as whoever writes the row, and they may read no private table.
create function private.is_time_zone(name text) returns boolean
  language sql stable security definer set search_path = ''
as $$
  -- By its full name: PostgreSQL would also take 'EST', and 'Nowhere5' for five hours west of Greenwich.
  select name is not null
     and (exists (select from private.known_time_zones k where k.name = is_time_zone.name)
          or exists (select from pg_catalog.pg_timezone_names n where n.name = is_time_zone.name));
$$;

-- Of one zone: a new connection reads the rules of each zone that it is asked for from a file.
create function private.has_outdated_rules(time_zone text) returns boolean
  language plpgsql stable set search_path = ''
as $$
begin
  -- The hour in UTC of ten in the morning. Toronto's rules have not changed: it shows that the test itself is right.
  return coalesce(
    extract(hour from (timestamp '2026-12-01 10:00' at time zone time_zone) at time zone 'UTC')
      <> case time_zone when 'America/Vancouver' then 17 when 'America/Edmonton' then 16 when 'America/Inuvik' then 16
                        when 'America/Winnipeg' then 15 when 'America/Toronto' then 15 end, false);
end
$$;

-- Moves sessions to come to the local time they were booked for, the nearest first: at most `max_rows` of those after
-- the given one. A job calls it; there is nothing to do until the server's rules change. A session whose time is taken
-- there stays where it is (`moved` is false), and one for which there was no time left too (`moved` is null);
-- `private.practitioner_time_conflicts` lists those that have no time reserved at all.
-- Definer: the service may neither lock calendars nor write practitioner time.
create function private.recompute_session_starts(
  after_start timestamptz default null, after_id uuid default null, max_rows integer default 200)
  returns table (session_id uuid, previous_start timestamptz, new_start timestamptz, moved boolean)
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  c_until constant timestamptz := clock_timestamp() + interval '3 seconds';
  v_session record;
  v_rows    integer := 0;
begin
  for v_session in
    select due.* from (
      select s.id, s.practitioner_id, s.scheduled_at, s.local_start at time zone s.time_zone as new_start
        from public.session_schedules s
       -- A seat moves with its class.
       where s.status = 'scheduled' and s.scheduled_at > now() and s.group_class_id is null
         and s.local_start at time zone s.time_zone <> s.scheduled_at
         -- The hour that comes twice has one wall time and two instants: there the instant decides.
         and s.scheduled_at at time zone s.time_zone <> s.local_start
         and (after_start is null or (s.scheduled_at, s.id) > (after_start, after_id))
       order by s.scheduled_at, s.id limit max_rows) due
     -- The last first where they move later, the first first where they move earlier: each makes room for the next.
     order by due.practitioner_id,
              case when due.new_start > due.scheduled_at then -extract(epoch from due.scheduled_at)
                   else extract(epoch from due.scheduled_at) end
  loop
    v_rows := v_rows + 1;
    session_id := v_session.id;
    previous_start := v_session.scheduled_at;
    new_start := v_session.new_start;
    moved := null;
    if clock_timestamp() < c_until then
      begin
        update public.session_schedules s set scheduled_at = v_session.new_start where s.id = v_session.id;
        moved := true;
      exception when others then  -- the time is taken, or whatever it is: its neighbours move
        moved := false;
      end;
    end if;
    return next;
  end loop;

  if v_rows < max_rows then
    -- A double-booked session gets its time reserved once the other one has moved away.
    insert into private.practitioner_time (practitioner_id, during, session_id, occasion, location_kind)
    select s.practitioner_id,
           private.add_buffers(s.scheduled_at, s.duration_minutes, private.lock_calendar(s.practitioner_id)),
           s.id, private.get_occasion(s), s.session_location
      from public.session_schedules s
     where s.id in (select c.session_id from private.practitioner_time_conflicts c)
     order by s.created_at, s.id limit 2000
    on conflict do nothing;
  end if;
end
$$;

revoke execute on function private.is_time_zone, private.has_outdated_rules, private.recompute_session_starts
  from public, anon, authenticated, service_role;

-- A check constraint is evaluated as whoever writes the row, and get_available_slots runs as its caller.
grant execute on function private.is_time_zone, private.has_outdated_rules to authenticated, service_role;

grant execute on function private.recompute_session_starts to service_role;


-- calendars/practitioner_hours.sql

-- Practitioners' hours: weekly hours in their own time zone, exceptions by date, how soon and how far ahead they are
-- booked.
--
-- Hours are wall time: 09:00 stays 09:00 when the clocks change. No hours is no time; open always is a switch, on for
-- whoever had no hours before there was one, and off as soon as they add some. On a date with open exceptions those
-- replace the weekly hours; closed ones are then taken away.
--
-- Within the hours of a date a session starts when they open, and at each interval: from midnight, so that starts lie
-- on the clock, or from the opening. The pages offer whole hours of the client's own clock, which in every zone of the
-- world are a multiple of the default, a quarter of an hour, from midnight.

-- For `practitioner_id with =` in exclusion constraints. A project may have it for purposes of its own.
create extension if not exists btree_gist with schema extensions;

create table public.practitioner_calendars (
  practitioner_id        uuid primary key references public.practitioners (id) on delete cascade,
  time_zone              text        not null default 'America/Toronto',
  minimum_notice_minutes integer     not null default 0,
  booking_horizon_days   integer     not null default 365,
  buffer_before_minutes  integer     not null default 0,
  buffer_after_minutes   integer     not null default 0,
  slot_interval_minutes  integer     not null default 15,
  slot_alignment         text        not null default 'midnight',
  is_always_open         boolean     not null default false,
  updated_at             timestamptz not null default now(),

  constraint practitioner_calendars_time_zone_exists check (private.is_time_zone(time_zone)),
  constraint practitioner_calendars_notice_is_at_most_90_days check (minimum_notice_minutes between 0 and 129600),
  constraint practitioner_calendars_horizon_is_1_day_to_5_years check (booking_horizon_days between 1 and 1830),
  constraint practitioner_calendars_buffers_are_at_most_4_hours
    check (buffer_before_minutes between 0 and 240 and buffer_after_minutes between 0 and 240),
  constraint practitioner_calendars_slot_interval_is_at_most_4_hours check (slot_interval_minutes between 1 and 240),
  constraint practitioner_calendars_slot_alignment_is_known check (slot_alignment in ('midnight', 'opening')),
  constraint practitioner_calendars_time_zone_is_short check (char_length(time_zone) <= 100)
);

comment on table public.practitioner_calendars is
  'How a practitioner can be booked. Locking the row locks their time: see private.lock_calendar.';

comment on column public.practitioner_calendars.buffer_before_minutes is
  'Kept free before each session booked from now on.';

comment on column public.practitioner_calendars.slot_alignment is
  'From when the intervals count: local midnight, or the opening of the hours of that date.';

comment on column public.practitioner_calendars.is_always_open is
  'Day and night, whatever the weekly hours. Adding weekly hours turns it off.';

comment on column public.practitioner_calendars.practitioner_id is 'The practitioner it belongs to.';

comment on column public.practitioner_calendars.time_zone is 'By its IANA name, such as America/Toronto.';

comment on column public.practitioner_calendars.minimum_notice_minutes is 'No booking begins sooner from now.';

comment on column public.practitioner_calendars.booking_horizon_days is 'Nor later than so many days from now.';

comment on column public.practitioner_calendars.buffer_after_minutes is 'Kept free after each session.';

comment on column public.practitioner_calendars.slot_interval_minutes is 'Sessions begin at multiples of it.';

comment on column public.practitioner_calendars.updated_at is 'When the row was last changed.';

alter table public.practitioner_calendars enable row level security;

create policy "signed-in people read calendars"
  on public.practitioner_calendars for select to authenticated using (true);

create policy "practitioners set up their own calendar, admins any"
  on public.practitioner_calendars for update to authenticated
  using (practitioner_id = any (array(select private.my_practitioner_ids())) or (select private.is_admin()));

revoke all on public.practitioner_calendars from anon, authenticated, service_role;

grant select,
      update (time_zone, minimum_notice_minutes, booking_horizon_days, buffer_before_minutes, buffer_after_minutes,
              slot_interval_minutes, slot_alignment, is_always_open)
  on public.practitioner_calendars to authenticated;

-- No insert or delete: a trigger makes it with its practitioner, and it is deleted with them.
grant select, update on public.practitioner_calendars to service_role;

create trigger update_practitioner_calendars_updated_at before update on public.practitioner_calendars
  for each row execute function public.update_updated_at_column();

-- With the hours that the booking page offers of everybody, every day from 9 to 17, as rows of their own: the page of
-- hours lists them, and removes them one by one.
-- Definer: whoever adds a practitioner has no right to add calendars.
create function private.create_calendar() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  insert into public.practitioner_calendars (practitioner_id) values (new.id);
  insert into public.practitioner_availability (practitioner_id, day_of_week, start_time, end_time)
  select new.id, weekday, '09:00', '17:00' from generate_series(0, 6) weekday;
  return null;
end
$$;

revoke execute on function private.create_calendar from public, anon, authenticated, service_role;

-- Weekly hours are the baseline's table; constraints keep its rows from overlapping.
create function private.minutes_of_day(start_time time, end_time time) returns int4range
  language sql immutable set search_path = ''
as $$
  select int4range(extract(epoch from start_time)::integer / 60, extract(epoch from end_time)::integer / 60);
$$;

revoke execute on function private.minutes_of_day from public, anon, authenticated, service_role;

-- The constraints below are checked as whoever writes the row.
grant execute on function private.minutes_of_day to authenticated, service_role;

-- The constraint is the guarantee; the pages, which show what the database says, get a sentence.
-- Definer: an admin adds hours too, and the caller has no right to another's calendar.
create function private.check_added_hours() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  if exists (select from public.practitioner_availability a
              where a.practitioner_id = new.practitioner_id and a.day_of_week = new.day_of_week and a.id <> new.id
                and a.start_time < a.end_time and a.start_time < new.end_time and new.start_time < a.end_time) then
    perform private.refuse(409, 'hours_overlap', 'There are hours on that day already that overlap these.',
                           'Remove those first.');
  end if;
  if tg_op = 'INSERT' then
    update public.practitioner_calendars c set is_always_open = false
     where c.practitioner_id = new.practitioner_id and c.is_always_open;
  end if;
  return new;
end
$$;

revoke execute on function private.check_added_hours from public, anon, authenticated, service_role;

create table public.availability_exceptions (
  id              uuid primary key default gen_random_uuid(),
  practitioner_id uuid        not null references public.practitioners (id) on delete cascade,
  on_date         date        not null,
  start_time      time        not null default '00:00',
  end_time        time        not null default '24:00',
  is_open         boolean     not null default false,
  reason          text,
  created_at      timestamptz not null default now(),

  constraint availability_exceptions_start_before_they_end check (start_time < end_time),
  constraint availability_exceptions_never_overlap exclude using gist (
    practitioner_id with =, on_date with =, (is_open::integer) with =,
    (private.minutes_of_day(start_time, end_time)) with &&),
  constraint availability_exceptions_on_date_is_in_range check (on_date between '2000-01-01' and '2100-01-01'),
  constraint availability_exceptions_reason_is_short check (char_length(reason) <= 500)
);

comment on table public.availability_exceptions is 'Dates that differ from the weekly hours; in wall time, as they are.';

comment on column public.availability_exceptions.is_open is
  'Open ones replace the weekly hours of the date; closed ones are taken away from whatever the date has.';

comment on column public.availability_exceptions.id is 'Of the row; made here.';

comment on column public.availability_exceptions.practitioner_id is 'The practitioner it belongs to.';

comment on column public.availability_exceptions.on_date is 'Which day.';

comment on column public.availability_exceptions.start_time is 'From; null: the whole day.';

comment on column public.availability_exceptions.end_time is 'Until; null: the whole day.';

comment on column public.availability_exceptions.reason is 'In words, for whoever reads it later.';

comment on column public.availability_exceptions.created_at is 'When the row was made.';

create index availability_exceptions_practitioner_id_idx on public.availability_exceptions (practitioner_id, on_date);

alter table public.availability_exceptions enable row level security;

-- The reason is the practitioner's own: others see the slots they are offered.
create policy "practitioners read their own exceptions, admins all"
  on public.availability_exceptions for select to authenticated
  using (practitioner_id = any (array(select private.my_practitioner_ids())) or (select private.is_admin()));

create policy "practitioners add their own exceptions, admins any"
  on public.availability_exceptions for insert to authenticated
  with check (practitioner_id = any (array(select private.my_practitioner_ids())) or (select private.is_admin()));

create policy "practitioners change their own exceptions, admins any"
  on public.availability_exceptions for update to authenticated
  using (practitioner_id = any (array(select private.my_practitioner_ids())) or (select private.is_admin()));

create policy "practitioners remove their own exceptions, admins any"
  on public.availability_exceptions for delete to authenticated
  using (practitioner_id = any (array(select private.my_practitioner_ids())) or (select private.is_admin()));

revoke all on public.availability_exceptions from anon, authenticated, service_role;

grant select, delete on public.availability_exceptions to authenticated;

grant insert (practitioner_id, on_date, start_time, end_time, is_open, reason),
      update (on_date, start_time, end_time, is_open, reason) on public.availability_exceptions to authenticated;

grant select, insert, update, delete on public.availability_exceptions to service_role;

-- When a practitioner works, and when sessions may start, if the time is free: the one definition of it, by calendar,
-- weekly hours and exceptions, for what is offered and for what is booked. With a generic plan: planning takes five
-- times as long as executing, and the times make no difference to the plan.
create function private.read_hours(
  practitioner_id uuid, from_time timestamptz, until_time timestamptz, out opened tstzmultirange, out starts timestamptz[])
  language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  v_calendar public.practitioner_calendars;
  v_step     interval;
  v_from     date;
  v_until    date;
begin
  select c.* into v_calendar from public.practitioner_calendars c where c.practitioner_id = read_hours.practitioner_id;
  v_step := make_interval(mins => v_calendar.slot_interval_minutes);
  v_from := (from_time at time zone v_calendar.time_zone)::date - 1;
  v_until := (until_time at time zone v_calendar.time_zone)::date;

  with written as (
    select e.on_date, e.is_open, true as is_exception, e.start_time, e.end_time
      from public.availability_exceptions e
     where e.practitioner_id = read_hours.practitioner_id and e.on_date between v_from and v_until
    union all
    select v_from + n, true, false, w.start_time, w.end_time
      from generate_series(0, v_until - v_from) n
      join public.practitioner_availability w on w.practitioner_id = read_hours.practitioner_id
       and w.day_of_week = extract(dow from v_from + n) and w.start_time < w.end_time
     where not v_calendar.is_always_open
    union all
    select v_from + n, true, false, time '00:00', time '24:00'
      from generate_series(0, v_until - v_from) n where v_calendar.is_always_open
  ),
  dates as (
    select t.on_date::timestamp at time zone v_calendar.time_zone as midnight,
           -- Open ones replace what the date has every week.
           coalesce(range_agg(t.during) filter (where t.is_open and t.is_exception),
                    range_agg(t.during) filter (where t.is_open), '{}') as opened,
           range_agg(range_agg(t.during) filter (where not t.is_open)) over () as closed
      -- Hours that begin in the hour the clocks skip can end before they begin: then there are none.
      from (select w.*, case when wall.starts_at < wall.ends_at then tstzrange(wall.starts_at, wall.ends_at)
                             else 'empty' end as during
              from written w
             cross join lateral (values ((w.on_date + w.start_time) at time zone v_calendar.time_zone,
                                         (w.on_date + w.end_time) at time zone v_calendar.time_zone)) wall (starts_at, ends_at)) t
     group by t.on_date
  ),
  -- By instants, not by dates: a midnight that the clocks skip or repeat belongs to two dates.
  hours as materialized (
    select d.midnight, piece as during from dates d, unnest(d.opened - coalesce(d.closed, '{}')) piece
  )
  select (select coalesce(range_agg(h.during), '{}') from hours h),
         array(select distinct start from hours h
                -- Intervals of real time: a day on which the clocks change has more of them, or fewer.
                cross join lateral (
                  select lower(h.during) as start
                  union all
                  select generate_series(greatest(grid.zero, date_bin(v_step, from_time, grid.zero)),
                                         least(upper(h.during), until_time), v_step)
                    from (values (case v_calendar.slot_alignment when 'opening' then lower(h.during) else h.midnight end))
                      grid (zero)) starts
                where start <@ h.during and start >= from_time and start < until_time)
    into opened, starts;
end
$$;

revoke execute on function private.read_hours from public, anon, authenticated, service_role;


-- adoption/calendars.sql

-- Calendars of the practitioners there are, at once: the functions that are switched before the closing files ask them.
insert into public.practitioner_calendars (practitioner_id, is_always_open)
select p.id, not exists (select from public.practitioner_availability a where a.practitioner_id = p.id)
  from public.practitioners p;
