-- From sql/schemas: series/session_series, series/planning, series/booking_series, series/changing, series/telling, series/collisions, series/time_off, series/repeated_classes.

-- Functions name what later chapters make.
set check_function_bodies = off;

set lock_timeout = '5s';
set statement_timeout = 0;
do $$ begin lock table public.session_schedules, public.practitioners, public.session_types in share row exclusive mode; end $$;


-- series/session_series.sql

-- Series: sessions that were booked, or classes that were made, week after week in one step.
--
-- A series is a rule in wall time, "Tuesdays at ten" by the practitioner's clock, and the sessions that came of it.
-- Each of them is a session like any other: paid by a credit of its own, moved, cancelled, completed and kept by its
-- own rules. So a series has no state. What is said about all that follow is done to each of them (changing.sql), and
-- what would be twelve mails is told in one (telling.sql).
--
-- Which sessions belong to it stands in a table of links, not in a column of session_schedules: the pages embed that
-- table's neighbours, and a second way to one of them would make their queries ambiguous.

create table public.session_series (
  id                uuid        primary key default gen_random_uuid(),
  client_id         uuid        references auth.users on delete cascade,
  practitioner_id   uuid        not null references public.practitioners (id) on delete cascade,
  session_type_id   uuid        references public.session_types (id) on delete set null,
  first_date        date        not null,
  at_time           time        not null,
  time_zone         text        not null,
  sessions          integer     not null,
  session_location  text        not null,
  physical_location text,
  idempotency_key   text,
  created_at        timestamptz not null default now(),

  constraint session_series_key_is_used_once unique (client_id, idempotency_key),
  constraint session_series_sessions_are_a_year_at_most check (sessions between 1 and 52),
  constraint session_series_first_date_is_in_range check (first_date between '2000-01-01' and '2100-01-01'),
  constraint session_series_at_time_is_a_time_of_day check (at_time < '24:00'),
  constraint session_series_location_is_known check (session_location in ('online', 'in_person')),
  constraint session_series_texts_are_short check (
    char_length(time_zone) <= 100 and char_length(session_location) <= 50 and char_length(physical_location) <= 500
    and char_length(idempotency_key) <= 255)
);

comment on table public.session_series is 'What was booked, or made, week after week in one step.';

comment on column public.session_series.id is 'Of the row; made here.';

comment on column public.session_series.client_id is 'Whose sessions they are; null: they are classes.';

comment on column public.session_series.practitioner_id is 'Who was to lead them when they were booked.';

comment on column public.session_series.session_type_id is 'What was booked; null: its kind is gone, or a class names none.';

comment on column public.session_series.first_date is 'The first day, whose day of the week is the series''.';

comment on column public.session_series.at_time is 'By the clock of the practitioner''s calendar, summer and winter.';

comment on column public.session_series.time_zone is 'That clock, by its IANA name, as it was when they were booked.';

comment on column public.session_series.sessions is 'How many weeks were asked for; the links say what came of them.';

comment on column public.session_series.session_location is 'Where it was to be: online or in_person.';

comment on column public.session_series.physical_location is 'In person: the address, or the id of a studio.';

comment on column public.session_series.idempotency_key is 'What its booker called the request: asked again, nothing is doubled.';

comment on column public.session_series.created_at is 'When the row was made.';

create index session_series_practitioner_id_idx on public.session_series (practitioner_id);

create index session_series_session_type_id_idx on public.session_series (session_type_id);

create table public.session_series_sessions (
  session_id uuid not null references public.session_schedules (id) on delete cascade,
  series_id  uuid not null references public.session_series (id) on delete cascade,
  on_date    date not null,

  constraint session_series_sessions_pkey primary key (session_id),
  constraint session_series_sessions_one_a_date unique (series_id, on_date),
  constraint session_series_sessions_on_date_is_in_range check (on_date between '2000-01-01' and '2100-01-01')
);

comment on table public.session_series_sessions is 'Which sessions belong to a series.';

comment on column public.session_series_sessions.session_id is 'The session: session_schedules.id. It is in one series at most.';

comment on column public.session_series_sessions.series_id is 'Its series.';

comment on column public.session_series_sessions.on_date is
  'The date of the series that it stands for; the session itself may be on another day of that week.';

-- Definer: a policy of the links that reads the series, whose policy asks again, would go in a ring.
create function private.my_series_ids() returns setof uuid
  language sql stable security definer set search_path = ''
as $$
  select r.id from public.session_series r where r.client_id = (select auth.uid())
  union
  select r.id from public.session_series r where r.practitioner_id in (select private.my_practitioner_ids());
$$;

alter table public.session_series enable row level security;

alter table public.session_series_sessions enable row level security;

create policy "people read their series, practitioners theirs, admins all"
  on public.session_series for select to authenticated
  using (id in (select private.my_series_ids()) or (select private.is_admin()));

create policy "whoever reads a series reads what is in it"
  on public.session_series_sessions for select to authenticated
  using (series_id in (select private.my_series_ids()) or (select private.is_admin()));

revoke all on public.session_series, public.session_series_sessions from anon, authenticated, service_role;

grant select on public.session_series, public.session_series_sessions to authenticated, service_role;

-- Nobody inserts, updates or deletes: booking_series.sql and its neighbours do.

revoke execute on function private.my_series_ids from public, anon, authenticated, service_role;

grant execute on function private.my_series_ids to authenticated, service_role;

-- Every mail about a series is about its first session too: so they go to one person in their order.
create function private.get_first_session(series_id uuid) returns uuid
  language sql stable set search_path = ''
as $$
  select l.session_id from public.session_series_sessions l where l.series_id = get_first_session.series_id
   order by l.on_date limit 1;
$$;

-- While it is on, what happens to a single session is not told by a mail of its own: its series' mail tells it. Within
-- this transaction, and undone with it.
create function private.tell_together(is_on boolean) returns void
  language sql volatile set search_path = ''
as $$
  select set_config('app.told_together', case when is_on then 'yes' else '' end, true);
$$;

revoke execute on function private.get_first_session, private.tell_together
  from public, anon, authenticated, service_role;


-- series/planning.sql

-- Planning a series: its dates, what stands in the way of each, and the nearest free times of the same week.
--
-- A quote is the booking itself, undone: it is tried, and rolled back to where it began. So what is quoted is what can
-- be had, with the same credits, whatever rule says no.

create type private.series_date as (
  on_date            date,
  starts_at          timestamptz,
  ends_at            timestamptz,
  previous_starts_at timestamptz,
  session_id         uuid,
  reason             text,
  sentence           text,
  alternatives       timestamptz[]
);

create type private.series_plan as (
  series_id         uuid,
  practitioner_id   uuid,
  practitioner_name text,
  session_type_id   uuid,
  session_type_name text,
  duration_minutes  integer,
  session_location  text,
  place             text,
  first_date        date,
  at_time           time,
  time_zone         text,
  reader_time_zone  text,
  sessions          integer,
  possible          integer,
  credits           integer,
  needs_waiver      boolean,
  is_done           boolean,
  dates             private.series_date[]
);

-- What is booked with one's own credits: a series is for whoever asks.
create type private.wanted_series as (
  practitioner_id   uuid,
  session_type_id   uuid,
  first_date        date,
  at_time           time,
  sessions          integer,
  session_location  text,
  physical_location text,
  replacements      jsonb
);

-- The free starts of the week that are nearest to a time.
-- Definer: they depend on other people's bookings; only the free times are returned.
create function private.list_near_starts(
  practitioner_id uuid, for_user uuid, duration_minutes integer, wanted timestamptz, on_date date, time_zone text,
  ignore_session uuid, ignore_notice boolean)
  returns timestamptz[]
  language sql stable security definer set search_path = ''
as $$
  with week as (
    select date_trunc('week', on_date::timestamp) as monday
  )
  select coalesce(array_agg(near.starts_at order by near.starts_at), '{}')
    from (select c.starts_at
            from week
           cross join lateral private.check_starts(
                  list_near_starts.practitioner_id,
                  (private.read_hours(list_near_starts.practitioner_id, week.monday at time zone list_near_starts.time_zone,
                                     (week.monday + interval '7 days') at time zone list_near_starts.time_zone)).starts,
                  list_near_starts.duration_minutes, list_near_starts.for_user, list_near_starts.ignore_session,
                  list_near_starts.ignore_notice) c
           where c.reason is null and c.starts_at <> list_near_starts.wanted
           order by abs(extract(epoch from c.starts_at - list_near_starts.wanted)), c.starts_at limit 4) near;
