-- The rows that every test starts from: one row in every table that is the client's and their practitioner's.
-- Every such row has the same id, 1…1, so that a test can ask for "the row" of any table.

insert into auth.users (id, email, raw_user_meta_data) values
  ('c0000000-0000-4000-8000-000000000001', 'client@demo.test',         '{"full_name": "Client"}'),
  ('c0000000-0000-4000-8000-000000000002', 'other-client@demo.test',   '{"full_name": "Other client"}'),
  ('f0000000-0000-4000-8000-000000000001', 'practitioner@demo.test',   '{"full_name": "Practitioner"}'),
  ('f0000000-0000-4000-8000-000000000002', 'stranger@demo.test',       '{"full_name": "Other practitioner"}'),
  ('a0000000-0000-4000-8000-000000000001', 'admin@demo.test',          '{"full_name": "Admin"}');

insert into public.user_roles (id, user_id, role) values
  ('10000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000001', 'user'),
  (gen_random_uuid(), 'f0000000-0000-4000-8000-000000000001', 'practitioner'),
  (gen_random_uuid(), 'f0000000-0000-4000-8000-000000000002', 'practitioner'),
  (gen_random_uuid(), 'a0000000-0000-4000-8000-000000000001', 'admin');

insert into public.practitioners (id, user_id, name) values
  ('10000000-0000-4000-8000-000000000001', 'f0000000-0000-4000-8000-000000000001', 'Practitioner'),
  ('20000000-0000-4000-8000-000000000002', 'f0000000-0000-4000-8000-000000000002', 'Other practitioner');
-- One works on Mondays, the other can be booked at any time; a test says so where it is about when sessions start.
delete from public.practitioner_availability;
delete from public.practitioner_contracts;
update public.practitioner_calendars
   set slot_interval_minutes = 1, is_always_open = practitioner_id = '20000000-0000-4000-8000-000000000002';
