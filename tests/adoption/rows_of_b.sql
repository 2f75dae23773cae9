-- What people had done on the platform by the day it takes the migrations, mistakes included: a row or more in every table.

insert into auth.users (id, email, raw_user_meta_data) values
  ('a0000000-0000-4000-8000-000000000001', 'admin@demo.test', '{"full_name": "Ada Admin"}'),
  ('a0000000-0000-4000-8000-000000000002', 'second.admin@demo.test', '{}'),
  ('c0000000-0000-4000-8000-000000000001', 'client@demo.test', '{"full_name": "Clara Client", "date_of_birth": "1980-02-03"}'),
  ('c0000000-0000-4000-8000-000000000002', 'other@demo.test', '{"full_name": "Otto Other"}'),
  ('c0000000-0000-4000-8000-000000000003', 'third@demo.test', jsonb_build_object('full_name', repeat('Long', 100))),
  ('f0000000-0000-4000-8000-000000000001', 'practitioner@demo.test', '{"full_name": "Petra"}'),
  ('f0000000-0000-4000-8000-000000000002', 'paused@demo.test', '{"full_name": "Paula"}'),
  ('f0000000-0000-4000-8000-000000000003', 'typed@demo.test', '{"full_name": "Tim"}');
insert into public.user_roles (user_id, role) values
  ('a0000000-0000-4000-8000-000000000001', 'admin'), ('a0000000-0000-4000-8000-000000000002', 'admin'),
  ('f0000000-0000-4000-8000-000000000001', 'practitioner'), ('f0000000-0000-4000-8000-000000000002', 'practitioner'),
  ('c0000000-0000-4000-8000-000000000001', 'user');
insert into public.practitioners (id, user_id, name, available) values
  ('10000000-0000-4000-8000-000000000001', 'f0000000-0000-4000-8000-000000000001', 'Petra', true),
  ('10000000-0000-4000-8000-000000000002', 'f0000000-0000-4000-8000-000000000002', 'Paula', false),
  ('10000000-0000-4000-8000-000000000003', 'f0000000-0000-4000-8000-000000000003', 'Tim', true);
insert into public.practitioner_availability (practitioner_id, day_of_week, start_time, end_time) values
  ('10000000-0000-4000-8000-000000000001', 1, '09:00', '12:00'), ('10000000-0000-4000-8000-000000000001', 1, '11:00', '17:00'),
  ('10000000-0000-4000-8000-000000000001', 2, '17:00', '09:00');
insert into public.practitioner_assignments (practitioner_id, client_id) values
  ('10000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000001');
insert into public.user_preferences (user_id, currency, country) values ('c0000000-0000-4000-8000-000000000001', 'cad', 'CA');
insert into public.user_consents (user_id, consent_type, consented, revoked_at) values
  ('c0000000-0000-4000-8000-000000000001', 'session_recording', true, null),
  ('c0000000-0000-4000-8000-000000000002', 'marketing', true, now());
insert into public.access_grants (grantor_id, grantee_id, resource_type, resource_id, permission) values
  ('c0000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000002', 'profile',
   'c0000000-0000-4000-8000-000000000001', 'read');
insert into public.meditation_memories (user_id, content) values ('c0000000-0000-4000-8000-000000000001', 'Calm.');
insert into public.action_checklist (client_id, practitioner_id, title) values
  ('c0000000-0000-4000-8000-000000000001', 'f0000000-0000-4000-8000-000000000001', 'Breathe');

insert into public.studio_locations (id, name, address, city) values
  ('5d000000-0000-4000-8000-000000000001', 'West', '1 Queen St', 'Toronto'),
  ('5d000000-0000-4000-8000-000000000002', 'Unnamed', repeat('far away ', 200), 'Toronto');

-- Policies: versions, one active of each; one text is empty.
insert into public.waiver_policy (id, version, policy_text, is_active, updated_by) values
  ('b1000000-0000-4000-8000-000000000001', 1, 'I take part at my own risk.', false, 'a0000000-0000-4000-8000-000000000001'),
  ('b1000000-0000-4000-8000-000000000002', 2, 'I take part at my own risk. [Date of signing]', true, 'a0000000-0000-4000-8000-000000000001'),
  ('b1000000-0000-4000-8000-000000000003', 3, ' ', false, null);
insert into public.cancellation_policy (id, policy_text, is_active, standard_cancellation_hours, late_cancellation_hours) values
  ('b2000000-0000-4000-8000-000000000001', 'Twelve hours.', false, 12, 24),
  ('b2000000-0000-4000-8000-000000000002', 'Two hours.', true, 2, 2);