$$;

-- What was put in the place of a date: a start in that week, or null, which leaves the date out. A text that is no time
-- is refused like one of another week.
create function private.read_replacement(replacements jsonb, on_date date, time_zone text) returns timestamptz
  language plpgsql stable set search_path = ''
as $$
declare
  v_at timestamptz;
begin
  begin
    v_at := (replacements ->> on_date::text)::timestamptz;
  exception when invalid_datetime_format or datetime_field_overflow then
    v_at := 'infinity';
  end;
  if v_at is not null
     and (not isfinite(v_at)
          or date_trunc('week', v_at at time zone read_replacement.time_zone) <> date_trunc('week', on_date::timestamp)) then
    perform private.refuse(422, 'replacement_not_possible',
                           format('replacements: another time for %s has to be in the same week.', on_date),
                           'Choose one of the alternatives of that date, or null to leave it out.');
  end if;
  return v_at;
end
$$;

create function private.refuse_unreadable_replacements(replacements jsonb, dates date[]) returns void
  language plpgsql stable set search_path = ''
as $$
begin
  if jsonb_typeof(replacements) <> 'object' or char_length(replacements::text) > 5000
     or exists (select from jsonb_each(case jsonb_typeof(replacements) when 'object' then replacements else '{}' end) r
                 where r.key <> all (dates::text[]) or jsonb_typeof(r.value) not in ('string', 'null')) then
    perform private.refuse(422, 'replacement_not_possible',
                           'replacements: should name dates of the series, each with a time or null.',
                           'Such as {"2026-12-08": "2026-12-09T15:00:00Z", "2026-12-15": null}.');
  end if;
end
$$;

-- The dates with the times asked for. A time that the clocks skip on a date is nobody's wish: it has a reason already.
create function private.list_series_dates(wanted private.wanted_series, time_zone text, duration_minutes integer)
  returns setof private.series_date
  language plpgsql stable set search_path = ''
as $$
declare
  v_date private.series_date;
begin
  perform private.refuse_unreadable_replacements(
    wanted.replacements, array(select wanted.first_date + 7 * n from generate_series(0, wanted.sessions - 1) n));
  for n in 0 .. wanted.sessions - 1 loop
    v_date := null;
    v_date.alternatives := '{}';
    v_date.on_date := wanted.first_date + 7 * n;
    if wanted.replacements ? v_date.on_date::text then
      v_date.starts_at := private.read_replacement(wanted.replacements, v_date.on_date, list_series_dates.time_zone);
      continue when v_date.starts_at is null;
    else
      v_date.starts_at := (v_date.on_date + wanted.at_time) at time zone list_series_dates.time_zone;
      if v_date.starts_at at time zone list_series_dates.time_zone <> v_date.on_date + wanted.at_time then
        v_date.reason := 'time_skipped';
        v_date.sentence := 'On that day the clocks skip this time.';
      end if;
    end if;
    v_date.ends_at := v_date.starts_at + make_interval(mins => list_series_dates.duration_minutes);
    return next v_date;
  end loop;
end
$$;

create function private.refuse_impossible_series(wanted private.wanted_series) returns void
  language plpgsql stable set search_path = ''
as $$
begin
  if wanted.first_date is null or wanted.at_time is null then
    perform private.refuse(422, 'time_missing', 'Please choose a day and a time.');
  elsif wanted.first_date not between current_date - 1 and current_date + 1830 then
    perform private.refuse(422, 'date_not_possible', 'first_date: should be today or later, and within five years.');
  elsif wanted.at_time >= '24:00' then
    perform private.refuse(422, 'time_not_possible', 'at_time: should be a time of the day.');
  elsif wanted.sessions is null or wanted.sessions not between 1 and 52 then
    perform private.refuse(422, 'sessions_not_possible', 'sessions: should be at least 1, and at most 52.');
  elsif coalesce(wanted.session_location, 'online') not in ('online', 'in_person') then
    perform private.refuse(422, 'location_not_possible', 'session_location: should be online or in_person.');
  end if;
  perform private.refuse_long_text('physical_location', wanted.physical_location, 500);
end
$$;

-- How many sessions of a kind somebody's credits are good for, right now.
create function private.count_good_credits(user_id uuid, session_type public.session_types) returns integer
  language sql stable set search_path = ''
as $$
  select coalesce(sum(lot.credits_remaining), 0)::integer
    from private.list_good_lots(count_good_credits.user_id, array[(session_type).id], (session_type).duration_minutes,
                                (session_type).is_group) lot;
$$;

revoke execute on function private.list_near_starts, private.read_replacement, private.refuse_unreadable_replacements,
  private.list_series_dates, private.refuse_impossible_series, private.count_good_credits
  from public, anon, authenticated, service_role;


-- series/booking_series.sql

-- Booking a series: each session by the rules of one that is booked alone, all in one transaction.
--
--   nothing    tried and undone: the quote
--   all        each of them, or none
--   possible   those that can be had
--
-- The locks are those of a booking, in its order: the client, the calendars, then credits. Whoever books the same weeks
-- waits for all of them, and then finds each taken.

-- Tries each date; what is refused keeps its reason. Given what is kept, the rest is undone by the caller's block.
create function private.insert_series_sessions(
  series_id uuid, client_id uuid, wanted private.wanted_series, duration_minutes integer, time_zone text)
  returns setof private.series_date
  language plpgsql volatile set search_path = ''
as $$
declare
  v_date  private.series_date;
  v_state text;
begin
  for v_date in
    select * from private.list_series_dates(wanted, insert_series_sessions.time_zone, insert_series_sessions.duration_minutes)
  loop
    if v_date.reason is null then
      begin
        v_date.session_id := private.insert_session(
          insert_series_sessions.client_id, wanted.practitioner_id, v_date.starts_at, wanted.session_type_id,
          wanted.session_location, wanted.physical_location, null, null, null, with_credit => true);
        insert into public.session_series_sessions (session_id, series_id, on_date)
        values (v_date.session_id, insert_series_sessions.series_id, v_date.on_date);
      exception when sqlstate 'PT402' or sqlstate 'PT409' then
        get stacked diagnostics v_date.reason = pg_exception_detail, v_date.sentence = message_text;
        v_date.session_id := null;
      end;
    end if;
    return next v_date;
  end loop;
end
$$;

-- With alternatives where another time helps. They are looked for while the other dates are taken.
create function private.add_alternatives(
  dates private.series_date[], practitioner_id uuid, for_user uuid, duration_minutes integer, time_zone text,
  ignore_notice boolean default false)
  returns private.series_date[]
  language plpgsql stable set search_path = ''
as $$
declare
  v_date  private.series_date;
  v_dates private.series_date[] := '{}';
begin
  foreach v_date in array dates loop
    v_date.alternatives := case when v_date.reason in (
        'slot_in_past', 'too_short_notice', 'outside_availability', 'not_a_start', 'slot_taken', 'double_booked',
        'time_skipped')
      then private.list_near_starts(add_alternatives.practitioner_id, for_user, add_alternatives.duration_minutes,
                                    v_date.starts_at, v_date.on_date, add_alternatives.time_zone,
                                    case when v_date.previous_starts_at is not null then v_date.session_id end,
                                    add_alternatives.ignore_notice)
      else '{}' end;
    v_dates := v_dates || v_date;
  end loop;
  return v_dates;
end
$$;

create function private.refuse_incomplete_series(dates private.series_date[], take text, what text) returns void
  language plpgsql stable set search_path = ''
as $$
declare
  v_all      integer := cardinality(dates);
  v_possible integer := (select count(*) from unnest(dates) d where d.reason is null);
  v_first    private.series_date;
