-- Cancellation policies home: the platform's own become the first, and exactly one is active. Hours that contradict each
-- other are put in order, as they were applied: what is late is no earlier than what is free.
do $$
begin
  if to_regclass('legacy.cancellation_policy') is not null then
    alter table public.cancellation_policy disable trigger user;
    update public.cancellation_policy p set is_active = false, updated_at = '2100-01-01';  -- a mark, until the others are here
    alter table public.cancellation_policy enable trigger user;
  end if;
end
$$;
call legacy.bring_home('cancellation_policy',
  columns => 'id, policy_text, standard_cancellation_hours, late_cancellation_hours, late_cancellation_fee_usd,
              late_cancellation_fee_cad, grace_cancellations_allowed, is_active, created_at, updated_at, updated_by',
  home => $$r.id, r.policy_text, r.standard_cancellation_hours, least(r.late_cancellation_hours, r.standard_cancellation_hours),
            r.late_cancellation_fee_usd, r.late_cancellation_fee_cad, r.grace_cancellations_allowed,
            r.id = (select a.id from legacy.cancellation_policy a where char_length(a.policy_text) <= 100000
                     order by a.is_active desc, a.created_at desc, a.id limit 1),
            r.created_at, r.updated_at, r.updated_by$$,
  account => 'r.updated_by',
  mended => $$case when r.late_cancellation_hours > r.standard_cancellation_hours
                   then 'late cancellations began before the free ones ended' end$$);
do $$
begin
  if exists (select from public.cancellation_policy p where p.updated_at = '2100-01-01') then
    alter table public.cancellation_policy disable trigger user;
    if exists (select from public.cancellation_policy p where p.is_active) then
      delete from public.cancellation_policy p where p.updated_at = '2100-01-01';
    else
      update public.cancellation_policy p set is_active = true, updated_at = now() where p.updated_at = '2100-01-01';
    end if;
    alter table public.cancellation_policy enable trigger user;
  end if;
end
$$;

-- Cancellations home: what they cost and returned is told as it was; nothing follows from it now.
call legacy.bring_home('session_cancellations',
  columns => 'id, session_id, user_id, cancelled_at, cancellation_type, hours_before_session, fee_charged, fee_currency,
              credit_returned, credit_currency, reason, approved_by, cancellation_policy_version, created_at',
  home => $$r.id, (select s.id from public.session_schedules s where s.id = r.session_id), r.user_id, r.cancelled_at,
            r.cancellation_type, r.hours_before_session, r.fee_charged, lower(r.fee_currency), r.credit_returned,
            lower(r.credit_currency), left(r.reason, 10000), r.approved_by,
            (select p.id from public.cancellation_policy p where p.id = r.cancellation_policy_version), r.created_at$$,
  account => 'r.user_id');

do $$
begin
  if legacy.has_columns('user_session_credits') then
    alter table public.user_session_credits disable trigger user;
    update public.user_session_credits c
       set cancellation_policy_agreed_at = c.legacy_cancellation_policy_agreed_at,
           cancellation_policy_version = (select p.id from public.cancellation_policy p where p.id = c.legacy_cancellation_policy_version),
           grace_cancellation_used = coalesce(c.legacy_grace_cancellation_used, false)
     where c.legacy_cancellation_policy_agreed_at is not null or c.legacy_cancellation_policy_version is not null
        or c.legacy_grace_cancellation_used;
    alter table public.user_session_credits enable trigger user;
    call legacy.drop_columns('user_session_credits');
  end if;
end
$$;