-- Credits.
insert into public.user_session_credits
  (id, user_id, package_id, session_type_id, credits_remaining, metadata, grace_cancellation_used, cancellation_policy_version)
select 'cd000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000001', p.id, p.session_type_id, 3,
       '{"purchased_via": "stripe_checkout", "currency": "cad", "total_amount": 470}', true, 'b2000000-0000-4000-8000-000000000002'
  from public.session_packages p where p.session_count = 5 and p.session_type = 'standing' and not p.is_group limit 1;
insert into public.user_session_credits (id, user_id, credits_remaining, metadata) values
  ('cd000000-0000-4000-8000-000000000002', 'c0000000-0000-4000-8000-000000000002', 1, '{"source": "cancellation_refund"}'),
  ('cd000000-0000-4000-8000-000000000003', 'c0000000-0000-4000-8000-000000000002', 0, '{}');

-- Sessions of clients. Nothing ever completes one but somebody who writes the status.
insert into public.session_schedules
  (id, practitioner_id, client_id, scheduled_at, duration_minutes, room_name, status, notes, session_location,
   physical_location, max_participants, current_participants, created_at)
select ('5e000000-0000-4000-8000-0000000000' || n)::uuid, ('10000000-0000-4000-8000-00000000000' || p)::uuid,
       ('c0000000-0000-4000-8000-00000000000' || c)::uuid, date_trunc('hour', now()) + starts, minutes, room, status, notes, place,
       address, seats, taken, now() - interval '60 days' + made
  from (values
    ('01', '1', '1', interval '-40 days', 45, 'held',            'completed', null,           'online',    null, 1, 1, interval '1 h'),
    ('02', '1', '1', interval '-20 days', 60, 'ended',           'scheduled', null,           'online',    null, 1, 1, interval '2 h'),
    ('03', '1', '2', interval '-19 days', 60, 'ended, unpaid',   'scheduled', null,           'in_person', '5d000000-0000-4000-8000-000000000001', 1, 1, interval '3 h'),
    ('04', '1', '1', interval '-10 days', 60, 'cancelled',       'cancelled', 'Cancelled: ill (Grace cancellation used)', 'online', null, 1, 1, interval '4 h'),
    ('05', '1', '2', interval '-9 days',  60, 'late',            'cancelled', 'Cancelled',    'online',    null, 1, 1, interval '5 h'),
    ('13', '1', '1', interval '-8 days',  60, 'no show',         'cancelled', 'Cancelled',    'online',    null, 1, 1, interval '5 h'),
    ('06', '1', '1', interval '2 days',   60, 'first booked',    'scheduled', null,           'online',    null, 1, 1, interval '6 h'),
    ('07', '1', '2', interval '2 days',   60, 'booked twice',    'scheduled', null,           'online',    null, 1, 1, interval '7 h'),
    ('08', '1', '1', interval '3 days',   45, 'at a studio',     'scheduled', null,           'in_person', '5D000000-0000-4000-8000-000000000001', 1, 1, interval '8 h'),
    ('09', '1', '2', interval '4 days',   45, 'by its name',     'scheduled', null,           'in_person', 'West - 1 Queen St', 1, 1, interval '9 h'),
    ('10', '1', '1', interval '5 days',   45, 'somewhere',       'scheduled', null,           'in_person', 'The blue house', 1, 1, interval '10 h'),
    ('11', '1', '3', interval '6 days',   45, 'far',             'scheduled', null,           'in_person', repeat('x', 600), 1, 1, interval '11 h'),
    ('12', '2', '1', interval '7 days',   60, 'with the paused', 'scheduled', null,           'online',    null, null, null, interval '12 h'),
    ('20', '1', '1', interval '8 days',   60, 'class',           'scheduled', 'Pre-scheduled group class created by admin', 'online', null, 8, 2, interval '20 h'),
    ('21', '1', '1', interval '8 days',   60, 'class, here',     'scheduled', 'Pre-scheduled group class created by admin', 'in_person', 'West - 1 Queen St', 8, 0, interval '21 h'),
    ('22', '1', '1', interval '8 days',   60, 'seat 1',          'scheduled', 'Joined group class: 5e000000-0000-4000-8000-000000000020', 'online', null, 8, 1, interval '22 h'),
    ('23', '1', '2', interval '8 days',   60, 'seat 2',          'scheduled', 'Joined group class: 5E000000-0000-4000-8000-000000000020', 'online', null, 8, 1, interval '23 h'),
    ('24', '1', '2', interval '8 days',   60, 'seat 2 again',    'scheduled', 'Joined group class: 5e000000-0000-4000-8000-000000000020', 'online', null, 8, 1, interval '24 h'),
    ('25', '1', '3', interval '9 days',   60, 'of no class',     'scheduled', 'Joined group class: 5e000000-0000-4000-8000-0000000000ff', 'online', null, 8, 1, interval '25 h'),
    ('26', '1', '1', interval '-5 days',  60, 'class that was',  'scheduled', 'Pre-scheduled group class created by admin', 'online', null, 5000, 1, interval '26 h'),
    ('27', '1', '2', interval '-5 days',  60, 'seat that was',   'scheduled', 'Joined group class: 5e000000-0000-4000-8000-000000000026', 'online', null, 5000, 1, interval '27 h'),
    ('28', '1', '3', interval '-5 days',  60, 'seat given up',   'cancelled', 'Joined group class: 5e000000-0000-4000-8000-000000000026', 'online', null, 5000, 1, interval '28 h')
  ) as s (n, p, c, starts, minutes, room, status, notes, place, address, seats, taken, made);
