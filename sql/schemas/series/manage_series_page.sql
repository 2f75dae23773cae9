-- The page on which a series is managed, by the link in its mails: what is to come, and moving or cancelling one of
-- them and all that follow. For whoever booked it, and for whoever leads it. One alone has its own page
-- (manage_session).

create type private.managed_series_session as (
  session private.session_summary, quote private.cancellation_terms, on_date date);

create type private.managed_series as (
  series_id         uuid,
  practitioner_name text,
  session_type_name text,
  caller_role       text,
  time_zone         text,
  reader_time_zone  text,
  sessions          private.managed_series_session[],
  past              integer
);

-- The link, and its series. Definer: its callers are not signed in.
create function private.open_series_link(token text, page text) returns public.session_series
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_link   private.page_links := private.open_page_link(open_series_link.token, open_series_link.page);
  v_series public.session_series;
begin
  select * into v_series from public.session_series r where r.id::text = v_link.subject;
  if v_series.id is null or v_series.id not in (select private.my_series_ids()) then
    perform private.refuse(410, 'link_ended', 'This link has ended.', 'Its sessions are not yours any more.');
  end if;
  return v_series;
end
$$;

create function private.compose_managed_series(series public.session_series) returns private.managed_series
  language plpgsql stable set search_path = ''
as $$
declare
  v_shown private.managed_series;
begin
  v_shown.series_id := series.id;
  select p.name into v_shown.practitioner_name from public.practitioners p where p.id = series.practitioner_id;
  select t.name into v_shown.session_type_name from public.session_types t where t.id = series.session_type_id;
  v_shown.caller_role := case when series.client_id = auth.uid() then 'client' else 'practitioner' end;
  v_shown.time_zone := series.time_zone;
  v_shown.reader_time_zone := coalesce(private.find_user_time_zone(auth.uid()), series.time_zone);
  select coalesce(array_agg(row(private.summarize_session(s), private.compute_cancellation_terms(s, false), l.on_date)
                            ::private.managed_series_session order by l.on_date)
                    filter (where s.status = 'scheduled' and s.scheduled_at > now() and private.get_caller_role(s) is not null), '{}'),
         count(*) filter (where s.status <> 'scheduled' or s.scheduled_at <= now())
    into v_shown.sessions, v_shown.past
    from public.session_series_sessions l join public.session_schedules s on s.id = l.session_id
   where l.series_id = series.id;
  return v_shown;
end
$$;

-- A session of the link's series; another one is none of this link's business.
create function private.get_session_in_series(series public.session_series, session_id uuid) returns uuid
  language plpgsql stable set search_path = ''
as $$
begin
  if not exists (select from public.session_series_sessions l
                  where l.series_id = series.id and l.session_id = get_session_in_series.session_id) then
    perform private.refuse(404, 'session_not_found', 'There is no such session.', 'Choose one of this series.');
  end if;
  return session_id;
end
$$;

-- Definer: as above.
create function private.read_managed_series(token text) returns private.managed_series
  language plpgsql stable security definer set search_path = ''
as $$
begin
  return private.compose_managed_series(private.open_series_link(read_managed_series.token, 'manage_series'));
end
$$;

-- The times of the week to which a session and all that follow it could move. Definer: as above.
create function private.read_series_times(
  token text, session_id uuid, out shown private.managed_series, out starts private.weekly_start[])
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_variable
declare
  v_series  public.session_series := private.open_series_link(read_series_times.token, 'manage_series');
  v_session public.session_schedules;
begin
  perform private.get_session_in_series(v_series, read_series_times.session_id);
  select * into v_session from public.session_schedules s where s.id = read_series_times.session_id;
  shown := private.compose_managed_series(v_series);
  starts := array(
    select row(w.weekday, w.at_time, date_trunc('week', l.on_date::timestamp)::date + w.weekday - 1, w.free, w.weeks)::private.weekly_start
      from public.session_series_sessions l
     cross join lateral private.list_weekly_starts(
             v_session.practitioner_id, v_session.duration_minutes, v_session.client_id,
             greatest(now(), date_trunc('week', l.on_date::timestamp) at time zone v_session.time_zone),
             least(8, greatest(1, cardinality(shown.sessions)))) w
     where l.session_id = v_session.id
       and (date_trunc('week', l.on_date::timestamp)::date + w.weekday - 1 + w.at_time) at time zone v_session.time_zone > now()
     order by w.weekday, w.at_time);
end
$$;

-- Definer: as above.
create function private.quote_series_move_by_link(
  token text, session_id uuid, starts_at timestamptz, replacements jsonb, out plan private.series_plan,
  out shown private.managed_series)
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_series public.session_series := private.open_series_link(quote_series_move_by_link.token, 'manage_series');
begin
  plan := private.move_session_series(
    private.get_session_in_series(v_series, quote_series_move_by_link.session_id), quote_series_move_by_link.starts_at,
    quote_series_move_by_link.replacements, 'nothing');
  shown := private.compose_managed_series(v_series);
end
$$;

