-- Ratings: one to five stars and a few words, by whoever had a session, about whoever led it. One for each session or
-- seat, so two posts at once leave one.
--
-- A rating counts while its session was held (`is_held`) and no admin hides it. Held is what is completed, and to which
-- both came: after a no-show there was nothing to rate. A session that is reopened is not held until it is completed
-- again; one that is refunded was, or a refund would be the price of a bad rating. It counts for whoever leads the
-- session at its end, so a session that is given to another takes its rating along.
--
-- Averages are read with practitioners, by any page: `select=*,rating_average,rating_count`. They are kept as sums,
-- added to by trigger, so that a list of practitioners reads a row for each and not all their ratings.
--
-- The order of locks: attendance, the session, its rating, the sums.

create table private.rating_rules (
  is_the_only_row boolean  primary key default true,
  least           integer  not null default 5,
  open_for        interval not null default '30 days',

  constraint rating_rules_is_one_row check (is_the_only_row),
  constraint rating_rules_are_in_range check (
    least between 5 and 1000 and open_for between interval '1 day' and interval '1 year')
);
comment on table private.rating_rules is
  'From how many ratings on an average is shown, and how long after a session it can be rated. An operator changes it.';
insert into private.rating_rules default values;

create table public.session_ratings (
  id              uuid        primary key default gen_random_uuid(),
  session_id      uuid        not null unique references public.session_schedules (id) on delete cascade,
  practitioner_id uuid        not null,
  stars           integer     not null,
  words           text,
  is_held         boolean     not null,
  hidden_at       timestamptz,
  decided_by      uuid        references auth.users (id) on delete set null,
  decision_reason text,
  is_counted      boolean     not null generated always as (is_held and hidden_at is null) stored,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),

  constraint session_ratings_stars_are_one_to_five check (stars between 1 and 5),
  constraint session_ratings_texts_are_short check (
    char_length(words) <= 500 and char_length(decision_reason) <= 500),
  constraint session_ratings_words_say_something check (btrim(words) <> ''),
  constraint session_ratings_hidden_at_is_in_range check (hidden_at between '2000-01-01' and '2100-01-01')
);
comment on table  public.session_ratings                 is 'What clients think of sessions that they had.';
comment on column public.session_ratings.id              is 'Of the row; made here.';
comment on column public.session_ratings.session_id      is 'The session or seat, whose client rated it: session_schedules.id.';
-- No foreign key: tables that lead to both would offer the pages a second way from one to the other.
comment on column public.session_ratings.practitioner_id is 'Who led it; as the session has it.';
comment on column public.session_ratings.stars           is 'One to five.';
comment on column public.session_ratings.words           is 'What they wrote; null: nothing, or erased.';
comment on column public.session_ratings.is_held         is 'Whether the session took place, with both.';
comment on column public.session_ratings.hidden_at       is 'When an admin hid it; null: it is not hidden.';
comment on column public.session_ratings.decided_by      is 'The admin who last hid it or showed it again.';
comment on column public.session_ratings.decision_reason is 'Why.';
comment on column public.session_ratings.is_counted      is 'Whether it is in the average.';
comment on column public.session_ratings.created_at      is 'When it was given.';
comment on column public.session_ratings.updated_at      is 'When it was last changed.';

create index session_ratings_practitioner_id_idx on public.session_ratings (practitioner_id, created_at);
create index session_ratings_created_at_idx on public.session_ratings (created_at);  -- the newest, for admins
create index session_ratings_decided_by_idx on public.session_ratings (decided_by);

create table private.rating_sums (
  practitioner_id uuid    primary key references public.practitioners (id) on delete cascade,
  ratings         integer not null,
  stars           integer not null,

  constraint rating_sums_are_possible check (ratings >= 0 and stars between ratings and 5 * ratings)
);
comment on table private.rating_sums is 'How many ratings of a practitioner count, and their stars together.';

alter table public.session_ratings enable row level security;
alter table private.rating_sums enable row level security;
alter table private.rating_rules enable row level security;

-- Definer: the policy asks about sessions, whose own policies would be asked for each.
create function private.my_rated_session_ids() returns setof uuid
  language sql stable security definer rows 100 set search_path = ''
as $$
  select s.id from public.session_schedules s where s.client_id = (select auth.uid()) and not private.is_class(s);
$$;

-- Not whoever is rated: a session leads to its client. They read them without (ratings/reading_ratings.sql).
create policy "clients read the ratings they gave, admins all"
  on public.session_ratings for select to authenticated
  using (session_id in (select private.my_rated_session_ids()) or (select private.is_admin()));

revoke all on public.session_ratings from anon, authenticated, service_role;
grant select on public.session_ratings to authenticated, service_role;
-- No insert, update or delete, not even for the service: the functions are the only way.

create trigger update_session_ratings_updated_at before update of stars, words on public.session_ratings
  for each row execute function public.update_updated_at_column();
-- What admins decide, and what is lost with a session. What clients write is in the row.
create trigger audit_session_ratings after update on public.session_ratings
  for each row when ((old.hidden_at, old.decision_reason) is distinct from (new.hidden_at, new.decision_reason))
  execute function private.write_audit_log();

