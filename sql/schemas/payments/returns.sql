-- What follows when a payment goes back, in part or all of it, and when it comes back to us after all.
--
--   returned in part  -> of a package, as many credits as that part is worth, rounded down; shares are of the rest
--   returned in full  -> all of them
--   settled           -> what was booked with the money and is to come is cancelled: a session paid singly when all of
--                        it is settled; of credits, as many sessions as are owed, the one booked last first.
--                        Unless the admin who made the refund chose to keep them
--   disputed          -> credits are taken back and the payment is not paid out, until it is decided
--   failed, cancelled, won
--                     -> credits come back, the payment counts again, by counter-entries. What was cancelled stays
--                        cancelled: of a session paid singly, the credit that cancelling withheld is given now
--
-- Credits that were spent and can be taken back from nowhere are owed (`credits_owed`). `apply_returns` compares what
-- is with what should be, so it can be called any number of times and after any fact (returned_money.sql).

-- Shares are of the money that stays with us: recalculated after every fact about a payment. The caller holds the
-- client's lock and the checkout's row.
create function private.recalculate_payment_shares(
  checkout public.checkout_sessions, returned_minor integer, is_disputed boolean) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_kept_minor bigint := checkout.amount_minor - returned_minor;
  v_seat       private.earned_seats;
begin
  perform private.lock_funds(checkout.id);
  for v_seat in select * from private.earned_seats e where e.funds_id = checkout.id order by e.seat_number loop
    perform private.post_seat_difference(v_seat, v_kept_minor, is_disputed);
  end loop;

  -- What was paid for a seat that is not earned: not yet, or not at all.
  perform private.update_payment_amounts(
            p.id, v_kept_minor,
            case when s.status = 'cancelled' then 0
                 else (100 * private.compute_practitioner_share(v_kept_minor / 100.0, share))::bigint end,
            is_disputed)
     from public.session_payments p
     join public.session_schedules s on s.id = p.session_id
     join public.revenue_shares share on share.id = p.revenue_share_id
    where p.checkout_id = checkout.id and not exists (select from private.earned_seats e where e.payment_id = p.id);
end
$$;

-- The credits that a payment bought, or the one that its cancelled session returned.
create function private.find_paid_lot(checkout public.checkout_sessions) returns uuid
  language sql stable set search_path = ''
as $$
  select c.id from public.user_session_credits c  -- an erasure may have deleted them
   where c.id = coalesce(checkout.credit_lot_id, (select l.lot_id from public.credit_ledger l
                                                   where l.session_id = checkout.session_id and l.kind = 'return'));
$$;

-- Brings the number of a payment's credits that are taken back to `credits`: takes more, or gives some back when the
-- money stays with us after all. Those spent already count as taken, and are owed (`credits_owed`). Returns the number
-- then.
create function private.set_credits_taken_back(checkout public.checkout_sessions, credits integer) returns integer
  language plpgsql volatile set search_path = ''
as $$
declare
  v_change   integer := set_credits_taken_back.credits - checkout.credits_taken_back;
  v_debt_cut integer;
  v_lot      uuid := private.find_paid_lot(checkout);
begin
  if v_lot is null or v_change = 0 then
    return checkout.credits_taken_back;
  elsif v_change > 0 then
    perform private.revoke_credits(v_lot, v_change, 'The payment was refunded or disputed');
  else
    -- First less is owed, of what had been spent already; the rest is given back, for a month at least: nobody could
    -- use it meanwhile.
    update public.user_session_credits l
       set credits_owed = greatest(0, l.credits_owed + v_change),
           expires_at = case when l.credits_owed < -v_change then greatest(l.expires_at, now() + interval '30 days')
                             else l.expires_at end
      from public.user_session_credits old
     where l.id = v_lot and old.id = l.id
    returning least(old.credits_owed, -v_change) into v_debt_cut;
    insert into public.credit_ledger (lot_id, user_id, change, kind, reason)
    select v_lot, checkout.user_id, -v_change - v_debt_cut, 'adjustment', 'The payment stands: its money did not go back'
     where -v_change > v_debt_cut;
  end if;
  return set_credits_taken_back.credits;
end
$$;

-- The session that was paid for, or those booked with its credits, and their classes: locked before the money, as when
-- one is cancelled or completed.
create function private.lock_paid_sessions(checkout public.checkout_sessions, with_credits boolean) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  c_sessions constant uuid[] := array(
    select s.id from public.session_schedules s
     where lock_paid_sessions.with_credits and s.status = 'scheduled' and s.credit_lot_id = private.find_paid_lot(checkout));
begin
  perform from public.session_schedules class
    where class.id = any (array(select checkout.group_class_id union
                                select s.group_class_id from public.session_schedules s where s.id = any (c_sessions)))
    order by class.id for update;
  perform from public.session_schedules s where s.id = checkout.session_id or s.id = any (c_sessions) order by s.id for update;
end
$$;

-- Cancels what is to come of a payment and was booked last, at most so many; nothing is returned for it, because
-- credits are owed or the price was returned. Both sides are told, as of every cancellation.
create function private.cancel_unpaid_sessions(checkout public.checkout_sessions, at_most integer) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_session uuid;
begin
  for v_session in
    select s.id from public.session_schedules s
     where s.status = 'scheduled' and s.scheduled_at > now()
       and (s.id = checkout.session_id or s.credit_lot_id = private.find_paid_lot(checkout))
     order by s.created_at desc, s.scheduled_at desc, s.id limit greatest(at_most, 0)
  loop
    update public.session_schedules s set status = 'cancelled', notes = 'Cancelled: ' || private.why_unpaid_sessions_end()
     where s.id = v_session;
  end loop;
end
$$;

