-- From sql/schemas: sessions/histories, people/client_dashboard, people/practitioner_dashboard, people/admin_dashboard, people/admin_lists.

-- Functions name what later chapters make.
set check_function_bodies = off;

set lock_timeout = '5s';
set statement_timeout = 0;
do $$ begin lock table public.session_payments, public.user_session_credits in share row exclusive mode; end $$;


-- sessions/histories.sql

-- Histories: one's own sessions, credits and purchases, past and to come; each is a view, filtered as any table is.
--
-- One's own rows are found by index among everybody's, however many there are. So the caller's own rows and those only
-- an admin sees are parts of a union, and the rest is joined laterally: a condition "or is admin" can use no index, and
-- with joins planned for everybody's rows a history of fifty sessions read a million. The parts have no condition of
-- their own: only then does the planner take each in the order that is asked for, and an admin's newest fifty are fifty
-- rows of an index. Outside, what tells the parts apart is a constant of each. One's own rows are few, and found by
-- whose they are: `+ interval '0'` keeps the planner from looking for them through everybody's in the order of time.

-- Sessions. A client's are those they booked and their seats; a practitioner's those they lead, a class once; an
-- admin's all. Open classes, which everybody may read in the table, are left out unless one has a seat. What the caller
-- may not read (another's recording) is null, as the policies of the tables decide. Columns by name, because `*` would
-- be the columns that the table has when the view is made.
create view public.session_history with (security_invoker = true) as
  select s.id, s.scheduled_at, s.duration_minutes, s.time_zone, s.local_start, s.status, s.cancelled_at,
         s.client_id, s.practitioner_id, p.name as practitioner_name, p.avatar_url as practitioner_avatar_url,
         s.session_type_id, t.name as session_type_name, t.session_type,
         s.max_participants > 1 or s.group_class_id is not null as is_group, s.class_name, s.group_class_id,
         s.current_participants, s.max_participants,
         s.session_location, s.physical_location,
         case when s.credit_lot_id is not null then 'credit' when private.is_paid_singly(s.id) then 'payment' end as paid_with,
         c.cancellation_type, c.credit_returned,
         r.id as recording_id, r.status as recording_status, r.recording_url,
         case when s.status = 'completed' then '/journal?session_id=' || s.id end as journal_path
    from (select 'client' as seen_as, m.id, m.practitioner_id, m.client_id, m.scheduled_at + interval '0' as scheduled_at, m.duration_minutes,
                 m.status, m.cancelled_at, m.class_name, m.session_location, m.physical_location, m.max_participants,
                 m.current_participants, m.group_class_id, m.session_type_id, m.time_zone, m.local_start, m.credit_lot_id
            from public.session_schedules m
          union all
          select 'practitioner' as seen_as, m.id, m.practitioner_id, m.client_id, m.scheduled_at + interval '0', m.duration_minutes,
                 m.status, m.cancelled_at, m.class_name, m.session_location, m.physical_location, m.max_participants,
                 m.current_participants, m.group_class_id, m.session_type_id, m.time_zone, m.local_start, m.credit_lot_id
            from public.session_schedules m
          union all
          select 'admin' as seen_as, m.id, m.practitioner_id, m.client_id, m.scheduled_at, m.duration_minutes,
                 m.status, m.cancelled_at, m.class_name, m.session_location, m.physical_location, m.max_participants,
                 m.current_participants, m.group_class_id, m.session_type_id, m.time_zone, m.local_start, m.credit_lot_id
            from public.session_schedules m) s
    left join public.practitioners p on p.id = s.practitioner_id
    left join public.session_types t on t.id = s.session_type_id
    left join lateral (select x.id, x.status, x.recording_url from public.session_recordings x
                        where x.session_id = s.id and x.status <> 'failed' limit 1) r on true
    left join lateral (select x.cancellation_type, x.credit_returned from public.session_cancellations x
                        where x.session_id = s.id order by x.cancelled_at limit 1) c on true
   where (s.seen_as = 'client' and s.client_id = (select auth.uid()) and (s.max_participants = 1 or s.group_class_id is not null))
      or (s.seen_as = 'practitioner' and s.practitioner_id = any (array(select private.my_practitioner_ids())) and s.group_class_id is null
          and not (s.client_id = (select auth.uid()) and (s.max_participants = 1 or s.group_class_id is not null)))
      or (s.seen_as = 'admin' and (select private.is_admin())
          and not (s.client_id = (select auth.uid()) and (s.max_participants = 1 or s.group_class_id is not null))
          and not (s.practitioner_id = any (array(select private.my_practitioner_ids())) and s.group_class_id is null));

comment on view public.session_history is
  'One''s own sessions. Filter by session_type, is_group, scheduled_at, practitioner_id, status.';

comment on column public.session_history.id is 'Of the session.';

comment on column public.session_history.scheduled_at is 'When the session begins.';

comment on column public.session_history.duration_minutes is 'How long the session lasts.';

comment on column public.session_history.time_zone is 'By its IANA name, such as America/Toronto.';

comment on column public.session_history.local_start is 'When it begins, on the clocks of that zone.';

comment on column public.session_history.status is 'Of the session.';

comment on column public.session_history.cancelled_at is 'When it was cancelled.';

comment on column public.session_history.client_id is 'The client it belongs to: their account.';

comment on column public.session_history.practitioner_id is 'The practitioner it belongs to.';

comment on column public.session_history.practitioner_name is 'Their name, as their profile has it.';

comment on column public.session_history.practitioner_avatar_url is 'Of their picture.';

comment on column public.session_history.session_type_id is 'The kind of session: session_types.id.';

comment on column public.session_history.session_type_name is 'What that kind is called.';

comment on column public.session_history.session_type is 'standing or laying.';

comment on column public.session_history.is_group is 'Whether it is for several at once.';

comment on column public.session_history.class_name is 'What the class is called; null for one to one.';

comment on column public.session_history.group_class_id is 'The class, where this is a seat in one.';

comment on column public.session_history.current_participants is
  'How many seats are taken; counted here, never by a page.';

comment on column public.session_history.max_participants is 'How many seats it has.';

comment on column public.session_history.session_location is 'Where it is held: online or in_person.';

comment on column public.session_history.physical_location is
  'The studio''s name and address, where it is held in person.';

comment on column public.session_history.paid_with is 'credit, or payment; null: with neither.';

comment on column public.session_history.cancellation_type is
  'standard, late, last_minute, grace or emergency: what the policy made of it.';

comment on column public.session_history.credit_returned is 'Credits or money given back by a cancellation.';

comment on column public.session_history.recording_id is 'session_recordings.id.';

comment on column public.session_history.recording_status is 'Of session_recordings.status; null without one.';

comment on column public.session_history.recording_url is 'Of its page; only for those who may watch it.';

comment on column public.session_history.journal_path is 'Where the page leads to write about it.';

revoke all on public.session_history from anon, authenticated, service_role;

grant select on public.session_history to authenticated;

-- Credits: the ledger, line by line.
create view public.credit_history with (security_invoker = true) as
  select l.id, l.user_id, l.created_at, l.kind, l.change, l.reason, l.session_id, s.scheduled_at as session_scheduled_at,
         l.lot_id, c.purchased_at, c.expires_at, c.credits_remaining as lot_credits_remaining,
         c.package_id, p.name as package_name, c.session_type_id, t.name as session_type_name,
         coalesce(t.duration_minutes, c.duration_minutes) as duration_minutes, t.session_type,
         coalesce(t.is_group, c.is_group) as is_group
    from (select true as is_own, m.id, m.user_id, m.created_at + interval '0' as created_at, m.kind, m.change, m.reason,
                 m.session_id, m.lot_id
            from public.credit_ledger m
          union all
          select false, m.id, m.user_id, m.created_at, m.kind, m.change, m.reason, m.session_id, m.lot_id
            from public.credit_ledger m) l
    left join lateral (select x.purchased_at, x.expires_at, x.credits_remaining, x.package_id, x.session_type_id,
                              x.duration_minutes, x.is_group
                         from public.user_session_credits x where x.id = l.lot_id limit 1) c on true
    left join public.session_packages p on p.id = c.package_id
    left join public.session_types t on t.id = c.session_type_id
    left join lateral (select x.scheduled_at from public.session_schedules x where x.id = l.session_id limit 1) s on true
   where (l.is_own and l.user_id = (select auth.uid()))
      or (not l.is_own and (select private.is_admin() or not private.is_api_caller())
          and l.user_id is distinct from (select auth.uid()));

comment on view public.credit_history is
  'The ledger of one''s own credits: what was added, what was spent, for what, and until when.';

comment on column public.credit_history.id is 'Of the row; made here.';

comment on column public.credit_history.user_id is 'Whose it is.';

comment on column public.credit_history.created_at is 'When the row was made.';

comment on column public.credit_history.kind is 'purchase, spend, return, expiry, refund or adjustment.';

comment on column public.credit_history.change is 'Credits that came (above zero) or went.';

comment on column public.credit_history.reason is 'In words, for whoever reads it later.';

comment on column public.credit_history.session_id is 'The session it is about: session_schedules.id.';

comment on column public.credit_history.session_scheduled_at is 'When that session begins.';

comment on column public.credit_history.lot_id is 'Which credits: user_session_credits.id.';

comment on column public.credit_history.purchased_at is 'When it was bought or given.';

comment on column public.credit_history.expires_at is 'From when on it is of no use; null: never.';

comment on column public.credit_history.lot_credits_remaining is 'What is left of them now.';

comment on column public.credit_history.package_id is 'The package it came with: session_packages.id.';

comment on column public.credit_history.package_name is 'What that package is called.';

comment on column public.credit_history.session_type_id is 'The kind of session: session_types.id.';

comment on column public.credit_history.session_type_name is 'What that kind is called.';

comment on column public.credit_history.duration_minutes is 'How long the session lasts.';

comment on column public.credit_history.session_type is 'standing or laying.';

comment on column public.credit_history.is_group is 'Whether it is for several at once.';

revoke all on public.credit_history from anon, authenticated, service_role;

grant select on public.credit_history to authenticated, service_role;

-- Past purchases: what somebody paid, with the receipt, what was refunded, and what is left of it. Rows of checkouts,
-- and what was sold before there were checkouts: payments for sessions and packages of credits. Whether a row is one of
-- them is a column of its part, or the part would have a condition.
create index user_session_credits_packages_idx on public.user_session_credits (purchased_at) where package_id is not null;

create view public.past_purchases with (security_invoker = true) as
  select c.id, c.user_id, c.purchased_at,
         case c.source when 'credits' then 'package_' || k.session_count else c.payment_type end as payment_type,
         case c.source when 'credits' then k.name else c.description end as description,
         c.amount_minor, c.currency,
         case when c.returned_minor = 0 then 'paid' when c.returned_minor < c.amount_minor then 'partly_refunded'
              else 'refunded' end as status,
         c.returned_minor as refunded_minor, c.receipt_url, c.session_id, s.scheduled_at as session_scheduled_at,
         c.credit_lot_id, case c.source when 'credits' then k.session_count else c.credits end as credits,
         l.credits_remaining, l.expires_at
    from (select 'checkout' as source, true as is_own, m.outcome is not null and m.paid_at is not null as is_sold, m.id,
                 m.user_id, m.paid_at + interval '0' as purchased_at, m.payment_type, m.description, m.amount_minor,
                 m.currency, m.returned_minor, m.receipt_url, m.session_id, m.credit_lot_id,
                 case when m.outcome <> 'session_booked' then nullif(m.credits, 0) end as credits, null::uuid as package_id
            from public.checkout_sessions m
          union all
          select 'checkout' as source, false as is_own, m.outcome is not null and m.paid_at is not null as is_sold, m.id,
                 m.user_id, m.paid_at as purchased_at, m.payment_type, m.description, m.amount_minor,
                 m.currency, m.returned_minor, m.receipt_url, m.session_id, m.credit_lot_id,
                 case when m.outcome <> 'session_booked' then nullif(m.credits, 0) end as credits, null::uuid as package_id
            from public.checkout_sessions m
          union all
          select 'payment' as source, true as is_own,
                 m.checkout_id is null and m.credit_lot_id is null and m.status in ('completed', 'paid_out', 'refunded') as is_sold,
                 m.id, m.client_id, m.created_at + interval '0' as purchased_at, 'single' as payment_type, null as description,
                 round(100 * m.total_amount)::integer as amount_minor,
                 lower(m.currency) as currency,
                 case when m.status = 'refunded' then round(100 * m.total_amount)::integer else 0 end as returned_minor,
                 null as receipt_url, m.session_id, null::uuid as credit_lot_id, null::integer as credits, null::uuid as package_id
            from public.session_payments m
          union all
          select 'payment' as source, false as is_own,
                 m.checkout_id is null and m.credit_lot_id is null and m.status in ('completed', 'paid_out', 'refunded') as is_sold,
                 m.id, m.client_id, m.created_at as purchased_at, 'single' as payment_type, null as description,
                 round(100 * m.total_amount)::integer as amount_minor,
                 lower(m.currency) as currency,
                 case when m.status = 'refunded' then round(100 * m.total_amount)::integer else 0 end as returned_minor,
                 null as receipt_url, m.session_id, null::uuid as credit_lot_id, null::integer as credits, null::uuid as package_id
            from public.session_payments m
          union all
          select 'credits' as source, true as is_own, m.package_id is not null as is_sold, m.id, m.user_id, m.purchased_at + interval '0' as purchased_at, null as payment_type, null as description,
                 case when m.metadata ->> 'total_amount' ~ '^\d{1,6}(\.\d+)?$'
                      then round(100 * (m.metadata ->> 'total_amount')::numeric)::integer end as amount_minor,
                 lower(m.metadata ->> 'currency') as currency, 0 as returned_minor, null as receipt_url,
                 null::uuid as session_id, m.id as credit_lot_id, null::integer as credits, m.package_id
            from public.user_session_credits m
          union all
          select 'credits' as source, false as is_own, m.package_id is not null as is_sold, m.id, m.user_id, m.purchased_at, null as payment_type, null as description,
                 case when m.metadata ->> 'total_amount' ~ '^\d{1,6}(\.\d+)?$'
                      then round(100 * (m.metadata ->> 'total_amount')::numeric)::integer end as amount_minor,
                 lower(m.metadata ->> 'currency') as currency, 0 as returned_minor, null as receipt_url,
                 null::uuid as session_id, m.id as credit_lot_id, null::integer as credits, m.package_id
            from public.user_session_credits m) c
    left join lateral (select x.scheduled_at from public.session_schedules x where x.id = c.session_id limit 1) s on true
    left join lateral (select x.credits_remaining, x.expires_at from public.user_session_credits x
                        where x.id = c.credit_lot_id limit 1) l on true
    left join lateral (select x.session_count, x.name from public.session_packages x
                        where x.id = c.package_id limit 1) k on true
   where c.is_sold
     and ((c.is_own and c.user_id = (select auth.uid()))
       or (not c.is_own and (select private.is_admin() or not private.is_api_caller())
           and c.user_id is distinct from (select auth.uid())))
     and (c.source <> 'credits' or (k.session_count is not null
           and not exists (select from public.checkout_sessions x where x.credit_lot_id = c.id)));

comment on view public.past_purchases is 'What somebody bought, what was refunded, what is left; amounts in cents.';

comment on column public.past_purchases.id is 'Of the row; made here.';

comment on column public.past_purchases.user_id is 'Whose it is.';

comment on column public.past_purchases.purchased_at is 'When it was bought or given.';

comment on column public.past_purchases.payment_type is 'single, package_5, package_10 or fee.';

comment on column public.past_purchases.description is 'In words, as people read it.';

comment on column public.past_purchases.amount_minor is 'In cents.';

comment on column public.past_purchases.currency is 'By its three letters, in lower case.';

comment on column public.past_purchases.status is 'Where it stands.';

comment on column public.past_purchases.refunded_minor is 'Of it, what went back, in cents.';

comment on column public.past_purchases.receipt_url is 'Stripe''s receipt.';

comment on column public.past_purchases.session_id is 'The session it is about: session_schedules.id.';

comment on column public.past_purchases.session_scheduled_at is 'When that session begins.';

comment on column public.past_purchases.credit_lot_id is
  'The credits that paid or were bought: user_session_credits.id.';

comment on column public.past_purchases.credits is 'How many it is about.';

comment on column public.past_purchases.credits_remaining is 'What is left of the credits.';

comment on column public.past_purchases.expires_at is 'From when on it is of no use; null: never.';

revoke all on public.past_purchases from anon, authenticated, service_role;

grant select on public.past_purchases to authenticated, service_role;


-- people/client_dashboard.sql

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


-- people/practitioner_dashboard.sql

-- The practitioner's dashboard in one call: today's and upcoming sessions, clients, recommended actions, earnings, and
-- whether contract and bank account are in place.
--
-- Today is the day in the practitioner's own time zone. A class is one line, with its seats counted. A session to come
-- names who is in it, with what they have answered about being recorded and whether they have signed the waiver.

-- Definer: a practitioner reads nobody's consents and few waivers; this answers two questions about their own sessions.
create function private.list_people_to_come(session public.session_schedules) returns jsonb
  language sql stable security definer set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
           'client_id', c.user_id, 'name', f.full_name,
           'recording_consent', private.get_consent_answer(c.user_id, 'session_recording'),
           'has_signed_waiver', private.has_signed_waiver(c.user_id, c.session_id)) order by f.full_name, c.user_id), '[]')
    from private.list_session_clients(session) c
    left join lateral (select x.full_name from public.profiles x where x.id = c.user_id limit 1) f on true
   where (session).status in ('scheduled', 'in_progress') and private.get_session_host(session) = auth.uid();
