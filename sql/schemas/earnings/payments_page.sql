-- The payments page: an admin marks payments as paid out there, and that settles payouts.
--
-- The page knows payments, not payouts: it sets `paid_out_at` and `status` of one row of session_payments or of
-- several. So triggers translate:
--
--   all payments of a pending payout   that payout is paid, with whatever was taken back in it
--   some of them                       it fails; those marked get a payout of their own, the rest is for the next run
--   payments in no payout              a payout of their own, in the current period
--   not earned yet, or refunded,       left as they are, and the others are paid; where none is left to pay, refused
--   or under dispute
--
-- An update of many payments is the button for all of them, and one that cannot be paid must not keep the others from
-- it: the page shows no reason. One payment that cannot be paid is refused in a sentence.

-- Makes payouts, settled as paid, of what these payments earned and no payout pays. Left alone are payments of which a
-- line is in a payout already, and those of which nothing is left to pay.
create function private.create_manual_payouts(payment_ids uuid[]) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_owed record;
begin
  for v_owed in
    select (u.practitioner_id, u.currency, array_agg(u.transaction_id), array_agg(u.amount_minor))::private.owed_amounts as lines,
           max(payment.paid_out_at) as paid_at
      from private.unpaid_earnings u
      join public.session_payments payment on payment.id = u.payment_id
     where u.payment_id in (
       select t.payment_id from public.ledger_transactions t
         left join public.payout_lines l on l.ledger_transaction_id = t.id and l.released_at is null
         left join public.ledger_postings p on p.transaction_id = t.id and p.account = 'practitioner_payable'
        where t.payment_id = any (payment_ids)
        group by t.payment_id having count(l.id) = 0 and sum(p.amount_minor) > 0)
     group by u.practitioner_id, u.currency
  loop
    perform private.settle_payout(private.create_payout(v_owed.lines, private.open_payout_periods(now())), 'paid',
                                  paid_at => v_owed.paid_at);
  end loop;
end
$$;

-- Definer: no role may take the payouts lock by itself, and so keep everybody else from making payouts.
create function private.lock_payouts_first() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.lock_payouts();
  return null;
end
$$;

-- What was paid out stays so, and marking it again changes nothing. People may set no status but paid_out.
create function private.guard_payment_status() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if old.paid_out_at is not null then
    if new.paid_out_at is null then
      perform private.refuse(409, 'paid_out_stays', 'What was paid out stays paid out.', 'Correct it with an adjustment.');
    end if;
    new.paid_out_at := old.paid_out_at;
    if private.is_api_caller() then
      new.status := old.status;  -- marking it again changes nothing
    end if;
  elsif new.paid_out_at is not null and new.status = 'completed' then
    new.status := 'paid_out';
  elsif new.paid_out_at is null and new.status = 'paid_out' then
    perform private.refuse(422, 'payout_date_missing', 'Please say when it was paid out.');
  end if;
  if private.is_api_caller() and new.status not in (old.status, 'paid_out') then
    perform private.refuse(403, 'payment_status_is_kept', 'Admins mark payments as paid out; the rest follows from the payment.');
  end if;
  return new;
end
$$;

-- Definer: it reads the ledger, whoever marks.
create function private.skip_payment_not_owed() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  if old.earned_at is null or old.status <> 'completed'
     -- A payment that is worth nothing is marked along with the rest: there is no money in it.
     or (old.practitioner_share > 0 and 0 >= (
       select coalesce(sum(p.amount_minor), 0) from public.ledger_transactions t
         join public.ledger_postings p on p.transaction_id = t.id and p.account = 'practitioner_payable'
        where t.payment_id = old.id)) then
    return null;
  end if;
  return new;
end
$$;

create function private.refuse_nothing_to_pay_out() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if not exists (select from new_rows) then
    perform private.refuse(409, 'nothing_to_pay_out', 'Nothing is earned by this payment, or nothing any more.',
                           'A payment can be paid out once its session is completed.');
  end if;
  return null;
end
$$;

-- Definer: nobody writes payouts directly, and an admin's update makes them.
create function private.settle_payouts_of_marked_payments() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  -- Not what a payout has paid: that was marked when the payout was settled, and not by hand.
  v_marked uuid[] := array(
    select n.id from new_rows n join old_rows o on o.id = n.id
     where n.paid_out_at is not null and o.paid_out_at is null
       and not exists (select from public.ledger_transactions t join public.payout_lines l on l.ledger_transaction_id = t.id
                         join public.payouts p on p.id = l.payout_id where t.payment_id = n.id and p.status = 'paid'));
  v_payout public.payouts;
begin
  if v_marked = '{}' then
    return null;
  end if;
  for v_payout in
    select p.* from public.payouts p
     where p.status = 'pending' and exists (select from private.get_payout_payment_ids(p.id) payment where payment = any (v_marked))
     order by p.id
  loop
    if exists (select from private.get_payout_payment_ids(v_payout.id) payment where payment <> all (v_marked)) then
      perform private.settle_payout(v_payout, 'failed', failed_reason => 'A part of it was paid out by hand');
    else
      perform private.settle_payout(v_payout, 'paid', paid_at => (
        select max(n.paid_out_at) from new_rows n where n.id in (select private.get_payout_payment_ids(v_payout.id))));
    end if;
  end loop;
  perform private.create_manual_payouts(v_marked);
  -- For the service and for operators, who are not skipped: as above.
  if exists (select from new_rows n join old_rows o on o.id = n.id
              where n.id = any (v_marked) and (n.practitioner_share > 0 or o.status <> 'completed')
                and not exists (select from public.payout_lines l join public.ledger_transactions t on t.id = l.ledger_transaction_id
                                 where t.payment_id = n.id and l.released_at is null)) then
    perform private.refuse(409, 'nothing_to_pay_out', 'Nothing is earned by one of these payments, or nothing any more.',
                           'A payment can be paid out once its session is completed.');
  end if;
  return null;
end
$$;

revoke execute on function private.create_manual_payouts, private.lock_payouts_first, private.skip_payment_not_owed,
  private.guard_payment_status, private.settle_payouts_of_marked_payments, private.refuse_nothing_to_pay_out
  from public, anon, authenticated, service_role;

-- Order matters: the payouts lock is taken before the rows' own locks, and by writers of this column only. Whoever
-- changes what a payment is worth holds its row already, and never writes this column.
create trigger session_payments_10_lock_payouts before update of paid_out_at on public.session_payments
  for each statement execute function private.lock_payouts_first();
create trigger session_payments_15_skip_not_owed before update of paid_out_at on public.session_payments
  for each row when (old.paid_out_at is null and new.paid_out_at is not null and private.is_api_caller())
  execute function private.skip_payment_not_owed();
create trigger session_payments_20_guard_status before update of status, paid_out_at on public.session_payments
  for each row execute function private.guard_payment_status();
create trigger session_payments_30_settle_payouts after update on public.session_payments
  referencing old table as old_rows new table as new_rows
  for each statement execute function private.settle_payouts_of_marked_payments();
create trigger session_payments_40_refuse_nothing after update on public.session_payments
  referencing new table as new_rows
  for each statement when (private.is_api_caller() and private.is_admin())
  execute function private.refuse_nothing_to_pay_out();