-- Definer: as above.
create function private.move_series_by_link(
  token text, session_id uuid, starts_at timestamptz, replacements jsonb, out plan private.series_plan,
  out shown private.managed_series)
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_series public.session_series := private.open_series_link(move_series_by_link.token, 'manage_series');
begin
  plan := private.move_session_series(
    private.get_session_in_series(v_series, move_series_by_link.session_id), move_series_by_link.starts_at,
    move_series_by_link.replacements, 'all');
  shown := private.compose_managed_series(v_series);
end
$$;

-- By session: [credits, fee] as the page said them (refuse_other_terms).
create function private.refuse_other_series_terms(session_id uuid, shown_terms jsonb) returns void
  language plpgsql stable set search_path = ''
as $$
declare
  v_session uuid;
begin
  if jsonb_typeof(shown_terms) <> 'object' or char_length(shown_terms::text) > 20000 then
    perform private.refuse(422, 'terms_not_readable', 'shown_terms: what the page said is not readable.');
  end if;
  for v_session in select f.id from private.list_following_sessions(refuse_other_series_terms.session_id) f loop
    perform private.refuse_other_terms(v_session, (shown_terms -> v_session::text ->> 0)::integer,
                                       (shown_terms -> v_session::text ->> 1)::numeric);
  end loop;
exception when invalid_text_representation or numeric_value_out_of_range then
  perform private.refuse(422, 'terms_not_readable', 'shown_terms: what the page said is not readable.');
end
$$;

-- Gives how many were cancelled and what came back. Definer: as above.
create function private.cancel_series_by_link(
  token text, session_id uuid, reason text, shown_terms jsonb, out cancelled integer, out credits_returned integer, out fee_charged numeric,
  out currency text, out fees jsonb, out shown private.managed_series)
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_series public.session_series := private.open_series_link(cancel_series_by_link.token, 'manage_series');
begin
  perform private.refuse_other_series_terms(
    private.get_session_in_series(v_series, cancel_series_by_link.session_id), cancel_series_by_link.shown_terms);
  with made as materialized (
    select c.* from private.cancel_session_series(cancel_series_by_link.session_id, cancel_series_by_link.reason) c
  )
  select count(*), coalesce(sum(c.credit_returned), 0), coalesce(sum(c.fee_charged), 0), min(c.fee_currency),
         (select coalesce(jsonb_agg(jsonb_build_object('amount_minor', f.amount_minor, 'currency', f.currency)
                                    order by f.currency), '[]')
            from (select due.fee_currency as currency, round(100 * sum(due.fee_charged))::integer as amount_minor
                    from made due where due.fee_charged > 0 group by due.fee_currency) f)
    into cancelled, credits_returned, fee_charged, currency, fees
    from made c;
  shown := private.compose_managed_series(v_series);
end
$$;

-- The same, exposed: the API calls functions of schema public.

create function public.read_managed_series(token text) returns setof private.managed_series
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_managed_series(read_managed_series.token);
$$;
comment on function public.read_managed_series is 'By a link in a mail: what is to come of a series, with what leaving returns.';

create function public.read_series_times(token text, session_id uuid)
  returns table (shown private.managed_series, starts private.weekly_start[])
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_series_times(read_series_times.token, read_series_times.session_id);
$$;
comment on function public.read_series_times is 'By a link in a mail: times of the week to which a series could move.';

create function public.quote_series_move_by_link(
  token text, session_id uuid, starts_at timestamptz, replacements jsonb default '{}')
  returns table (plan private.series_plan, shown private.managed_series)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.quote_series_move_by_link(quote_series_move_by_link.token, $2, $3, $4);
$$;
comment on function public.quote_series_move_by_link is 'By a link in a mail: quote_series_move.';

create function public.move_series_by_link(
  token text, session_id uuid, starts_at timestamptz, replacements jsonb default '{}')
  returns table (plan private.series_plan, shown private.managed_series)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.move_series_by_link(move_series_by_link.token, $2, $3, $4);
$$;
comment on function public.move_series_by_link is 'By a link in a mail: move_session_series, all of it or nothing.';

create function public.cancel_series_by_link(
  token text, session_id uuid, reason text default null, shown_terms jsonb default '{}')
  returns table (cancelled integer, credits_returned integer, fee_charged numeric, currency text, fees jsonb,
                 shown private.managed_series)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.cancel_series_by_link(cancel_series_by_link.token, $2, $3, $4);
$$;
comment on function public.cancel_series_by_link is 'By a link in a mail: cancel_session_series.';

revoke execute on function private.open_series_link, private.refuse_other_series_terms, private.compose_managed_series, private.get_session_in_series,
  private.read_managed_series, private.read_series_times, private.quote_series_move_by_link, private.move_series_by_link, private.cancel_series_by_link,
  public.read_managed_series, public.read_series_times, public.quote_series_move_by_link, public.move_series_by_link,
  public.cancel_series_by_link from public, anon, authenticated, service_role;
grant execute on function private.read_managed_series, private.read_series_times, private.quote_series_move_by_link, private.move_series_by_link,
  private.cancel_series_by_link, public.read_managed_series, public.read_series_times, public.quote_series_move_by_link,
  public.move_series_by_link, public.cancel_series_by_link to anon;