begin
  if v_possible = v_all and v_all > 0 or v_possible > 0 and take = 'possible' then
    return;
  end if;
  select * into v_first from unnest(dates) d where d.reason is not null order by d.on_date limit 1;
  if v_first.reason in ('no_usable_credit', 'credits_owed') then
    perform private.refuse(402, v_first.reason, case when v_possible = 0 then v_first.sentence
      else format('Your credits are good for %s of these %s sessions.', v_possible, v_all) end,
      'Choose fewer sessions, or buy a package.');
  end if;
  perform private.refuse(
    409, 'series_not_possible',
    case when v_all = 0 then 'No date is left of this series.'
         when v_possible = 0 then format(
           case what when 'booked' then 'None of these times can be booked. The first: %s'
                     when 'moved' then 'None of these times can be moved. The first: %s'
                     else 'None of these times can be made. The first: %s' end, v_first.sentence)
         else format(
           case what when 'booked' then '%s of these %s times cannot be booked. The first, on %s: %s'
                     when 'moved' then '%s of these %s times cannot be moved. The first, on %s: %s'
                     else '%s of these %s times cannot be made. The first, on %s: %s' end,
           v_all - v_possible, v_all, to_char(v_first.on_date, 'FMDay, FMMonth FMDD'), v_first.sentence) end,
    'Ask for a quote: it names each, with the nearest free times. Or take what is possible.');
end
$$;

create function private.compose_series_plan(
  series_id uuid, wanted private.wanted_series, time_zone text, dates private.series_date[], is_done boolean)
  returns private.series_plan
  language plpgsql stable set search_path = ''
as $$
declare
  v_plan private.series_plan;
begin
  v_plan.series_id := compose_series_plan.series_id;
  v_plan.practitioner_id := wanted.practitioner_id;
  select p.name into v_plan.practitioner_name from public.practitioners p where p.id = wanted.practitioner_id;
  select t.id, t.name, t.duration_minutes, private.count_good_credits(auth.uid(), t)
    into v_plan.session_type_id, v_plan.session_type_name, v_plan.duration_minutes, v_plan.credits
    from public.session_types t where t.id = wanted.session_type_id;
  v_plan.session_location := coalesce(wanted.session_location, 'online');
  v_plan.place := case when v_plan.session_location = 'in_person' then coalesce(
    (select l.name from public.studio_locations l where l.id::text = wanted.physical_location), wanted.physical_location) end;
  v_plan.first_date := wanted.first_date;
  v_plan.at_time := wanted.at_time;
  v_plan.time_zone := compose_series_plan.time_zone;
  v_plan.reader_time_zone := coalesce(private.find_user_time_zone(auth.uid()), compose_series_plan.time_zone);
  v_plan.sessions := wanted.sessions;
  v_plan.needs_waiver := not private.has_signed_waiver(auth.uid());
  v_plan.is_done := compose_series_plan.is_done;
  v_plan.dates := compose_series_plan.dates;
  v_plan.possible := (select count(*) from unnest(v_plan.dates) d where d.reason is null);
  return v_plan;
end
$$;

-- The series that its booker has booked under this key already, as it stands.
create function private.find_booked_series(client_id uuid, idempotency_key text, wanted private.wanted_series)
  returns private.series_plan
  language plpgsql stable set search_path = ''
as $$
declare
  v_series public.session_series;
begin
  select r.* into v_series from public.session_series r
   where r.client_id = find_booked_series.client_id and r.idempotency_key = find_booked_series.idempotency_key;
  if not found then
    return null;
  elsif (v_series.practitioner_id, v_series.session_type_id, v_series.first_date, v_series.at_time, v_series.sessions,
         v_series.session_location, v_series.physical_location)
        is distinct from (wanted.practitioner_id, wanted.session_type_id, wanted.first_date, wanted.at_time,
                          wanted.sessions, coalesce(wanted.session_location, 'online'), wanted.physical_location) then
    perform private.refuse(409, 'idempotency_key_reused', 'This Idempotency-Key was used for another request.',
                           'Use a new key for a new request.');
  end if;
  return private.compose_series_plan(
    v_series.id, wanted, v_series.time_zone,
    array(select row(l.on_date, s.scheduled_at, s.scheduled_at + make_interval(mins => s.duration_minutes), null, s.id,
                     null, null, '{}')::private.series_date
            from public.session_series_sessions l join public.session_schedules s on s.id = l.session_id
           where l.series_id = v_series.id order by l.on_date), true);
end
$$;

-- Definer: it writes sessions and credits for the caller, who may write neither.
create function private.book_session_series(wanted private.wanted_series, take text, idempotency_key text)
  returns private.series_plan
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  c_undone  constant text := 'ZZ001';
  v_client  uuid := (select auth.uid());
  v_type    public.session_types;
  v_zone    text;
  v_series  uuid := gen_random_uuid();
  v_plan    private.series_plan;
  v_dates   private.series_date[];
begin
  perform private.refuse_anonymous_caller(), private.lock_client(v_client);
  perform private.refuse_impossible_series(wanted);
  perform private.refuse_long_text('idempotency_key', idempotency_key, 255);
  wanted.session_location := coalesce(wanted.session_location, 'online');
  wanted.replacements := coalesce(wanted.replacements, '{}');
  select t.* into v_type from public.session_types t where t.id = wanted.session_type_id and t.is_active;
  if not found then
    perform private.refuse(404, 'session_type_not_found', 'There is no such kind of session.');
  elsif v_type.is_group then
    perform private.refuse(409, 'class_needed', 'A group session is joined, not booked.', 'Choose a class and join it.');
  end if;
  select c.time_zone into v_zone from public.practitioner_calendars c where c.practitioner_id = wanted.practitioner_id;
  if not found then
    perform private.refuse(409, 'practitioner_unavailable', 'This practitioner takes no bookings at the moment.',
                           'Please choose another practitioner.');
  end if;
  if take <> 'nothing' then
    v_plan := private.find_booked_series(v_client, idempotency_key, wanted);
    if v_plan.series_id is not null then
      return v_plan;
    end if;
    perform private.limit_use('series', v_client);
    perform private.refuse_without_waiver(v_client);
  else
    perform private.limit_use('series quoted', v_client);
  end if;
  perform private.refuse_unknown_place(wanted.session_location, wanted.physical_location, null);
  perform private.lock_calendars(wanted.practitioner_id, v_client);

  begin
    perform private.tell_together(true);
    insert into public.session_series (id, client_id, practitioner_id, session_type_id, first_date, at_time, time_zone,
                                       sessions, session_location, physical_location, idempotency_key)
    values (v_series, v_client, wanted.practitioner_id, v_type.id, wanted.first_date, wanted.at_time, v_zone,
            wanted.sessions, wanted.session_location,
            case wanted.session_location when 'in_person' then wanted.physical_location end, idempotency_key);
    select coalesce(array_agg(d order by d.on_date), '{}') into v_dates
      from private.insert_series_sessions(v_series, v_client, wanted, v_type.duration_minutes, v_zone) d;
    perform private.tell_together(false);
    if take = 'nothing' then
      v_dates := private.add_alternatives(v_dates, wanted.practitioner_id, v_client, v_type.duration_minutes, v_zone);
      raise exception using errcode = c_undone;
    end if;
  exception when sqlstate 'ZZ001' then
    -- What was tried is undone; no session of it exists.
    v_dates := array(select row(d.on_date, d.starts_at, d.ends_at, null, null, d.reason, d.sentence, d.alternatives)
                            ::private.series_date from unnest(v_dates) d order by d.on_date);
  end;

  if take <> 'nothing' then
    perform private.refuse_incomplete_series(v_dates, take, 'booked');
    perform private.publish_event(
      'series_booked', v_client, private.get_first_session(v_series),
      jsonb_build_object('series_id', v_series, 'practitioner_id', wanted.practitioner_id,
                         'left_out', (select coalesce(jsonb_agg(d.on_date order by d.on_date), '[]') from unnest(v_dates) d
                                       where d.reason is not null)));
  end if;
  return private.compose_series_plan(case when take <> 'nothing' then v_series end, wanted, v_zone, v_dates, take <> 'nothing');
end
$$;

