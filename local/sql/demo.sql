-- The demo, around whoever signed up: a session that is on now, one in the studio, a group class, a past session.
--
-- Safe to run again: every start of the stack does, so that there is always a session to walk into.
-- `demo.client`, `demo.practitioner` and `demo.admin` hold the ids of the three.

insert into public.user_roles (user_id, role) values
  (current_setting('demo.admin')::uuid, 'admin'),
  (current_setting('demo.practitioner')::uuid, 'practitioner'),
  (current_setting('demo.client')::uuid, 'user')
on conflict (user_id, role) do nothing;

insert into public.practitioners (user_id, name, bio, specialization, half_hour_rate)
values (
  current_setting('demo.practitioner')::uuid,
  'Demo practitioner',
  'Guides first steps on the board, standing and laying.',
  'Breath and posture',
  60
)
on conflict (user_id) do nothing;

-- The demo can be played at night.
update public.practitioner_calendars c set is_always_open = true
  from public.practitioners p
 where p.id = c.practitioner_id and p.user_id = current_setting('demo.practitioner')::uuid;

insert into public.studio_locations (name, address, city, province_state, country, postal_code)
select 'Demo studio', '1 Example Street', 'Toronto', 'ON', 'CA', 'M5V 0A1'
where not exists (select from public.studio_locations);

-- What an earlier start planted is over as soon as it ends or stands in the way of the session that is on now.
update public.session_schedules set status = 'completed'
where status in ('scheduled', 'in_progress') and (
  room_name like 'demo-now-%' and scheduled_at + make_interval(mins => duration_minutes - 10) <= now()
  or room_name ~ '^demo-(class|studio)-' and scheduled_at < now() + interval '65 minutes');

with practitioner as (
  select id from public.practitioners where user_id = current_setting('demo.practitioner')::uuid
),
wanted (what, starts, minutes, location, place, seats, class_name, status) as (
  values
    ('now', now() + interval '5 minutes', 60, 'online', null, 1, null, 'scheduled'),
    ('studio', date_trunc('hour', now()) + interval '3 days', 45, 'in_person', '1 Example Street, Toronto', 1, null, 'scheduled'),
    ('class', date_trunc('hour', now()) + interval '1 day', 60, 'online', null, 8, 'First steps together', 'scheduled'),
    ('past', date_trunc('hour', now()) - interval '7 days', 20, 'online', null, 1, null, 'completed')
)
insert into public.session_schedules (
  practitioner_id, client_id, scheduled_at, duration_minutes, room_name, session_location, physical_location,
  max_participants, class_name, status
)
select
  practitioner.id,
  -- A class belongs to its practitioner until people join it.
  current_setting(case when what = 'class' then 'demo.practitioner' else 'demo.client' end)::uuid,
  starts, minutes, 'demo-' || what || '-' || left(gen_random_uuid()::text, 8), location, place, seats, class_name, status
from wanted, practitioner
where not exists (
  select from public.session_schedules s
  where s.room_name like 'demo-' || what || '-%'
    and (what = 'past' or s.status in ('scheduled', 'in_progress'))
    and (what = 'past' or s.scheduled_at + make_interval(mins => s.duration_minutes - 10) > now())
)
-- Whatever else was booked meanwhile stays.
and (status = 'completed' or not exists (
  select from private.practitioner_time t
  where t.practitioner_id = practitioner.id and t.during && tstzrange(starts, starts + make_interval(mins => minutes))
));
