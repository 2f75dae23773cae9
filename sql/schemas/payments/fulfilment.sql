-- What follows from a payment: the session, or credits; and when the money goes back, so do they.
--
--   paid, a package        -> its credits
--   paid, a single session -> the session, with its payment and shares
--                             or, if the time was gone when the money came, a credit of its kind and a message
--   refunded in part       -> of a package, as many credits as that part is worth, rounded down; shares are of the rest
--   refunded in full       -> all of it, also a session that has not begun
--   disputed               -> credits are taken back and the payment is not paid out, until it is decided
--     lost                 -> as if it had been refunded
--     won                  -> credits come back, the payment counts again
--
-- `settle_checkout` compares what is with what should be, so it can be called any number of times and after any fact.

create table private.payment_disputes (
  id           text    primary key,
  checkout_id  uuid    not null references public.checkout_sessions (id),
  state        text    not null check (state in ('asked', 'open', 'won', 'lost')),
  amount_minor integer not null
);
comment on table  private.payment_disputes       is 'What payers claimed back through their bank, by Stripe''s id.';
comment on column private.payment_disputes.state is
  'asked: the bank wants to know, and no money has moved. It only moves to the right.';

create index payment_disputes_checkout_id_idx on private.payment_disputes (checkout_id);

alter table private.payment_disputes enable row level security;
-- No grant and no policy: only the functions of this schema read and write it.

create function private.grant_paid_credits(c public.checkout_sessions) returns uuid
  language plpgsql volatile set search_path = ''
as $$
declare
  -- The wallet reads price and currency from the metadata.
  v_lot uuid := private.grant_credits(c.user_id, c.credits, package_id => c.package_id, session_type_id => c.session_type_id,
    order_id => c.id::text,
    metadata => jsonb_build_object('purchased_via', 'stripe_checkout', 'currency', c.currency,
                                   'total_amount', round(c.amount_minor / 100.0, 2), 'payment_type', c.payment_type));
begin
  update public.user_session_credits l
     set cancellation_policy_version = c.cancellation_policy_version, cancellation_policy_agreed_at = c.created_at
   where l.id = v_lot and c.cancellation_policy_version is not null;
  return v_lot;
end
$$;

-- A lot that a checkout paid for says so in its order_id. One that a cancelled session gave back comes from that
-- session's checkout, and says so as well: the session may be deleted later, and a refund must still find what became
-- of its money.
create function private.set_lot_order_id() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  update public.user_session_credits l set order_id = c.id::text
    from public.checkout_sessions c
   where l.id = new.lot_id and l.order_id is null and c.session_id = new.session_id;
  return null;
end
$$;
revoke execute on function private.set_lot_order_id from public, anon, authenticated, service_role;

create trigger credit_ledger_10_set_lot_order_id after insert on public.credit_ledger
  for each row when (new.kind = 'return') execute function private.set_lot_order_id();

create function private.record_payment(c public.checkout_sessions) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_share  public.revenue_shares := private.get_revenue_share(c.paid_at);
  v_amount numeric := round(c.amount_minor / 100.0, 2);
begin
  insert into public.session_payments
    (session_id, practitioner_id, client_id, total_amount, practitioner_share, platform_share, currency, status,
     stripe_payment_intent_id, checkout_id, revenue_share_id)
  select s.id, s.practitioner_id, s.client_id, v_amount, private.compute_practitioner_share(v_amount, v_share),
         v_amount - private.compute_practitioner_share(v_amount, v_share), c.currency, 'completed',
         c.stripe_payment_intent_id, c.id, v_share.id
    from public.session_schedules s where s.id = c.session_id;
end
$$;

create function private.fulfil_checkout(c public.checkout_sessions) returns public.checkout_sessions
  language plpgsql volatile set search_path = ''
as $$
declare
  v_problem text;
