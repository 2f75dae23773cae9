-- The client's dashboard in one call: upcoming sessions, open actions, credits, recordings, and the steps of getting
-- started.
--
-- Most steps of getting started can be read from other tables. Only that somebody watched the video or read the guide
-- is nowhere else: those are ticks of their own.

create table public.getting_started_ticks (
  id        uuid        primary key default gen_random_uuid(),
  user_id   uuid        not null default auth.uid() references auth.users (id) on delete cascade,
  step      text        not null,
  ticked_at timestamptz not null default now(),

  constraint getting_started_ticks_one_per_step unique (user_id, step),
  constraint getting_started_ticks_step_is_known check (step in ('intro_video', 'best_practices'))
);
comment on table public.getting_started_ticks is 'Which of the first steps somebody has ticked off.';
comment on column public.getting_started_ticks.id is 'Of the row; made here.';
comment on column public.getting_started_ticks.user_id is 'Whose it is.';
comment on column public.getting_started_ticks.step is 'intro_video or best_practices.';
comment on column public.getting_started_ticks.ticked_at is 'When.';

alter table public.getting_started_ticks enable row level security;

create policy "people read their own ticks"
  on public.getting_started_ticks for select to authenticated using (user_id = (select auth.uid()));
create policy "people tick for themselves"
  on public.getting_started_ticks for insert to authenticated with check (user_id = (select auth.uid()));
create policy "people untick their own"
  on public.getting_started_ticks for delete to authenticated using (user_id = (select auth.uid()));

revoke all on public.getting_started_ticks from anon, authenticated, service_role;
grant select, delete on public.getting_started_ticks to authenticated, service_role;
grant insert (user_id, step) on public.getting_started_ticks to authenticated;

create function public.getting_started()
  returns table (step text, done boolean, place integer)
  language sql stable security invoker set search_path = ''
as $$
  select s.step, s.done, s.place
    from (select (select auth.uid()) as id) me,
         lateral (values
           (1, 'intro_video',    exists (select from public.getting_started_ticks t where t.user_id = me.id and t.step = 'intro_video')),
           (2, 'best_practices', exists (select from public.getting_started_ticks t where t.user_id = me.id and t.step = 'best_practices')),
           (3, 'profile',        exists (select from public.profiles p where p.id = me.id and btrim(p.full_name) <> '')),
           (4, 'waiver',         (select w.has_signed from public.get_liability_waiver_status() w)),
           (5, 'first_booking',  exists (select from public.session_schedules x where x.client_id = me.id
                                            and (x.max_participants = 1 or x.group_class_id is not null))),
           (6, 'first_session',  exists (select from public.session_schedules x where x.client_id = me.id and x.status = 'completed'
                                            and (x.max_participants = 1 or x.group_class_id is not null))),
           (7, 'first_journal_entry', exists (select from public.journal_entries j where j.user_id = me.id))
         ) s (place, step, done)
   where me.id is not null
   order by s.place;
$$;
comment on function public.getting_started is 'The checklist of somebody new, in its order.';

create function public.client_dashboard(at_most integer default 5)
  returns table (online_sessions jsonb, in_person_sessions jsonb, getting_started jsonb, steps_done integer,
                 steps_in_all integer, open_actions jsonb, total_credits integer, package_credits integer,
                 single_credits integer, recent_recordings jsonb, sessions_completed integer, journal_entries integer)
  language sql stable security invoker set search_path = ''
as $$
  with me as (
    select (select auth.uid()) as id, least(greatest(at_most, 1), 50) as at_most
  ),
  own as (
    select s.* from public.session_schedules s, me
     where s.client_id = me.id and (s.max_participants = 1 or s.group_class_id is not null)
  ),
  next as (
    -- A session that has begun still counts: its room is open.
    select o.*, p.name as practitioner_name, p.avatar_url, t.name as session_type_name,
           row_number() over (partition by o.session_location order by o.scheduled_at, o.id) as place
      from own o
      left join public.practitioners p on p.id = o.practitioner_id
      left join public.session_types t on t.id = o.session_type_id
     where o.status in ('scheduled', 'in_progress')
       and o.scheduled_at + make_interval(mins => o.duration_minutes) > now()
  ),
  shown as (
    select n.session_location, jsonb_agg(jsonb_build_object(
             'id', n.id, 'scheduled_at', n.scheduled_at, 'duration_minutes', n.duration_minutes, 'status', n.status,
             'practitioner_id', n.practitioner_id, 'practitioner_name', n.practitioner_name, 'avatar_url', n.avatar_url,
             'session_type_name', n.session_type_name, 'class_name', n.class_name, 'is_group', n.group_class_id is not null,
             'room_name', n.room_name, 'physical_location', n.physical_location) order by n.place) as sessions
      from next n, me where n.place <= me.at_most
     group by n.session_location
  )
  select coalesce((select s.sessions from shown s where s.session_location = 'online'), '[]'),
         coalesce((select s.sessions from shown s where s.session_location = 'in_person'), '[]'),
         steps.list, steps.done, steps.all,
         coalesce((select jsonb_agg(to_jsonb(a) order by a.due_date nulls last, a.created_at)
                     from (select r.id, r.title, r.description, r.action_type, r.frequency, r.due_date, r.created_at,
                                  r.due_date < current_date as is_overdue, p.name as practitioner_name
                             from public.action_recommendations r left join public.practitioners p on p.id = r.practitioner_id
                            where r.client_id = me.id and not r.completed
                            order by r.due_date nulls last, r.created_at limit me.at_most) a), '[]'),
         credits.total_credits, credits.package_credits, credits.single_credits,
         coalesce((select jsonb_agg(to_jsonb(r) order by r.scheduled_at desc)
                     from (select r.id, r.session_id, r.recording_url, r.duration_seconds, o.scheduled_at, o.class_name,
                                  p.name as practitioner_name
                             from own o
                            cross join lateral (select x.id, x.session_id, x.recording_url, x.duration_seconds
                                                  from public.session_recordings x
                                                 where x.session_id = o.id and x.status = 'completed' limit 1) r
                             left join public.practitioners p on p.id = o.practitioner_id
                            order by o.scheduled_at desc limit me.at_most) r), '[]'),
         (select count(*)::integer from own o where o.status = 'completed'),
         (select count(*)::integer from public.journal_entries j where j.user_id = me.id)
    from me
   cross join public.check_session_credits() credits
   cross join lateral (
     select jsonb_agg(jsonb_build_object('step', g.step, 'done', g.done) order by g.place) as list,
            count(*) filter (where g.done)::integer as done, count(*)::integer as all
       from public.getting_started() g) steps
   where me.id is not null;
$$;
comment on function public.client_dashboard is 'The client''s own page, in one row.';

revoke execute on function public.getting_started, public.client_dashboard
  from public, anon, authenticated, service_role;
grant execute on function public.getting_started, public.client_dashboard to authenticated;