$$;

create function private.dashboard_session(session public.session_schedules, client_name text) returns jsonb
  language sql stable set search_path = ''
as $$
  select jsonb_build_object(
    'id', (session).id, 'scheduled_at', (session).scheduled_at, 'duration_minutes', (session).duration_minutes,
    'status', (session).status, 'is_group', (session).max_participants > 1, 'class_name', (session).class_name,
    'client_id', case when (session).max_participants = 1 then (session).client_id end,
    'client_name', case when (session).max_participants = 1 then client_name end,
    'current_participants', (session).current_participants, 'max_participants', (session).max_participants,
    'session_location', (session).session_location, 'physical_location', (session).physical_location,
    'room_name', (session).room_name, 'people', private.list_people_to_come(session));
$$;

create function public.practitioner_dashboard(at_most integer default 5)
  returns table (practitioner_id uuid, name text, available boolean, time_zone text, today jsonb, upcoming jsonb,
                 clients_in_all integer, recent_clients jsonb, sessions_completed integer, actions_open integer,
                 actions_overdue integer, pending_actions jsonb, earnings jsonb, contract text, banking text,
                 recording_consent text, unreachable_clients jsonb)
  language sql stable security invoker set search_path = ''
as $$
  with me as (
    select p.id, p.user_id, p.name, p.available, coalesce(c.time_zone, 'UTC') as time_zone,
           (now() at time zone coalesce(c.time_zone, 'UTC'))::date as today, least(greatest(at_most, 1), 50) as at_most
      from public.practitioners p left join public.practitioner_calendars c on c.practitioner_id = p.id
     where p.id = any (array(select private.my_practitioner_ids()))
     order by p.created_at, p.id limit 1
  ),
  led as (
    select s as session, s.id, s.scheduled_at, s.status, f.full_name as client_name,
           (s.scheduled_at at time zone me.time_zone)::date as on_date
      from me join public.session_schedules s on s.practitioner_id = me.id and s.group_class_id is null
      left join lateral (select x.full_name from public.profiles x where x.id = s.client_id limit 1) f on true
     where s.status <> 'cancelled' and s.scheduled_at > now() - interval '2 days'
  ),
  met as (
    -- A class's own row names whoever leads it; its seats name the participants.
    select s.client_id, count(*) filter (where s.status = 'completed')::integer as completed,
           max(s.scheduled_at) filter (where s.scheduled_at <= now()) as last_met_at,
           min(s.scheduled_at) filter (where s.scheduled_at > now()) as meets_at
      from me join public.session_schedules s on s.practitioner_id = me.id
     where s.status <> 'cancelled' and (s.max_participants = 1 or s.group_class_id is not null)
     group by s.client_id
  ),
  recommended as (
    select r.id, r.client_id, f.full_name as client_name, r.title, r.action_type, r.due_date, r.created_at,
           coalesce(r.due_date < me.today, false) as is_overdue
      from me join public.action_recommendations r on r.practitioner_id = me.id and not r.completed
      left join lateral (select x.full_name from public.profiles x where x.id = r.client_id limit 1) f on true
  )
  select me.id, me.name, me.available, me.time_zone,
         coalesce((select jsonb_agg(private.dashboard_session(l.session, l.client_name) order by l.scheduled_at, l.id)
                     from led l where l.on_date = me.today), '[]'),
         coalesce((select jsonb_agg(private.dashboard_session(l.session, l.client_name) order by l.scheduled_at, l.id)
                     from (select * from led where on_date > me.today and status = 'scheduled'
                            order by scheduled_at, id limit me.at_most) l), '[]'),
         (select count(*)::integer from met),
         coalesce((select jsonb_agg(jsonb_build_object(
                            'client_id', m.client_id, 'name', f.full_name, 'sessions_completed', m.completed,
                            'last_met_at', m.last_met_at, 'meets_at', m.meets_at)
                          order by m.last_met_at desc nulls last, m.client_id)
                     from (select * from met order by last_met_at desc nulls last, client_id limit me.at_most) m
                     left join lateral (select x.full_name from public.profiles x where x.id = m.client_id limit 1) f on true), '[]'),
         (select coalesce(sum(m.completed), 0)::integer from met m),
         (select count(*)::integer from recommended),
         (select count(*)::integer from recommended r where r.is_overdue),
         coalesce((select jsonb_agg(to_jsonb(r) order by r.due_date nulls last, r.created_at)
                     from (select * from recommended order by due_date nulls last, created_at limit me.at_most) r), '[]'),
         (select jsonb_agg(to_jsonb(e) order by e.currency) from public.earnings_overview(me.id) e),
         coalesce((select case when k.status = 'signed' and k.expires_at <= now() then 'expired' else k.status end
                     from public.practitioner_contracts k where k.practitioner_id = me.id
                    order by k.status = 'pending' desc, k.status = 'signed' desc, k.created_at desc limit 1), 'missing'),
         coalesce((select case when not b.verified then 'unverified' when b.cooling_until > now() then 'cooling' else 'verified' end
                     from public.practitioner_banking b where b.practitioner_id = me.id), 'missing'),
         private.get_consent_answer(me.user_id, 'session_recording'),
         -- They do not get our mails: whoever meets them can tell them.
         coalesce((select jsonb_agg(jsonb_build_object('client_id', u.user_id, 'name', u.name, 'meets_at', u.meets_at)
                                    order by u.meets_at, u.user_id)
                     from public.unreachable_people u where u.meets_at is not null and u.user_id <> me.user_id), '[]')
    from me;
