-- The page on which somebody books a session every week, by the link in the mail about their package.
--
-- Offered are the times of the week at which the practitioner starts sessions, each with how many of the coming weeks
-- it is free in; what is then asked for is quoted date by date, and booked. Each function sees the link's person as its
-- caller, and goes through the functions that the API has.

create type private.series_choice as (id uuid, name text);
create type private.series_kind as (id uuid, name text, duration_minutes integer, credits integer);
create type private.weekly_start as (weekday integer, at_time time, first_date date, free integer, weeks integer);

-- What somebody's credits are good for, one to one.
create function private.list_series_kinds(user_id uuid) returns setof private.series_kind
  language sql stable set search_path = ''
as $$
  select t.id, concat_ws(', ', t.name, t.session_type), t.duration_minutes, good.credits
    from public.session_types t
   cross join lateral (select private.count_good_credits(list_series_kinds.user_id, t) as credits) good
   where t.is_active and not t.is_group and good.credits > 0
   order by good.credits desc, t.duration_minutes, t.name, t.id limit 50;
$$;

-- A name as it is searched: in lower case and without accents, so that "zoe" finds "Zoë".
create function private.fold_name(name text) returns text
  language sql immutable set search_path = ''
as $$
  select regexp_replace(normalize(lower(fold_name.name), NFKD), '[\u0300-\u036f]', '', 'g');
$$;

-- Those who can be booked, fifty to a page and one more, which says that there is another page; first whom the person
-- was with last. Of a search, those whose name has each of its words in it.
create function private.list_series_practitioners(user_id uuid, search text, page integer)
  returns setof private.series_choice
  language sql stable set search_path = ''
as $$
  select p.id, p.name
    from public.practitioners p
    left join lateral (select max(s.scheduled_at) as at from public.session_schedules s
                        where s.practitioner_id = p.id and s.client_id = list_series_practitioners.user_id
                          and not private.is_class(s)) last on true
   where p.available
     and not exists (select from regexp_split_to_table(private.fold_name(coalesce(search, '')), '\s+') word
                      where strpos(private.fold_name(p.name), word) = 0)
   order by last.at desc nulls last, p.name, p.id limit 51 offset 50 * (page - 1);
$$;

-- The times of the week that are free in at least one of so many weeks, by the practitioner's clock. Calendars with
-- more starts than four an hour are shown those.
-- Definer: they depend on other people's bookings; only free times are returned.
create function private.list_weekly_starts(
  practitioner_id uuid, duration_minutes integer, for_user uuid, from_time timestamptz, weeks integer)
  returns setof private.weekly_start
  language sql stable security definer set search_path = ''
as $$
  select extract(isodow from at.wall)::integer, at.wall::time, min(at.wall::date) filter (where c.reason is null),
         (count(*) filter (where c.reason is null))::integer, list_weekly_starts.weeks
    from public.practitioner_calendars k
   cross join lateral private.check_starts(
           k.practitioner_id,
           array(select s from unnest((private.read_hours(
                                k.practitioner_id, list_weekly_starts.from_time,
                                list_weekly_starts.from_time + make_interval(weeks => list_weekly_starts.weeks))).starts) s
                  where k.slot_interval_minutes >= 15 or extract(minute from s at time zone k.time_zone)::integer % 15 = 0),
           list_weekly_starts.duration_minutes, list_weekly_starts.for_user) c
   cross join lateral (select c.starts_at at time zone k.time_zone as wall) at
   where k.practitioner_id = list_weekly_starts.practitioner_id
   group by 1, 2
  having count(*) filter (where c.reason is null) > 0
   order by 1, 2;
$$;

-- Without a practitioner or kind, the first of each. Whoever is chosen is among those that are listed, whatever is
-- searched. Definer: its callers are not signed in.
create function private.read_series_choices(
  token text, wanted_practitioner uuid, wanted_kind uuid, search text, page integer,
  out practitioners private.series_choice[], out kinds private.series_kind[], out studios private.place_offer[],
  out practitioner_id uuid, out session_type_id uuid, out time_zone text, out starts private.weekly_start[],
  out is_more boolean)
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_link private.page_links := private.open_page_link(read_series_choices.token, 'book_series');
  v_kind private.series_kind;