create function public.quote_session_series(
  practitioner_id uuid, session_type_id uuid, first_date date, at_time time, sessions integer,
  session_location text default 'online', physical_location text default null, replacements jsonb default '{}')
  returns setof private.series_plan
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.book_session_series(
    row(practitioner_id, session_type_id, first_date, at_time, sessions, session_location, physical_location,
        replacements)::private.wanted_series, 'nothing', null);
$$;

comment on function public.quote_session_series is
  'A session every week: which of them can be booked with the caller''s credits, and what is free near the others.';

create function public.book_session_series(
  practitioner_id uuid, session_type_id uuid, first_date date, at_time time, sessions integer,
  session_location text default 'online', physical_location text default null, replacements jsonb default '{}',
  only_possible boolean default false, idempotency_key text default null)
  returns setof private.series_plan
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.book_session_series(
    row(practitioner_id, session_type_id, first_date, at_time, sessions, session_location, physical_location,
        replacements)::private.wanted_series, case when only_possible then 'possible' else 'all' end, idempotency_key);
$$;

comment on function public.book_session_series is
  'Books a session every week, a credit each: all of them or none; with only_possible, those that can be had.';

revoke execute on function private.insert_series_sessions, private.add_alternatives, private.refuse_incomplete_series,
  private.compose_series_plan, private.find_booked_series, private.book_session_series, public.quote_session_series,
  public.book_session_series from public, anon, authenticated, service_role;

grant execute on function private.book_session_series, public.quote_session_series, public.book_session_series
  to authenticated;


-- series/changing.sql

-- One, or all that follow: moved or cancelled.
--
-- A session of a series is moved and cancelled alone as any other is. All that follow are those of its series on its
-- date and later that are still to come: each is moved or cancelled by its own rules, with its own terms, in one
-- transaction, and one mail tells it. Whoever may change one may change those that follow: its client, who leads it, an
-- admin; what somebody else leads by now is left as it is.
--
-- Locks, in the one order: the client, the rows by their ids, then credits or calendars. All credits are locked before
-- the first time is freed: whoever then books it holds a credit, and must not wait for one of these.

-- What follows, this one first. Definer: its caller may not read everything that leads to them.
create function private.list_following_sessions(session_id uuid) returns setof public.session_schedules
  language sql stable security definer set search_path = ''
as $$
  select s.*
    from public.session_series_sessions own
    join public.session_series_sessions later on later.series_id = own.series_id and later.on_date >= own.on_date
    join public.session_schedules s on s.id = later.session_id
   where own.session_id = list_following_sessions.session_id and s.status = 'scheduled' and s.scheduled_at > now()
     and private.get_caller_role(s) is not null
   order by later.on_date;
$$;

-- The series of a session that the caller has a part in. Definer: as above.
create function private.lock_series_of(session_id uuid) returns public.session_series
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_session public.session_schedules := private.get_session_of_caller(lock_series_of.session_id);
  v_series  public.session_series;
begin
  select r.* into v_series from public.session_series r join public.session_series_sessions l on l.series_id = r.id
   where l.session_id = v_session.id;
  if not found then
    perform private.refuse(404, 'series_not_found', 'This session belongs to no series.', 'Change it alone.');
  end if;
  perform private.lock_client(coalesce(v_series.client_id, auth.uid()));
  perform from public.session_schedules s
    where s.id in (select f.id from private.list_following_sessions(v_session.id) f) order by s.id for no key update;
  return v_series;
end
$$;

create function private.refuse_nothing_to_come(session_id uuid) returns void
  language plpgsql stable set search_path = ''
as $$
begin
  if not exists (select from private.list_following_sessions(refuse_nothing_to_come.session_id)) then
    perform private.refuse(409, 'nothing_to_come', 'No session of this series is still to come.');
  end if;
end
$$;

-- Cancelling.

-- Definer: whoever cancels may write neither credits nor cancellations.
create function private.cancel_session_series(session_id uuid, reason text) returns setof public.session_cancellations
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_series    public.session_series;
  v_session   public.session_schedules;
  v_cancelled uuid[] := '{}';
begin
  perform private.refuse_long_text('reason', cancel_session_series.reason, 500);
  v_series := private.lock_series_of(cancel_session_series.session_id);
  perform private.refuse_nothing_to_come(cancel_session_series.session_id);
  perform private.limit_use('series changed', auth.uid());
  perform from public.user_session_credits c
    where c.id in (select taken.credit_lot_id
                     from private.list_following_sessions(cancel_session_series.session_id) f
                     join public.session_schedules taken on taken.id = f.id or taken.group_class_id = f.id)
    order by c.id for no key update;

  -- Everybody in a class of their own hears of that class by its own mail.
  perform private.tell_together(v_series.client_id is not null);
  for v_session in select * from private.list_following_sessions(cancel_session_series.session_id) loop
    return query select * from public.cancel_session(v_session.id, cancel_session_series.reason);
    v_cancelled := v_cancelled || v_session.id;
  end loop;
  perform private.tell_together(false);
  if v_series.client_id is not null then
    perform private.publish_event('series_cancelled', v_series.client_id, private.get_first_session(v_series.id), jsonb_build_object(
      'by', private.get_caller_role(v_session), 'series_id', v_series.id, 'practitioner_id', v_session.practitioner_id,
      'session_ids', to_jsonb(v_cancelled)));
  end if;
end
$$;

create function public.cancel_session_series(session_id uuid, reason text default null)
  returns setof public.session_cancellations
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.cancel_session_series(cancel_session_series.session_id, cancel_session_series.reason);
$$;

comment on function public.cancel_session_series is
  'Cancels a session of a series and all that follow it, each by its own terms; quote_series_cancellation says them before.';

-- Definer: the terms depend on rows that the caller may not read.
create function private.quote_series_cancellation(session_id uuid)
  returns table (session_id uuid, scheduled_at timestamptz, terms private.cancellation_terms)
  language sql stable security definer set search_path = ''
as $$
  select f.id, f.scheduled_at, private.compute_cancellation_terms(f, false)
    from private.get_session_of_caller(quote_series_cancellation.session_id) own
   cross join private.list_following_sessions(own.id) f;
$$;

create function public.quote_series_cancellation(session_id uuid)
  returns table (session_id uuid, scheduled_at timestamptz, terms private.cancellation_terms)
  language sql stable security invoker set search_path = ''
as $$
  select q.session_id, q.scheduled_at, q.terms from private.quote_series_cancellation(quote_series_cancellation.session_id) q;
$$;

comment on function public.quote_series_cancellation is
  'What cancelling a session of a series and all that follow would return and cost right now, one by one.';

-- Moving: the day of the week and the time of the one that is named, for all that follow it.

-- Where each goes. By its date in the series, so that one that was put on another day comes back to the others.
create function private.list_following_dates(
  session_id uuid, starts_at timestamptz, time_zone text, replacements jsonb) returns setof private.series_date
  language plpgsql stable set search_path = ''
as $$
declare
  v_on_date date;
  v_to      timestamp := list_following_dates.starts_at at time zone list_following_dates.time_zone;
  v_session record;
  v_date    private.series_date;
begin
  select l.on_date into v_on_date from public.session_series_sessions l where l.session_id = list_following_dates.session_id;
  if v_to::date - v_on_date not between -6 and 6 then
    perform private.refuse(422, 'shift_too_long', 'starts_at: all that follow move by six days at most.',
                           'Another week is chosen for a session alone.');
  end if;
  perform private.refuse_unreadable_replacements(replacements, array(
    select l.on_date + (v_to::date - v_on_date) from private.list_following_sessions(list_following_dates.session_id) f
      join public.session_series_sessions l on l.session_id = f.id));
  for v_session in
    select f.id, f.scheduled_at, f.duration_minutes, l.on_date
      from private.list_following_sessions(list_following_dates.session_id) f
      join public.session_series_sessions l on l.session_id = f.id
     order by l.on_date
  loop
    v_date := null;
    v_date.alternatives := '{}';
    v_date.session_id := v_session.id;
    v_date.previous_starts_at := v_session.scheduled_at;
    v_date.on_date := v_session.on_date + (v_to::date - v_on_date);
    if replacements ? v_date.on_date::text then
      v_date.starts_at := private.read_replacement(replacements, v_date.on_date, list_following_dates.time_zone);
      continue when v_date.starts_at is null;  -- that one stays
    else
      v_date.starts_at := (v_date.on_date + v_to::time) at time zone list_following_dates.time_zone;
      if v_date.starts_at at time zone list_following_dates.time_zone <> v_date.on_date + v_to::time then
        v_date.reason := 'time_skipped';
        v_date.sentence := 'On that day the clocks skip this time.';
      end if;
    end if;
    v_date.ends_at := v_date.starts_at + make_interval(mins => v_session.duration_minutes);
    return next v_date;
  end loop;
