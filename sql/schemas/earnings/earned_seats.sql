-- Earned seats: what a session is worth to the practitioner who gave it, and from which funds.
--
--   (not earned) -> earned -> reversed, as far as its price is returned to the payer; and back, if it is not after all
--                      |
--                      +-----> (not earned), when its session is reopened: posted back, and its number is free again
--
-- A seat is paid from one sum of money, its funds: a payment, or the price of the lot its credit comes from. Of a lot
-- of n credits the first k are worth k/n of its price, in whole cents, so that all of them together are worth exactly
-- the price. What is returned to a payer is taken from the credits nobody used, and then from the seats, the last one
-- first. So what a seat earns follows from its number and from how much of the funds is kept, and is the same in
-- whatever order the facts arrive.

create table private.earned_seats (
  session_id       uuid        primary key,
  payment_id       uuid        not null unique,
  practitioner_id  uuid        not null,
  currency         text        not null check (currency in ('cad', 'usd')),
  funds_id         uuid        not null,
  checkout_id      uuid,
  seat_number      integer     not null,
  price_minor      bigint      not null check (price_minor >= 0),
  preceding_minor  bigint      not null check (preceding_minor >= 0),
  revenue_share_id uuid        references public.revenue_shares (id),
  share_minor      bigint,
  created_at       timestamptz not null default now(),

  constraint earned_seats_one_per_seat_number unique (funds_id, seat_number),
  constraint earned_seats_have_one_share check (num_nonnulls(revenue_share_id, share_minor) = 1)
);
comment on table private.earned_seats is
  'Seats that were earned, and the funds they are paid from: evidence.';
comment on column private.earned_seats.session_id is
  'No foreign key, like payment_id and practitioner_id: money outlives what it is about.';
comment on column private.earned_seats.funds_id is
  'The checkout; of what is older than checkouts, the payment or the lot.';
comment on column private.earned_seats.checkout_id is
  'No foreign key: its check would wait for a refund, which itself waits for the lock on these funds.';
comment on column private.earned_seats.seat_number is 'Its number among the seats that these funds pay for, from 1.';
comment on column private.earned_seats.preceding_minor is 'What the seats with lower numbers cost together.';
comment on column private.earned_seats.share_minor is
  'Of payments that are older than the versions of the share, and were split when they were received.';

create index earned_seats_checkout_id_idx on private.earned_seats (checkout_id);
create index earned_seats_revenue_share_id_idx on private.earned_seats (revenue_share_id);

alter table private.earned_seats enable row level security;
-- No grant and no policy: only the functions of this schema read and write it.

-- The sum of money that seats are paid from, and for how many.
create type private.funds as (
  id uuid, checkout_id uuid, amount_minor bigint, currency text, seats integer,
  revenue_share_id uuid, share_minor bigint
);

create function private.get_payment_funds(payment public.session_payments) returns private.funds
  language sql stable set search_path = ''
as $$
  select (coalesce(payment.checkout_id, payment.id), payment.checkout_id, round(100 * payment.total_amount)::bigint,
          lower(payment.currency), 1, payment.revenue_share_id,
          case when payment.revenue_share_id is null then round(100 * payment.practitioner_share)::bigint end)::private.funds;
$$;

-- The price of a lot of credits. A lot that was given costs nothing, nor does a credit added to one that was bought.
create function private.get_credit_lot_funds(lot public.user_session_credits) returns private.funds
  language sql stable set search_path = ''
as $$
  select (m.id, m.checkout_id, m.amount_minor, m.currency, m.seats, (private.get_revenue_share(m.paid_at)).id, null)::private.funds
    from (select c.id, c.id as checkout_id, c.amount_minor, c.currency, c.credits as seats, c.paid_at
            from public.checkout_sessions c
           where lot.order_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' and c.id = lot.order_id::uuid
          union all
          -- Older than checkouts: the price as the lot's metadata notes it. Without a note, the credit has no price.
          select lot.id, null,
                 case when lot.metadata ->> 'total_amount' ~ '^\d{1,6}(\.\d+)?$'
                      then round(100 * (lot.metadata ->> 'total_amount')::numeric)::integer else 0 end,
                 lower(lot.metadata ->> 'currency'),
                 coalesce((select p.session_count from public.session_packages p where p.id = lot.package_id), 1),
                 lot.purchased_at) m
   limit 1;
$$;

create function private.lock_funds(funds_id uuid) returns void
  language sql volatile set search_path = ''
as $$
  -- Order matters: taken after the rows of sessions and before those of payments. Earning a seat and refunding it queue
  -- here.
  select pg_advisory_xact_lock(hashtextextended('funds ' || lock_funds.funds_id, 0));
$$;