-- A class's client is the first admin, as a placeholder; two are the same class in both forms.
update public.session_schedules set client_id = 'a0000000-0000-4000-8000-000000000001', class_name = 'Morning class'
 where notes like 'Pre-scheduled%';
update public.session_schedules s set correlated_session_id = case right(s.id::text, 2)
       when '20' then '5e000000-0000-4000-8000-000000000021' else '5e000000-0000-4000-8000-000000000020' end::uuid
 where right(s.id::text, 2) in ('20', '21');
update public.session_schedules set cancelled_at = scheduled_at - interval '1 hour' where status = 'cancelled';
update public.session_schedules set cancellation_policy_version = 'b2000000-0000-4000-8000-000000000001',
       cancellation_policy_agreed_at = now() - interval '50 days', location_coordinates = '(1000, 1000)' where room_name = 'held';

insert into public.session_notes (session_id, author_id, content, visibility) values
  ('5e000000-0000-4000-8000-000000000001', 'f0000000-0000-4000-8000-000000000001', 'Went well.', 'shared');
insert into public.session_payments
  (session_id, practitioner_id, client_id, total_amount, practitioner_share, platform_share, currency, status, paid_out_at)
select s.id, s.practitioner_id, s.client_id, 100, 75, 25, 'cad', case when s.room_name = 'held' then 'paid_out' else 'completed' end,
       case when s.room_name = 'held' then now() - interval '30 days' end
  from public.session_schedules s where s.room_name in ('held', 'ended', 'first booked', 'late', 'no show');

insert into public.session_cancellations
  (id, session_id, user_id, cancellation_type, fee_charged, fee_currency, credit_returned, reason, approved_by, cancellation_policy_version) values
  ('ca000000-0000-4000-8000-000000000001', '5e000000-0000-4000-8000-000000000005', 'c0000000-0000-4000-8000-000000000002', 'late', 25, 'USD', 75, 'Ill', null, 'b2000000-0000-4000-8000-000000000002'),
  ('ca000000-0000-4000-8000-000000000003', '5e000000-0000-4000-8000-000000000013', 'c0000000-0000-4000-8000-000000000001', 'last_minute', 0, 'cad', 0, null, null, null),
  ('ca000000-0000-4000-8000-000000000002', null, 'c0000000-0000-4000-8000-000000000001', 'last_minute', 0, 'cad', 0, repeat('why ', 5000), 'a0000000-0000-4000-8000-000000000002', null);

-- Waivers: without a version, with one, twice, of another version than the policy's, of a session, under no text.
insert into public.liability_waivers
  (id, user_id, session_id, waiver_text, ip_address, waiver_policy_id, waiver_policy_version, signed_at, created_at)
select ('ea000000-0000-4000-8000-00000000000' || n)::uuid, ('c0000000-0000-4000-8000-00000000000' || c)::uuid, session::uuid, words, ip,
       policy::uuid, version, now() - interval '30 days' + made, now() - interval '30 days' + made
  from (values
    (1, 1, null, 'I take part at my own risk.', 'unknown', null, null, interval '1 h'),
    (2, 1, null, 'I take part at my own risk. 1/2/2026', '203.0.113.4', 'b1000000-0000-4000-8000-000000000002', 2, interval '2 h'),
    (3, 1, null, 'I take part at my own risk. 1/2/2026', '203.0.113.4', 'b1000000-0000-4000-8000-000000000002', 2, interval '3 h'),
    (4, 2, null, 'I take part.', null, 'b1000000-0000-4000-8000-000000000002', 99, interval '4 h'),
    (5, 1, '5e000000-0000-4000-8000-000000000002', 'I take part.', null, null, null, interval '5 h'),
    (6, 2, null, '', null, null, null, interval '6 h'),
    (7, 2, null, repeat('I take part. ', 10000), null, null, null, interval '7 h')
  ) as w (n, c, session, words, ip, policy, version, made);

