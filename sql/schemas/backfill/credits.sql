-- Opening balances: a lot of an existing installation opens with the credits it has.
--
-- The lots have these numbers already, so nothing is posted to them and their rows are not touched. Order matters:
-- until a lot has its opening line, any other line of it gives a wrong sum.

alter table public.credit_ledger disable trigger credit_ledger_post;
insert into public.credit_ledger (lot_id, user_id, change, kind, reason, actor, created_at)
select c.id, c.user_id, c.credits_remaining - private.sum_credit_ledger(c.id), 'purchase', 'Opening balance', null, c.purchased_at
  from public.user_session_credits c where c.credits_remaining > private.sum_credit_ledger(c.id);
-- Credits that were spent by hand while the rules did not hold, after they first did.
insert into public.credit_ledger (lot_id, user_id, change, kind, reason, actor)
select c.id, c.user_id, c.credits_remaining - private.sum_credit_ledger(c.id), 'adjustment', 'Spent before the rules held', null
  from public.user_session_credits c where c.credits_remaining < private.sum_credit_ledger(c.id);
alter table public.credit_ledger enable trigger credit_ledger_post;

-- What was booked with one of these credits while no trigger spent it: where functions were switched before the rules
-- held. A lot without credits is nobody's any more, and the session counts as not booked with it.
with unspent as (
  select s.id, s.client_id, s.credit_lot_id, s.status, c.credits_remaining,
         row_number() over (partition by s.credit_lot_id order by s.created_at, s.id) as number
    from public.session_schedules s join public.user_session_credits c on c.id = s.credit_lot_id and c.user_id = s.client_id
   where s.status <> 'cancelled'
     and not exists (select from public.credit_ledger l where l.session_id = s.id and l.kind = 'spend'))
insert into public.credit_ledger (lot_id, user_id, change, kind, session_id, actor)
select u.credit_lot_id, u.client_id, -1, 'spend', u.id, null from unspent u where u.number <= u.credits_remaining;