begin
  perform private.refuse_long_text('search', read_series_choices.search, 100);
  practitioners := array(select p from private.list_series_practitioners(
    v_link.user_id, read_series_choices.search, least(greatest(coalesce(read_series_choices.page, 1), 1), 1000)) p);
  is_more := cardinality(practitioners) > 50;
  practitioners := array(select row(p.id, p.name)::private.series_choice from public.practitioners p
                          where p.id = wanted_practitioner and p.available
                            and p.id not in (select listed.id from unnest(practitioners[1:50]) listed))
                   || practitioners[1:50];
  kinds := array(select k from private.list_series_kinds(v_link.user_id) k);
  studios := array(select row(l.id, l.name, l.address, l.city, false)::private.place_offer
                     from public.studio_locations l where l.is_active order by l.city, l.name, l.id limit 200);
  select p.id into practitioner_id from unnest(practitioners) with ordinality p
   order by p.id = wanted_practitioner desc nulls last, p.ordinality limit 1;
  select k.id, k.name, k.duration_minutes, k.credits into v_kind from unnest(kinds) with ordinality k
   order by k.id = wanted_kind desc nulls last, k.ordinality limit 1;
  session_type_id := v_kind.id;
  select c.time_zone into time_zone from public.practitioner_calendars c
   where c.practitioner_id = read_series_choices.practitioner_id;
  starts := array(select s from private.list_weekly_starts(
    practitioner_id, v_kind.duration_minutes, v_link.user_id, now(), least(8, greatest(2, v_kind.credits))) s);
end
$$;

-- Definer: as above. A missing waiver is signed on its own page.
create function private.quote_series_by_link(
  token text, wanted private.wanted_series, out plan private.series_plan, out waiver_token text)
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_link private.page_links := private.open_page_link(quote_series_by_link.token, 'book_series');
begin
  plan := private.book_session_series(wanted, 'nothing', null);
  if plan.needs_waiver then
    waiver_token := private.make_page_link('sign_waiver', v_link.user_id, null, now() + interval '1 day');
  end if;
end
$$;

-- Definer: as above.
create function private.book_series_by_link(token text, wanted private.wanted_series, idempotency_key text)
  returns private.series_plan
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.open_page_link(book_series_by_link.token, 'book_series');
  return private.book_session_series(wanted, 'all', idempotency_key);
end
$$;

-- The same, exposed: the API calls functions of schema public.

create function public.read_series_choices(
  token text, practitioner_id uuid default null, session_type_id uuid default null, search text default null,
  page integer default 1)
  returns table (practitioners private.series_choice[], kinds private.series_kind[], studios private.place_offer[],
                 practitioner_id uuid, session_type_id uuid, time_zone text, starts private.weekly_start[],
                 is_more boolean)
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_series_choices(read_series_choices.token, $2, $3, $4, $5);
$$;
comment on function public.read_series_choices is
  'By a link in a mail: with whom, for what and when in the week a session every week could be. Fifty practitioners to a page, all or those whose names are searched.';

create function public.quote_series_by_link(
  token text, practitioner_id uuid, session_type_id uuid, first_date date, at_time time, sessions integer,
  session_location text default 'online', physical_location text default null, replacements jsonb default '{}')
  returns table (plan private.series_plan, waiver_token text)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.quote_series_by_link(quote_series_by_link.token, row($2, $3, $4, $5, $6, $7, $8, $9)::private.wanted_series);
$$;
comment on function public.quote_series_by_link is 'By a link in a mail: quote_session_series.';

create function public.book_series_by_link(
  token text, practitioner_id uuid, session_type_id uuid, first_date date, at_time time, sessions integer,
  session_location text default 'online', physical_location text default null, replacements jsonb default '{}',
  idempotency_key text default null)
  returns setof private.series_plan
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.book_series_by_link(book_series_by_link.token, row($2, $3, $4, $5, $6, $7, $8, $9)::private.wanted_series, $10);
$$;
comment on function public.book_series_by_link is 'By a link in a mail: book_session_series, all of it or nothing.';

revoke execute on function private.list_series_kinds, private.fold_name, private.list_series_practitioners,
  private.list_weekly_starts, private.read_series_choices, private.quote_series_by_link, private.book_series_by_link,
  public.read_series_choices, public.quote_series_by_link, public.book_series_by_link
  from public, anon, authenticated, service_role;
grant execute on function private.read_series_choices, private.quote_series_by_link, private.book_series_by_link,
  public.read_series_choices, public.quote_series_by_link, public.book_series_by_link to anon;
