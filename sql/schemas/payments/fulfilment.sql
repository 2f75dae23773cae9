-- What follows from a payment: the session, or credits; and when it is refunded or disputed, they are taken back.
--
--   paid, a package        -> its credits
--   paid, a single session -> the session, with its payment and shares
--                             or, if the time was taken when the money arrived, a credit of its kind and a mail
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
  state        text    not null check (state in ('inquiry', 'open', 'won', 'lost')),
  amount_minor integer not null,

  constraint payment_disputes_id_is_short check (char_length(id) <= 255)
);
comment on table  private.payment_disputes       is 'What payers claimed back through their bank, by Stripe''s id.';
comment on column private.payment_disputes.state is
  'inquiry: the bank asks, and no money has moved. The order is that of the check; a state never goes back in it.';

create index payment_disputes_checkout_id_idx on private.payment_disputes (checkout_id);

alter table private.payment_disputes enable row level security;
-- No grant and no policy: only the functions of this schema read and write it.

create function private.grant_paid_credits(checkout public.checkout_sessions) returns uuid
  language plpgsql volatile set search_path = ''
as $$
declare
  -- The wallet reads price and currency from the metadata.
  v_lot uuid := private.grant_credits(
    checkout.user_id, checkout.credits, package_id => checkout.package_id,
    session_type_id => case when not checkout.is_for_any_type then checkout.session_type_id end,
    duration_minutes => (select t.duration_minutes from public.session_types t where t.id = checkout.session_type_id),
    is_group => (select t.is_group from public.session_types t where t.id = checkout.session_type_id),
    order_id => checkout.id::text,
    metadata => jsonb_build_object(
      'purchased_via', 'stripe_checkout', 'currency', checkout.currency,
      'total_amount', round(checkout.amount_minor / 100.0, 2), 'payment_type', checkout.payment_type));
begin
  update public.user_session_credits l
     set cancellation_policy_version = checkout.cancellation_policy_version,
         cancellation_policy_agreed_at = checkout.created_at
   where l.id = v_lot and checkout.cancellation_policy_version is not null;
  return v_lot;
end
$$;

-- A lot that a checkout paid for names it in its order_id. So does one that a cancelled session returned: it names that
-- session's checkout, because the session may be deleted later, and a refund must still find what became of its money.
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

create function private.record_payment(checkout public.checkout_sessions) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_share  public.revenue_shares := private.get_revenue_share(checkout.paid_at);
  v_amount numeric := round(checkout.amount_minor / 100.0, 2);
begin
  insert into public.session_payments
    (session_id, practitioner_id, client_id, total_amount, practitioner_share, platform_share, currency, status,
     stripe_payment_intent_id, checkout_id, revenue_share_id)
  select s.id, s.practitioner_id, s.client_id, v_amount, private.compute_practitioner_share(v_amount, v_share),
         v_amount - private.compute_practitioner_share(v_amount, v_share), checkout.currency, 'completed',
         checkout.stripe_payment_intent_id, checkout.id, v_share.id
    from public.session_schedules s where s.id = checkout.session_id;
end
$$;

-- A class may change while somebody is paying for a seat in it. The seat is theirs; what they agreed to is what they
-- paid for, so they are told what is different, and may leave freely.
create function private.keep_what_was_paid_for(checkout public.checkout_sessions) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_seat     public.session_schedules;
  v_paid     public.session_schedules;
  v_previous jsonb;
  v_by       text;
begin
  select * into v_seat from public.session_schedules s
   where s.id = checkout.session_id and s.group_class_id = checkout.group_class_id;
  v_paid := v_seat;
  v_paid.scheduled_at := checkout.scheduled_at;
  v_paid.practitioner_id := coalesce(checkout.practitioner_id, v_seat.practitioner_id);
  v_paid.session_location := checkout.session_location;
  v_paid.physical_location := checkout.physical_location;
  v_paid.duration_minutes := coalesce(
    (select h.duration_minutes from public.session_holds h where h.id = checkout.hold_id), v_seat.duration_minutes);
  v_previous := private.list_previous_values(v_paid, v_seat);
  if v_seat.id is null or v_previous is null then
    return;
  end if;
  select a.changed_by into v_by from private.session_agreements a where a.session_id = v_seat.group_class_id;
  v_by := coalesce(v_by, 'admin');
  insert into private.session_agreements (
    session_id, scheduled_at, duration_minutes, practitioner_id, session_location, physical_location, agreed_at, changed_by)
  values (v_seat.id, v_paid.scheduled_at, v_paid.duration_minutes, v_paid.practitioner_id, v_paid.session_location,
          v_paid.physical_location, checkout.created_at, v_by);
  perform private.publish_change(v_seat, v_previous, v_by);
