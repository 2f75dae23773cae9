-- What is paid on the day the ledger is made: a session that was held, one that is to come, and one whose payment became a credit.

insert into auth.users (id) values ('c0000000-0000-4000-8000-000000000001'), ('f0000000-0000-4000-8000-000000000001');
insert into public.practitioners (id, user_id, name)
  values ('10000000-0000-4000-8000-000000000001', 'f0000000-0000-4000-8000-000000000001', 'Practitioner');
insert into public.session_schedules (practitioner_id, client_id, scheduled_at, duration_minutes, room_name)
  select '10000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000001', now() + interval '1 day' * n, 45, n
    from generate_series(1, 3) n;
insert into public.session_payments
  (session_id, practitioner_id, client_id, total_amount, practitioner_share, platform_share, currency, status)
  select id, practitioner_id, client_id, 100, 75, 25, 'cad', 'completed' from public.session_schedules;
update public.session_schedules set status = case room_name when '1' then 'completed' else 'cancelled' end where room_name <> '2';
