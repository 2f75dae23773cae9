-- The page on which somebody keeps their calendars: addresses from which a program fetches their sessions and, of a
-- practitioner, up to three of other calendars whose times are kept free (calendars/busy_times.sql).
--
-- By the link in their mails; a signed-in caller needs none. The address of a feed is a random token, kept as a hash:
-- it is shown once, to be given to one program. So there may be five, and each is ended by itself.

create table private.calendar_feeds (
  id           uuid        primary key default gen_random_uuid(),
  token_sha256 text        not null unique,
  user_id      uuid        not null references auth.users on delete cascade,
  fetched_at   timestamptz,
  created_at   timestamptz not null default now(),

  constraint calendar_feeds_token_is_a_hash check (char_length(token_sha256) = 64)
);
comment on table  private.calendar_feeds            is 'Addresses of somebody''s sessions for calendar programs, by the hash of their token.';
comment on column private.calendar_feeds.fetched_at is 'When a program last asked, to the hour; null: never.';

create index calendar_feeds_user_id_idx on private.calendar_feeds (user_id);

alter table private.calendar_feeds enable row level security;
-- No grant and no policy: the functions below are the only way.

create type private.calendars_page as (
  feeds           jsonb,
  busy_calendars  jsonb,
  is_practitioner boolean,
  time_zone       text,
  made_token      text
);

-- Whose calendars: a link's, or the caller's own.
create function private.open_calendars_link(token text, page text) returns uuid
  language plpgsql stable set search_path = ''
as $$
begin
  if open_calendars_link.token is not null then
    return (private.open_page_link(open_calendars_link.token, open_calendars_link.page)).user_id;
  elsif auth.uid() is null then
    perform private.refuse(404, 'link_not_found', 'This link is not known.', 'Please use the link in your newest mail.');
  end if;
  return auth.uid();
end
$$;

create function private.show_calendars(user_id uuid, made_token text default null) returns private.calendars_page
  language sql stable set search_path = ''
as $$
  select (select coalesce(jsonb_agg(jsonb_build_object('id', f.id, 'created_at', f.created_at, 'fetched_at', f.fetched_at)
                                    order by f.created_at), '[]')
            from private.calendar_feeds f where f.user_id = show_calendars.user_id),
         (select coalesce(jsonb_agg(jsonb_build_object(
                   'id', b.id, 'host', private.get_host(b.address), 'read_at', b.read_at, 'entries', b.entries,
                   'failing_since', b.failing_since, 'failure', b.failure) order by b.position), '[]')
            from private.busy_calendars b join public.practitioners p on p.id = b.practitioner_id
           where p.user_id = show_calendars.user_id),
         exists (select from public.practitioners p where p.user_id = show_calendars.user_id),
         coalesce(private.find_user_time_zone(show_calendars.user_id), 'America/Toronto'),
         show_calendars.made_token;
$$;

-- Definer: its callers by link are not signed in.
create function private.read_calendars(token text) returns private.calendars_page
  language sql stable security definer set search_path = ''
as $$
  select private.show_calendars(private.open_calendars_link(read_calendars.token, 'manage_calendars'));
$$;

-- Definer: as above.
create function private.make_calendar_feed(token text) returns private.calendars_page
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user  uuid := private.open_calendars_link(make_calendar_feed.token, 'manage_calendars');
  v_token text := replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
begin
  perform private.limit_use('calendars changed', v_user);
  perform private.lock_client(v_user);
  if 5 <= (select count(*) from private.calendar_feeds f where f.user_id = v_user) then
    perform private.refuse(409, 'too_many_feeds', 'You have five calendar addresses.', 'Please end one that you do not use.');
  end if;
  insert into private.calendar_feeds (token_sha256, user_id) values (private.sha256_hex(v_token), v_user);
  return private.show_calendars(v_user, v_token);
end
$$;

-- Definer: as above.
create function private.end_calendar_feed(token text, feed_id uuid) returns private.calendars_page
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user uuid := private.open_calendars_link(end_calendar_feed.token, 'manage_calendars');
begin
  delete from private.calendar_feeds f where f.id = end_calendar_feed.feed_id and f.user_id = v_user;
  return private.show_calendars(v_user);
end
$$;

-- Definer: as above.
create function private.add_busy_calendar(token text, address text) returns private.calendars_page
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user         uuid := private.open_calendars_link(add_busy_calendar.token, 'manage_calendars');
  v_practitioner uuid := (select p.id from public.practitioners p where p.user_id = v_user order by p.id limit 1);
  -- Programs write webcal:// for https://.
  v_address      text := regexp_replace(btrim(add_busy_calendar.address), '^(webcals?|https)://', 'https://', 'i');
  v_position     integer;
begin
  if v_practitioner is null then
    perform private.refuse(403, 'practitioners_only', 'Only practitioners keep times free.');
  elsif v_address is null or v_address !~ '^https?://[^\s/?#@]+([/?#]\S*)?$' or char_length(v_address) > 2000 then
    perform private.refuse(422, 'address_not_possible', 'Please give the calendar''s whole address, from https:// on.');
  end if;
  perform private.limit_use('calendars changed', v_user);
  perform private.lock_calendar(v_practitioner);
  select free into v_position from generate_series(1, 3) free
   where not exists (select from private.busy_calendars b where (b.practitioner_id, b.position) = (v_practitioner, free))
   order by free limit 1;
  if exists (select from private.busy_calendars b where (b.practitioner_id, b.address) = (v_practitioner, v_address)) then
    return private.show_calendars(v_user);
  elsif v_position is null then
    perform private.refuse(409, 'too_many_calendars', 'Three calendars are read in.', 'Please remove one of them first.');
  end if;
  insert into private.busy_calendars (practitioner_id, position, address) values (v_practitioner, v_position, v_address);
  return private.show_calendars(v_user);
