-- Invariants: what must be true of money, credits, seats and time, whatever happened. Checked daily and by the doctor.
--
-- Constraints and triggers enforce nearly all of it. This checks the result, without trusting them: a rule that a later
-- change loosens, or that somebody breaks by hand, is found within the day and not at the end of the year.
--
-- A question is asked of the rows of one table, piece by piece (invariant_rounds.sql): `of` says which, and `key` is
-- that row's. So each has its key in what it groups by, and is read by index for a few of them.

-- What is booked with each practitioner. A class online and in person at once is one occasion.
create view private.booked_occasions with (security_invoker = true) as
  select min(s.id::text) as id, s.practitioner_id, s.scheduled_at as starts_at,
         max(s.scheduled_at + make_interval(mins => s.duration_minutes)) as ends_at
    from (select session.*, case when session.max_participants = 1 then session.id::text
                   -- Of two in one place, only the first is one with that in the other.
                   else row_number() over (partition by session.practitioner_id, session.scheduled_at,
                                             session.session_location, session.max_participants > 1 order by session.id)::text
                   end as occasion
            from public.session_schedules session
           where session.group_class_id is null and session.status in ('scheduled', 'in_progress')) s
   group by s.practitioner_id, s.scheduled_at, s.occasion;
comment on view private.booked_occasions is 'What is booked with each practitioner; a class in two places is one.';

revoke all on private.booked_occasions from public, anon, authenticated, service_role;