$$;

comment on function public.practitioner_dashboard is
  'The practitioner''s own page, in one row; none for whoever is not one. Earnings have a row for each currency.';

revoke execute on function private.list_people_to_come, private.dashboard_session, public.practitioner_dashboard
  from public, anon, authenticated, service_role;

grant execute on function private.list_people_to_come, private.dashboard_session, public.practitioner_dashboard to authenticated;


-- people/admin_dashboard.sql

-- The admin's dashboard in one call: today's sessions, what needs attention, and the month's figures.
--
-- Whatever is not zero under `attention` is something that a person has to look at; where a view lists it, the key is
-- the name of the view.

-- What adds up a month or counts everybody grows with the platform: it is counted by the clock, with the first mails of
-- every five minutes, and the page reads the row. Where nothing has counted for an hour, the page counts.

create table private.platform_figures (
  is_the_only_row boolean     primary key default true,
  figures         jsonb       not null,
  counted_at      timestamptz not null default now(),

  constraint platform_figures_is_one_row check (is_the_only_row),
  constraint platform_figures_are_short check (char_length(figures::text) <= 10000)
);

comment on table private.platform_figures is 'What the admin''s dashboard adds up, as it was last counted.';

alter table private.platform_figures enable row level security;

-- No policy and no grant: the functions below write and read it.