-- Whether it took place, with its client and whoever led it. One's session with oneself is nobody's to rate.
create function private.is_held(session public.session_schedules) returns boolean
  language plpgsql stable set search_path = ''
as $$
declare
  c_host constant uuid := private.get_session_host(session);
begin
  return session.status = 'completed' and not private.is_class(session) and session.client_id is distinct from c_host
     and not exists (select from public.session_attendance a
                      where a.is_no_show
                        and (a.session_id = session.id and a.user_id = session.client_id
                             or a.session_id = coalesce(session.group_class_id, session.id) and a.user_id = c_host));
end
$$;

create function private.get_rating_end(session public.session_schedules) returns timestamptz
  language sql stable set search_path = ''
as $$
  select (session).scheduled_at + make_interval(mins => (session).duration_minutes) + r.open_for from private.rating_rules r;
$$;

-- Definer: whoever rates, or deletes a session, may not write the sums.
create function private.sum_ratings() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  if old.is_counted then
    update private.rating_sums t set ratings = t.ratings - 1, stars = t.stars - old.stars
     where t.practitioner_id = old.practitioner_id;
  end if;
  if new.is_counted then
    insert into private.rating_sums as t (practitioner_id, ratings, stars) values (new.practitioner_id, 1, new.stars)
    on conflict (practitioner_id) do update set ratings = t.ratings + 1, stars = t.stars + excluded.stars;
  end if;
  return null;
end
$$;

create trigger session_ratings_sum_written after insert or delete on public.session_ratings
  for each row execute function private.sum_ratings();
create trigger session_ratings_sum_changed after update on public.session_ratings
  for each row when ((old.is_counted, old.stars, old.practitioner_id) is distinct from (new.is_counted, new.stars, new.practitioner_id))
  execute function private.sum_ratings();

-- After a session changed, or who came to it. Definer: whoever changes it may not write ratings.
create function private.update_rating_of_session() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  update public.session_ratings r set is_held = private.is_held(new), practitioner_id = new.practitioner_id
   where r.session_id = new.id
     and (r.is_held, r.practitioner_id) is distinct from (private.is_held(new), new.practitioner_id);
  return null;
end
$$;

-- Definer: as above. A class's row of whoever leads it is about all its seats.
create function private.update_rating_of_attendance() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  c_session_id constant uuid := coalesce(new.session_id, old.session_id);
begin
  update public.session_ratings r set is_held = private.is_held(s)
    from public.session_schedules s
   where c_session_id in (s.id, s.group_class_id) and r.session_id = s.id and r.is_held <> private.is_held(s);
  return null;
end
$$;

create trigger session_attendance_update_rating_when_made after insert on public.session_attendance
  for each row when (new.is_no_show) execute function private.update_rating_of_attendance();
create trigger session_attendance_update_rating_when_changed after update of is_no_show on public.session_attendance
  for each row when (new.is_no_show <> old.is_no_show) execute function private.update_rating_of_attendance();
create trigger session_attendance_update_rating_when_deleted after delete on public.session_attendance
  for each row when (old.is_no_show) execute function private.update_rating_of_attendance();

-- Read with practitioners: a page names them among the columns. Null: too few to say.

-- Definer: nobody reads sums. Whose average it is, whoever has the practitioner's row may know.
create function private.get_rating_sums(practitioner_id uuid) returns private.rating_sums
  language sql stable security definer set search_path = ''
as $$
  select t from private.rating_sums t, private.rating_rules r
   where t.practitioner_id = get_rating_sums.practitioner_id and t.ratings >= r.least;
$$;

create function private.get_rating_average(practitioner_id uuid) returns numeric
  language sql stable set search_path = ''
as $$
  select round(t.stars::numeric / t.ratings, 1) from private.get_rating_sums(get_rating_average.practitioner_id) t;
$$;

create function public.rating_average(practitioner public.practitioners) returns numeric
  language sql stable security invoker set search_path = ''
as $$
  select private.get_rating_average((practitioner).id);
$$;
comment on function public.rating_average is
  'A column to select with practitioners: the average of their ratings, to a tenth; null while there are too few.';

create function public.rating_count(practitioner public.practitioners) returns integer
  language sql stable security invoker set search_path = ''
as $$
  select t.ratings from private.get_rating_sums((practitioner).id) t;
$$;
comment on function public.rating_count is
  'A column to select with practitioners: of how many ratings the average is; null while there are too few.';

revoke execute on function private.my_rated_session_ids, private.is_held, private.get_rating_end, private.sum_ratings,
  private.update_rating_of_session, private.update_rating_of_attendance, private.get_rating_sums,
  private.get_rating_average, public.rating_average, public.rating_count from public, anon, authenticated, service_role;
grant execute on function private.my_rated_session_ids to authenticated;
grant execute on function private.get_rating_sums, private.get_rating_average, public.rating_average, public.rating_count
  to authenticated, service_role;