end
$$;

-- The last one first where they move later: each makes room for the one before it.
create function private.reschedule_following(dates private.series_date[])
  returns setof private.series_date
  language plpgsql volatile set search_path = ''
as $$
declare
  v_date private.series_date;
begin
  for v_date in
    select * from unnest(dates) d
     order by case when d.starts_at > d.previous_starts_at then -extract(epoch from d.starts_at)
                   else extract(epoch from d.starts_at) end
  loop
    if v_date.reason is null then
      begin
        perform public.reschedule_session(v_date.session_id, v_date.starts_at);
      exception when sqlstate 'PT409' then
        get stacked diagnostics v_date.reason = pg_exception_detail, v_date.sentence = message_text;
      end;
    end if;
    return next v_date;
  end loop;
end
$$;

-- Definer: as above.
create function private.move_session_series(session_id uuid, starts_at timestamptz, replacements jsonb, take text)
  returns private.series_plan
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_series  public.session_series;
  v_first   public.session_schedules;
  v_role    text;
  v_dates   private.series_date[];
begin
  if move_session_series.starts_at is null or not isfinite(move_session_series.starts_at) then
    perform private.refuse(422, 'time_missing', 'Please choose a time.');
  end if;
  v_series := private.lock_series_of(move_session_series.session_id);
  perform private.refuse_nothing_to_come(move_session_series.session_id);
  perform private.limit_use(case take when 'nothing' then 'series quoted' else 'series changed' end, auth.uid());
  select * into v_first from private.list_following_sessions(move_session_series.session_id) limit 1;
  v_role := private.get_caller_role(v_first);
  perform private.lock_calendars(v_first.practitioner_id, v_series.client_id);
  v_dates := array(select d from private.list_following_dates(
    move_session_series.session_id, move_session_series.starts_at, v_first.time_zone,
    coalesce(move_session_series.replacements, '{}')) d);

  begin
    perform private.tell_together(v_series.client_id is not null);
    v_dates := array(select d from private.reschedule_following(v_dates) d order by d.on_date);
    perform private.tell_together(false);
    if take = 'nothing' then
      v_dates := private.add_alternatives(v_dates, v_first.practitioner_id, v_first.client_id, v_first.duration_minutes,
                                          v_first.time_zone, ignore_notice => v_role <> 'client');
      raise exception using errcode = 'ZZ001';
    end if;
  exception when sqlstate 'ZZ001' then
    null;  -- what was tried is undone
  end;

  if take <> 'nothing' then
    perform private.refuse_incomplete_series(v_dates, take, 'moved');
    perform private.move_series_dates(v_series.id, v_dates);
    if v_series.client_id is not null then
      perform private.publish_event('series_moved', v_series.client_id, private.get_first_session(v_series.id), jsonb_build_object(
        'by', v_role, 'series_id', v_series.id, 'practitioner_id', v_first.practitioner_id,
        'previous_starts', (select jsonb_object_agg(d.session_id, d.previous_starts_at) from unnest(v_dates) d
                             where d.reason is null)));
    end if;
  end if;
  return private.compose_series_plan(
    v_series.id,
    row(v_first.practitioner_id, v_first.session_type_id, (v_dates[1]).on_date,
        (move_session_series.starts_at at time zone v_first.time_zone)::time, cardinality(v_dates),
        v_first.session_location, v_first.physical_location, null)::private.wanted_series,
    v_first.time_zone, v_dates, take <> 'nothing');
end
$$;

-- The dates that they stand for from now on. Two of one series never stand for the same: what would is left as it is.
create function private.move_series_dates(series_id uuid, dates private.series_date[]) returns void
  language plpgsql volatile set search_path = ''
as $$
#variable_conflict use_column
declare
  v_date private.series_date;
begin
  for v_date in
    select d.* from unnest(dates) d join public.session_series_sessions l on l.session_id = d.session_id
     where d.reason is null
     order by (d.on_date - l.on_date) * (d.on_date - date '2000-01-01') * -1
  loop
    update public.session_series_sessions l set on_date = v_date.on_date
     where l.session_id = v_date.session_id
       and not exists (select from public.session_series_sessions other
                        where other.series_id = move_series_dates.series_id and other.on_date = v_date.on_date
                          and other.session_id <> v_date.session_id);
  end loop;
end
$$;

create function public.quote_series_move(session_id uuid, starts_at timestamptz, replacements jsonb default '{}')
  returns setof private.series_plan
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.move_session_series(quote_series_move.session_id, quote_series_move.starts_at,
                                            quote_series_move.replacements, 'nothing');
$$;

comment on function public.quote_series_move is
  'A session of a series and all that follow it, at another time of the week: which can be moved, and what is free else.';

create function public.move_session_series(
  session_id uuid, starts_at timestamptz, replacements jsonb default '{}', only_possible boolean default false)
  returns setof private.series_plan
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.move_session_series(
    move_session_series.session_id, move_session_series.starts_at, move_session_series.replacements,
    case when move_session_series.only_possible then 'possible' else 'all' end);
$$;

comment on function public.move_session_series is
  'Moves a session of a series and all that follow it to that time of the week: all or none; with only_possible, what can be moved.';

revoke execute on function private.list_following_sessions, private.lock_series_of, private.refuse_nothing_to_come,
  private.cancel_session_series, public.cancel_session_series, private.quote_series_cancellation,
  public.quote_series_cancellation, private.list_following_dates, private.reschedule_following,
  private.move_session_series, private.move_series_dates, public.quote_series_move, public.move_session_series
  from public, anon, authenticated, service_role;

grant execute on function private.cancel_session_series, public.cancel_session_series, private.quote_series_cancellation,
  public.quote_series_cancellation, private.move_session_series, public.quote_series_move, public.move_session_series
  to authenticated;


-- series/telling.sql

-- Telling it in one mail: which sessions the mail of a series lists, and how each of them is now.
--
-- As in other mails, they are read when the mail is written: what was moved or cancelled meanwhile is stated as it is.
-- Its calendar file holds all of them.

-- The sessions that the event is about, by the payload of its mail.
create function private.list_told_sessions(mail private.mails) returns setof public.session_schedules
  language sql stable set search_path = ''
as $$
  select s.* from public.session_schedules s
   where s.id in (
     select l.session_id from public.session_series_sessions l
      where (mail).kind = 'series_booked' and not (mail).payload ? 'session_ids' and l.series_id = ((mail).payload ->> 'series_id')::uuid
     union all
     select moved.key::uuid from jsonb_object_keys((mail).payload -> 'previous_starts') moved (key)
     union all
     select told.id::uuid from jsonb_array_elements_text((mail).payload -> 'session_ids') told (id))
   order by s.scheduled_at, s.id;
$$;

create function private.count_told_sessions(mail private.mails) returns integer
  language sql stable set search_path = ''
as $$
  select count(*)::integer from private.list_told_sessions(mail);
$$;

-- As link_sessions_to_come: each with a link to its page, while it is to come; with what it was, and what came back.
create function private.link_told_sessions(mail private.mails) returns jsonb
  language sql volatile set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
           'session', private.summarize_session(s),
           'is_led', (mail).audience = 'practitioner',
           'token', private.make_session_link(s, (mail).user_id),
           'answer_token', null,
           'previous_scheduled_at', (mail).payload -> 'previous_starts' ->> s.id::text,
           'credit_returned', c.credit_returned, 'fee_charged', c.fee_charged, 'currency', c.fee_currency)
           order by s.scheduled_at, s.id), '[]')
    from private.list_told_sessions(mail) s
    left join lateral (select c.credit_returned, c.fee_charged, c.fee_currency from public.session_cancellations c
                        where c.session_id = s.id and s.status = 'cancelled' order by c.cancelled_at limit 1) c on true;
