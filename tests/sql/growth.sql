-- A platform of {sessions} sessions, filled set-wise: what a person has stays the same however many people there are.
--
-- A client has ten sessions, a practitioner 250, one every two days, of which twenty are still to come. Around each are
-- the rows that it leaves: its payment, mails, channel events, lines of the audit log, a recording and so on. Triggers
-- and foreign keys would ask about every row, and what they would make is made here.

set session_replication_role = replica;

-- The people of kind c (clients), f (practitioners, whose rows have the same id as their accounts), and so on: any row.
create function pg_temp.id(kind text, n bigint) returns uuid language sql immutable
  return (kind || '0000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid;

create temp table s as
  select n, pg_temp.id('1', n) as id, pg_temp.id('f', 1 + n / 250) as practitioner, pg_temp.id('c', 1 + (n + n / ({sessions} / 10) * 37) % ({sessions} / 10)) as client,
         at, case when at > now() then 'scheduled' when n % 20 = 7 then 'cancelled' else 'completed' end as status
    from (select n, date_trunc('hour', now()) + make_interval(days => 2 * ((n % 250)::integer - 230), hours => (n / 250 % 8)::integer,
                                                              mins => 5) as at
            from generate_series(0::bigint, {sessions} - 1) n) numbered;

alter table auth.users add column if not exists email_confirmed_at timestamptz;
insert into auth.users (id, email, created_at, email_confirmed_at)
  select pg_temp.id(kind, n), kind || n || '@demo.test', now() - n * interval '1 hour', now()
    from (select 'c' as kind, n from generate_series(1, {sessions} / 10) n
          union all select 'f', n from generate_series(1, {sessions} / 250) n
          union all select 'a', 1) people;
insert into public.profiles (id, full_name, email) select u.id, 'Person ' || u.email, u.email from auth.users u;
insert into public.user_roles (user_id, role)
  select u.id, case left(u.id::text, 1) when 'c' then 'user' when 'f' then 'practitioner' else 'admin' end::public.app_role
    from auth.users u;
insert into public.practitioners (id, user_id, name)
  select u.id, u.id, u.email from auth.users u where left(u.id::text, 1) = 'f';
insert into public.practitioner_calendars (practitioner_id) select p.id from public.practitioners p;
insert into public.practitioner_availability (practitioner_id, day_of_week, start_time, end_time)
  select p.id, d, '09:00', '17:00' from public.practitioners p, generate_series(0, 6) d;
insert into public.practitioner_banking (practitioner_id, bank_name, account_holder_name, account_type, account_last4, routing_last4, verified, verified_at, cooling_until)
  select p.id, 'Bank', p.name, 'checking', '4567', '2345', true, now(), now() from public.practitioners p;
insert into private.bank_numbers (practitioner_id, account_number, routing_number)
  select p.id, 'v1.k1.sealed', 'v1.k1.sealed' from public.practitioners p;
insert into public.practitioner_contracts (practitioner_id, contract_version, contract_text, status, signed_at)
  select p.id, '1', 'You practise, we pay.', 'signed', now() from public.practitioners p;
insert into public.practitioner_assignments (practitioner_id, client_id)
  select distinct s.practitioner, s.client from s where s.n % 10 = 0;
insert into public.user_consents (user_id, consent_type, consented)
  select u.id, kind, true from auth.users u, unnest(array['session_recording', 'data_processing']) kind;
insert into public.user_preferences (user_id) select u.id from auth.users u;
insert into public.notification_preferences (user_id) select u.id from auth.users u;
insert into public.getting_started_ticks (user_id, step) select u.id, 'intro_video' from auth.users u;

-- A class now and then: every 500th, with the two after it as its seats.
insert into public.session_schedules
    (id, practitioner_id, client_id, scheduled_at, duration_minutes, room_name, status, max_participants, group_class_id,
     class_name, time_zone, local_start, created_at, completed_at, cancelled_at, started_at, place_said_at, notes)
  select s.id, s.practitioner, case s.n % 500 when 240 then s.practitioner else s.client end, s.at, 45, 'room-' || s.n, s.status,
         case when s.n % 500 = 240 then 8 else 1 end,
         case s.n % 500 when 241 then pg_temp.id('1', s.n - 1) when 242 then pg_temp.id('1', s.n - 2) end,
         case when s.n % 500 between 240 and 242 then 'Morning class' end,
         'UTC', s.at at time zone 'UTC', s.at - interval '20 days', case s.status when 'completed' then s.at + interval '1 hour' end,
         case s.status when 'cancelled' then s.at - interval '1 day' end, case s.status when 'completed' then s.at end,
         s.at - interval '20 days', case s.n % 500 when 240 then 'Pre-scheduled group class created by admin' end
    from s;
insert into private.practitioner_time (practitioner_id, during, session_id, location_kind)
  select s.practitioner, tstzrange(s.at, s.at + interval '45 minutes'), s.id, 'online' from s
   where s.status <> 'cancelled' and s.n % 500 not in (241, 242);
insert into private.session_agreements (session_id, scheduled_at, duration_minutes, practitioner_id, session_location, changed_by)
  select s.id, s.at, 45, s.practitioner, 'online', 'client' from s;
insert into public.session_attendance (session_id, user_id, source, total_seconds, joined_at, left_at)
  select s.id, who, 'agora', 2700, s.at, s.at + interval '45 minutes' from s, unnest(array[s.client, s.practitioner]) who
   where s.status = 'completed';
insert into private.channel_events (notice_id, event_type, channel, change, uid, happened_at, session_id, payload)
  select s.n || '-' || i, 103, s.id::text, 'joined', i, s.at, s.id, '{}' from s, generate_series(1, 4) i where s.status = 'completed';
insert into public.session_cancellations (session_id, user_id, cancellation_type, cancelled_at)
  select s.id, s.client, 'standard', s.at - interval '1 day' from s where s.status = 'cancelled';
insert into public.session_notes (session_id, author_id, content, created_at) select s.id, s.practitioner, 'Warm feet.', s.at from s where s.n % 4 = 0;
insert into public.journal_entries (user_id, session_id, content) select s.client, s.id, 'Warm.' from s where s.n % 4 = 1;
insert into public.meditation_memories (user_id, content, embedding)
  select s.client, 'Quiet.', array_fill(random(), array[1536])::extensions.vector from s where s.n % 10 = 2;
insert into public.action_recommendations (session_id, practitioner_id, client_id, title, action_type, completed, completed_at)
  select s.id, s.practitioner, s.client, 'Breathe', 'mindfulness', s.n % 3 > 0, case when s.n % 3 > 0 then s.at end from s where s.n % 4 = 3;
insert into public.action_checklist (client_id, practitioner_id, title)
  select distinct s.client, s.practitioner, 'Breathe' from s where s.n % 10 = 0;

insert into public.user_session_credits (id, user_id, credits_remaining, purchased_at, duration_minutes, is_group)
  select pg_temp.id('3', s.n), s.client, 1, s.at, 45, false from s where s.n % 5 = 0;
insert into public.credit_ledger (lot_id, user_id, change, kind, session_id, created_at)
  select pg_temp.id('3', s.n - s.n % 5), s.client, -1, 'spend', s.id, s.at from s;
insert into public.checkout_sessions
    (id, user_id, payment_type, description, amount_minor, currency, credits, session_type_id, stripe_session_id, url,
     stripe_payment_intent_id, expires_at, paid_at, outcome, credit_lot_id, created_at)
  select pg_temp.id('4', s.n), s.client, 'package_5', '5 sessions', 50000, 'cad', 5, pg_temp.id('e', 1), 'cs_' || s.n, 'https://pay.test/' || s.n,
         'pi_' || s.n, s.at, s.at, 'credits_granted', pg_temp.id('3', s.n), s.at from s where s.n % 5 = 0;
insert into private.stripe_events (event_id, event_type, happened_at, facts, payload, checkout_id, received_at, applied_at)
  select 'evt_' || s.n, 'checkout.session.completed', s.at, '{}', '{}', pg_temp.id('4', s.n), s.at, s.at from s where s.n % 5 = 0;
insert into private.stripe_refunds (id, checkout_id, status, amount_minor, as_of, changed_at)
  select 're_' || s.n, pg_temp.id('4', s.n), 'succeeded', 10000, s.at, s.at from s where s.n % 100 = 0;
insert into public.session_payments
    (id, session_id, practitioner_id, client_id, total_amount, practitioner_share, platform_share, currency, status, created_at, earned_at)
  select pg_temp.id('5', s.n), s.id, s.practitioner, s.client, 100, 75, 25, 'cad', 'completed', s.at, s.at from s where s.status = 'completed';
insert into public.ledger_transactions (id, kind, currency, practitioner_id, session_id, payment_id, cause, occurred_at)
  select pg_temp.id('6', s.n), 'accrual', 'cad', s.practitioner, s.id, pg_temp.id('5', s.n), 's' || s.n, s.at from s where s.status = 'completed';
insert into public.ledger_postings (transaction_id, account, amount_minor)
  select pg_temp.id('6', s.n), line.account, line.amount
    from s, (values ('client_funds', -10000), ('practitioner_payable', 7500), ('platform_revenue', 2500)) line (account, amount)
   where s.status = 'completed';
-- What is older than a month is paid out, every two weeks.
insert into public.payouts (id, practitioner_id, currency, amount_minor, period_start, period_end, status, paid_at, transaction_reference)
  select pg_temp.id('7', min(s.n)), s.practitioner, 'cad', 7500 * count(*), d, d + 14, 'paid', d + 15, 'T'
    from s, lateral (select date '2020-01-06' + 14 * ((s.at::date - date '2020-01-06') / 14) as d) p
   where s.status = 'completed' and s.at < now() - interval '30 days' group by s.practitioner, d;
insert into public.payout_lines (payout_id, ledger_transaction_id, practitioner_id, currency, amount_minor)
  select o.id, t.id, t.practitioner_id, 'cad', 7500
    from public.payouts o join public.ledger_transactions t on t.practitioner_id = o.practitioner_id and t.occurred_at::date >= o.period_start
                                                              and t.occurred_at::date < o.period_end;
insert into private.unpaid_transactions (transaction_id)
  select t.id from public.ledger_transactions t
   where not exists (select from public.payout_lines l where l.ledger_transaction_id = t.id);
insert into public.banking_accesses (practitioner_id, purpose, reference)
  select o.practitioner_id, 'payout_file', o.id::text from public.payouts o;

insert into public.liability_waivers (user_id, session_id, waiver_text, waiver_policy_id, waiver_policy_version, signed_at, evidence_sha256)
  select s.client, s.id, 'I accept.', w.id, w.version, s.at, 'x' || s.n from s, public.waiver_policy w where w.is_active and s.n % 3 = 0;
insert into public.session_recordings
    (id, session_id, status, started_at, ended_at, completed_at, duration_seconds, recording_url, storage_path,
     file_size_bytes, created_at)
  select pg_temp.id('8', s.n), s.id, 'completed', s.at, s.at + interval '45 minutes', s.at + interval '1 hour', 2700, 'https://pages.test/recording', s.id || '/' || s.n || '.mp4', 1000, s.at
    from s where s.status = 'completed' and s.n % 2 = 0;
insert into private.recording_takes
    (id, recording_id, session_id, cname, recorder_uid, prefix, record_until, status, upload_complete, storage_path,
     duration_seconds, file_size_bytes)
  select pg_temp.id('9', s.n), pg_temp.id('8', s.n), s.id, s.id::text, 4000000000 + s.n % 1000000, 'take' || s.n, s.at, 'completed', true,
         s.id || '/' || s.n || '.mp4', 2700, 1000
    from s where s.status = 'completed' and s.n % 2 = 0;
insert into private.recording_files (take_id, position, kind, source_key, source_etag, size_bytes, storage_path)
  select pg_temp.id('9', s.n), 0, 'mp4', 'k' || s.n, 'e', 1000, s.id || '/' || s.n || '.mp4' from s where s.status = 'completed' and s.n % 2 = 0;
insert into public.recording_views (recording_id, link_id, viewed_at)
  select pg_temp.id('8', s.n), gen_random_uuid(), s.at from s where s.status = 'completed' and s.n % 2 = 0;

insert into private.outbox (kind, user_id, session_id, created_at, addressed_at)
  select kind, s.client, s.id, s.at, s.at from s, unnest(array['session_booked', 'session_completed', 'recording_ready']) kind;
insert into private.mails (outbox_id, kind, audience, user_id, session_id, payload, status, created_at, started_at, ended_at)
  select o.id, o.kind, 'client', o.user_id, o.session_id, '{}', 'sent', o.created_at, o.created_at, o.created_at
    from private.outbox o where o.kind <> 'recording_ready';
insert into public.email_logs (user_id, email_type, recipient_email, session_id, status, created_at)
  select m.user_id, m.kind, 'c@demo.test', m.session_id, 'sent', m.created_at from private.mails m;
insert into public.user_notifications (user_id, title, message, related_id, created_at)
  select o.user_id, 'Session', 'On Monday.', o.session_id, o.created_at from private.outbox o;
insert into public.audit_logs (user_id, action, table_name, record_id, created_at, personal_sha256)
  select s.client, 'UPDATE', 'session_schedules', s.id, s.at, sha256('') from s, generate_series(1, 3);
insert into private.audit_chain (position, line_id, line_sha256, sha256)
  select row_number() over (), l.id, sha256(''), sha256('') from public.audit_logs l;
insert into public.webhook_endpoints (id, url, events) values (pg_temp.id('b', 1), 'https://hook.test', '{session.booked}');
insert into public.webhook_deliveries (endpoint_id, outbox_id, event, body, status, ended_at, created_at)
  select pg_temp.id('b', 1), o.id, 'session.booked', '{}', 'delivered', o.created_at, o.created_at from private.outbox o where o.kind = 'session_booked';
-- What is open, as much as a day leaves: recordings to be erased, notices that wait.
insert into private.recording_erasure_queue (recording_id, reason)
  select r.id, 'asked' from public.session_recordings r order by r.id desc limit 20;
insert into private.agora_notifications (notice_id, product, event_type, channel, sid, payload, received_at, applied_at)
  select 'notice-' || s.n, 1, 31, s.id::text, 'sid-' || s.n, '{}', s.at, case when s.n % 250 < 249 then s.at end from s where s.at < now();
drop table s;
set session_replication_role = origin;
select private.keep_platform_figures();
