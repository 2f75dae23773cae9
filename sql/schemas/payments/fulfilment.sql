-- What follows from a payment: the session, or credits.
--
--   paid, a package        -> its credits
--   paid, a fee            -> it is paid, or the payment goes back (fees/paying.sql)
--   paid, a single session -> the session, with its payment and shares
--                             or, if the time was taken when the money arrived, a credit of its kind and a mail
--
-- What follows when it goes back stands in returns.sql.
-- `settle_checkout` compares what is with what should be, so it can be called any number of times and after any fact.

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
  -- A package pays what its owner owes. What was paid for one session is for that, and whoever owes cannot pay for one.
  if checkout.payment_type <> 'single' then
    perform private.settle_credits_owed(v_lot);
  end if;
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
  if checkout.payment_type = 'fee' then
    return private.fulfil_fee_checkout(checkout);
  end if;
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
  perform private.publish_event('payment_received', checkout.user_id, checkout.session_id, jsonb_strip_nulls(jsonb_build_object(
    'checkout_id', checkout.id, 'amount_minor', checkout.amount_minor, 'currency', checkout.currency,
    -- What was owed and is paid from them: nothing else has been taken yet.
    'credits_settled', (select -sum(l.change) from public.credit_ledger l
                         where l.lot_id = checkout.credit_lot_id and l.kind = 'refund'))));
  return checkout;
end
$$;

-- The caller has locked the client and then the row, and has written the facts.
create function private.settle_checkout(checkout public.checkout_sessions) returns public.checkout_sessions
  language plpgsql volatile set search_path = ''
as $$
declare
  v_returns private.returned_money := private.sum_returns(checkout.id);
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
    checkout := private.apply_returns(checkout, v_returns);
    update public.user_session_credits l set stripe_payment_intent_id = checkout.stripe_payment_intent_id
     where l.id = checkout.credit_lot_id
       and l.stripe_payment_intent_id is distinct from checkout.stripe_payment_intent_id;
    if checkout.fee_id is not null then
      perform private.settle_fee_payment(checkout, v_returns);
    end if;
  end if;

  update public.checkout_sessions old
     set failure_told_at = checkout.failure_told_at, outcome = checkout.outcome, session_id = checkout.session_id,
         credit_lot_id = checkout.credit_lot_id, refunded_minor = checkout.refunded_minor,
         returned_minor = checkout.returned_minor, credits_taken_back = checkout.credits_taken_back, claim_count = 0,
         next_check_at = case checkout.status
           when 'open' then now() + interval '4 minutes'
           when 'processing' then now() + interval '1 hour'
           -- Receipts come a moment later, refunds and disputes within months: ask ever more rarely, but daily while
           -- one of them is undecided. One that was decided may turn: asked about as long as a payment.
           when 'paid' then case
             when checkout.fee_id is not null and (private.find_refund_to_make(checkout.id)).id is not null
               then now() + interval '1 minute'
             when greatest(checkout.paid_at, v_returns.changed_at) > now() - interval '180 days'
             then now() + least(case when v_returns.is_undecided then interval '1 day' else interval '7 days' end,
                                greatest(interval '10 minutes', now() - checkout.paid_at)) end
         end
   where old.id = checkout.id
  returning old.* into checkout;
  return checkout;
end
$$;

revoke execute on function private.grant_paid_credits, private.record_payment, private.keep_what_was_paid_for, private.fulfil_checkout,
  private.settle_checkout from public, anon, authenticated, service_role;