$$;

revoke execute on function private.list_told_sessions, private.count_told_sessions, private.link_told_sessions
  from public, anon, authenticated, service_role;


-- series/collisions.sql

-- Collisions: what somebody is to lead at a time at which they are away, and which nobody who booked it is asked about.
--
--   time_off        a class in time off that its practitioner took later (time_off.sql)
--   closed_hours    a class in hours that were closed later
--   other_calendar  a class or a session in a time that another calendar of theirs has (calendars/busy_times.sql)
--
-- Nobody in a class chose its time, and an entry of another calendar may be anything, so neither is a question to
-- clients. Whoever leads it is told once, with a link to each, by which they move it, ask for a substitute, or say that
-- they lead it after all; of classes the admins as well, with a link to who else could. Of a class it is a matter too
-- (foundation/matters.sql). Whoever booked hears of it when it is decided: then it was moved, given away or cancelled.
--
-- Here stands only what was told. Whether it is so still is looked up: it is over when the class or the time off is
-- another, or its practitioner has said that they lead it.

create table private.session_collisions (
  session_id      uuid        not null references public.session_schedules (id) on delete cascade,
  because         text        not null check (because in ('time_off', 'closed_hours', 'other_calendar')),
  practitioner_id uuid        not null references public.practitioners (id) on delete cascade,
  scheduled_at    timestamptz not null,
  noticed_at      timestamptz not null default now(),
  led_anyway_at   timestamptz,

  constraint session_collisions_pkey primary key (session_id, because),
  constraint session_collisions_scheduled_at_is_in_range check (scheduled_at between '2000-01-01' and '2100-01-01')
);

comment on table private.session_collisions is
  'Sessions and classes whose practitioner is away then, as they were told of it.';

comment on column private.session_collisions.practitioner_id is 'Who led it then: given to somebody else, it is over.';

comment on column private.session_collisions.scheduled_at is 'When it was to begin. Moved to where it collides again, it is told again.';

comment on column private.session_collisions.led_anyway_at is 'When its practitioner said that they lead it after all.';

create index session_collisions_practitioner_id_idx on private.session_collisions (practitioner_id);

alter table private.session_collisions enable row level security;

-- No grant and no policy: the functions below are the only way.

-- What somebody is to lead within a time: classes, and of another calendar's time one-to-one sessions as well.
create function private.list_sessions_in_the_way(practitioner_id uuid, because text, during tstzmultirange)
  returns setof public.session_schedules
  language sql stable set search_path = ''
as $$
  select s.* from public.session_schedules s
   where s.practitioner_id = list_sessions_in_the_way.practitioner_id and s.status = 'scheduled'
     and s.group_class_id is null and (private.is_class(s) or list_sessions_in_the_way.because = 'other_calendar')
     and s.scheduled_at > greatest(now(), lower(during) - interval '1 day') and s.scheduled_at < upper(during)
     and private.get_time_range(s) && during;
$$;

-- Whether it is so still.
create function private.is_colliding(collision private.session_collisions) returns boolean
  language sql stable set search_path = ''
as $$
  select collision.led_anyway_at is null and exists (
    select from public.session_schedules s
     where s.id = collision.session_id and s.status = 'scheduled' and s.scheduled_at > now()
       and s.practitioner_id = collision.practitioner_id
       and case collision.because
         when 'time_off' then private.is_asked_about(s)
         when 'closed_hours' then exists (
           select from public.availability_exceptions e
            cross join lateral (values ((e.on_date + e.start_time) at time zone s.time_zone,
                                        (e.on_date + e.end_time) at time zone s.time_zone)) wall (starts_at, ends_at)
            where e.practitioner_id = s.practitioner_id and not e.is_open
              and e.on_date between (s.local_start - interval '1 day')::date and (s.local_start + interval '1 day')::date
              -- Hours that begin in the hour the clocks skip can end before they begin: then there are none.
              and tstzrange(least(wall.starts_at, wall.ends_at), wall.ends_at) && private.get_time_range(s))
         else private.get_busy_times(s.practitioner_id, private.get_time_range(s)) && private.get_time_range(s) end);
$$;

-- Tells it of what it was not told of yet: one mail to whoever leads them, and one to each admin about the classes.
create function private.note_collisions(practitioner_id uuid, because text, during tstzmultirange) returns void
  language plpgsql volatile set search_path = ''
as $$
#variable_conflict use_column
declare
  v_new     uuid[];
  v_classes uuid[];
begin
  delete from private.session_collisions c
   where c.practitioner_id = note_collisions.practitioner_id and c.because = note_collisions.because
     and c.led_anyway_at is null and not private.is_colliding(c);
  with noted as (
    insert into private.session_collisions as c (session_id, because, practitioner_id, scheduled_at)
    select s.id, note_collisions.because, s.practitioner_id, s.scheduled_at
      from private.list_sessions_in_the_way(note_collisions.practitioner_id, note_collisions.because, during) s
     order by s.id
    on conflict (session_id, because) do update
      set practitioner_id = excluded.practitioner_id, scheduled_at = excluded.scheduled_at, noticed_at = now(),
          led_anyway_at = null
      where (c.practitioner_id, c.scheduled_at) <> (excluded.practitioner_id, excluded.scheduled_at)
         -- They wish it anew. Another calendar says the same each time it is read.
         or c.led_anyway_at is not null and c.because <> 'other_calendar'
    returning c.session_id, c.scheduled_at
  )
  select array_agg(n.session_id order by n.scheduled_at, n.session_id),
         array_agg(n.session_id order by n.scheduled_at, n.session_id) filter (where private.is_class(s))
    into v_new, v_classes
    from noted n join public.session_schedules s on s.id = n.session_id;
  if v_new is null then
    return;
  end if;
  perform private.publish_event('sessions_collide', told.user_id, told.session_ids[1], jsonb_build_object(
            'practitioner_id', note_collisions.practitioner_id, 'because', note_collisions.because,
            'is_leading', told.is_leading, 'session_ids', to_jsonb(told.session_ids[1:200])))
     from (select p.user_id, true as is_leading, v_new as session_ids from public.practitioners p
            where p.id = note_collisions.practitioner_id
           union all
           select a.user_id, false, v_classes from private.list_told_admins() a
            where v_classes is not null
              and a.user_id not in (select p.user_id from public.practitioners p
                                     where p.id = note_collisions.practitioner_id)) told;
end
$$;

-- Those of a mail that are so still, each with a link: to its page for whoever leads it, to who else could for admins.
create function private.list_told_collisions(mail private.mails) returns setof public.session_schedules
  language sql stable set search_path = ''
as $$
  select s.* from private.list_told_sessions(mail) s
   where exists (select from private.session_collisions c
                  where c.session_id = s.id and c.because = (mail).payload ->> 'because' and private.is_colliding(c));
$$;

create function private.link_told_collisions(mail private.mails) returns jsonb
  language sql volatile set search_path = ''
as $$
  select jsonb_build_object(
           'count', count(*),
           'sessions', coalesce(jsonb_agg(jsonb_build_object(
             'session', private.summarize_session(s.session), 'is_led', true, 'answer_token', null,
             'page', s.page, 'token', private.make_page_link(s.page, (mail).user_id, (s.session).id::text,
                                                             private.get_session_link_end(s.session)))
             order by s.number) filter (where s.number <= 30), '[]'))
    from (select c as session, row_number() over (order by c.scheduled_at, c.id) as number,
                 case when ((mail).payload ->> 'is_leading')::boolean then 'manage_session' else 'find_substitute' end as page
            from private.list_told_collisions(mail) c) s;
$$;

revoke execute on function private.list_sessions_in_the_way, private.is_colliding, private.note_collisions,
  private.list_told_collisions, private.link_told_collisions from public, anon, authenticated, service_role;


-- series/time_off.sql