create function private.count_platform() returns jsonb
  language sql stable set search_path = ''
as $$
  select jsonb_build_object(
    'users',              (select count(*) from public.profiles),
    'users_this_month',   (select count(*) from public.profiles f where f.created_at >= now() - interval '30 days'),
    'sold',               coalesce((select jsonb_agg(to_jsonb(m) order by m.currency)
                            from (select c.currency, count(*)::integer as payments, sum(c.amount_minor)::bigint as amount_minor,
                                         sum(c.returned_minor)::bigint as returned_minor
                                    from public.checkout_sessions c where c.paid_at >= now() - interval '30 days'
                                   group by c.currency) m), '[]'),
    'cancellations',      (select count(*) from public.session_cancellations x where x.cancelled_at >= now() - interval '30 days'),
    -- A class's recording counts once: the rows of its seats are the same video.
    'recordings',         (select count(*) from public.session_recordings r
                            where r.completed_at >= now() - interval '30 days' and r.class_recording_id is null),
    'next_week',          (select count(*) from public.session_schedules x
                            where x.scheduled_at >= now() and x.scheduled_at < now() + interval '7 days'
                              and x.status = 'scheduled' and x.group_class_id is null),
    'without_waiver',     (select count(*) from public.session_schedules s
                            where (s.status = 'in_progress' or s.status = 'scheduled' and s.scheduled_at > now())
                              and (s.max_participants = 1 or s.group_class_id is not null)
                              and not private.has_signed_waiver(s.client_id, s.id)));
$$;

create function private.keep_platform_figures() returns void
  language sql volatile set search_path = ''
as $$
  insert into private.platform_figures as p (figures) values (private.count_platform())
  on conflict (is_the_only_row) do update set figures = excluded.figures, counted_at = now();
$$;

-- Definer: nobody reads the row. So it checks who is calling.
create function private.get_platform_figures() returns jsonb
  language plpgsql stable security definer set search_path = ''
as $$
begin
  if not private.is_confirmed_admin() then
    perform private.refuse(403, 'admins_only', 'This page is for admins.');
  end if;
  return coalesce((select p.figures from private.platform_figures p where p.counted_at > now() - interval '1 hour'),
                  private.count_platform());
end
$$;

create function public.admin_dashboard(time_zone text default 'America/Toronto')
  returns table (sessions_today integer, sessions_live integer, sessions_next_week integer, users integer,
                 users_this_month integer, practitioners integer, practitioners_paused integer, sold jsonb,
                 payouts jsonb,
                 cancellations_this_month integer, recordings_this_month integer, attention jsonb)
  language plpgsql stable security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  v_today timestamptz := date_trunc('day', now() at time zone admin_dashboard.time_zone) at time zone admin_dashboard.time_zone;
  v_month timestamptz := now() - interval '30 days';
  v_figures jsonb := private.get_platform_figures();
