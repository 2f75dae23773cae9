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
