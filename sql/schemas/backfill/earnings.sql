-- Earnings of an existing installation: the ledger opens with what is owed for sessions that were held, or forfeited,
-- and paid.
--
-- After the backfills of sessions, payments and credits, whose rows it reads. On an empty database it does nothing.

select private.record_earned_seat(s.id) from public.session_schedules s
 where (s.status = 'completed' and not private.is_class(s))
    or s.id in (select c.session_id from public.session_cancellations c where c.cancellation_type = 'last_minute');

-- A payment whose price was returned as a credit earns nothing yet: it is earned when the credit is used.
select private.update_payment_amounts(p.id, round(100 * (p.total_amount - p.refunded_amount))::bigint, 0, false)
  from public.session_payments p
 where p.status = 'completed' and p.paid_out_at is null
   and exists (select from public.credit_ledger l where l.session_id = p.session_id and l.kind = 'return')
   and not exists (select from private.earned_seats e where e.payment_id = p.id);