begin
  return query
    select s.today, s.live, (v_figures ->> 'next_week')::integer, (v_figures ->> 'users')::integer, (v_figures ->> 'users_this_month')::integer, p.all, p.paused,
           v_figures -> 'sold',
           coalesce((select jsonb_agg(to_jsonb(o) order by o.currency)
                       from (select o.currency, count(*)::integer as pending, sum(o.amount_minor)::bigint as amount_minor
                               from public.payouts o where o.status = 'pending' group by o.currency) o), '[]'),
           (v_figures ->> 'cancellations')::integer, (v_figures ->> 'recordings')::integer,
           jsonb_build_object(
             'recordings_failed', (select count(*) from public.session_recordings r
                                    where r.status = 'failed' and r.created_at >= now() - interval '7 days'),
             'admin_returns',     private.count_returns_to_look_at(),
             'admin_banking',     (select count(*) from public.admin_banking b where b.verification = 'unverified'),
             'admin_sessions_without_waiver', (v_figures ->> 'without_waiver')::integer,
             'admin_contracts',   (select count(*) from public.admin_contracts k where k.status = 'pending'),
             'group_session_correlations', (select count(*) from public.group_session_correlations g
                                    where g.status = 'scheduled' and g.correlation not in ('alone', 'linked')),
             'unreachable_people', (select count(*) from public.unreachable_people),
             'approval_requests', (select count(*) from public.approval_requests a
                                    where a.status = 'waiting' and a.expires_at > now()),
             'payouts_failed',    (select count(*) from public.payouts o where o.status = 'failed' and o.created_at >= v_month),
             'webhook_deliveries_failed', (select count(*) from public.webhook_deliveries d
                                    where d.status = 'failed' and d.created_at >= now() - interval '7 days'))
      from (select count(*) filter (where x.scheduled_at >= v_today and x.scheduled_at < v_today + interval '1 day')::integer as today,
                   count(*) filter (where x.status = 'in_progress')::integer as live
              from public.session_schedules x
             where x.group_class_id is null and x.status <> 'cancelled'
               and (x.scheduled_at between v_today and v_today + interval '1 day' or x.status = 'in_progress')) s,
           (select count(*)::integer as all, count(*) filter (where not q.available)::integer as paused
              from public.practitioners q) p;
end
$$;

comment on function public.admin_dashboard is
  'The admin''s page, in one row; amounts in cents, a row for each currency.';

revoke execute on function private.count_platform, private.keep_platform_figures, private.get_platform_figures,
  public.admin_dashboard from public, anon, authenticated, service_role;

grant execute on function private.get_platform_figures, public.admin_dashboard to authenticated;


-- people/admin_lists.sql

-- Lists for admins: who signed up, what was paid, and signed waivers, recordings, contracts, bank accounts and
-- cancellations.
--
-- Users and payments are functions that give one value in one row, because PostgREST cuts a result of many rows off at
-- a number of its own and does not say so. Newest first; page by page, or as many as are ever given at once. A page
-- names where the next one starts, so rows that are added meanwhile do not shift it.
--
-- The others are views, each to be filtered by its columns. What a row names is looked up for it (`limit 1`): joined,
-- everybody is read for the newest fifty. Nothing is in them that an admin may not read in the tables: no bank account
-- number, no address of a signer, none of Agora's ids.

create index session_payments_created_at_idx on public.session_payments (created_at, id);  -- the list of admins

create index profiles_created_at_idx on public.profiles (created_at, id);  -- and that of people

-- The pages ask for everything and add it up themselves: as much as a browser still shows.
create function private.longest_list() returns integer
  language sql immutable set search_path = ''
as $$
  select 5000;
$$;

-- After every other id, where a list begins that goes back in time.
create function private.last_id() returns uuid
  language sql immutable set search_path = ''
as $$
  select 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid;
$$;

revoke execute on function private.longest_list, private.last_id from public, anon, authenticated, service_role;

-- Definer: nobody but the auth service reads auth.users. So it checks who is calling.
create function private.list_users(page_size integer, cursor text) returns table (users jsonb, next_cursor text)
  language plpgsql stable security definer set search_path = ''
as $$
declare
  c_at_most constant integer := coalesce(list_users.page_size, private.longest_list());
begin
  if not private.is_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins list users.');
  end if;
  return query
    with page_and_next as (
      -- In the order of their profiles, which have an index: auth.users is not ours to make one on.
      select u.id, u.email::text as email, f.created_at, u.created_at as signed_up_at, u.email_confirmed_at
        from public.profiles f
       cross join lateral (select x.* from auth.users x where x.id = f.id limit 1) u
       where (f.created_at, f.id) < (coalesce(split_part(list_users.cursor, '/', 1), 'infinity')::timestamptz,
                                     coalesce(split_part(list_users.cursor, '/', 2), private.last_id()::text)::uuid)
       order by f.created_at desc, f.id desc limit c_at_most + 1
    ),
    page as (select a.* from page_and_next a order by a.created_at desc, a.id desc limit c_at_most)
    select coalesce(jsonb_agg(jsonb_build_object(
             'id', p.id, 'email', p.email, 'created_at', p.signed_up_at,
             'email_confirmed_at', p.email_confirmed_at,
             'roles', coalesce((select jsonb_agg(jsonb_build_object('role', r.role) order by r.role)
                                  from public.user_roles r where r.user_id = p.id), '[]'),
             'practitioner', (select jsonb_build_object('id', x.id, 'name', x.name, 'available', x.available)
                                from public.practitioners x where x.user_id = p.id))
             order by p.created_at desc, p.id desc), '[]'),
           case when (select count(*) from page_and_next) > count(*)
                then (array_agg(p.created_at || '/' || p.id order by p.created_at, p.id))[1] end
      from page p;
end
$$;

create function public.list_users(page_size integer default null, cursor text default null)
  returns table (users jsonb, next_cursor text)
  language sql stable security invoker set search_path = ''
as $$
  select l.users, l.next_cursor from private.list_users(list_users.page_size, list_users.cursor) l;
$$;

comment on function public.list_users is 'For admins: people, newest first, a page at a time.';