-- Time off over sessions that people hold: what is free is taken at once, and whoever holds the rest is asked.
--
-- Nobody's session is moved or cancelled by their practitioner's wish to be away. Each client gets one mail with all of
-- their sessions in that time, and a way to move or cancel each, free of charge; who does nothing keeps them. Whatever
-- time is freed so becomes time off in the same moment, before anybody else can book it. About a class no client is
-- asked: who has a seat in it did not choose its time. Its practitioner and the admins are told (collisions.sql), and
-- its time is off too once it is moved, given away or cancelled.

-- Asks the clients of one-to-one sessions within a time, those that were not asked about it already; tells of classes.
create function private.ask_about_time_off(
  practitioner_id uuid, starts_at timestamptz, ends_at timestamptz, because text)
  returns uuid[]
  language plpgsql volatile set search_path = ''
as $$
#variable_conflict use_column
declare
  v_asked uuid[];
begin
  with asked as (
    insert into private.time_off_questions as q (session_id, practitioner_id, starts_at, ends_at)
    select s.id, s.practitioner_id, ask_about_time_off.starts_at, ask_about_time_off.ends_at
      from public.session_schedules s
     where s.practitioner_id = ask_about_time_off.practitioner_id and s.status = 'scheduled' and s.scheduled_at > now()
       and s.group_class_id is null
       and s.scheduled_at > ask_about_time_off.starts_at - interval '1 day' and s.scheduled_at < ask_about_time_off.ends_at
       and tstzrange(ask_about_time_off.starts_at, ask_about_time_off.ends_at) && private.get_time_range(s)
    on conflict (session_id) do update
      set practitioner_id = excluded.practitioner_id, asked_at = now(),
          starts_at = case when q.practitioner_id = excluded.practitioner_id then least(q.starts_at, excluded.starts_at)
                           else excluded.starts_at end,
          ends_at = case when q.practitioner_id = excluded.practitioner_id then greatest(q.ends_at, excluded.ends_at)
                         else excluded.ends_at end
      where q.practitioner_id <> excluded.practitioner_id
         or not tstzrange(q.starts_at, q.ends_at) @> tstzrange(excluded.starts_at, excluded.ends_at)
    returning q.session_id
  )
  select array_agg(a.session_id) into v_asked
    from asked a join public.session_schedules s on s.id = a.session_id where not private.is_class(s);

  perform private.publish_event('time_off_wanted', s.client_id, min(s.id::text)::uuid, jsonb_build_object(
            'practitioner_id', s.practitioner_id, 'session_ids', jsonb_agg(s.id order by s.scheduled_at)))
     from public.session_schedules s where s.id = any (v_asked) group by s.client_id, s.practitioner_id;
  perform private.note_collisions(ask_about_time_off.practitioner_id, ask_about_time_off.because,
                                  tstzmultirange(tstzrange(ask_about_time_off.starts_at, ask_about_time_off.ends_at)));
  return coalesce(v_asked, '{}');
end
$$;

-- Definer: it reads what clients hold, and writes practitioner time.
create function private.take_time_off(practitioner_id uuid, starts_at timestamptz, ends_at timestamptz, reason text)
  returns table (time_off_ids uuid[], asked_session_ids uuid[], kept_class_ids uuid[])
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_wanted tstzrange;
  v_taken  tstzmultirange;
begin
  if take_time_off.practitioner_id is null then
    take_time_off.practitioner_id := (select min(p::text)::uuid from private.my_practitioner_ids() p);
  end if;
  if take_time_off.practitioner_id is null
     or not (take_time_off.practitioner_id in (select private.my_practitioner_ids()) or private.is_admin()) then
    perform private.refuse(403, 'not_your_calendar', 'Only practitioners take time off, each their own.');
  elsif take_time_off.starts_at is null or take_time_off.ends_at is null
        or take_time_off.ends_at <= greatest(take_time_off.starts_at, now())
        or take_time_off.ends_at > take_time_off.starts_at + interval '366 days'
        or take_time_off.ends_at > now() + interval '1830 days' then
    perform private.refuse(422, 'time_not_possible', 'ends_at: should be after starts_at, still to come, and at most a year later.');
  end if;
  perform private.refuse_long_text('reason', take_time_off.reason, 500);
  perform private.limit_use('time off taken', auth.uid());
  v_wanted := tstzrange(greatest(take_time_off.starts_at, now()), take_time_off.ends_at);
  perform private.lock_calendar(take_time_off.practitioner_id);
  perform private.release_lapsed_holds(take_time_off.practitioner_id, v_wanted);
  select coalesce(range_agg(t.during), '{}') into v_taken
    from private.practitioner_time t where t.practitioner_id = take_time_off.practitioner_id and t.during && v_wanted;
  with added as (
    insert into public.practitioner_time_off (practitioner_id, starts_at, ends_at, reason)
    select take_time_off.practitioner_id, lower(free), upper(free), take_time_off.reason
      from unnest(tstzmultirange(v_wanted) - v_taken) free
    returning id
  )
  select coalesce(array_agg(a.id), '{}') into time_off_ids from added a;
  asked_session_ids := private.ask_about_time_off(take_time_off.practitioner_id, lower(v_wanted), upper(v_wanted),
                                                  'time_off');
  kept_class_ids := array(
    select t.session_id from private.practitioner_time t join public.session_schedules s on s.id = t.session_id
     where t.practitioner_id = take_time_off.practitioner_id and t.during && v_wanted and private.is_class(s)
     order by s.scheduled_at);
  return next;
end
$$;

create function public.take_time_off(
  starts_at timestamptz, ends_at timestamptz, reason text default null, practitioner_id uuid default null)
  returns table (time_off_ids uuid[], asked_session_ids uuid[], kept_class_ids uuid[])
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.take_time_off(take_time_off.practitioner_id, take_time_off.starts_at, take_time_off.ends_at,
                                      take_time_off.reason);
$$;

comment on function public.take_time_off is
  'For practitioners: what is free becomes time off; the clients of sessions in it are asked by mail to move, cancel or keep them.';

-- The time that a session frees, about which was asked, is time off from then on: without what it takes itself.
create function private.take_wished_time(
  session_id uuid, practitioner_id uuid, freed tstzrange, still_taken tstzmultirange) returns void
  language plpgsql volatile set search_path = ''
as $$
begin
  insert into public.practitioner_time_off (practitioner_id, starts_at, ends_at)
  select q.practitioner_id, lower(piece), upper(piece)
    from private.time_off_questions q
    join public.practitioners p on p.id = q.practitioner_id  -- not where they are being deleted themselves
   cross join lateral unnest(
     tstzmultirange(freed * tstzrange(greatest(q.starts_at, now()), greatest(q.ends_at, now()))) - still_taken) piece
   where q.session_id = take_wished_time.session_id and q.practitioner_id = take_wished_time.practitioner_id;
exception when sqlstate 'PT409' then
  return;  -- somebody else has it already: that is no reason to keep a client from leaving
end
$$;

-- A class that moves gives all of its time back before it takes the new one: what that will be is read of its row.
-- Definer: whoever moves or cancels the session may not write its practitioner's time off.
create function private.take_freed_time_off() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.take_wished_time(old.session_id, old.practitioner_id, old.during, coalesce((
    select tstzmultirange(private.add_buffers(s.scheduled_at, s.duration_minutes, c))
      from public.session_schedules s join public.practitioner_calendars c on c.practitioner_id = s.practitioner_id
     where s.id = old.session_id and s.practitioner_id = old.practitioner_id and private.occupies_time(s)), '{}'));
  return null;
end
$$;

create trigger practitioner_time_take_freed_time_off after delete or update of during, practitioner_id
  on private.practitioner_time
  for each row when (old.session_id is not null) execute function private.take_freed_time_off();

-- Of one that is deleted the question goes with it, and its time may go after that: so before. Definer: as above.
create function private.take_time_off_of_deleted() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_freed tstzrange;
begin
  delete from private.practitioner_time t where t.session_id = old.id returning t.during into v_freed;
  perform private.take_wished_time(old.id, old.practitioner_id, v_freed, '{}');
  return old;
end
$$;