-- Writes one row of session_payments, as the pages read it. The share stays what it was once it is paid out; the ledger
-- takes the rest back.
create function private.update_payment_amounts(payment_id uuid, net_minor bigint, share_minor bigint, is_disputed boolean)
  returns void
  language sql volatile set search_path = ''
as $$
  update public.session_payments p
     set refunded_amount = p.total_amount - n.net, practitioner_share = n.share, platform_share = n.net - n.share,
         status = n.status, stripe_payment_intent_id = n.intent
    from (select old.id, round(net_minor / 100.0, 2) as net,
                 case when old.paid_out_at is not null then old.practitioner_share else round(share_minor / 100.0, 2) end as share,
                 case when net_minor = 0 and old.total_amount > 0 then 'refunded' when is_disputed then 'disputed'
                      when old.paid_out_at is not null then 'paid_out' else 'completed' end as status,
                 coalesce(c.stripe_payment_intent_id, old.stripe_payment_intent_id) as intent
            from public.session_payments old left join public.checkout_sessions c on c.id = old.checkout_id
           where old.id = update_payment_amounts.payment_id) n
   where p.id = n.id
     and (p.refunded_amount, p.practitioner_share, p.status, p.stripe_payment_intent_id)
         is distinct from (p.total_amount - n.net, n.share, n.status, n.intent);
$$;

-- Compares what was posted for a seat with what it is worth now, and posts the difference. The caller locked its funds.
create function private.post_seat_difference(seat private.earned_seats, kept_minor bigint, is_disputed boolean) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_price  bigint := greatest(0, least(seat.price_minor, kept_minor - seat.preceding_minor));
  v_share  bigint := case when seat.revenue_share_id is null then case when v_price > 0 then seat.share_minor else 0 end
    else (select round(v_price * s.practitioner_percent / 100) from public.revenue_shares s where s.id = seat.revenue_share_id) end;
  v_posted record;
begin
  select count(*) as lines,
         coalesce(-sum(p.amount_minor) filter (where p.account = 'client_funds'), 0) as price,
         coalesce(sum(p.amount_minor) filter (where p.account = 'practitioner_payable'), 0) as share
    into v_posted
    from public.ledger_transactions t join public.ledger_postings p on p.transaction_id = t.id
   where t.session_id = seat.session_id and t.kind in ('accrual', 'reversal');

  perform private.post_transaction(
    case v_posted.lines when 0 then 'accrual' else 'reversal' end, seat.practitioner_id, seat.currency,
    jsonb_build_object(
      'client_funds', v_posted.price - v_price, 'practitioner_payable', v_share - v_posted.share,
      'platform_revenue', (v_price - v_share) - (v_posted.price - v_posted.share)),
    session_id => seat.session_id, payment_id => seat.payment_id,
    -- Its price goes and comes back as often as Stripe and the bank change their minds, and when it is reopened: what
    -- names the fact is how many lines were before it.
    cause => case when v_posted.lines > 0 then format('%s, after %s lines', seat.session_id, v_posted.lines) end);
  if num_nonnulls(seat.checkout_id, seat.revenue_share_id) > 0 then
    perform private.update_payment_amounts(seat.payment_id, v_price, v_share, is_disputed);
  end if;
end
$$;

-- Whether the payer's bank asks for the money back, and it is not decided yet.
create function private.is_disputed(checkout_id uuid) returns boolean
  language sql stable set search_path = ''
as $$
  select exists (select from private.payment_disputes d where d.checkout_id = is_disputed.checkout_id and d.state = 'open');
$$;

-- Earns the seat once, if somebody paid for it. Of a seat that was taken with a credit the payment is written here.
create function private.record_earned_seat(session_id uuid) returns void
  language plpgsql volatile set search_path = ''
as $$
#variable_conflict use_column
declare
  v_session public.session_schedules;
  v_payment public.session_payments;
  v_funds   private.funds;
  v_seat    private.earned_seats;