end
$$;

-- Its times are free with it. Definer: as above.
create function private.remove_busy_calendar(token text, calendar_id uuid) returns private.calendars_page
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user uuid := private.open_calendars_link(remove_busy_calendar.token, 'manage_calendars');
begin
  delete from private.busy_calendars b using public.practitioners p
   where b.id = remove_busy_calendar.calendar_id and p.id = b.practitioner_id and p.user_id = v_user;
  return private.show_calendars(v_user);
end
$$;

create function private.open_feed_link(token text) returns private.calendar_feeds
  language plpgsql stable set search_path = ''
as $$
declare
  v_feed private.calendar_feeds;
begin
  select * into v_feed from private.calendar_feeds f where f.token_sha256 = private.sha256_hex(open_feed_link.token);
  if not found then
    perform private.refuse(404, 'link_not_found', 'This calendar address is not known, or was ended.');
  end if;
  perform private.tell_language(v_feed.user_id);
  return v_feed;
end
$$;

-- What a calendar program fetches: sessions of the last ninety days and all to come, each as its mails state it. Null
-- instead of them: nothing has changed since the version that the program has.
-- Definer: programs are not signed in; the token is whose sessions they are.
create function private.read_calendar_feed(token text, known_version text)
  returns table (version text, sessions jsonb)
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_feed     private.calendar_feeds := private.open_feed_link(read_calendar_feed.token);
  v_sessions jsonb;
  v_version  text;
begin
  perform private.limit_use('calendar fetches', v_feed.id);
  update private.calendar_feeds f set fetched_at = now()
   where f.id = v_feed.id and coalesce(f.fetched_at, '-infinity') < now() - interval '1 hour';

  select coalesce(jsonb_agg(jsonb_build_object(
           'session', private.summarize_session(s), 'is_led', p.user_id is not distinct from v_feed.user_id)
           order by s.scheduled_at, s.id), '[]')
    into v_sessions
    from (select mine.* from (
            select booked.* from public.session_schedules booked
             where booked.client_id = v_feed.user_id and not private.is_class(booked)
            union all
            select led.* from public.session_schedules led join public.practitioners mine on mine.id = led.practitioner_id
             where mine.user_id = v_feed.user_id and led.group_class_id is null
               and (led.client_id is distinct from v_feed.user_id or private.is_class(led))) mine
           where mine.status in ('scheduled', 'in_progress', 'completed') and mine.scheduled_at > now() - interval '90 days'
           order by mine.scheduled_at desc limit 1000) s
    left join public.practitioners p on p.id = s.practitioner_id;
  -- In another language it is another file.
  v_version := private.sha256_hex(concat(v_sessions, private.find_language(v_feed.user_id)));
  return query select v_version, case when v_version is distinct from read_calendar_feed.known_version then v_sessions end;
end
$$;

-- The same, exposed: the API calls functions of schema public.

create function public.read_calendars(token text default null) returns setof private.calendars_page
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_calendars(read_calendars.token);
$$;
comment on function public.read_calendars is 'One''s calendar addresses, and those whose times are kept free.';

create function public.make_calendar_feed(token text default null) returns setof private.calendars_page
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.make_calendar_feed(make_calendar_feed.token);
$$;
comment on function public.make_calendar_feed is
  'A new address of one''s sessions for a calendar program; its token is told this once.';

create function public.end_calendar_feed(token text default null, feed_id uuid default null) returns setof private.calendars_page
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.end_calendar_feed(end_calendar_feed.token, end_calendar_feed.feed_id);
$$;
comment on function public.end_calendar_feed is 'Ends one of them: the program that has it gets nothing more.';

create function public.add_busy_calendar(token text default null, address text default null) returns setof private.calendars_page
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.add_busy_calendar(add_busy_calendar.token, add_busy_calendar.address);
$$;
comment on function public.add_busy_calendar is 'For practitioners: another calendar, whose times are then kept free.';

create function public.remove_busy_calendar(token text default null, calendar_id uuid default null) returns setof private.calendars_page
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.remove_busy_calendar(remove_busy_calendar.token, remove_busy_calendar.calendar_id);
$$;
comment on function public.remove_busy_calendar is 'For practitioners: it is not read any more, and its times are free.';

create function public.read_calendar_feed(token text, known_version text default null)
  returns table (version text, sessions jsonb)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.read_calendar_feed(read_calendar_feed.token, read_calendar_feed.known_version);
$$;
comment on function public.read_calendar_feed is 'For calendar programs, by their token: somebody''s sessions.';

revoke execute on function private.open_calendars_link, private.open_feed_link, private.show_calendars, private.read_calendars,
  private.make_calendar_feed, private.end_calendar_feed, private.add_busy_calendar, private.remove_busy_calendar,
  private.read_calendar_feed, public.read_calendars, public.make_calendar_feed, public.end_calendar_feed,
  public.add_busy_calendar, public.remove_busy_calendar, public.read_calendar_feed
  from public, anon, authenticated, service_role;
grant execute on function private.read_calendars, private.make_calendar_feed, private.end_calendar_feed,
  private.add_busy_calendar, private.remove_busy_calendar, public.read_calendars, public.make_calendar_feed,
  public.end_calendar_feed, public.add_busy_calendar, public.remove_busy_calendar to anon, authenticated;
grant execute on function private.read_calendar_feed, public.read_calendar_feed to anon;