-- Closed hours are time off too: they leave the sessions within them as they are, so their clients are asked.
create function private.ask_about_exceptions(exception_ids uuid[]) returns void
  language plpgsql volatile set search_path = ''
as $$
begin
  perform private.ask_about_time_off(closed.practitioner_id, closed.starts_at, closed.ends_at, 'closed_hours')
     from (select e.practitioner_id, (e.on_date + e.start_time) at time zone c.time_zone as starts_at,
                  (e.on_date + e.end_time) at time zone c.time_zone as ends_at
             from public.availability_exceptions e
             join public.practitioner_calendars c on c.practitioner_id = e.practitioner_id
            where e.id = any (exception_ids) and not e.is_open and e.on_date between current_date - 1 and current_date + 1830) closed
    where closed.starts_at < closed.ends_at;
end
$$;

-- Also when others are closed than before; another reason for the same asks nobody again.
-- Definer: whoever closes their hours may not read what clients hold.
create function private.ask_about_closed_hours() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  if tg_op = 'INSERT' then
    perform private.ask_about_exceptions(array(select e.id from new_rows e));
  else
    perform private.ask_about_exceptions(array(
      select e.id from new_rows e join old_rows o on o.id = e.id
       where (o.on_date, o.start_time, o.end_time, o.is_open) <> (e.on_date, e.start_time, e.end_time, e.is_open)));
  end if;
  return null;
end
$$;

create trigger availability_exceptions_ask_about_closed_hours after insert on public.availability_exceptions
  referencing new table as new_rows
  for each statement execute function private.ask_about_closed_hours();

create trigger availability_exceptions_ask_about_changed_hours after update on public.availability_exceptions
  referencing old table as old_rows new table as new_rows
  for each statement execute function private.ask_about_closed_hours();

revoke execute on function private.ask_about_time_off, private.take_time_off, public.take_time_off,
  private.take_wished_time, private.take_freed_time_off, private.take_time_off_of_deleted,
  private.ask_about_exceptions, private.ask_about_closed_hours from public, anon, authenticated, service_role;

grant execute on function private.take_time_off, public.take_time_off to authenticated;


-- series/repeated_classes.sql

-- A class every week: an admin repeats one that there is, without the dates that are left out.
--
-- Each is a class like any other, at the same time by its practitioner's clock. Repeating again finds those that there
-- are: a series has one class on a date. Where the class is held online and in person at once, both are repeated, and
-- each two are linked like the first.

-- Definer of neither: the caller below is. Copied as the admin page writes a class, whose lists go by the note.
create function private.insert_class_copy(class public.session_schedules, scheduled_at timestamptz) returns uuid
  language sql volatile set search_path = ''
as $$
  insert into public.session_schedules
    (practitioner_id, client_id, scheduled_at, duration_minutes, max_participants, current_participants, session_type_id,
     session_location, physical_location, location_coordinates, class_name, status, notes, room_name)
  values
    ((class).practitioner_id, (class).client_id, insert_class_copy.scheduled_at, (class).duration_minutes,
     (class).max_participants, 0, (class).session_type_id, (class).session_location, (class).physical_location,
     (class).location_coordinates, (class).class_name, 'scheduled', 'Pre-scheduled group class created by admin',
     private.build_room_name('group', (class).practitioner_id, (class).client_id))
  returning id;
$$;

-- The series of a class; the first time, a new one with the class as its first.
create function private.get_class_series(class public.session_schedules, times integer) returns uuid
  language plpgsql volatile set search_path = ''
as $$
declare
  v_series uuid := (select l.series_id from public.session_series_sessions l where l.session_id = class.id);
begin
  if v_series is null then
    insert into public.session_series (client_id, practitioner_id, session_type_id, first_date, at_time, time_zone,
                                       sessions, session_location, physical_location)
    values (null, class.practitioner_id, class.session_type_id, class.local_start::date, class.local_start::time,
            class.time_zone, get_class_series.times + 1, class.session_location, class.physical_location)
    returning id into v_series;
    insert into public.session_series_sessions (session_id, series_id, on_date)
    values (class.id, v_series, class.local_start::date);
  end if;
  return v_series;
end
$$;

-- Definer: people may not write a series.
create function private.repeat_class(class_id uuid, times integer, left_out date[], only_possible boolean)
  returns setof private.series_date
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_class  public.session_schedules;
  v_other  public.session_schedules;
  v_series uuid;
  v_copy   uuid;
  v_date   private.series_date;
  v_dates  private.series_date[] := '{}';
  v_new    uuid[] := '{}';
begin
  if not private.is_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins repeat classes.');
  elsif repeat_class.times is null or repeat_class.times not between 1 and 51 then
    perform private.refuse(422, 'times_not_possible', 'times: should be at least 1, and at most 51.');
  elsif coalesce(cardinality(left_out), 0) > 52 then
    perform private.refuse(422, 'dates_not_possible', 'left_out: should name at most 52 dates.');
  end if;
  select * into v_class from public.session_schedules s
   where s.id = repeat_class.class_id and private.is_class(s) and s.status <> 'cancelled' for update;
  if not found then
    perform private.refuse(404, 'class_not_found', 'There is no such class.');
  end if;
  select * into v_other from public.session_schedules s
   where s.id = v_class.correlated_session_id and s.correlated_session_id = v_class.id and s.status <> 'cancelled'
     and s.scheduled_at = v_class.scheduled_at;
  perform private.lock_calendars(v_class.practitioner_id, null);
  perform private.tell_together(true);
  v_series := private.get_class_series(v_class, repeat_class.times);

  for n in 1 .. repeat_class.times loop
    v_date := null;
    v_date.alternatives := '{}';
    v_date.on_date := v_class.local_start::date + 7 * n;
    continue when v_date.on_date = any (coalesce(left_out, '{}'));
    v_date.starts_at := (v_class.local_start + make_interval(weeks => n)) at time zone v_class.time_zone;
    v_date.ends_at := v_date.starts_at + make_interval(mins => v_class.duration_minutes);
    select l.session_id into v_date.session_id from public.session_series_sessions l
     where l.series_id = v_series and l.on_date = v_date.on_date;
    if v_date.session_id is null and v_date.starts_at <= now() then
      v_date.reason := 'slot_in_past';
      v_date.sentence := 'This time has passed.';
    elsif v_date.session_id is null then
      begin
        v_date.session_id := private.insert_class_copy(v_class, v_date.starts_at);
        insert into public.session_series_sessions (session_id, series_id, on_date)
        values (v_date.session_id, v_series, v_date.on_date);
        if v_other.id is not null then
          v_copy := private.insert_class_copy(v_other, v_date.starts_at);
          update public.session_schedules s
             set correlated_session_id = case s.id when v_copy then v_date.session_id else v_copy end
           where s.id in (v_copy, v_date.session_id);
        end if;
        v_new := v_new || v_date.session_id;
      exception when sqlstate 'PT409' then
        get stacked diagnostics v_date.reason = pg_exception_detail, v_date.sentence = message_text;
        v_date.session_id := null;
      end;
    end if;
    v_dates := v_dates || v_date;
  end loop;
  perform private.tell_together(false);

  perform private.refuse_incomplete_series(v_dates, case when only_possible then 'possible' else 'all' end, 'made');
  if cardinality(v_new) > 0 then
    perform private.publish_event('series_booked', null, v_new[1], jsonb_build_object(
      'series_id', v_series, 'practitioner_id', v_class.practitioner_id, 'session_ids', to_jsonb(v_new)));
  end if;
  return query select * from unnest(v_dates) d order by d.on_date;
end
$$;

create function public.repeat_class(
  class_id uuid, times integer, left_out date[] default '{}', only_possible boolean default false)
  returns setof private.series_date
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.repeat_class(repeat_class.class_id, repeat_class.times, repeat_class.left_out,
                                     repeat_class.only_possible);
$$;

comment on function public.repeat_class is
  'For admins: makes a class again in each of the following weeks, without the dates left out: all of them or none; with only_possible, those that can be.';

revoke execute on function private.insert_class_copy, private.get_class_series, private.repeat_class, public.repeat_class
  from public, anon, authenticated, service_role;

grant execute on function private.repeat_class, public.repeat_class to authenticated;