create view private.broken_invariants with (security_invoker = true) as
  -- The ledger
  select 'ledger_transactions' as of, t.id as key, 'a transaction of the ledger does not balance' as rule,
         t.id::text as example
    from public.ledger_transactions t left join public.ledger_postings p on p.transaction_id = t.id
   group by t.id having count(p.id) < 2 or sum(p.amount_minor) <> 0
  union all
  select 'practitioners', t.practitioner_id, 'a balance is not what is unpaid', t.practitioner_id || ' ' || t.currency
    from public.ledger_transactions t
    join public.ledger_postings p on p.transaction_id = t.id and p.account = 'practitioner_payable'
    left join public.payout_lines l on l.ledger_transaction_id = t.id and l.released_at is null
   group by t.practitioner_id, t.currency
  having sum(p.amount_minor)
         <> coalesce(sum(p.amount_minor) filter (where t.kind not in ('payout', 'payout_failed') and l.id is null), 0)
  union all
  -- It would never be paid: a run looks at nothing else.
  select 'ledger_transactions', t.id, 'a transaction is unpaid and no run sees it', t.id::text
    from public.ledger_transactions t
   where t.kind not in ('payout', 'payout_failed')
     and not exists (select from private.unpaid_transactions u where u.transaction_id = t.id)
     and not exists (select from public.payout_lines l where l.ledger_transaction_id = t.id and l.released_at is null)
  union all
  -- Ratings
  select 'practitioners', p.id, 'ratings are not what the average is made of', p.id::text
    from public.practitioners p
    left join private.rating_sums t on t.practitioner_id = p.id
    left join public.session_ratings r on r.practitioner_id = p.id and r.is_counted
   group by p.id, t.ratings, t.stars
  having (count(r.id), coalesce(sum(r.stars), 0)) <> (coalesce(t.ratings, 0), coalesce(t.stars, 0))
  union all
  -- Payouts
  select 'payouts', p.id, 'a payout is not the sum of its lines', p.id::text
    from public.payouts p left join public.payout_lines l on l.payout_id = p.id
   group by p.id having p.amount_minor <> coalesce(sum(l.amount_minor), 0)
  union all
  select 'payouts', p.id, 'a payout does not share the fate of its lines', p.id::text
    from public.payouts p join public.payout_lines l on l.payout_id = p.id
   where (p.status = 'failed') <> (l.released_at is not null)
  union all
  select 'payouts', l.payout_id, 'a line pays another amount than its transaction owes', l.ledger_transaction_id::text
    from public.payout_lines l
    left join public.ledger_postings p on p.transaction_id = l.ledger_transaction_id
                                      and p.account = 'practitioner_payable'
   where p.amount_minor is distinct from l.amount_minor
  union all
  select 'ledger_transactions', l.ledger_transaction_id, 'a transaction is paid twice', l.ledger_transaction_id::text
    from public.payout_lines l where l.released_at is null group by l.ledger_transaction_id having count(*) > 1
  union all
  select 'payouts', l.payout_id, 'a line is of another person or currency than its payout', l.ledger_transaction_id::text
    from public.payout_lines l
    join public.payouts p on p.id = l.payout_id
    join public.ledger_transactions t on t.id = l.ledger_transaction_id
   where (t.practitioner_id, t.currency) <> (p.practitioner_id, p.currency)
  union all
  select 'payouts', p.id, 'a payout is not posted as it stands', p.id::text
    from public.payouts p
    left join public.ledger_transactions t on t.payout_id = p.id
    left join public.ledger_postings sent on sent.transaction_id = t.id and sent.account = 'payouts_sent'
   group by p.id
  having coalesce(sum(sent.amount_minor), 0) <> case p.status when 'failed' then 0 else p.amount_minor end
      or count(t.id) <> case p.status when 'failed' then 2 else 1 end
  union all
  select 'once', null::uuid, 'payout periods leave a gap or overlap', next.number::text
    from public.payout_periods next
   where not exists (select from public.payout_periods before
                      where before.number = next.number - 1 and before.period_end = next.period_start)
     and next.number > 1
  union all
  -- Payments, as the pages read them
  select 'payouts', p.id, 'a payment that was paid out is not marked', t.payment_id::text
    from public.payouts p
    join public.payout_lines l on l.payout_id = p.id
    join public.ledger_transactions t on t.id = l.ledger_transaction_id
    join public.session_payments payment on payment.id = t.payment_id
   where p.status = 'paid' and payment.paid_out_at is null
   group by p.id, t.payment_id having sum(l.amount_minor) > 0
  union all
  select 'session_payments', payment.id, 'a payment is marked and no payout paid it', payment.id::text
    from public.session_payments payment
   where payment.paid_out_at is not null and payment.practitioner_share > 0
     and exists (select from public.ledger_transactions t where t.payment_id = payment.id)
     and not exists (select from public.ledger_transactions t
                       left join public.payout_lines l on l.ledger_transaction_id = t.id
                       left join public.payouts p on p.id = l.payout_id and p.status = 'paid'
                      where t.payment_id = payment.id
                        -- What was paid out before there was a ledger was adjusted when it began.
                        and (p.id is not null or t.cause = 'paid out ' || payment.id))
  union all
  select 'session_payments', payment.id, 'a payment names another share than the ledger', payment.id::text
    from public.session_payments payment
    join private.earned_seats e on e.payment_id = payment.id and e.revenue_share_id is not null
   where payment.paid_out_at is null
     and round(100 * payment.practitioner_share) <> (
       select coalesce(sum(p.amount_minor), 0) from public.ledger_transactions t
         join public.ledger_postings p on p.transaction_id = t.id and p.account = 'practitioner_payable'
        where t.session_id = e.session_id and t.kind in ('accrual', 'reversal'))
  union all
  select 'session_payments', e.payment_id, 'a payment is earned and not dated', e.payment_id::text
    from private.earned_seats e join public.session_payments payment on payment.id = e.payment_id
   where payment.earned_at is null
  union all
  select 'session_payments', payment.id, 'a payment does not add up', payment.id::text
    from public.session_payments payment
   where num_nonnulls(payment.checkout_id, payment.credit_lot_id) > 0
     and payment.practitioner_share + payment.platform_share + payment.refunded_amount <> payment.total_amount
  union all
  -- Credits
  select 'user_session_credits', c.id, 'credits are not the sum of their ledger', c.id::text
    from public.user_session_credits c left join public.credit_ledger l on l.lot_id = c.id
   group by c.id having c.credits_remaining <> coalesce(sum(l.change), 0) or c.credits_remaining < 0
  union all
  select 'session_schedules', s.id, 'a session did not spend its one credit', s.id::text
    from public.session_schedules s
    left join public.credit_ledger l on l.session_id = s.id and l.lot_id = s.credit_lot_id and l.kind = 'spend'
   where s.credit_lot_id is not null group by s.id having count(l.id) <> 1
  union all
  -- The audit log
  select 'once', null::uuid, 'the audit log does not lead through a head that was mailed', h.day::text
    from private.audit_heads h
   where h.finding is not null
      or not exists (select from private.audit_chain c where (c.position, c.sha256) = (h.position, h.sha256))
  union all
  select 'once', null::uuid, 'the head of the audit log was not mailed', h.day::text
    from private.audit_heads h
   where h.mailed_at is null and h.day < (now() at time zone 'UTC')::date
     and not exists (select from private.audit_heads later where later.day > h.day and later.mailed_at is not null)
  union all
  -- Money that went back
  select 'checkout_sessions', c.id, 'what is returned is not the sum of refunds and lost disputes', c.id::text
    from public.checkout_sessions c, private.sum_returns(c.id) r
   where c.outcome is not null and exists (select from private.stripe_refunds f where f.checkout_id = c.id
                                           union all select from private.payment_disputes d where d.checkout_id = c.id)
     and (c.refunded_minor, c.returned_minor) is distinct from (
           least(c.amount_minor, r.refunded_minor), least(c.amount_minor, r.refunded_minor + r.lost_minor))
  union all
  select 'checkout_sessions', c.id, 'something is returned that no refund or dispute names', c.id::text
    from public.checkout_sessions c
   where c.returned_minor > 0
     and not exists (select from private.stripe_refunds f where f.checkout_id = c.id)
     and not exists (select from private.payment_disputes d where d.checkout_id = c.id)
  union all
  select 'checkout_sessions', c.id, 'a session to come stands on money that went back', s.id::text
    from public.checkout_sessions c
    join public.session_schedules s on s.id = c.session_id and s.status = 'scheduled' and s.scheduled_at > now(),
         private.sum_returns(c.id) r
   where c.returned_minor > 0 and r.settled_minor - r.forgone_minor >= c.amount_minor
  union all
  select 'checkout_sessions', c.id, 'a session to come stands on credits that went back', s.id::text
    from public.checkout_sessions c
    join public.user_session_credits l on l.id = private.find_paid_lot(c) and l.credits_owed > 0
    join public.session_schedules s on s.credit_lot_id = l.id and s.status = 'scheduled' and s.scheduled_at > now(),
         private.sum_returns(c.id) r
   where c.credits_taken_back > 0 and private.count_credits_unpaid(c, l.credits_owed, r) > 0
  union all
  select 'owed_fees', f.id, 'a fee is marked as paid, and its payments say otherwise', f.id::text
    from public.owed_fees f
   where (select count(*) from public.checkout_sessions c where c.fee_id = f.id and c.outcome = 'fee_paid')
         <> (f.paid_at is not null)::integer
  union all
  select 'checkout_sessions', c.id, 'a payment of what was not owed stays with us', c.id::text
    from public.checkout_sessions c
   where c.outcome = 'fee_not_owed' and c.returned_minor < c.amount_minor
     and not exists (select from private.payment_refunds r where r.checkout_id = c.id)
     and not exists (select from private.payment_disputes d where d.checkout_id = c.id)
  union all
  -- Seats and time
  select 'session_schedules', class.id, 'a class is oversold', class.id::text
    from public.session_schedules class
    join public.session_schedules seat on seat.group_class_id = class.id and seat.status <> 'cancelled'
   group by class.id having count(*) > class.max_participants
  union all
  select 'session_schedules', class.id, 'more seats are kept for people than are free', class.id::text
    from public.session_schedules class
   where class.id in (select e.class_id from public.waiting_list_entries e where e.status = 'kept')
     and class.status = 'scheduled'
     and private.count_taken_seats(class.id) + private.count_kept_seats(class.id) > class.max_participants
  union all
  -- One pass in the order of their starts: a join compares each with all the others of its practitioner.
  select 'practitioners', later.practitioner_id, 'two sessions overlap', later.id
    from (select o.id, o.practitioner_id, o.starts_at, max(o.ends_at) over (partition by o.practitioner_id order by o.starts_at, o.id
                                    rows between unbounded preceding and 1 preceding) as taken_until
            from private.booked_occasions o) later
   where later.starts_at < later.taken_until;
comment on view private.broken_invariants is 'One row for each thing that is not as it must be. There should be none.';

revoke all on private.broken_invariants from public, anon, authenticated, service_role;
