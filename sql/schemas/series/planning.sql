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
