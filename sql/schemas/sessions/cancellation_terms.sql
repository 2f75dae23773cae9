-- Cancellation terms: what cancelling now costs and returns. The quote and the cancellation call one function.
--
--   standard     until the standard hours before the start, whoever cancels: the credit is returned. By the client, of
--                a session that somebody else has changed since they agreed to it: until the start (agreements.sql)
--   grace        later, by the client, who asks for a grace cancellation and has one left: the credit is returned
--   late         later, by the client, but until the late hours before: the credit is returned, and a fee is due
--   last_minute  later than that, by the client: nothing is returned
--   emergency    later than the standard hours, by the practitioner, an admin or the platform: the credit is returned
--
-- The hours are those of the version agreed at booking, else of the active one; where both are equal there is no
-- `late`. What was paid singly is returned as a credit for its session type. Nothing is returned for a credit whose
-- price was refunded, nor where there was neither a credit nor a payment (a practitioner's own booking). A fee is
-- owed from then on, and asked for by mail (fees/owed_fees.sql); no card is charged for it.
--
-- A credit that has ended is not promised: it comes back with the days that the policy grants, and without any it does
-- not. `no_credit_because` says why none comes back, and `credit_expires_at` until when one that does can be used.
--
-- Of a class, the credits are those of all its seats together, also once it has begun.

create type private.cancellation_terms as (
  cancellation_type           text,
  credit_returned             integer,
  fee_charged                 numeric,
  currency                    text,
  hours_before_session        numeric,
  free_until                  timestamptz,
  grace_available             boolean,
  cancellation_policy_version uuid,
  no_credit_because           text,
  credit_expires_at           timestamptz
);

-- The caller's role in a session; null if they have none. An admin who is also the client may do what an admin may.
-- Definer: a role must not depend on which rows the caller may read.
create function private.get_caller_role(session public.session_schedules) returns text
  language sql stable security definer set search_path = ''
as $$
  select case
    when auth.uid() is null then 'platform'
    when private.is_admin() then 'admin'
    when exists (select from public.practitioners p
                  where p.id = (session).practitioner_id and p.user_id = auth.uid()) then 'practitioner'
    when (session).client_id = auth.uid() and not private.is_class(session) then 'client'
  end;
$$;

-- In PL/pgSQL, because a plan is cached there on every version of PostgreSQL; as two queries, because for one with `or`
-- the planner does not cache it: planning anew took longer than executing.
create function private.get_cancellation_policy(session public.session_schedules) returns public.cancellation_policy
  language plpgsql stable set search_path = ''
as $$
declare
  v_policy public.cancellation_policy;
begin
  if (session).cancellation_policy_version is null then
    select p.* into v_policy from public.cancellation_policy p where p.is_active;
  else
    select p.* into v_policy from public.cancellation_policy p where p.id = (session).cancellation_policy_version;
  end if;
  return v_policy;
end
$$;

create function private.get_session_payment(session_id uuid) returns public.session_payments
  language sql stable set search_path = ''
as $$
  -- `paid_out` speaks of the practitioner's share; the client has paid all the same.
  select p from public.session_payments p
   where p.session_id = get_session_payment.session_id and p.status in ('completed', 'paid_out')
   order by p.created_at limit 1;
$$;

create function private.get_session_currency(session public.session_schedules) returns text
  language sql stable set search_path = ''
as $$
  -- One of the two that we sell in: what older rows name otherwise counts as the other.
  select case when lower(coalesce(
    (private.get_session_payment((session).id)).currency,
    (select c.metadata ->> 'currency' from public.user_session_credits c where c.id = (session).credit_lot_id),
    (select p.currency from public.user_preferences p where p.user_id = (session).client_id))) = 'cad'
    then 'cad' else 'usd' end;
$$;

create function private.count_graces_used(user_id uuid) returns integer
  language sql stable set search_path = ''
as $$
  select count(*)::integer from public.session_cancellations c
   where c.user_id = count_graces_used.user_id and c.cancellation_type = 'grace';
$$;

-- Until when the credit of a session could be used if it came back now. Null: it never ends.
create function private.get_returned_credit_end(
  session public.session_schedules, policy public.cancellation_policy, is_ours boolean) returns timestamptz
  language sql stable set search_path = ''
as $$
  select case
    when is_ours
      then greatest(c.expires_at, now() + make_interval(days => coalesce((policy).ended_credit_days_by_us, 0)))
    when c.expires_at <= now() and (policy).ended_credit_days > 0
      then now() + make_interval(days => (policy).ended_credit_days)
    else c.expires_at end
    from public.user_session_credits c where c.id = (session).credit_lot_id and c.expires_at is not null;
$$;

create function private.compute_cancellation_terms(session public.session_schedules, use_grace boolean)
  returns private.cancellation_terms
  language plpgsql stable set search_path = ''
as $$
declare
  v_policy    public.cancellation_policy := private.get_cancellation_policy(session);
  v_terms     private.cancellation_terms;
  v_is_client boolean := private.get_caller_role(session) = 'client';
begin
  v_terms.cancellation_policy_version := v_policy.id;
  v_terms.free_until := case
    when v_is_client and private.may_leave_freely(session) then session.scheduled_at
    else session.scheduled_at - make_interval(hours => v_policy.standard_cancellation_hours) end;
  v_terms.hours_before_session := round(extract(epoch from session.scheduled_at - now()) / 3600, 2);
  v_terms.currency := private.get_session_currency(session);
  v_terms.credit_expires_at := private.get_returned_credit_end(
    session, v_policy, not v_is_client or private.may_leave_freely(session));  -- who leaves for a change did not cause it
  v_terms.grace_available := v_is_client and now() > v_terms.free_until
    and private.count_graces_used(session.client_id) < v_policy.grace_cancellations_allowed;
  if use_grace and v_is_client and now() > v_terms.free_until and not v_terms.grace_available then
    perform private.refuse(409, 'grace_used', 'You have used your grace cancellation already.',
                           'You can still cancel, and the credit is then used.');
  end if;
  -- A grace saves no credit that has ended, so it is kept for another time.
  v_terms.grace_available := v_terms.grace_available and coalesce(v_terms.credit_expires_at > now(), true);

  v_terms.cancellation_type := case
    when now() <= v_terms.free_until then 'standard'
    when not v_is_client then 'emergency'
    when use_grace and v_terms.grace_available then 'grace'
    when now() <= session.scheduled_at - make_interval(hours => v_policy.late_cancellation_hours) then 'late'
    else 'last_minute' end;
  v_terms.no_credit_because := case
    when v_terms.cancellation_type = 'last_minute' then 'last_minute'
    -- Its price was refunded already.
    when exists (select from public.user_session_credits c
                  where c.id = session.credit_lot_id and c.credits_owed > 0) then 'price_returned'
    when session.credit_lot_id is null and (private.get_session_payment(session.id)).id is null then 'nothing_paid'
    when v_terms.credit_expires_at <= now() then 'credit_ended' end;
  v_terms.credit_returned := case when v_terms.no_credit_because is null then 1 else 0 end;
  v_terms.credit_expires_at := case when v_terms.credit_returned = 1 then v_terms.credit_expires_at end;
  v_terms.fee_charged := case
    when v_terms.cancellation_type <> 'late' or v_terms.credit_returned = 0 or private.is_fee_settled(session) then 0
    when v_terms.currency = 'cad' then v_policy.late_cancellation_fee_cad
    else v_policy.late_cancellation_fee_usd end;

  if private.is_class(session) then
    -- The class's own row is nobody's booking; what is returned is the credits of its seats.
    select coalesce(sum((private.compute_cancellation_terms(seat, false)).credit_returned), 0) into v_terms.credit_returned
      from public.session_schedules seat
     where seat.group_class_id = session.id and seat.status in ('scheduled', 'in_progress');
    v_terms.no_credit_because := null;
    v_terms.credit_expires_at := null;
  end if;
  return v_terms;
end
$$;

create function private.refuse_uncancellable(session public.session_schedules) returns void
  language plpgsql stable set search_path = ''
as $$
begin
  if session.status <> 'scheduled' and (session.status <> 'in_progress' or private.get_caller_role(session) = 'client') then
    perform private.refuse(409, 'session_not_cancellable', 'Only a scheduled session can be cancelled.');
  elsif private.get_caller_role(session) = 'client' and session.scheduled_at <= now() then
    perform private.refuse(409, 'session_started', 'This session has started and can no longer be cancelled.');
  end if;
end
$$;

-- Definer: it reads policies, payments and cancellations that the caller may not.
create function private.quote_cancellation(session_id uuid, use_grace boolean) returns private.cancellation_terms
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_session public.session_schedules;
begin
  select * into v_session from public.session_schedules s where s.id = quote_cancellation.session_id;
  if v_session.id is null or private.get_caller_role(v_session) is null then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  end if;
  perform private.refuse_uncancellable(v_session);
  return private.compute_cancellation_terms(v_session, use_grace);
end
$$;

create function public.quote_cancellation(session_id uuid, use_grace boolean default false)
  returns table (session_id uuid, cancellation_type text, credit_returned integer, fee_charged numeric, currency text,
                 hours_before_session numeric, free_until timestamptz, grace_available boolean,
                 cancellation_policy_version uuid, no_credit_because text, credit_expires_at timestamptz)
  language sql stable security invoker set search_path = ''
as $$
  select quote_cancellation.session_id, t.cancellation_type, t.credit_returned, t.fee_charged, t.currency,
         t.hours_before_session, t.free_until, t.grace_available, t.cancellation_policy_version, t.no_credit_because,
         t.credit_expires_at
    from private.quote_cancellation(quote_cancellation.session_id, quote_cancellation.use_grace) t;
$$;
comment on function public.quote_cancellation is
  'What cancelling would return and cost right now. It changes nothing.';

revoke execute on function private.get_caller_role, private.get_cancellation_policy, private.get_session_payment,
  private.get_session_currency, private.count_graces_used, private.get_returned_credit_end,
  private.compute_cancellation_terms,
  private.refuse_uncancellable, private.quote_cancellation, public.quote_cancellation from public, anon, authenticated,
  service_role;
-- get_caller_role: cancel_session and reschedule_session call it as their own caller.
grant execute on function private.get_caller_role, private.quote_cancellation, public.quote_cancellation to
  authenticated;
