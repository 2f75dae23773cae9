-- Payments for credits: session_payments has a row for each seat that was held, also for one that a credit was spent on.
--
--   paid singly      the row is written when the money comes, and is what the client reads under their purchases
--   with a credit    the row is written when the seat is earned; the client paid for the package, and does not read it
--
-- So nobody reads a package as five more payments, and a practitioner reads one row per seat.

alter table public.session_payments
  add column credit_lot_id uuid,
  add constraint session_payments_credits_add_up check (
    credit_lot_id is null or practitioner_share + platform_share + refunded_amount = total_amount);
comment on column public.session_payments.credit_lot_id is
  'The credits a seat was taken with. No foreign key: money outlives them. A total of 0: they were given, not bought.';

create unique index session_payments_one_per_credit_seat on public.session_payments (session_id) where credit_lot_id is not null;

alter policy "payer, practitioner and admins read payments" on public.session_payments
  using (
    (client_id = (select auth.uid()) and credit_lot_id is null)
    or practitioner_id = any (array(select private.my_practitioner_ids()))
    or (select private.is_admin()));

create or replace view public.past_purchases with (security_invoker = true) as
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
   where p.checkout_id is null and p.credit_lot_id is null and p.status in ('completed', 'paid_out', 'refunded')
  union all
  select l.id, l.user_id, l.purchased_at, 'package_' || p.session_count, p.name,
         case when l.metadata ->> 'total_amount' ~ '^\d{1,6}(\.\d+)?$'
              then round(100 * (l.metadata ->> 'total_amount')::numeric)::integer end,
         lower(l.metadata ->> 'currency'), 'paid', 0, null, null, null, l.id, p.session_count, l.credits_remaining, l.expires_at
    from public.user_session_credits l join public.session_packages p on p.id = l.package_id
   where not exists (select from public.checkout_sessions c where c.credit_lot_id = l.id);

-- Which payment a credit comes from -----------------------------------------------------------------------------------

-- A lot that a checkout paid for says so in its order_id. One that a cancelled session gave back comes from that session's
-- checkout, and says so as well: the session may be deleted later, and a refund must still find what became of its money.
create function private.name_the_order() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  update public.user_session_credits l set order_id = c.id::text
    from public.checkout_sessions c
   where l.id = new.lot_id and l.order_id is null and c.session_id = new.session_id;
  return null;
end
$$;
revoke execute on function private.name_the_order from public, anon, authenticated, service_role;

create trigger credit_ledger_name_the_order after insert on public.credit_ledger
  for each row when (new.kind = 'return') execute function private.name_the_order();

update public.user_session_credits l set order_id = c.id::text
  from public.checkout_sessions c join public.credit_ledger line on line.session_id = c.session_id and line.kind = 'return'
 where l.id = line.lot_id and l.order_id is null;
