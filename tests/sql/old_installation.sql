-- The platform as it stood, with what people had done there by the day the migrations come.

insert into auth.users (id, email, raw_user_meta_data) values
  ('c0000000-0000-4000-8000-000000000001', 'client@demo.test', '{"full_name": "Client", "date_of_birth": "no day"}'),
  ('f0000000-0000-4000-8000-000000000001', 'practitioner@demo.test', '{}');
insert into public.practitioners (id, user_id, name)
  values ('10000000-0000-4000-8000-000000000001', 'f0000000-0000-4000-8000-000000000001', 'Practitioner');

-- Hours that overlap, and hours that end before they start.
insert into public.practitioner_availability (practitioner_id, day_of_week, start_time, end_time)
select '10000000-0000-4000-8000-000000000001', day, "from", "to"
  from (values (1, time '09:00', time '12:00'), (1, '11:00', '24:00'), (1, '17:00', '09:00'),
               (2, '09:00', '12:00'), (2, '12:00', '13:00')) as hours (day, "from", "to");

-- Sessions: two that overlap, one cancelled at the same time, and some that are over.
insert into public.session_schedules
  (practitioner_id, client_id, scheduled_at, duration_minutes, room_name, status, created_at)
select '10000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000001', now() + starts_in, 60, room, status, created_at
  from (values ('second',      interval '1 day',            'scheduled', date '2026-02-02'),
               ('first',       interval '1 day 30 minutes', 'scheduled', '2026-01-01'),
               ('cancelled',   interval '1 day',            'cancelled', '2026-01-01'),
               ('past',        interval '-1 day',           'scheduled', '2026-01-01'),
               ('held',        interval '-1 day',           'completed', '2026-01-01'),
               ('paid out',    interval '-9 days',          'completed', '2026-01-01'),
               ('unpaid',      interval '-8 days',          'completed', '2026-01-01')) as s (room, starts_in, status, created_at);

-- Paid for: one that was held, one whose practitioner has the money already, one that is to come, and a cancelled one.
insert into public.session_payments
  (session_id, practitioner_id, client_id, total_amount, practitioner_share, platform_share, currency, status, paid_out_at)
select s.id, s.practitioner_id, s.client_id, 100, 75, 25, 'cad',
       case s.room_name when 'paid out' then 'paid_out' else 'completed' end,
       case s.room_name when 'paid out' then now() - interval '1 day' end
  from public.session_schedules s where s.room_name in ('held', 'paid out', 'first', 'cancelled');

insert into public.user_session_credits (user_id, credits_remaining)
  select 'c0000000-0000-4000-8000-000000000001', n from generate_series(0, 3) n;

insert into public.user_consents (user_id, consent_type, consented, ip_address, revoked_at) values
  ('c0000000-0000-4000-8000-000000000001', 'marketing', true, '203.0.113.9', null),
  ('c0000000-0000-4000-8000-000000000001', 'session_recording', true, '203.0.113.9', now());

insert into public.user_preferences (user_id, country) values ('f0000000-0000-4000-8000-000000000001', 'CA');
insert into public.user_consents (user_id, consent_type, consented, metadata) values
  ('c0000000-0000-4000-8000-000000000001', 'analytics', true, '{"page": "home"}');