end
$$;

create function private.fulfil_checkout(checkout public.checkout_sessions) returns public.checkout_sessions
  language plpgsql volatile set search_path = ''
as $$
declare
  v_problem text;
begin
  begin
    if checkout.payment_type = 'single' then
      begin
        checkout.session_id := private.insert_booked_session(
          checkout.user_id, checkout.practitioner_id, checkout.scheduled_at, checkout.session_type_id,
          checkout.session_location, checkout.physical_location, notes => checkout.notes,
          group_class_id => checkout.group_class_id,
          cancellation_policy_version => checkout.cancellation_policy_version);
        checkout.outcome := 'session_booked';
      exception when others then
        -- Whatever the refusal, the client has paid.
        if sqlstate not like 'PT4%' then
          raise;
        end if;
        get stacked diagnostics v_problem = pg_exception_detail;
        checkout.outcome := 'credit_instead';
      end;
    else
      checkout.outcome := 'credits_granted';
    end if;
    if checkout.outcome = 'session_booked' then
      perform private.record_payment(checkout);
    else
      checkout.credit_lot_id := private.grant_paid_credits(checkout);
    end if;
  exception when foreign_key_violation then
    -- The account was erased between paying and now. Somebody has to give the money back.
    checkout.outcome := 'nobody_there';
    checkout.session_id := null;
  end;

  if checkout.outcome = 'session_booked' and checkout.group_class_id is not null then
    perform private.keep_what_was_paid_for(checkout);
  end if;
  if checkout.outcome in ('credit_instead', 'nobody_there') then
    perform private.publish_event('session_not_booked', checkout.user_id, null, jsonb_build_object(
      'checkout_id', checkout.id, 'outcome', checkout.outcome, 'because', v_problem,
      'practitioner_id', checkout.practitioner_id, 'scheduled_at', checkout.scheduled_at,
      'group_class_id', checkout.group_class_id));
  end if;
  perform private.publish_event('payment_received', checkout.user_id, checkout.session_id, jsonb_build_object(
    'checkout_id', checkout.id, 'amount_minor', checkout.amount_minor, 'currency', checkout.currency));
  return checkout;
end
$$;

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
  -- Order matters: the class, the session, its money, as when a session is cancelled or completed.
  perform from public.session_schedules class where class.id = checkout.group_class_id for update;
  perform from public.session_schedules s where s.id = checkout.session_id for update;
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

-- Brings the number of a payment's credits that are taken back to `credits`: takes more, or gives some back after a
-- dispute that was won. Those spent already count as taken, and are owed (`credits_owed`). Returns the number then.
create function private.set_credits_taken_back(checkout public.checkout_sessions, credits integer) returns integer
  language plpgsql volatile set search_path = ''
as $$
declare
  v_change   integer := set_credits_taken_back.credits - checkout.credits_taken_back;
  v_debt_cut integer;
  -- The credits it bought, or the one that its cancelled session returned.
  v_lot      uuid := coalesce(checkout.credit_lot_id, (select l.lot_id from public.credit_ledger l
                                                        where l.session_id = checkout.session_id and l.kind = 'return'));
begin
  if v_lot is null or v_change = 0 then
    return checkout.credits_taken_back;
  elsif v_change > 0 then
    perform private.revoke_credits(v_lot, v_change, 'The payment was refunded or disputed');
  else
    -- First less is owed, of what had been spent already; the rest is given back.
    update public.user_session_credits l set credits_owed = greatest(0, l.credits_owed + v_change)
      from public.user_session_credits old
     where l.id = v_lot and old.id = l.id
    returning least(old.credits_owed, -v_change) into v_debt_cut;
    insert into public.credit_ledger (lot_id, user_id, change, kind, reason)
    select v_lot, checkout.user_id, -v_change - v_debt_cut, 'adjustment', 'The payment stands: its dispute was won'
     where -v_change > v_debt_cut;
  end if;
  return set_credits_taken_back.credits;
end
$$;

-- Money was refunded, or is disputed by the payer's bank: session and credits are taken back with it.
create function private.apply_refunds_and_disputes(checkout public.checkout_sessions) returns public.checkout_sessions
  language plpgsql volatile set search_path = ''
