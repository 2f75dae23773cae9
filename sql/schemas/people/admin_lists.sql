-- Lists for admins: who signed up, what was paid, and signed waivers, recordings, contracts, bank accounts and
-- cancellations.
--
-- Users and payments are functions that give one value in one row, because PostgREST cuts a result of many rows off at
-- a number of its own and does not say so. Newest first; all of it, or page by page. A page names where the next one
-- starts, so rows that are added meanwhile do not shift it.
--
-- The others are views, each to be filtered by its columns. Nothing is in them that an admin may not read in the
-- tables: no bank account number, no address of a signer, none of Agora's ids.

create index session_payments_created_at_idx on public.session_payments (created_at, id);  -- the list of admins

-- Definer: nobody but the auth service reads auth.users. So it checks who is calling.
create function private.list_users(page_size integer, cursor text) returns table (users jsonb, next_cursor text)
  language plpgsql stable security definer set search_path = ''
as $$
begin
  if not private.is_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins list users.');
  end if;
  return query
    with page_and_next as (
      select u.id, u.email::text as email, coalesce(u.created_at, '-infinity') as created_at, u.email_confirmed_at
        from auth.users u
       where list_users.cursor is null
          or (coalesce(u.created_at, '-infinity'), u.id)
             < (split_part(list_users.cursor, '/', 1)::timestamptz, split_part(list_users.cursor, '/', 2)::uuid)
       order by 3 desc, 1 desc limit list_users.page_size + 1
    ),
    page as (select a.* from page_and_next a order by a.created_at desc, a.id desc limit list_users.page_size)
    select coalesce(jsonb_agg(jsonb_build_object(
             'id', p.id, 'email', p.email, 'created_at', nullif(p.created_at, '-infinity'),
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

-- Definer: what is not earned is listed too, although admins, who pay out what they read, do not read it. So it checks
-- who is calling.
create function private.list_payments(status text, currency text, page_size integer, cursor text)
  returns table (payments jsonb, next_cursor text)
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
begin
  if not private.is_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins list payments.');
  end if;
  return query
    with page_and_next as (
      select p.* from public.session_payments p
       where list_payments.status in ('all', p.status) and lower(list_payments.currency) in ('all', lower(p.currency))
         and (list_payments.cursor is null
              or (p.created_at, p.id)
                 < (split_part(list_payments.cursor, '/', 1)::timestamptz, split_part(list_payments.cursor, '/', 2)::uuid))
       order by p.created_at desc, p.id desc limit list_payments.page_size + 1
    ),
    page as (select a.* from page_and_next a order by a.created_at desc, a.id desc limit list_payments.page_size)
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
    left join public.profiles client on client.id = w.user_id
    left join public.session_schedules s on s.id = w.session_id
    left join public.practitioners p on p.id = s.practitioner_id
   where (select private.is_admin());
comment on view public.admin_waivers is
  'For admins: who signed which version of the waiver, when. Without a session: for all of them.';

create view public.admin_sessions_without_waiver with (security_invoker = true) as
  select s.id as session_id, s.scheduled_at, s.session_location, s.group_class_id, s.class_name,
         s.client_id, client.full_name as client_name, client.email as client_email,
         s.practitioner_id, p.name as practitioner_name
    from public.session_schedules s
    left join public.profiles client on client.id = s.client_id
    left join public.practitioners p on p.id = s.practitioner_id
   where (select private.is_admin())
     and (s.status = 'in_progress' or s.status = 'scheduled' and s.scheduled_at > now())
     and (s.max_participants = 1 or s.group_class_id is not null)
     and not private.has_signed_waiver(s.client_id, s.id);
comment on view public.admin_sessions_without_waiver is
  'For admins: who takes part in a session to come and has not signed the current waiver.';

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
    left join public.practitioners p on p.id = s.practitioner_id
    -- A class's own row names its practitioner there.
    left join public.profiles client on client.id = s.client_id
         and not (s.max_participants > 1 and s.group_class_id is null)
    cross join lateral (select count(*) as views, max(v.viewed_at) as last_viewed_at
                          from public.recording_views v where v.recording_id = r.id) seen
   where (select private.is_admin());
comment on view public.admin_recordings is 'For admins: every recording, how far it is, and how often it was opened.';

create index practitioner_contracts_created_at_idx on public.practitioner_contracts (created_at);  -- newest first
create view public.admin_contracts with (security_invoker = true) as
  select c.id, c.created_at, c.practitioner_id, p.name as practitioner_name, account.email as practitioner_email,
         p.available, c.title, c.contract_version, c.template_id, c.status,
         c.status = 'signed' and coalesce(c.expires_at > now(), true) as is_live,
         c.signed_at, c.expires_at, c.revoked_reason, c.text_sha256, x.is_observed, x.evidence_sha256
    from public.practitioner_contracts c
    join public.practitioners p on p.id = c.practitioner_id
    left join public.profiles account on account.id = p.user_id
    left join public.contract_signatures x on x.contract_id = c.id
   where (select private.is_admin());
comment on view public.admin_contracts is 'For admins: every contract issued, and what became of it.';

create view public.admin_banking with (security_invoker = true) as
  select p.id as practitioner_id, p.name as practitioner_name, account.email as practitioner_email, p.available,
         case when b.id is null then 'missing' when not b.verified then 'unverified'
              when b.cooling_until > now() then 'cooling' else 'verified' end as verification,
         b.bank_name, b.account_holder_name, b.account_type, b.country, b.account_last4,
         b.changed_at, b.verified_at, b.verified_by, verifier.full_name as verified_by_name, b.cooling_until
    from public.practitioners p
    left join public.practitioner_banking b on b.practitioner_id = p.id
    left join public.profiles account on account.id = p.user_id
    left join public.profiles verifier on verifier.id = b.verified_by
   where (select private.is_admin());
comment on view public.admin_banking is
  'For admins: every practitioner''s account, or that there is none. verify_practitioner_banking takes practitioner_id and changed_at.';

create index session_cancellations_cancelled_at_idx on public.session_cancellations (cancelled_at);  -- newest first
create view public.admin_cancellations with (security_invoker = true) as
  select c.id, c.cancelled_at, c.cancellation_type, c.hours_before_session, c.fee_charged, c.fee_currency,
         c.credit_returned, c.reason, c.cancellation_policy_version,
         c.user_id, client.full_name as client_name, client.email as client_email,
         c.approved_by, approver.full_name as approved_by_name,
         c.session_id, s.scheduled_at, s.class_name, s.practitioner_id, p.name as practitioner_name
    from public.session_cancellations c
    left join public.session_schedules s on s.id = c.session_id
    left join public.practitioners p on p.id = s.practitioner_id
    left join public.profiles client on client.id = c.user_id
    left join public.profiles approver on approver.id = c.approved_by
   where (select private.is_admin());
comment on view public.admin_cancellations is
  'For admins: who cancelled what, how late, what it cost and what came back.';

revoke all on public.admin_waivers, public.admin_sessions_without_waiver, public.admin_recordings,
  public.admin_contracts, public.admin_banking, public.admin_cancellations
  from anon, authenticated, service_role;
grant select on public.admin_waivers, public.admin_sessions_without_waiver, public.admin_recordings,
  public.admin_contracts, public.admin_banking, public.admin_cancellations
  to authenticated;