insert into public.session_recordings (id, session_id, recording_url, storage_path, status, agora_sid, created_at) values
  ('4e000000-0000-4000-8000-000000000001', '5e000000-0000-4000-8000-000000000001', null, null, 'failed', 'sid1', now() - interval '40 days'),
  ('4e000000-0000-4000-8000-000000000002', '5e000000-0000-4000-8000-000000000001', 'https://files.test/signed', 'a/b.mp4', 'completed', 'sid2', now() - interval '39 days'),
  ('4e000000-0000-4000-8000-000000000003', '5e000000-0000-4000-8000-000000000002', null, null, 'recording', 'sid3', now() - interval '20 days'),
  ('4e000000-0000-4000-8000-000000000004', '5e000000-0000-4000-8000-000000000003', null, null, 'completed', null, now() - interval '19 days');
insert into public.action_recommendations (session_id, practitioner_id, client_id, title, action_type, due_date, completed) values
  ('5e000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000001', 'Stand daily', 'daily_practice', '2026-12-24', false),
  (null, '10000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000002', repeat('Rest ', 100), 'other', null, true),
  (null, '10000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000003', '', 'other', null, false);
insert into public.practitioner_banking
  (practitioner_id, bank_name, account_holder_name, account_number_encrypted, routing_number_encrypted, account_type, verified, verified_at) values
  ('10000000-0000-4000-8000-000000000001', 'Bank', 'Petra', 'base64:MTIzNDU2Nzg5', 'base64:MDAwMTIzNDU=', 'checking', true, now()),
  ('10000000-0000-4000-8000-000000000002', 'Bank', 'Paula', 'wy4EBwMC/no number/', 'wy4EBwMC', 'savings', false, null),
  ('10000000-0000-4000-8000-000000000003', 'Bank', 'Tim', '987654321', '12345-001', 'savings', false, null);
insert into public.practitioner_contracts (practitioner_id, contract_version, contract_text, status, signed_at, expires_at) values
  ('10000000-0000-4000-8000-000000000001', '1.0', 'We agree.', 'signed', now() - interval '90 days', now() - interval '1 day'),
  ('10000000-0000-4000-8000-000000000001', '2.0', 'We agree again.', 'pending', null, null),
  ('10000000-0000-4000-8000-000000000001', '2.0', 'We agree again.', 'pending', null, null),
  ('10000000-0000-4000-8000-000000000002', '1.0', '', 'pending', null, null),
  ('10000000-0000-4000-8000-000000000002', '1.0', 'We agree.', 'signed', null, null);
insert into public.user_notifications (user_id, notification_type, title, message) values
  ('c0000000-0000-4000-8000-000000000001', 'general', 'Welcome', 'Hello.'),
  ('c0000000-0000-4000-8000-000000000002', 'price_change', '', 'Prices changed.');
insert into public.email_logs (user_id, email_type, recipient_email, status, metadata) values
  ('c0000000-0000-4000-8000-000000000001', 'welcome', 'client@demo.test', 'delivered', null),
  (null, 'newsletter', 'nobody@demo.test', 'sent', '{}');

-- Beside ours.
insert into public.settings (key, value, category, updated_by) values
  ('default_currency', '"usd"', 'payment', 'a0000000-0000-4000-8000-000000000002');
insert into public.session_type_changes (session_type_id, change_type, changed_by, change_summary)
select t.id, 'updated', 'a0000000-0000-4000-8000-000000000001', 'Longer' from public.session_types t limit 1;
insert into public.videos (title) values ('How to stand');
insert into public.practitioner_applications (first_name, last_name, email, status, reviewed_by) values
  ('Nora', 'New', 'nora@demo.test', 'approved', 'a0000000-0000-4000-8000-000000000002');
insert into public.newsletter_subscriptions (email) values ('reader@demo.test');
with section as (insert into public.faq_sections (title) values ('Boards') returning id)
insert into public.faq_questions (section_id, question, answer) select id, 'Does it hurt?', 'A little.' from section;
with question as (insert into public.readiness_test_questions (question) values ('How are you?') returning id)
insert into public.readiness_test_options (question_id, label, option_text, score) select id, 'A', 'Well', 0 from question;
insert into public.readiness_test_results (min_score, max_score, title) values (0, 16, 'Adaptive');
