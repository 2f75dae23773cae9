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