begin
  select * into v_session from public.session_schedules s where s.id = record_earned_seat.session_id;
  select * into v_payment from public.session_payments p
   where p.session_id = v_session.id and p.credit_lot_id is null and p.status not in ('pending', 'failed')
   order by p.created_at limit 1;
  v_funds := case when v_payment.id is not null then private.get_payment_funds(v_payment)
                  else (select private.get_credit_lot_funds(l) from public.user_session_credits l
                         where l.id = v_session.credit_lot_id) end;
  if v_funds.id is null then
    return;  -- nobody paid for it
  end if;
  perform private.lock_funds(v_funds.id);
  if exists (select from private.earned_seats e where e.session_id = v_session.id) then
    return;
  end if;

  v_seat.session_id := v_session.id;
  v_seat.practitioner_id := v_session.practitioner_id;
  v_seat.currency := coalesce(v_funds.currency, private.get_session_currency(v_session));
  v_seat.funds_id := v_funds.id;
  v_seat.checkout_id := v_funds.checkout_id;
  v_seat.revenue_share_id := v_funds.revenue_share_id;
  v_seat.share_minor := v_funds.share_minor;
  -- The first that is free: a seat that was taken back has left one.
  v_seat.seat_number := (
    select min(n) from generate_series(1, 1 + (select count(*) from private.earned_seats e where e.funds_id = v_funds.id)) n
     where not exists (select from private.earned_seats e where e.funds_id = v_funds.id and e.seat_number = n));
  v_seat.preceding_minor := v_funds.amount_minor * least(v_seat.seat_number - 1, v_funds.seats) / v_funds.seats;
  v_seat.price_minor := v_funds.amount_minor * least(v_seat.seat_number, v_funds.seats) / v_funds.seats
                        - v_seat.preceding_minor;

  v_seat.created_at := now();
  if v_payment.id is null then
    insert into public.session_payments as p
      (session_id, practitioner_id, client_id, total_amount, practitioner_share, platform_share, currency, status,
       credit_lot_id, revenue_share_id, earned_at)
    values
      (v_session.id, v_session.practitioner_id, v_session.client_id, round(v_seat.price_minor / 100.0, 2), 0,
       round(v_seat.price_minor / 100.0, 2), v_seat.currency, 'completed', v_session.credit_lot_id, v_funds.revenue_share_id,
       v_seat.created_at)
    returning p.* into v_payment;
  else
    update public.session_payments p set practitioner_id = v_session.practitioner_id, earned_at = v_seat.created_at
     where p.id = v_payment.id;
  end if;
  v_seat.payment_id := v_payment.id;
  insert into private.earned_seats select v_seat.*;

  perform private.post_seat_difference(v_seat, case
    when v_seat.checkout_id is not null
      then (select c.amount_minor - c.returned_minor from public.checkout_sessions c where c.id = v_seat.checkout_id)
    when v_payment.status = 'refunded' then 0
    else v_funds.amount_minor end, private.is_disputed(v_seat.checkout_id));
end
$$;

-- A session was reopened: what its seat earned is posted back, and the payment is as it was before. Refused once it is
-- part of a payout. The caller has locked payouts and the session.
create function private.take_back_earned_seat(session_id uuid, reopening_id uuid, reason text) returns void
  language plpgsql volatile set search_path = ''
as $$
#variable_conflict use_column
declare
  v_seat    private.earned_seats;
  v_payment public.session_payments;
begin
  select * into v_seat from private.earned_seats e where e.session_id = take_back_earned_seat.session_id;
  if not found then
    return;
  end if;
  perform private.lock_funds(v_seat.funds_id);
  select * into v_payment from public.session_payments p where p.id = v_seat.payment_id;
  if v_payment.paid_out_at is not null or exists (
       select from public.ledger_transactions t join public.payout_lines l on l.ledger_transaction_id = t.id
        where t.session_id = v_seat.session_id and l.released_at is null) then
    perform private.refuse(409, 'session_paid_out', 'The practitioner was paid for this session already.',
                           'Correct their earnings by an adjustment instead.');
  end if;

  perform private.post_transaction('reversal', v_seat.practitioner_id, v_seat.currency, (
    select jsonb_object_agg(posted.account, -posted.amount)
      from (select p.account, sum(p.amount_minor) as amount
              from public.ledger_transactions t join public.ledger_postings p on p.transaction_id = t.id
             where t.session_id = v_seat.session_id and t.kind in ('accrual', 'reversal') group by p.account) posted),
    session_id => v_seat.session_id, payment_id => v_seat.payment_id, reason => take_back_earned_seat.reason,
    cause => format('%s, reopened by %s', v_seat.session_id, reopening_id));
  delete from private.earned_seats e where e.session_id = v_seat.session_id;
  if v_payment.credit_lot_id is not null then
    delete from public.session_payments p where p.id = v_payment.id;  -- it was written when the seat was earned
  elsif num_nonnulls(v_seat.checkout_id, v_seat.revenue_share_id) > 0 then
    perform private.update_payment_amounts(v_payment.id, round(100 * (v_payment.total_amount - v_payment.refunded_amount))::bigint,
                                           0, v_payment.status = 'disputed');
  end if;
end
$$;

revoke execute on function private.get_payment_funds, private.get_credit_lot_funds, private.lock_funds, private.update_payment_amounts,
  private.take_back_earned_seat, private.post_seat_difference, private.is_disputed, private.record_earned_seat from public, anon, authenticated, service_role;