-- Definer: what is not earned is listed too, although admins, who pay out what they read, do not read it. So it checks
-- who is calling.
create function private.list_payments(status text, currency text, page_size integer, cursor text)
  returns table (payments jsonb, next_cursor text)
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  c_at_most constant integer := coalesce(list_payments.page_size, private.longest_list());
begin
  if not private.is_confirmed_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins list payments.');
  end if;
  return query
    with page_and_next as (
      select p.* from public.session_payments p
       where list_payments.status in ('all', p.status) and lower(list_payments.currency) in ('all', lower(p.currency))
         and (p.created_at, p.id) < (coalesce(split_part(list_payments.cursor, '/', 1), 'infinity')::timestamptz,
                                     coalesce(split_part(list_payments.cursor, '/', 2), private.last_id()::text)::uuid)
       order by p.created_at desc, p.id desc limit c_at_most + 1
    ),
    page as (select a.* from page_and_next a order by a.created_at desc, a.id desc limit c_at_most)
    select coalesce(jsonb_agg(to_jsonb(p) || jsonb_build_object(
             'session', (select jsonb_build_object('id', s.id, 'scheduled_at', s.scheduled_at,
                                                   'duration_minutes', s.duration_minutes, 'status', s.status)
                           from public.session_schedules s where s.id = p.session_id),
             -- Neither is a foreign key: the account may have been erased, and the payment is listed all the same.
             'practitioner', jsonb_build_object('name', (select x.name from public.practitioners x where x.id = p.practitioner_id)),
             'client', jsonb_build_object('email', (select c.email from public.profiles c where c.id = p.client_id)))
             order by p.created_at desc, p.id desc), '[]'),
           case when (select count(*) from page_and_next) > count(*)
                then (array_agg(p.created_at || '/' || p.id order by p.created_at, p.id))[1] end
      from page p;
end
$$;

create function public.list_payments(
  status text default 'all', currency text default 'all', page_size integer default null, cursor text default null)
  returns table (payments jsonb, next_cursor text)
  language sql stable security invoker set search_path = ''
as $$
  select l.payments, l.next_cursor
    from private.list_payments(list_payments.status, list_payments.currency, list_payments.page_size, list_payments.cursor) l;
$$;

comment on function public.list_payments is 'For admins: payments, newest first, a page at a time.';

revoke execute on function private.list_users, private.list_payments, public.list_users, public.list_payments
  from public, anon, authenticated, service_role;

grant execute on function private.list_users, private.list_payments, public.list_users, public.list_payments
  to authenticated;

-- Views

create index liability_waivers_signed_at_idx on public.liability_waivers (signed_at);  -- newest first

create view public.admin_waivers with (security_invoker = true) as
  select w.id, w.signed_at, w.user_id, coalesce(w.signer_name, client.full_name) as client_name,
         client.email as client_email, w.signature_name, w.waiver_policy_id, w.waiver_policy_version,
         coalesce(policy.is_active, false) as is_current, w.text_sha256, w.evidence_sha256,
         w.session_id, s.scheduled_at, s.practitioner_id, p.name as practitioner_name
    from public.liability_waivers w
    left join public.waiver_policy policy on policy.id = w.waiver_policy_id
    left join lateral (select x.full_name, x.email from public.profiles x where x.id = w.user_id limit 1) client on true
    left join lateral (select x.scheduled_at, x.class_name, x.practitioner_id from public.session_schedules x
                        where x.id = w.session_id limit 1) s on true
    left join lateral (select x.name from public.practitioners x where x.id = s.practitioner_id limit 1) p on true
   where (select private.is_admin());

comment on view public.admin_waivers is
  'For admins: who signed which version of the waiver, when. Without a session: for all of them.';

comment on column public.admin_waivers.id is 'Of the row; made here.';

comment on column public.admin_waivers.signed_at is 'When it was signed.';

comment on column public.admin_waivers.user_id is 'Whose it is.';

comment on column public.admin_waivers.client_name is 'Their full name; null where they gave none.';

comment on column public.admin_waivers.client_email is 'Of their account.';

comment on column public.admin_waivers.signature_name is 'The name they typed as their signature.';

comment on column public.admin_waivers.waiver_policy_id is 'The text that was signed.';

comment on column public.admin_waivers.waiver_policy_version is 'Its number.';

comment on column public.admin_waivers.is_current is 'Whether it is the newest text.';

comment on column public.admin_waivers.text_sha256 is 'Of the text, as it was shown.';

comment on column public.admin_waivers.evidence_sha256 is
  'Of the evidence: who, when, from where, and the text''s hash.';

comment on column public.admin_waivers.session_id is 'The session it was signed before; null: at another time.';

comment on column public.admin_waivers.scheduled_at is 'When the session begins.';

comment on column public.admin_waivers.practitioner_id is 'The practitioner it belongs to.';

comment on column public.admin_waivers.practitioner_name is 'Their name, as their profile has it.';

create view public.admin_sessions_without_waiver with (security_invoker = true) as
  select s.id as session_id, s.scheduled_at, s.session_location, s.group_class_id, s.class_name,
         s.client_id, client.full_name as client_name, client.email as client_email,
         s.practitioner_id, p.name as practitioner_name
    from public.session_schedules s
    left join lateral (select x.full_name, x.email from public.profiles x where x.id = s.client_id limit 1) client on true
    left join lateral (select x.name from public.practitioners x where x.id = s.practitioner_id limit 1) p on true
   where (select private.is_admin())
     and (s.status = 'in_progress' or s.status = 'scheduled' and s.scheduled_at > now())
     and (s.max_participants = 1 or s.group_class_id is not null)
     and not private.has_signed_waiver(s.client_id, s.id);

comment on view public.admin_sessions_without_waiver is
  'For admins: who takes part in a session to come and has not signed the current waiver.';

comment on column public.admin_sessions_without_waiver.session_id is 'The session it is about: session_schedules.id.';

comment on column public.admin_sessions_without_waiver.scheduled_at is 'When the session begins.';

comment on column public.admin_sessions_without_waiver.session_location is 'Where it is held: online or in_person.';

comment on column public.admin_sessions_without_waiver.group_class_id is 'The class, where this is a seat in one.';

comment on column public.admin_sessions_without_waiver.class_name is 'What the class is called; null for one to one.';

comment on column public.admin_sessions_without_waiver.client_id is 'The client it belongs to: their account.';

comment on column public.admin_sessions_without_waiver.client_name is 'Their full name; null where they gave none.';

comment on column public.admin_sessions_without_waiver.client_email is 'Of their account.';

comment on column public.admin_sessions_without_waiver.practitioner_id is 'The practitioner it belongs to.';

comment on column public.admin_sessions_without_waiver.practitioner_name is 'Their name, as their profile has it.';

create index session_recordings_created_at_idx on public.session_recordings (created_at);  -- newest first

create view public.admin_recordings with (security_invoker = true) as
  select r.id, r.created_at, r.status, r.started_at, r.completed_at, r.duration_seconds, r.file_size_bytes,
         r.recording_url,
         r.session_id, s.scheduled_at, s.class_name, s.max_participants > 1 or s.group_class_id is not null as is_group,
         s.client_id, client.full_name as client_name, client.email as client_email,
         s.practitioner_id, p.name as practitioner_name,
         seen.views::integer, seen.last_viewed_at
    from public.session_recordings r
    join public.session_schedules s on s.id = r.session_id
    left join lateral (select x.name from public.practitioners x where x.id = s.practitioner_id limit 1) p on true
    -- A class's own row names its practitioner there.
    left join lateral (select x.full_name, x.email from public.profiles x where x.id = s.client_id limit 1) client on true
         and not (s.max_participants > 1 and s.group_class_id is null)
    cross join lateral (select count(*) as views, max(v.viewed_at) as last_viewed_at
                          from public.recording_views v where v.recording_id = r.id) seen
   where (select private.is_admin());