as $$
declare
  v_disputed integer;
  v_lost     integer;
  v_returned integer;
begin
  select coalesce(sum(d.amount_minor) filter (where d.state = 'open'), 0),
         coalesce(sum(d.amount_minor) filter (where d.state = 'lost'), 0)
    into v_disputed, v_lost from private.payment_disputes d where d.checkout_id = checkout.id;
  v_returned := least(checkout.amount_minor, checkout.refunded_minor + v_lost);

  perform private.recalculate_payment_shares(checkout, v_returned, v_disputed > 0);
  -- Order matters: a session whose payment is refunded gives no credit when it is cancelled.
  if v_returned >= checkout.amount_minor then
    perform from public.session_schedules class where class.id = checkout.group_class_id for update;
    update public.session_schedules s set status = 'cancelled', notes = 'Cancelled: the payment was returned'
     where s.id = checkout.session_id and s.status = 'scheduled' and s.scheduled_at > now();
  end if;
  checkout.credits_taken_back := private.set_credits_taken_back(checkout,
    checkout.credits * least(checkout.amount_minor, v_returned + v_disputed) / greatest(checkout.amount_minor, 1));

  if v_returned > checkout.returned_minor then
    perform private.publish_event('payment_returned', checkout.user_id, checkout.session_id, jsonb_build_object(
      'checkout_id', checkout.id, 'amount_minor', v_returned - checkout.returned_minor, 'currency', checkout.currency,
      'credits_taken_back', checkout.credits_taken_back));
    checkout.returned_minor := v_returned;
  end if;
  return checkout;
end
$$;

-- The caller has locked the client and then the row, and has written the facts.
create function private.settle_checkout(checkout public.checkout_sessions) returns public.checkout_sessions
  language plpgsql volatile set search_path = ''
as $$
begin
  if checkout.status = 'paid' and checkout.outcome is null then
    checkout := private.fulfil_checkout(checkout);
  elsif checkout.status = 'processing' then
    -- The payer has done their part; the bank takes days.
    update public.session_holds h set expires_at = greatest(h.expires_at, checkout.scheduled_at)
     where h.id = checkout.hold_id and h.status = 'held' and h.checkout_session_id = checkout.id::text;
  elsif checkout.status in ('failed', 'expired') then
    update public.session_holds h set status = 'released'
     where h.id = checkout.hold_id and h.status = 'held' and h.checkout_session_id = checkout.id::text;
  end if;
  if checkout.status = 'failed' and checkout.processing_at is not null and checkout.difference is null
     and checkout.failure_told_at is null then
    -- They left Stripe's page in the belief that they had paid, days ago: nobody else tells them.
    perform private.publish_event('payment_failed', checkout.user_id, null, jsonb_build_object(
      'checkout_id', checkout.id, 'amount_minor', checkout.amount_minor, 'currency', checkout.currency,
      'payment_type', checkout.payment_type));
    checkout.failure_told_at := now();
  end if;
  if checkout.outcome is not null then
    checkout := private.apply_refunds_and_disputes(checkout);
    update public.user_session_credits l set stripe_payment_intent_id = checkout.stripe_payment_intent_id
     where l.id = checkout.credit_lot_id
       and l.stripe_payment_intent_id is distinct from checkout.stripe_payment_intent_id;
  end if;

  update public.checkout_sessions old
     set failure_told_at = checkout.failure_told_at, outcome = checkout.outcome, session_id = checkout.session_id,
         credit_lot_id = checkout.credit_lot_id, returned_minor = checkout.returned_minor,
         credits_taken_back = checkout.credits_taken_back, claim_count = 0,
         next_check_at = case checkout.status
           when 'open' then now() + interval '4 minutes'
           when 'processing' then now() + interval '1 hour'
           -- Receipts come a moment later, refunds and disputes within months: ask ever more rarely.
           when 'paid' then case when checkout.paid_at > now() - interval '180 days'
             then now() + least(interval '7 days', greatest(interval '10 minutes', now() - checkout.paid_at)) end
         end
   where old.id = checkout.id
  returning old.* into checkout;
  return checkout;
end
$$;

revoke execute on function private.grant_paid_credits, private.record_payment, private.keep_what_was_paid_for, private.fulfil_checkout,
  private.recalculate_payment_shares, private.set_credits_taken_back, private.apply_refunds_and_disputes, private.settle_checkout
  from public, anon, authenticated, service_role;