begin
  begin
    if c.payment_type = 'single' then
      begin
        c.session_id := private.insert_booked_session(
          c.user_id, c.practitioner_id, c.scheduled_at, c.session_type_id, c.session_location, c.physical_location,
          notes => c.notes, group_class_id => c.group_class_id, cancellation_policy_version => c.cancellation_policy_version);
        c.outcome := 'session_booked';
      exception when others then
        -- Whatever refuses it, the money is here.
        if sqlstate not like 'PT4%' then
          raise;
        end if;
        get stacked diagnostics v_problem = pg_exception_detail;
        c.outcome := 'credit_instead';
      end;
    else
      c.outcome := 'credits_granted';
    end if;
    if c.outcome = 'session_booked' then
      perform private.record_payment(c);
    else
      c.credit_lot_id := private.grant_paid_credits(c);
    end if;
  exception when foreign_key_violation then
    -- The account was erased between paying and now. Somebody has to give the money back.
    c.outcome := 'nobody_there';
    c.session_id := null;
  end;

  if c.outcome in ('credit_instead', 'nobody_there') then
    perform private.publish_event('session_not_booked', c.user_id, null, jsonb_build_object(
      'checkout_id', c.id, 'outcome', c.outcome, 'because', v_problem, 'practitioner_id', c.practitioner_id,
      'scheduled_at', c.scheduled_at, 'group_class_id', c.group_class_id));
  end if;
  perform private.publish_event('payment_received', c.user_id, c.session_id, jsonb_build_object(
    'checkout_id', c.id, 'amount_minor', c.amount_minor, 'currency', c.currency));
  return c;
end
$$;

-- Shares are of the money that stays: stated anew after every fact about a payment. Whoever calls holds the client's
-- lock and the checkout's row.
create function private.recalculate_payment_shares(c public.checkout_sessions, returned_minor integer, is_disputed boolean)
  returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_kept bigint := c.amount_minor - returned_minor;
  v_seat private.earned_seats;
begin
  -- Order matters: the class, the session, its money, as whoever cancels or completes the session goes.
  perform from public.session_schedules class where class.id = c.group_class_id for update;
  perform from public.session_schedules s where s.id = c.session_id for update;
  perform private.lock_funds(c.id);
  for v_seat in select * from private.earned_seats e where e.money_id = c.id order by e.place loop
    perform private.post_seat_difference(v_seat, v_kept, is_disputed);
  end loop;

  -- What was paid for a seat that is not earned: not yet, or not at all.
  perform private.update_payment_amounts(p.id, v_kept, case when s.status = 'cancelled' then 0
                                                   else (100 * private.compute_practitioner_share(v_kept / 100.0, share))::bigint end, is_disputed)
     from public.session_payments p
     join public.session_schedules s on s.id = p.session_id
     join public.revenue_shares share on share.id = p.revenue_share_id
    where p.checkout_id = c.id and not exists (select from private.earned_seats e where e.payment_id = p.id);
end
$$;

-- Brings the number of a payment's credits that are taken back to `credits`: takes more, or gives some back after a
-- dispute that was won. Those spent already count as taken, and are owed (`credits_owed`). Returns the number then.
create function private.set_credits_taken_back(c public.checkout_sessions, credits integer) returns integer
  language plpgsql volatile set search_path = ''
as $$
declare
  v_more integer := set_credits_taken_back.credits - c.credits_taken_back;
  v_owed integer;
  -- Those it bought, or the one that its cancelled session gave back.
  v_lot  uuid := coalesce(c.credit_lot_id, (select l.lot_id from public.credit_ledger l
                                             where l.session_id = c.session_id and l.kind = 'return'));
begin
  if v_lot is null or v_more = 0 then
    return c.credits_taken_back;
  elsif v_more > 0 then
    perform private.revoke_credits(v_lot, v_more, 'The payment was refunded or disputed');
  else
    -- First what was asked for and never there; the rest is given back.
    update public.user_session_credits l set credits_owed = greatest(0, l.credits_owed + v_more)
      from public.user_session_credits old
     where l.id = v_lot and old.id = l.id
    returning least(old.credits_owed, -v_more) into v_owed;
    insert into public.credit_ledger (lot_id, user_id, change, kind, reason)
    select v_lot, c.user_id, -v_more - v_owed, 'adjustment', 'The payment stands: its dispute was won'
     where -v_more > v_owed;
  end if;
  return set_credits_taken_back.credits;