comment on view public.admin_recordings is 'For admins: every recording, how far it is, and how often it was opened.';

comment on column public.admin_recordings.id is 'Of the row; made here.';

comment on column public.admin_recordings.created_at is 'When the row was made.';

comment on column public.admin_recordings.status is 'Where it stands.';

comment on column public.admin_recordings.started_at is 'When it began.';

comment on column public.admin_recordings.completed_at is 'When it was done; null: it is not.';

comment on column public.admin_recordings.duration_seconds is 'Of all takes that play.';

comment on column public.admin_recordings.file_size_bytes is 'Of all their files.';

comment on column public.admin_recordings.recording_url is 'Of its page; only for those who may watch it.';

comment on column public.admin_recordings.session_id is 'The session it is about: session_schedules.id.';

comment on column public.admin_recordings.scheduled_at is 'When the session begins.';

comment on column public.admin_recordings.class_name is 'What the class is called; null for one to one.';

comment on column public.admin_recordings.is_group is 'Whether it is for several at once.';

comment on column public.admin_recordings.client_id is 'The client it belongs to: their account.';

comment on column public.admin_recordings.client_name is 'Their full name; null where they gave none.';

comment on column public.admin_recordings.client_email is 'Of their account.';

comment on column public.admin_recordings.practitioner_id is 'The practitioner it belongs to.';

comment on column public.admin_recordings.practitioner_name is 'Their name, as their profile has it.';

comment on column public.admin_recordings.views is 'How often it was watched.';

comment on column public.admin_recordings.last_viewed_at is 'When it was last watched.';

create index practitioner_contracts_created_at_idx on public.practitioner_contracts (created_at);  -- newest first

create view public.admin_contracts with (security_invoker = true) as
  select c.id, c.created_at, c.practitioner_id, p.name as practitioner_name, account.email as practitioner_email,
         p.available, c.title, c.contract_version, c.template_id, c.status,
         c.status = 'signed' and coalesce(c.expires_at > now(), true) as is_live,
         c.signed_at, c.expires_at, c.revoked_reason, c.text_sha256, x.is_observed, x.evidence_sha256
    from public.practitioner_contracts c
    join public.practitioners p on p.id = c.practitioner_id
    left join lateral (select x.full_name, x.email from public.profiles x where x.id = p.user_id limit 1) account on true
    left join lateral (select y.is_observed, y.evidence_sha256 from public.contract_signatures y
                        where y.contract_id = c.id limit 1) x on true
   where (select private.is_admin());

comment on view public.admin_contracts is 'For admins: every contract issued, and what became of it.';

comment on column public.admin_contracts.id is 'Of the row; made here.';

comment on column public.admin_contracts.created_at is 'When the row was made.';

comment on column public.admin_contracts.practitioner_id is 'The practitioner it belongs to.';

comment on column public.admin_contracts.practitioner_name is 'Their name, as their profile has it.';

comment on column public.admin_contracts.practitioner_email is 'Of their account.';

comment on column public.admin_contracts.available is 'Whether they take bookings at all.';

comment on column public.admin_contracts.title is 'What the contract is called.';

comment on column public.admin_contracts.contract_version is 'The version of the text.';

comment on column public.admin_contracts.template_id is 'What it was made from.';

comment on column public.admin_contracts.status is 'Where it stands.';

comment on column public.admin_contracts.is_live is 'Signed, not expired, not revoked.';

comment on column public.admin_contracts.signed_at is 'When it was signed.';

comment on column public.admin_contracts.expires_at is 'From when on it is of no use; null: never.';

comment on column public.admin_contracts.revoked_reason is 'Why it was revoked.';

comment on column public.admin_contracts.text_sha256 is 'Of the text, as it was shown.';

comment on column public.admin_contracts.is_observed is 'Whether its signature was made under our eyes, with evidence.';

comment on column public.admin_contracts.evidence_sha256 is
  'Of the evidence: who, when, from where, and the text''s hash.';

create view public.admin_banking with (security_invoker = true) as
  select p.id as practitioner_id, p.name as practitioner_name, account.email as practitioner_email, p.available,
         case when b.id is null then 'missing' when not b.verified then 'unverified'
              when b.cooling_until > now() then 'cooling' else 'verified' end as verification,
         b.bank_name, b.account_holder_name, b.account_type, b.country, b.account_last4,
         b.changed_at, b.verified_at, b.verified_by, verifier.full_name as verified_by_name, b.cooling_until
    from public.practitioners p
    left join public.practitioner_banking b on b.practitioner_id = p.id
    left join lateral (select x.full_name, x.email from public.profiles x where x.id = p.user_id limit 1) account on true
    left join lateral (select x.full_name, x.email from public.profiles x where x.id = b.verified_by limit 1) verifier on true
   where (select private.is_confirmed_admin());

comment on view public.admin_banking is
  'For admins: every practitioner''s account, or that there is none. verify_practitioner_banking takes practitioner_id and changed_at.';

comment on column public.admin_banking.practitioner_id is 'The practitioner it belongs to.';

comment on column public.admin_banking.practitioner_name is 'Their name, as their profile has it.';

comment on column public.admin_banking.practitioner_email is 'Of their account.';

comment on column public.admin_banking.available is 'Whether they take bookings at all.';

comment on column public.admin_banking.verification is 'What checking the numbers found.';

comment on column public.admin_banking.bank_name is 'As its holder gave it.';

comment on column public.admin_banking.account_holder_name is 'As the bank knows them.';

comment on column public.admin_banking.account_type is 'checking or savings.';

comment on column public.admin_banking.country is 'By its two letters.';

comment on column public.admin_banking.account_last4 is 'The last four digits, all that is ever shown.';

comment on column public.admin_banking.changed_at is 'When they were last saved.';

comment on column public.admin_banking.verified_at is 'When an admin checked it.';

comment on column public.admin_banking.verified_by is 'The admin who said so.';

comment on column public.admin_banking.verified_by_name is 'Their name.';

comment on column public.admin_banking.cooling_until is 'No payout goes to a new account before.';

create index session_cancellations_cancelled_at_idx on public.session_cancellations (cancelled_at);  -- newest first

