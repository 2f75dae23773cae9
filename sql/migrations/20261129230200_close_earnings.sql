-- Closing: the earnings ledger opens with what is owed and what was paid.
--
-- To be pushed when the functions have been switched (docs/runbook.md). The way back: sql/adoption/back/close_earnings.sql.

-- Functions name what later chapters make.
set check_function_bodies = off;

set lock_timeout = '5s';
set statement_timeout = 0;


-- backfill/earnings.sql

-- Earnings of an existing installation: the ledger opens with what is owed for sessions that were held and paid, and
-- with what was paid out of it by hand.
--
-- After the backfills of sessions and credits, whose rows it reads. On an empty database it does nothing. All at once
-- and not seat by seat: each would take a lock of its own, and a server has room for some thousands.

-- Nobody has changed these payments, so no trigger fires: neither the audit log nor updated_at is to show a change.
alter table public.session_payments disable trigger user;

-- The payment of each seat that was held, as private.record_earned_seat finds it; of those that are older than
-- checkouts and shares, each is a sum of its own, for one seat, and was split when it was received.
create temporary table opening on commit drop as
  select p.*, gen_random_uuid() as transaction_id,
         case when p.status = 'refunded' then 0 else p.price end as kept,
         case when p.status = 'refunded' or p.price = 0 then 0 else p.share end as earned
    from (select distinct on (s.id) s.id as session_id, s.practitioner_id, p.id as payment_id, p.status, p.checkout_id, p.revenue_share_id,
                 lower(p.currency) as currency, round(100 * p.total_amount)::bigint as price,
                 round(100 * p.practitioner_share)::bigint as share
            from public.session_schedules s
            join public.session_payments p on p.session_id = s.id and p.credit_lot_id is null and p.status not in ('pending', 'failed')
           where (s.status = 'completed' or s.status = 'cancelled' and exists (
                    -- Forfeited: it is earned as if it had been held.
                    select from public.session_cancellations c
                     where c.session_id = s.id and c.cancellation_type = 'last_minute'))
             and not private.is_class(s) and not exists (select from private.earned_seats e where e.session_id = s.id)
           order by s.id, p.created_at) p
   where num_nonnulls(p.checkout_id, p.revenue_share_id) = 0;

insert into private.earned_seats (session_id, payment_id, practitioner_id, currency, funds_id, seat_number, price_minor, preceding_minor, share_minor)
select o.session_id, o.payment_id, o.practitioner_id, o.currency, o.payment_id, 1, o.price, 0, o.share from opening o;
update public.session_payments p set practitioner_id = o.practitioner_id, earned_at = now()
  from opening o where o.payment_id = p.id;

-- Checked below, for all of them.
alter table public.ledger_transactions disable trigger ledger_transactions_check_balance;
alter table public.ledger_postings disable trigger ledger_postings_check_balance;
insert into public.ledger_transactions (id, kind, practitioner_id, currency, session_id, payment_id, cause)
select o.transaction_id, 'accrual', o.practitioner_id, o.currency, o.session_id, o.payment_id, o.session_id::text
  from opening o where o.kept > 0;
insert into public.ledger_postings (transaction_id, account, amount_minor)
select o.transaction_id, line.account, line.amount
  from opening o
 cross join lateral (values ('client_funds', -o.kept), ('practitioner_payable', o.earned), ('platform_revenue', o.kept - o.earned))
    line (account, amount)
 where o.kept > 0 and line.amount <> 0;
do $$
begin
  if exists (select from public.ledger_postings p join opening o using (transaction_id)
              group by p.transaction_id having sum(p.amount_minor) <> 0) then
    raise exception 'the ledger does not open balanced';
  end if;
end
$$;
alter table public.ledger_transactions enable trigger ledger_transactions_check_balance;
alter table public.ledger_postings enable trigger ledger_postings_check_balance;

-- Payments that became credits: the price now belongs to the credit that was returned, and is earned by the session
-- that is booked with it.
update public.session_payments p set practitioner_share = 0, platform_share = p.total_amount - p.refunded_amount
 where p.status = 'completed' and p.paid_out_at is null and p.practitioner_share <> 0
   and num_nonnulls(p.checkout_id, p.revenue_share_id, p.credit_lot_id) = 0
   and exists (select from public.session_cancellations c join public.session_schedules s on s.id = c.session_id
                where c.session_id = p.session_id and s.status = 'cancelled' and c.cancellation_type <> 'last_minute'
                  and c.credit_returned > 0)
   and not exists (select from private.earned_seats e where e.payment_id = p.id);

-- Seats that were booked since with a credit or through a checkout, by the functions that were switched before the
-- rules held: a few.
select private.record_earned_seat(s.id) from public.session_schedules s
 where s.status = 'completed' and not private.is_class(s)
   and not exists (select from private.earned_seats e where e.session_id = s.id)
   and (s.credit_lot_id is not null
        or exists (select from public.session_payments p where p.session_id = s.id and num_nonnulls(p.checkout_id, p.revenue_share_id) > 0));
alter table public.session_payments enable trigger user;

-- What was paid out gets a payout that is settled, or the next run would pay it again. Nobody is notified of it now.
alter table public.payouts disable trigger payouts_70_publish;
select private.create_manual_payouts(array(select p.id from public.session_payments p where p.paid_out_at is not null));
-- What is checked at the end of the transaction is checked now: a table with checks to come cannot be altered.
set constraints all immediate;
alter table public.payouts enable trigger payouts_70_publish;