end
$$;

-- When money goes back, to the payer or for as long as their bank disputes it, so do session and credits.
create function private.apply_refunds_and_disputes(c public.checkout_sessions) returns public.checkout_sessions
  language plpgsql volatile set search_path = ''
as $$
declare
  v_open     integer;
  v_lost     integer;
  v_returned integer;
begin
  select coalesce(sum(d.amount_minor) filter (where d.state = 'open'), 0),
         coalesce(sum(d.amount_minor) filter (where d.state = 'lost'), 0)
    into v_open, v_lost from private.payment_disputes d where d.checkout_id = c.id;
  v_returned := least(c.amount_minor, c.refunded_minor + v_lost);

  perform private.recalculate_payment_shares(c, v_returned, v_open > 0);
  -- Order matters: a session whose payment is refunded gives no credit when it is cancelled.
  if v_returned >= c.amount_minor then
    perform from public.session_schedules class where class.id = c.group_class_id for update;
    update public.session_schedules s set status = 'cancelled', notes = 'Cancelled: the payment was returned'
     where s.id = c.session_id and s.status = 'scheduled' and s.scheduled_at > now();
  end if;
  c.credits_taken_back := private.set_credits_taken_back(
    c, c.credits * least(c.amount_minor, v_returned + v_open) / greatest(c.amount_minor, 1));

  if v_returned > c.returned_minor then
    perform private.publish_event('payment_returned', c.user_id, c.session_id, jsonb_build_object(
      'checkout_id', c.id, 'amount_minor', v_returned - c.returned_minor, 'currency', c.currency,
      'credits_taken_back', c.credits_taken_back));
    c.returned_minor := v_returned;
  end if;
  return c;
end
$$;

-- Whoever calls has locked the client and then the row, and has written the facts.
create function private.settle_checkout(c public.checkout_sessions) returns public.checkout_sessions
  language plpgsql volatile set search_path = ''
as $$
begin
  if c.status = 'paid' and c.outcome is null then
    c := private.fulfil_checkout(c);
  elsif c.status = 'processing' then
    -- The payer has done their part; the bank takes days.
    update public.session_holds h set expires_at = greatest(h.expires_at, c.scheduled_at)
     where h.id = c.hold_id and h.status = 'held' and h.checkout_session_id = c.id::text;
  elsif c.status in ('failed', 'expired') then
    update public.session_holds h set status = 'released'
     where h.id = c.hold_id and h.status = 'held' and h.checkout_session_id = c.id::text;
  end if;
  if c.outcome is not null then
    c := private.apply_refunds_and_disputes(c);
    update public.user_session_credits l set stripe_payment_intent_id = c.stripe_payment_intent_id
     where l.id = c.credit_lot_id and l.stripe_payment_intent_id is distinct from c.stripe_payment_intent_id;
  end if;

  update public.checkout_sessions old
     set outcome = c.outcome, session_id = c.session_id, credit_lot_id = c.credit_lot_id,
         returned_minor = c.returned_minor, credits_taken_back = c.credits_taken_back,
         next_check_at = case c.status
           when 'open' then now() + interval '4 minutes'
           when 'processing' then now() + interval '1 hour'
           -- Receipts come a moment later, refunds and disputes within months: ask ever more rarely.
           when 'paid' then case when c.paid_at > now() - interval '180 days'
             then now() + least(interval '7 days', greatest(interval '10 minutes', now() - c.paid_at)) end
         end
   where old.id = c.id
  returning old.* into c;
  return c;
end
$$;

revoke execute on function private.grant_paid_credits, private.record_payment, private.fulfil_checkout,
  private.recalculate_payment_shares, private.set_credits_taken_back, private.apply_refunds_and_disputes, private.settle_checkout
  from public, anon, authenticated, service_role;
