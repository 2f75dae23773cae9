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
