-- Past purchases: what somebody paid, with the receipt, what of it came back, and what is left of it.
--
-- Rows of checkouts, and what was sold before there were any: payments for sessions and packages of credits.

create view public.past_purchases with (security_invoker = true) as
  select c.id, c.user_id, c.paid_at as purchased_at, c.payment_type, c.description, c.amount_minor, c.currency,
         case when c.returned_minor = 0 then 'paid' when c.returned_minor < c.amount_minor then 'partly_refunded'
              else 'refunded' end as status,
         c.returned_minor as refunded_minor, c.receipt_url, c.session_id, s.scheduled_at as session_scheduled_at,
         c.credit_lot_id, case when c.outcome <> 'session_booked' then c.credits end as credits, l.credits_remaining, l.expires_at
    from public.checkout_sessions c
    left join public.session_schedules s on s.id = c.session_id
    left join public.user_session_credits l on l.id = c.credit_lot_id
   where c.outcome is not null
  union all
  select p.id, p.client_id, p.created_at, 'single', null, round(100 * p.total_amount)::integer, lower(p.currency),
         case when p.status = 'refunded' then 'refunded' else 'paid' end,
         case when p.status = 'refunded' then round(100 * p.total_amount)::integer else 0 end,
         null, p.session_id, s.scheduled_at, null, null, null, null
    from public.session_payments p left join public.session_schedules s on s.id = p.session_id
   where p.checkout_id is null and p.status in ('completed', 'paid_out', 'refunded')
  union all
  select l.id, l.user_id, l.purchased_at, 'package_' || p.session_count, p.name,
         case when l.metadata ->> 'total_amount' ~ '^\d{1,6}(\.\d+)?$'
              then round(100 * (l.metadata ->> 'total_amount')::numeric)::integer end,
         lower(l.metadata ->> 'currency'), 'paid', 0, null, null, null, l.id, p.session_count, l.credits_remaining, l.expires_at
    from public.user_session_credits l join public.session_packages p on p.id = l.package_id
   where not exists (select from public.checkout_sessions c where c.credit_lot_id = l.id);
comment on view public.past_purchases is 'What somebody bought, what came back, what is left; amounts in cents.';

revoke all on public.past_purchases from anon, authenticated, service_role;
grant select on public.past_purchases to authenticated, service_role;
