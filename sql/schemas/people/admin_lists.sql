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
