-- What became of a payout: an admin or a provider says so, by name or on the payments page.
--
-- The page knows payments, not payouts: it sets `paid_out_at` and `status` of one row of session_payments or of several.
-- That is the same statement, and has the same end:
--
--   all payments of a pending payout   that payout is paid, with whatever was taken back in it
--   some of them                       it fails, those named are paid by a payout of their own, the rest by the next run
--   payments in no payout              a payout of their own, in the current period
--   not earned yet, or given back,     refused
--   or under dispute
--
-- And a payout that is paid sets both columns, where the page looks for them.

create function private.payments_in(payout_id uuid) returns setof uuid
  language sql stable set search_path = ''
as $$
  -- A payment that was given back entirely is in it twice, and is not paid out by it.
  select t.payment_id from public.payout_lines l join public.ledger_transactions t on t.id = l.ledger_transaction_id
   where l.payout_id = payments_in.payout_id and t.payment_id is not null
   group by t.payment_id having sum(l.amount_minor) > 0;
$$;

create function private.settle_payout(
  payout public.payouts, status text, transaction_reference text default null, paid_at timestamptz default null,
  failed_reason text default null) returns public.payouts
  language plpgsql volatile set search_path = ''
as $$
begin
  update public.payouts p
     set status = settle_payout.status, transaction_reference = settle_payout.transaction_reference,
         paid_at = settle_payout.paid_at, failed_reason = settle_payout.failed_reason, settled_by = auth.uid()
   where p.id = payout.id
  returning p.* into payout;
  if payout.status = 'failed' then
    update public.payout_lines l set released_at = now() where l.payout_id = payout.id;
    perform private.post('payout_failed', payout.practitioner_id, payout.currency,
      jsonb_build_object('practitioner_payable', payout.amount_minor, 'payouts_sent', -payout.amount_minor),
      payout_id => payout.id, reason => payout.failed_reason);
  else
    -- A payment under dispute keeps saying so; that it was paid out can be seen by the date.
    update public.session_payments p
       set paid_out_at = payout.paid_at, status = case p.status when 'completed' then 'paid_out' else p.status end
     where p.paid_out_at is null and p.id in (select private.payments_in(payout.id));
  end if;
  return payout;
end
$$;

-- Definer: nobody writes payouts. It checks its caller, since it answers from past that door.
create function private.mark_payout(
  payout_id uuid, status text, transaction_reference text, paid_at timestamptz, failed_reason text) returns public.payouts
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_payout public.payouts;
begin
  if not (private.is_admin() or coalesce(auth.role(), '') = 'service_role') then
    perform private.refuse(403, 'admins_only', 'Only admins say what became of a payout.');
  elsif coalesce(btrim(coalesce(mark_payout.transaction_reference, mark_payout.failed_reason)), '') = '' then
    perform private.refuse(422, 'reference_missing', 'Please give the transaction reference, or the reason why it failed.');
  end if;
  perform private.lock_payouts();
  select * into v_payout from public.payouts p where p.id = mark_payout.payout_id;
  if not found then
    perform private.refuse(404, 'payout_not_found', 'There is no such payout.');
  end if;
  -- Saying the same again is no news: a provider repeats itself.
  if v_payout.status = mark_payout.status
     and coalesce(v_payout.transaction_reference, v_payout.failed_reason)
         = coalesce(mark_payout.transaction_reference, mark_payout.failed_reason) then
    return v_payout;
  elsif v_payout.status <> 'pending' then
    perform private.refuse(409, 'payout_is_settled', format('This payout is %s already.', v_payout.status));
  end if;
  return private.settle_payout(v_payout, mark_payout.status, mark_payout.transaction_reference,
                               mark_payout.paid_at, mark_payout.failed_reason);
end
$$;

create function public.mark_payout_paid(payout_id uuid, transaction_reference text, paid_at timestamptz default now())
  returns setof public.payouts
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.mark_payout(mark_payout_paid.payout_id, 'paid', mark_payout_paid.transaction_reference,
                                    coalesce(mark_payout_paid.paid_at, now()), null);
