-- Paying a fee: by a checkout that its debtor opens from a mail, for exactly what is owed.
--
--   paid while it is owed               -> the fee is paid
--   paid when it was paid or forgiven   -> `fee_not_owed`: the payment goes back, all of it
--   paid what it was before             -> the same: it was forgiven meanwhile, and is owed for something else now
--   forgiven after it was paid          -> the payment goes back, too
--
-- A fee has one checkout at a time that can be paid. What goes back is a refund that nobody asked for (`requested_by`
-- is null): recorded here, made at Stripe by the reconciler, under its own id, so that it is made once.
--
-- A fee is the platform's: no practitioner has a share of it. Its books are the fee and its checkout.

create function private.describe_fee(fee public.owed_fees) returns text
  language plpgsql stable set search_path = ''
as $$
declare
  v_zone text := coalesce((select s.time_zone from public.session_schedules s where s.id = (fee).session_id),
                          private.find_user_time_zone((fee).user_id), 'UTC');
begin
  return case (fee).because when 'no_show' then 'Fee for a missed session, ' else 'Fee for a late cancellation, ' end
    || to_char((fee).scheduled_at at time zone v_zone, 'FMMonth FMDD, YYYY');
end
$$;

-- The caller has locked the client.
create function private.begin_fee_checkout(user_id uuid, fee_id uuid) returns private.begun_checkout
  language plpgsql volatile set search_path = ''
as $$
#variable_conflict use_column
declare
  v_fee        public.owed_fees;
  v_checkout   public.checkout_sessions;
  v_supersedes text[];
begin
  perform private.lock_client(begin_fee_checkout.user_id);
  select * into v_fee from public.owed_fees f
   where f.id = begin_fee_checkout.fee_id and f.user_id = begin_fee_checkout.user_id for update;
  if not found then
    perform private.refuse(404, 'fee_not_found', 'There is no such fee.');
  elsif v_fee.status in ('paid', 'returned') then
    perform private.refuse(409, 'fee_paid', 'This fee is paid.', 'The receipt is in your mail.');
  elsif v_fee.status = 'forgiven' then
    perform private.refuse(409, 'fee_forgiven', 'You do not owe this fee any more.');
  elsif exists (select from public.checkout_sessions c where c.fee_id = v_fee.id and c.status = 'processing') then
    perform private.refuse(409, 'payment_on_its_way', 'Your payment for this fee is on its way.',
                           'A bank takes a few days. You get a mail when it is here.');
  end if;

  select * into v_checkout from public.checkout_sessions c
   where c.fee_id = v_fee.id and (c.amount_minor, c.currency) = (v_fee.amount_minor, v_fee.currency)
     -- One that is still being opened must last for as long as Stripe demands of a new page.
     and c.expires_at > now() + case c.status when 'open' then interval '10 minutes' when 'opening' then interval '30.5 minutes' end
   order by c.created_at desc limit 1;
  if v_checkout.status = 'opening' and v_checkout.created_at > now() - interval '20 seconds' then
    perform private.refuse(409, 'request_in_progress', 'The page to pay on is being opened.', 'Ask again in a moment.');
  elsif found then
    return (v_checkout.id, v_checkout.description, v_checkout.amount_minor, v_checkout.currency, v_checkout.expires_at,
            v_checkout.url, array[]::text[]);
  end if;
  perform private.limit_use('checkouts', begin_fee_checkout.user_id);
  v_supersedes := array(select c.stripe_session_id from public.checkout_sessions c
                         where c.fee_id = v_fee.id and c.status = 'open');
  insert into public.checkout_sessions as c
    (user_id, payment_type, description, amount_minor, currency, credits, fee_id, expires_at, next_check_at)
  values
    (v_fee.user_id, 'fee', private.describe_fee(v_fee), v_fee.amount_minor, v_fee.currency, 0, v_fee.id,
     date_trunc('second', now()) + interval '32 minutes', now() + interval '5 minutes')
  returning c.* into v_checkout;
  return (v_checkout.id, v_checkout.description, v_checkout.amount_minor, v_checkout.currency, v_checkout.expires_at,
          v_checkout.url, v_supersedes);
end
$$;

-- The money is here. The caller has locked the client and the checkout.
create function private.fulfil_fee_checkout(checkout public.checkout_sessions) returns public.checkout_sessions
  language plpgsql volatile set search_path = ''
as $$
declare
  v_fee public.owed_fees;
begin
  select * into v_fee from public.owed_fees f where f.id = checkout.fee_id for update;
  checkout.outcome := case
    when v_fee.status = 'owed' and (checkout.amount_minor, checkout.currency) = (v_fee.amount_minor, v_fee.currency)
      then 'fee_paid' else 'fee_not_owed' end;
  update public.owed_fees f set paid_at = checkout.paid_at where f.id = v_fee.id and checkout.outcome = 'fee_paid';
  perform private.publish_event('payment_received', checkout.user_id, null, jsonb_build_object(
    'checkout_id', checkout.id, 'amount_minor', checkout.amount_minor, 'currency', checkout.currency));
  return checkout;
end
$$;

-- Brings a fee and its payment to what follows from the facts: after any fact, and any number of times. The caller has
-- locked the checkout; the fee is locked here, so that whoever forgives it comes before or after, and is seen.
create function private.settle_fee_payment(checkout public.checkout_sessions, returns private.returned_money) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_fee public.owed_fees;
begin
  select * into v_fee from public.owed_fees f where f.id = checkout.fee_id for update;
  if checkout.outcome = 'fee_paid' then
    update public.owed_fees f
       set returned_at = case when checkout.returned_minor >= checkout.amount_minor then coalesce(f.returned_at, now()) end
     where f.id = v_fee.id and (f.returned_at is null) = (checkout.returned_minor >= checkout.amount_minor);
  end if;
  -- A dispute is decided first, and what an admin gives back is theirs to give.
  if (checkout.outcome = 'fee_not_owed' or v_fee.forgiven_at is not null)
     and returns.disputed_minor = 0 and checkout.returned_minor < checkout.amount_minor
     and not exists (select from private.payment_refunds r
                      where r.checkout_id = checkout.id and (r.requested_by is null or r.status = 'requested')) then
    insert into private.payment_refunds (checkout_id, amount_minor, reason, requested_by)
    values (checkout.id, checkout.amount_minor - checkout.returned_minor,
            'The fee was not owed when it was paid, or is not owed any more', null);
  end if;
end
$$;

-- What the reconciler is to give back now; null: nothing. Stripe forgets after a day under which key it was asked, so
-- then it is an admin's (foundation/matters.sql).
-- Definer: nobody reads refunds.
create function private.find_refund_to_make(checkout_id uuid) returns private.payment_refunds
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_refund private.payment_refunds;
begin
  select r.* into v_refund from private.payment_refunds r
    join public.checkout_sessions c on c.id = r.checkout_id and c.stripe_payment_intent_id is not null
   where r.checkout_id = find_refund_to_make.checkout_id and r.requested_by is null and r.status = 'requested'
     and r.created_at > now() - interval '23 hours' limit 1;
  return v_refund;
end
$$;

revoke execute on function private.describe_fee, private.begin_fee_checkout, private.fulfil_fee_checkout,
  private.settle_fee_payment, private.find_refund_to_make from public, anon, authenticated, service_role;