create view public.admin_cancellations with (security_invoker = true) as
  select c.id, c.cancelled_at, c.cancellation_type, c.hours_before_session, c.fee_charged, c.fee_currency,
         c.credit_returned, c.reason, c.cancellation_policy_version,
         c.user_id, client.full_name as client_name, client.email as client_email,
         c.approved_by, approver.full_name as approved_by_name,
         c.session_id, s.scheduled_at, s.class_name, s.practitioner_id, p.name as practitioner_name
    from public.session_cancellations c
    left join lateral (select x.scheduled_at, x.class_name, x.practitioner_id from public.session_schedules x
                        where x.id = c.session_id limit 1) s on true
    left join lateral (select x.name from public.practitioners x where x.id = s.practitioner_id limit 1) p on true
    left join lateral (select x.full_name, x.email from public.profiles x where x.id = c.user_id limit 1) client on true
    left join lateral (select x.full_name, x.email from public.profiles x where x.id = c.approved_by limit 1) approver on true
   where (select private.is_admin());

comment on view public.admin_cancellations is
  'For admins: who cancelled what, how late, what it cost and what came back.';

comment on column public.admin_cancellations.id is 'Of the row; made here.';

comment on column public.admin_cancellations.cancelled_at is 'When it was cancelled.';

comment on column public.admin_cancellations.cancellation_type is
  'standard, late, last_minute, grace or emergency: what the policy made of it.';

comment on column public.admin_cancellations.hours_before_session is 'How long before the start, in hours.';

comment on column public.admin_cancellations.fee_charged is 'The fee that was due for it; owed_fees has what became of it.';

comment on column public.admin_cancellations.fee_currency is 'Of fee_charged.';

comment on column public.admin_cancellations.credit_returned is 'Credits or money given back by a cancellation.';

comment on column public.admin_cancellations.reason is 'What they said.';

comment on column public.admin_cancellations.cancellation_policy_version is
  'The text that was agreed to: cancellation_policy.id.';

comment on column public.admin_cancellations.user_id is 'Who cancelled.';

comment on column public.admin_cancellations.client_name is 'Their full name; null where they gave none.';

comment on column public.admin_cancellations.client_email is 'Of their account.';

comment on column public.admin_cancellations.approved_by is 'The admin who allowed it; null where none had to.';

comment on column public.admin_cancellations.approved_by_name is 'Their name.';

comment on column public.admin_cancellations.session_id is 'The cancelled session.';

comment on column public.admin_cancellations.scheduled_at is 'When the session begins.';

comment on column public.admin_cancellations.class_name is 'What the class is called; null for one to one.';

comment on column public.admin_cancellations.practitioner_id is 'The practitioner it belongs to.';

comment on column public.admin_cancellations.practitioner_name is 'Their name, as their profile has it.';

-- Refunds and disputes of everybody, also those that were made in Stripe's dashboard.
-- Definer: nobody reads what they are kept in. So it checks who is calling.
create function private.list_returns()
  returns table (id text, kind text, status text, amount_minor integer, currency text, changed_at timestamptz,
                 checkout_id uuid, description text, user_id uuid, client_name text, client_email text,
                 reason text, failure_reason text, requested_by uuid, keeps_sessions boolean,
                 paid_minor integer, returned_minor integer, credits_taken_back integer, credits_owed integer)
  language sql stable security definer set search_path = ''
as $$
  select r.id, r.kind, r.status, r.amount_minor, c.currency, r.changed_at, c.id, c.description, c.user_id,
         client.full_name, client.email, r.reason, r.failure_reason, r.requested_by, r.keeps_sessions,
         c.amount_minor, c.returned_minor, c.credits_taken_back, coalesce(l.credits_owed, 0)
    from (select f.id, 'refund' as kind, f.status, f.amount_minor, f.changed_at, f.checkout_id, q.reason, f.failure_reason,
                 q.requested_by, q.keeps_sessions
            from private.stripe_refunds f
            left join private.payment_refunds q
              on q.checkout_id = f.checkout_id and (q.id = f.request_id or q.stripe_refund_id = f.id)
          union all
          select d.id, 'dispute', d.state, d.amount_minor, d.changed_at, d.checkout_id, null, null, null, null
            from private.payment_disputes d) r
    cross join lateral (select x.* from public.checkout_sessions x where x.id = r.checkout_id limit 1) c
    left join public.user_session_credits l on l.id = private.find_paid_lot(c)
    left join lateral (select x.full_name, x.email from public.profiles x where x.id = c.user_id limit 1) client on true
   where (select private.is_confirmed_admin());
$$;

-- Those that somebody has to look at: what Stripe could not return within the month, what a payer's bank wants back.
-- Definer: as above.
create function private.count_returns_to_look_at() returns integer
  language sql stable security definer set search_path = ''
as $$
  select ((select count(*) from private.stripe_refunds r
            where r.status <> 'succeeded' and r.status <> 'pending' and r.changed_at >= now() - interval '30 days')
        + (select count(*) from private.payment_disputes d where d.state in ('inquiry', 'open')))::integer
   where private.is_confirmed_admin();
$$;

revoke execute on function private.list_returns, private.count_returns_to_look_at from public, anon, authenticated, service_role;

grant execute on function private.list_returns, private.count_returns_to_look_at to authenticated;

create view public.admin_returns with (security_invoker = true) as select r.* from private.list_returns() r;

comment on view public.admin_returns is
  'For admins: every refund and dispute, how it stands at Stripe, who asked for it, and what is owed after it.';

comment on column public.admin_returns.id is 'Stripe''s own id of it.';

comment on column public.admin_returns.kind is 'refund or dispute.';

comment on column public.admin_returns.status is 'As Stripe says it.';

comment on column public.admin_returns.amount_minor is 'In cents.';

comment on column public.admin_returns.currency is 'By its three letters, in lower case.';

comment on column public.admin_returns.changed_at is 'When Stripe first said so.';

comment on column public.admin_returns.checkout_id is 'The purchase it is about: checkout_sessions.id.';

comment on column public.admin_returns.description is 'In words, as people read it.';

comment on column public.admin_returns.user_id is 'Whose it is.';

comment on column public.admin_returns.client_name is 'Their full name; null where they gave none.';

comment on column public.admin_returns.client_email is 'Of their account.';

comment on column public.admin_returns.reason is 'In words, for whoever reads it later.';

comment on column public.admin_returns.failure_reason is 'Why it did not arrive, as Stripe says it.';

comment on column public.admin_returns.requested_by is 'The admin who asked for it; null: it was made in Stripe.';

comment on column public.admin_returns.keeps_sessions is 'Whether what was booked with the money stays.';

comment on column public.admin_returns.paid_minor is 'What was paid, in cents.';

comment on column public.admin_returns.returned_minor is 'Of it, what went back, in cents.';

comment on column public.admin_returns.credits_taken_back is 'Credits that went with it.';

comment on column public.admin_returns.credits_owed is 'Credits that were used and whose price went back.';

revoke all on public.admin_returns, public.admin_waivers, public.admin_sessions_without_waiver, public.admin_recordings,
  public.admin_contracts, public.admin_banking, public.admin_cancellations
  from anon, authenticated, service_role;

grant select on public.admin_returns, public.admin_waivers, public.admin_sessions_without_waiver, public.admin_recordings,
  public.admin_contracts, public.admin_banking, public.admin_cancellations
  to authenticated;