$$;
comment on function public.mark_payout_paid is 'For admins and providers: the money has left, under this reference.';

create function public.mark_payout_failed(payout_id uuid, reason text) returns setof public.payouts
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.mark_payout(mark_payout_failed.payout_id, 'failed', null, null, mark_payout_failed.reason);
$$;
comment on function public.mark_payout_failed is 'For admins and providers: the money did not leave. The next run pays it again.';

-- By the payments page -------------------------------------------------------------------------------------------------

-- Pays what these payments earned and no payout pays, as something that has happened. Those of which a line is in a
-- payout already are left alone, and so are those of which nothing is left to pay.
create function private.pay_by_hand(payment_ids uuid[]) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_owed record;
begin
  for v_owed in
    select (u.practitioner_id, u.currency, array_agg(u.transaction_id), array_agg(u.amount_minor))::private.owed_lines as lines,
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
    perform private.settle_payout(private.make_payout(v_owed.lines, private.payout_period_at(now())), 'paid',
                                  paid_at => v_owed.paid_at);
  end loop;
end
$$;

-- Definer: whoever may mark a payment may not keep everybody else from making payouts whenever they like.
create function private.lock_payouts_first() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.lock_payouts();
  return null;
end
$$;

create function private.guard_payment_status() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if old.paid_out_at is not null then
    if new.paid_out_at is null then
      perform private.refuse(409, 'paid_out_stays', 'What was paid out stays paid out.', 'Correct it with an adjustment.');
    end if;
    new.paid_out_at := old.paid_out_at;
    if private.is_person() then
      new.status := old.status;  -- marking it again changes nothing
    end if;
  elsif new.paid_out_at is not null and new.status = 'completed' then
    new.status := 'paid_out';
  elsif new.paid_out_at is null and new.status = 'paid_out' then
    perform private.refuse(422, 'payout_date_missing', 'Please say when it was paid out.');
  end if;
  if private.is_person() and new.status not in (old.status, 'paid_out') then
    perform private.refuse(403, 'payment_status_is_kept', 'Admins mark payments as paid out; the rest follows from the payment.');
  end if;
  return new;
end
$$;

-- Definer: nobody writes payouts, and an admin's update makes them.
create function private.follow_payments_page() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  -- What a payout has paid is marked by that, and not by hand.
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
     where p.status = 'pending' and exists (select from private.payments_in(p.id) payment where payment = any (v_marked))
     order by p.id
  loop
    if exists (select from private.payments_in(v_payout.id) payment where payment <> all (v_marked)) then
      perform private.settle_payout(v_payout, 'failed', failed_reason => 'A part of it was paid out by hand');
    else
      perform private.settle_payout(v_payout, 'paid', paid_at => (
        select max(n.paid_out_at) from new_rows n where n.id in (select private.payments_in(v_payout.id))));
    end if;
  end loop;
  perform private.pay_by_hand(v_marked);
  -- What is worth nothing is marked along with the rest, for there is no money in it.
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

-- Order matters: the payouts lock before the rows' own. Only this column's writers take it: whoever settles a payment
-- holds its row already, and never writes this column.
create trigger session_payments_10_lock_payouts before update of paid_out_at on public.session_payments
  for each statement execute function private.lock_payouts_first();
create trigger session_payments_20_guard_status before update of status, paid_out_at on public.session_payments
  for each row execute function private.guard_payment_status();
create trigger session_payments_30_follow_page after update on public.session_payments
  referencing old table as old_rows new table as new_rows
  for each statement execute function private.follow_payments_page();

revoke execute on function private.payments_in, private.settle_payout, private.mark_payout, public.mark_payout_paid, public.mark_payout_failed,
  private.pay_by_hand, private.lock_payouts_first, private.guard_payment_status, private.follow_payments_page
  from public, anon, authenticated, service_role;
grant execute on function private.mark_payout, public.mark_payout_paid, public.mark_payout_failed to authenticated, service_role;
