-- What admins look through: signed waivers, recordings, contracts, bank accounts, cancellations. Each a list to filter by its columns.
--
-- Nothing is in them that an admin may not read in the tables: no number of an account, no address of a signer, none of Agora's ids.

create index liability_waivers_signed_at_idx on public.liability_waivers (signed_at);              -- admin_waivers, newest first
create index session_recordings_created_at_idx on public.session_recordings (created_at);          -- admin_recordings, newest first
create index practitioner_contracts_created_at_idx on public.practitioner_contracts (created_at);  -- admin_contracts, newest first
create index session_cancellations_cancelled_at_idx on public.session_cancellations (cancelled_at);  -- admin_cancellations, newest first

create view public.admin_waivers with (security_invoker = true) as
  select w.id, w.signed_at, w.user_id, coalesce(w.signer_name, client.full_name) as client_name, client.email as client_email,
         w.signature_name, w.waiver_policy_id, w.waiver_policy_version, policy.is_active as is_current, w.text_sha256, w.evidence_sha256,
         w.session_id, s.scheduled_at, s.practitioner_id, p.name as practitioner_name
    from public.liability_waivers w
    join public.waiver_policy policy on policy.id = w.waiver_policy_id
    left join public.profiles client on client.id = w.user_id
    left join public.session_schedules s on s.id = w.session_id
    left join public.practitioners p on p.id = s.practitioner_id
   where (select private.is_admin());
comment on view public.admin_waivers is 'For admins: who signed which version of the waiver, when. Without a session: for all of them.';

create view public.admin_recordings with (security_invoker = true) as
  select r.id, r.created_at, r.status, r.started_at, r.completed_at, r.duration_seconds, r.file_size_bytes, r.recording_url,
         r.session_id, s.scheduled_at, s.class_name, s.max_participants > 1 as is_group,
         s.client_id, client.full_name as client_name, client.email as client_email, s.practitioner_id, p.name as practitioner_name,
         seen.views::integer, seen.last_viewed_at
    from public.session_recordings r
    join public.session_schedules s on s.id = r.session_id
    left join public.practitioners p on p.id = s.practitioner_id
    -- A class's own row names an admin there.
    left join public.profiles client on client.id = s.client_id and not (s.max_participants > 1 and s.group_class_id is null)
    cross join lateral (select count(*) as views, max(v.viewed_at) as last_viewed_at
                          from public.recording_views v where v.recording_id = r.id) seen
   where (select private.is_admin());
comment on view public.admin_recordings is 'For admins: every recording, how far it is, and how often it was opened.';

create view public.admin_contracts with (security_invoker = true) as
  select c.id, c.created_at, c.practitioner_id, p.name as practitioner_name, account.email as practitioner_email, p.available,
         c.title, c.contract_version, c.template_id, c.status,
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

create view public.admin_cancellations with (security_invoker = true) as
  select c.id, c.cancelled_at, c.cancellation_type, c.hours_before_session, c.fee_charged, c.fee_currency, c.credit_returned,
         c.reason, c.cancellation_policy_version, c.user_id, client.full_name as client_name, client.email as client_email,
         c.approved_by, approver.full_name as approved_by_name,
         c.session_id, s.scheduled_at, s.class_name, s.practitioner_id, p.name as practitioner_name
    from public.session_cancellations c
    left join public.session_schedules s on s.id = c.session_id
    left join public.practitioners p on p.id = s.practitioner_id
    left join public.profiles client on client.id = c.user_id
    left join public.profiles approver on approver.id = c.approved_by
   where (select private.is_admin());
comment on view public.admin_cancellations is 'For admins: who cancelled what, how late, what it cost and what came back.';

revoke all on public.admin_waivers, public.admin_recordings, public.admin_contracts, public.admin_banking, public.admin_cancellations
  from anon, authenticated, service_role;
grant select on public.admin_waivers, public.admin_recordings, public.admin_contracts, public.admin_banking, public.admin_cancellations
  to authenticated;
