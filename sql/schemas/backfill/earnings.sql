-- Earnings of an existing installation: the ledger opens with what is owed for sessions that were held and paid, and
-- with what was paid out of it by hand.
--
-- After the backfills of sessions and credits, whose rows it reads. On an empty database it does nothing.

-- Nobody has changed these payments, so no trigger fires: neither the audit log nor updated_at is to show a change.
alter table public.session_payments disable trigger user;
select private.record_earned_seat(s.id) from public.session_schedules s
 where s.status = 'completed' and not private.is_class(s);
alter table public.session_payments enable trigger user;

-- What was paid out gets a payout that is settled, or the next run would pay it again. Nobody is notified of it now.
alter table public.payouts disable trigger payouts_70_publish;
select private.create_manual_payouts(array(select p.id from public.session_payments p where p.paid_out_at is not null));
-- What is checked at the end of the transaction is checked now: a table with checks to come cannot be altered.
set constraints all immediate;
alter table public.payouts enable trigger payouts_70_publish;
