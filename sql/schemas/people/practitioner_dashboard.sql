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