-- The reason that such a cancellation records, and by which its mail knows it.
create function private.why_unpaid_sessions_end() returns text
  language sql immutable set search_path = ''
as $$
  select 'the payment was returned';
$$;

-- A session paid singly that was cancelled while its money was away gave no credit. The money is here again, so it does
-- now; not for one that was forfeited.
create function private.return_withheld_credit(checkout public.checkout_sessions) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_session public.session_schedules;
begin
  select * into v_session from public.session_schedules s
   where s.id = checkout.session_id and s.status = 'cancelled'
     and exists (select from auth.users u where u.id = s.client_id)
     and exists (select from public.session_cancellations c where c.session_id = s.id and c.cancellation_type <> 'last_minute')
     and not exists (select from public.credit_ledger l where l.session_id = s.id and l.kind = 'return');
  if found then
    perform private.return_credit(v_session, null);  -- it was paid singly: there is no lot whose end would count
  end if;
end
$$;

-- Says what changed about the money to whoever paid. What went back and came back within one answer of Stripe's is
-- nothing.
create function private.publish_returns(
  checkout public.checkout_sessions, before public.checkout_sessions, returns private.returned_money, credits_given integer)
  returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_change integer := checkout.returned_minor - before.returned_minor;
begin
  if v_change > 0 then
    perform private.publish_event('payment_returned', checkout.user_id, checkout.session_id, jsonb_build_object(
      'checkout_id', checkout.id, 'amount_minor', v_change, 'currency', checkout.currency,
      'credits_taken_back', checkout.credits_taken_back,
      -- As credits_owed.sql counts them: not those whose money is only on its way.
      'credits_owed', coalesce((select greatest(0, l.credits_owed - (checkout.credits_taken_back
                                         - private.count_settled_credits(checkout, returns.settled_minor)))
                                  from public.user_session_credits l where l.id = private.find_paid_lot(checkout)), 0),
      'because', case when returns.lost_minor > before.returned_minor - before.refunded_minor then 'dispute' else 'refund' end));
  elsif v_change < 0 then
    perform private.publish_event('payment_restored', checkout.user_id, checkout.session_id, jsonb_build_object(
      'checkout_id', checkout.id, 'amount_minor', -v_change, 'currency', checkout.currency,
      'credits_given_back', greatest(credits_given, 0),
      'because', case when returns.refunded_minor < before.refunded_minor then 'refund' else 'dispute' end));
  end if;
end
$$;

create function private.apply_returns(checkout public.checkout_sessions, returns private.returned_money)
  returns public.checkout_sessions
  language plpgsql volatile set search_path = ''
as $$
declare
  v_before  public.checkout_sessions := checkout;
  v_left    integer := private.count_credits_left(checkout);
  v_settled bigint := returns.settled_minor - returns.forgone_minor;
  v_away    bigint;
  v_unpaid  integer;
begin
  checkout.refunded_minor := least(checkout.amount_minor, returns.refunded_minor);
  checkout.returned_minor := least(checkout.amount_minor, returns.refunded_minor + returns.lost_minor);
  v_away := least(checkout.amount_minor, checkout.returned_minor + returns.disputed_minor);

  perform private.lock_paid_sessions(checkout, v_settled > 0);
  perform private.recalculate_payment_shares(checkout, checkout.returned_minor, returns.disputed_minor > 0);
  -- Order matters: a session whose payment is returned gives no credit when it is cancelled.
  if checkout.session_id is not null and v_settled >= checkout.amount_minor and checkout.amount_minor > 0 then
    perform private.cancel_unpaid_sessions(checkout, 1) from public.session_schedules s
      where s.id = checkout.session_id and s.status = 'scheduled';
  elsif v_away < checkout.amount_minor then
    perform private.return_withheld_credit(checkout);
  end if;

  checkout.credits_taken_back := private.set_credits_taken_back(
    checkout, (checkout.credits * v_away / greatest(checkout.amount_minor, 1))::integer);
  select private.count_credits_unpaid(checkout, l.credits_owed, returns) into v_unpaid
    from public.user_session_credits l where l.id = private.find_paid_lot(checkout);
  perform private.cancel_unpaid_sessions(checkout, v_unpaid) where v_unpaid > 0;

  perform private.publish_returns(checkout, v_before, returns, private.count_credits_left(checkout) - v_left);
  return checkout;
end
$$;

create function private.count_credits_left(checkout public.checkout_sessions) returns integer
  language sql stable set search_path = ''
as $$
  select coalesce((select l.credits_remaining from public.user_session_credits l where l.id = private.find_paid_lot(checkout)), 0);
$$;

-- Of the credits owed, those whose sessions are cancelled: not those whose money is only on its way, or whose sessions
-- an admin keeps.
create function private.count_credits_unpaid(
  checkout public.checkout_sessions, credits_owed integer, returns private.returned_money) returns integer
  language sql immutable set search_path = ''
as $$
  select credits_owed - (checkout.credits_taken_back
                         - private.count_settled_credits(checkout, returns.settled_minor - returns.forgone_minor));
$$;

-- How many of a payment's credits so much of its money is.
create function private.count_settled_credits(checkout public.checkout_sessions, settled_minor bigint) returns integer
  language sql immutable set search_path = ''
as $$
  select (checkout.credits * least(checkout.amount_minor, settled_minor) / greatest(checkout.amount_minor, 1))::integer;
$$;

revoke execute on function private.recalculate_payment_shares, private.find_paid_lot, private.set_credits_taken_back,
  private.lock_paid_sessions, private.cancel_unpaid_sessions, private.why_unpaid_sessions_end,
  private.return_withheld_credit, private.publish_returns, private.apply_returns, private.count_settled_credits,
  private.count_credits_left, private.count_credits_unpaid from public, anon, authenticated, service_role;