insert into public.practitioner_availability (id, practitioner_id, day_of_week, start_time, end_time) values
  ('10000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 1, '09:00', '17:00');
insert into public.availability_exceptions (id, practitioner_id, on_date, is_open, start_time, end_time) values
  ('10000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', '2031-02-03', true, '12:00', '15:00');
insert into public.practitioner_time_off (id, practitioner_id, starts_at, ends_at) values
  ('10000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', '2031-03-01', '2031-03-08');
insert into public.practitioner_assignments (id, practitioner_id, client_id) values
  ('10000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000001'),
  (gen_random_uuid(), '20000000-0000-4000-8000-000000000002', 'c0000000-0000-4000-8000-000000000002');
insert into public.practitioner_banking
  (id, practitioner_id, bank_name, account_holder_name, account_type, account_last4, routing_last4)
values
  ('10000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 'Bank', 'Practitioner', 'checking', '4567', '2345');
insert into private.bank_numbers (practitioner_id, account_number, routing_number, fingerprint) values
  ('10000000-0000-4000-8000-000000000001', 'v1.k1.sealed', 'v1.k1.sealed', 'k1.print');
insert into public.banking_accesses (practitioner_id, purpose, reference) values
  ('10000000-0000-4000-8000-000000000001', 'payout_file', 'a run');
insert into public.practitioner_contracts (id, practitioner_id, contract_version, contract_text) values
  ('10000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', '1', 'You practise, we pay.'),
  ('20000000-0000-4000-8000-000000000002', '20000000-0000-4000-8000-000000000002', '1', 'You practise, we pay.');
delete from public.legal_translations where contract_template_id is not null;
update public.contract_templates set id = '10000000-0000-4000-8000-000000000001';
update public.legal_translations set id = '10000000-0000-4000-8000-000000000001' where waiver_policy_id is not null;
insert into public.contract_signatures (contract_id, user_id) values
  ('20000000-0000-4000-8000-000000000002', 'f0000000-0000-4000-8000-000000000002');

insert into public.user_preferences (id, user_id) values
  ('10000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000001');
insert into public.user_consents (id, user_id, consent_type, consented) values
  ('10000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000001', 'session_recording', true);

insert into public.session_schedules (id, practitioner_id, client_id, scheduled_at, duration_minutes, room_name) values
  ('10000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000001', now() + interval '7 days', 45, 'session-one'),
  ('20000000-0000-4000-8000-000000000002', '20000000-0000-4000-8000-000000000002', 'c0000000-0000-4000-8000-000000000002', now() + interval '7 days', 45, 'session-two');
insert into public.session_series (id, client_id, practitioner_id, first_date, at_time, time_zone, sessions, session_location) values
  ('10000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', current_date + 7, '10:00', 'America/Toronto', 1, 'online');
insert into public.session_series_sessions (session_id, series_id, on_date) values
  ('10000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', current_date + 7);
insert into public.session_attendance (id, session_id, user_id, source) values
  ('10000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000001', 'token');
update public.session_rules set id = '10000000-0000-4000-8000-000000000001';
insert into public.session_notes (id, session_id, author_id, content) values
  ('10000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000001', 'My feet were warm.');
insert into public.action_checklist (id, client_id, practitioner_id, title) values
  ('10000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000001', 'f0000000-0000-4000-8000-000000000001', 'Breathe');
insert into public.action_recommendations (id, session_id, practitioner_id, client_id, title, action_type) values
  ('10000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000001', 'Breathe', 'mindfulness');
insert into public.session_payments
  (id, session_id, practitioner_id, client_id, total_amount, practitioner_share, platform_share, currency, status, earned_at)
values
  ('10000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000001', 100, 75, 25, 'cad', 'completed', now());
insert into public.ledger_transactions (id, kind, currency, practitioner_id, session_id, payment_id, cause) values
  ('10000000-0000-4000-8000-000000000001', 'accrual', 'cad', '10000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 'story');
insert into public.ledger_postings (transaction_id, account, amount_minor)
  select '10000000-0000-4000-8000-000000000001', account, amount
  from (values ('client_funds', -10000), ('practitioner_payable', 7500), ('platform_revenue', 2500)) as line (account, amount);
insert into public.payouts (id, practitioner_id, currency, amount_minor, period_start, period_end, status, failed_reason) values
  ('10000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 'cad', 7500, '2026-01-05', '2026-01-19', 'failed', 'The account is closed');
insert into public.payout_lines (payout_id, ledger_transaction_id, practitioner_id, currency, amount_minor, released_at) values
  ('10000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 'cad', 7500, now());
select private.post_transaction('payout', practitioner_id, currency, '{"practitioner_payable": -7500, "payouts_sent": 7500}', payout_id => id),
       private.post_transaction('payout_failed', practitioner_id, currency, '{"practitioner_payable": 7500, "payouts_sent": -7500}', payout_id => id)
  from public.payouts;
insert into public.payout_files (id, name, format, created_by) values
  ('10000000-0000-4000-8000-000000000001', 'payouts.csv', 'csv', 'a0000000-0000-4000-8000-000000000001');
insert into public.payout_file_entries (payout_file_id, payout_id, is_for_bank) values
  ('10000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', false);
insert into public.session_cancellations (id, session_id, user_id, cancellation_type) values
  ('10000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000001', 'standard');
insert into public.session_recordings (id, session_id) values
  ('10000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001');
insert into private.recording_takes (id, recording_id, session_id, cname, recorder_uid, prefix, record_until) values
  ('10000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 'session-one', 4000000001, 'one', now() + interval '8 days');
insert into public.recording_views (id, recording_id, link_id) values
  ('10000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001');

insert into public.recording_share_links (id, recording_id, created_by, token_sha256, expires_at) values
  ('10000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000001', sha256('shared'), now() + interval '7 days');
insert into public.recording_rules (id, session_id, retention_days) values
  ('10000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 365);
insert into public.erasure_receipts (id, pseudonym, asked_by) values
  ('10000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000009', 'self');
insert into public.retention_receipts (id, table_name, rows, before) values
  ('10000000-0000-4000-8000-000000000001', 'session_notes', 1, now());
insert into public.recording_erasures (id, recording_id, reasons, files, bytes, queued_at) values
  ('10000000-0000-4000-8000-000000000001', '30000000-0000-4000-8000-000000000003', '{retention}', 1, 1, now());
insert into public.legal_holds (id, user_id, reason) values
  ('10000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000001', 'A claim');

insert into public.session_types (id, name, duration_minutes, session_type, is_group, price_cad, price_usd) values
  ('10000000-0000-4000-8000-000000000001', '20min Laying', 20, 'laying', false, 50, 36.50);
insert into public.session_holds (id, user_id, practitioner_id, scheduled_at, duration_minutes, session_type_id, expires_at) values
  ('10000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', '2031-04-07T14:00Z', 20, '10000000-0000-4000-8000-000000000001', '2031-04-01');
insert into public.refused_picks (user_id, practitioner_id, scheduled_at, session_type_id, session_location) values
  ('c0000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', '2031-04-07T18:00Z', '10000000-0000-4000-8000-000000000001', 'online');
update public.session_packages set id = '10000000-0000-4000-8000-000000000001' where name = '5 Session Package - 60min Expert 1:1';
update public.revenue_shares set id = '10000000-0000-4000-8000-000000000001';
insert into public.checkout_sessions
  (id, user_id, payment_type, description, amount_minor, currency, credits, session_type_id, package_id, stripe_session_id, expires_at)
values
  ('10000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000001', 'package_5', '5 Session Package', 59000, 'cad', 5, '10000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 'cs_story', '2031-04-01');
update public.products set id = '10000000-0000-4000-8000-000000000001';
insert into public.studio_locations (id, name, address) values
  ('10000000-0000-4000-8000-000000000001', 'Studio', 'A street');
insert into public.user_session_credits (id, user_id, credits_remaining) values
  ('10000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000001', 3);

insert into public.liability_waivers (id, user_id, session_id, waiver_text, waiver_policy_id, waiver_policy_version, ip_address)
  select '10000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001',
         'I accept.', p.id, p.version, '192.0.2.1'
  from public.waiver_policy p where p.is_active;
insert into public.meditation_memories (id, user_id, content) values
  ('10000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000001', 'A quiet morning.');
insert into public.access_grants (id, grantor_id, grantee_id, resource_type, resource_id, permission) values
  ('10000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000001', 'f0000000-0000-4000-8000-000000000001', 'profile', 'c0000000-0000-4000-8000-000000000001', 'read');
insert into public.audit_logs (id, user_id, action, table_name) values
  ('10000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000001', 'LOGIN', 'auth');
update public.data_retention_policies set id = '10000000-0000-4000-8000-000000000001' where table_name = 'session_notes';
insert into public.action_templates (id, practitioner_id, title, action_type) values
  ('10000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 'Breathe', 'mindfulness');
insert into public.notification_preferences (user_id) values ('c0000000-0000-4000-8000-000000000001');
insert into public.user_notifications (id, user_id, title, message) values
  ('10000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000001', 'Session booked', 'On Monday.');
insert into public.email_logs (id, user_id, email_type, recipient_email, status) values
  ('10000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000001', 'welcome', 'client@demo.test', 'sent');

insert into public.journal_entries (id, user_id, session_id, content) values
  ('10000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 'My feet were warm.');
insert into public.getting_started_ticks (id, user_id, step) values
  ('10000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000001', 'intro_video');

insert into public.webhook_endpoints (id, url, events) values
  ('10000000-0000-4000-8000-000000000001', 'https://example.com', '{payout.paid}');
insert into public.webhook_deliveries (id, endpoint_id, outbox_id, event, body) values
  ('10000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 1, 'payout.paid', '{}');
insert into public.approval_requests (id, kind, details, user_id, amount, requested_by, expires_at, status, decided_by, decided_at) values
  ('10000000-0000-4000-8000-000000000001', 'credits', '{"reason": "A gift"}', 'c0000000-0000-4000-8000-000000000001', 1,
   'a0000000-0000-4000-8000-000000000001', now(), 'declined', 'a0000000-0000-4000-8000-000000000001', now());

-- Some of these rows wait for a person. What tests of mails call must not find them.
update private.matter_settings set note_every = '1 day', noted_at = now();
insert into public.waiting_list_entries (id, class_id, user_id, told, status, ended_at)
select '10000000-0000-4000-8000-000000000001', s.id, 'c0000000-0000-4000-8000-000000000001', '{}', 'left', now()
  from public.session_schedules s limit 1;
insert into public.session_ratings (id, session_id, practitioner_id, stars, is_held)
select '10000000-0000-4000-8000-000000000001', s.id, s.practitioner_id, 4, false
  from public.session_schedules s where s.id = '10000000-0000-4000-8000-000000000001';
insert into public.owed_fees (id, user_id, session_id, because, amount_minor, currency, scheduled_at)
select '10000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000001', null, 'late_cancellation', 2500, 'cad', now();
