-- The page on which a client rates a session they had, by the link in the mail after it. A signed-in caller names the
-- session and needs no link.
--
-- It can be given and changed for as long as the rule says (session_ratings.sql); a second press changes nothing.
-- Whoever is rated hears of it a day later, together with what else came meanwhile, and is never told by whom.

create type private.shown_rating as (
  session    private.session_summary,
  time_zone  text,
  state      text,
  open_until timestamptz,
  stars      integer,
  words      text,
  is_hidden  boolean
);

-- A link's session, or the caller's own. Only its client rates it, and not an admin who reads it.
create function private.open_rating_link(token text, page text, session_id uuid) returns public.session_schedules
  language plpgsql stable set search_path = ''
as $$
declare
  v_session public.session_schedules;
begin
  if open_rating_link.token is not null then
    v_session := private.open_session_link(open_rating_link.token, open_rating_link.page);
  else
    select * into v_session from public.session_schedules s where s.id = open_rating_link.session_id;
  end if;
  if v_session.client_id is distinct from auth.uid() or v_session.id is null or private.is_class(v_session) then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  end if;
  return v_session;
end
$$;

create function private.show_rating(session public.session_schedules) returns private.shown_rating
  language plpgsql stable set search_path = ''
as $$
declare
  v_shown  private.shown_rating;
  v_rating public.session_ratings;
begin
  select * into v_rating from public.session_ratings r where r.session_id = session.id;
  v_shown.session := private.summarize_session(session);
  v_shown.time_zone := coalesce(private.find_user_time_zone(auth.uid()), (v_shown.session).time_zone);
  v_shown.open_until := private.get_rating_end(session);
  v_shown.state := case when not private.is_held(session) then 'not_held'
                        when v_shown.open_until < now() then 'closed' else 'open' end;
  v_shown.stars := v_rating.stars;
  v_shown.words := v_rating.words;
  v_shown.is_hidden := coalesce(v_rating.hidden_at is not null, false);
  return v_shown;
end
$$;

-- Definer: its callers by link are not signed in.
create function private.read_rating(token text, session_id uuid) returns private.shown_rating
  language sql stable security definer set search_path = ''
as $$
  select private.show_rating(private.open_rating_link(read_rating.token, 'rate_session', read_rating.session_id));
$$;

-- One mail a day to whoever is rated, however many seats a class had. Until it is sent, it covers what else comes.
create function private.announce_ratings(practitioner_id uuid) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_host uuid := (select p.user_id from public.practitioners p where p.id = announce_ratings.practitioner_id);
begin
  perform pg_advisory_xact_lock(hashtextextended('ratings of ' || announce_ratings.practitioner_id, 0));
  if exists (select from auth.users u where u.id = v_host)
     and not exists (select from private.mails m
                      where m.user_id = v_host and m.kind = 'ratings_received' and m.status = 'queued' and m.attempts = 0)
     and not exists (select from private.outbox o
                      where o.kind = 'ratings_received' and o.user_id = v_host and o.addressed_at is null) then
    -- A little before: whoever rates at the same time may have begun earlier, and leaves it to this event.
    perform private.publish_event('ratings_received', v_host, null,
                                  jsonb_build_object('since', now() - interval '1 minute'));
  end if;
end
$$;

-- Definer: as above, and nobody writes ratings.
create function private.rate_session(token text, stars integer, words text, session_id uuid) returns private.shown_rating
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_session public.session_schedules := private.open_rating_link(rate_session.token, 'rate_session', rate_session.session_id);
  c_words   constant text := nullif(btrim(rate_session.words, E' \t\r\n'), '');
  v_counts  boolean;
begin
  perform private.limit_use('sessions rated', auth.uid());
  perform private.refuse_long_text('words', c_words, 500);
  if coalesce(rate_session.stars, 0) not between 1 and 5 then
    perform private.refuse(422, 'stars_missing', 'Please choose one to five stars.');
  end if;
  -- Order matters: as where attendance is set and a session changes, so that it is held when the rating is written.
  perform private.lock_attendance(coalesce(v_session.group_class_id, v_session.id));
  select * into strict v_session from public.session_schedules s where s.id = v_session.id for share;
  if not private.is_held(v_session) then
    perform private.refuse(409, 'session_not_held', 'Only a session that took place can be rated.');
  elsif private.get_rating_end(v_session) < now() then
    perform private.refuse(409, 'rating_closed', 'This session can no longer be rated.', 'What you gave before stays.');
  end if;
  insert into public.session_ratings as r (session_id, practitioner_id, stars, words, is_held)
  values (v_session.id, v_session.practitioner_id, rate_session.stars, c_words, true)
  on conflict on constraint session_ratings_session_id_key do update
    set stars = excluded.stars, words = excluded.words
   where (r.stars, r.words) is distinct from (excluded.stars, excluded.words)
  returning r.is_counted into v_counts;
  if v_counts then  -- not of a hidden one that is written anew
    perform private.announce_ratings(v_session.practitioner_id);
  end if;
  return private.show_rating(v_session);
end
$$;

-- The same, exposed: the API calls functions of schema public.

create function public.read_rating(token text default null, session_id uuid default null) returns private.shown_rating
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_rating(read_rating.token, read_rating.session_id);
$$;
comment on function public.read_rating is 'Of a session of one''s own, or by a link in a mail: its rating, and whether it can be rated.';

create function public.rate_session(
  token text default null, stars integer default null, words text default null, session_id uuid default null)
  returns private.shown_rating
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.rate_session(rate_session.token, rate_session.stars, rate_session.words, rate_session.session_id);
$$;
comment on function public.rate_session is
  'For its client, or by a link in a mail: gives a session that was held one to five stars, and words; or changes them.';

revoke execute on function private.open_rating_link, private.show_rating, private.read_rating, private.announce_ratings,
  private.rate_session, public.read_rating, public.rate_session from public, anon, authenticated, service_role;
grant execute on function private.read_rating, private.rate_session, public.read_rating, public.rate_session
  to anon, authenticated;
