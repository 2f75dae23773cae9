-- From sql/schemas: earnings/ledger, earnings/earned_seats, earnings/earning_triggers, earnings/reports.

-- Functions name what later chapters make.
set check_function_bodies = off;

set lock_timeout = '5s';
set statement_timeout = 0;


-- earnings/ledger.sql

-- The ledger of practitioners' money: double entry, in minor units, append-only.
--
--   accrual        a seat was held or forfeited       client_funds -price, practitioner_payable +share,
--                                                     platform_revenue +rest
--   reversal       its price was refunded             the accrual's lines with the other sign, as far as refunded; and
--                                                     back when the refund fails or the dispute is won
--                  its session was reopened           the same, all of it; and back when it is completed again
--   payout         a payout is made                   practitioner_payable -amount, payouts_sent +amount
--   payout_failed  it failed                          the payout's lines with the other sign
--   adjustment     a correction, with a reason        practitioner_payable +amount, platform_revenue -amount
--
-- Plus is what we owe to an account's owner, minus what it was taken from; the lines of a transaction add up to zero. A
-- practitioner is owed the sum of their practitioner_payable, in each currency separately. Every transaction follows
-- from one fact, named by `cause`: the same fact reported again posts nothing.

create table public.ledger_transactions (
  id              uuid        primary key default gen_random_uuid(),
  kind            text        not null check (kind in ('accrual', 'reversal', 'payout', 'payout_failed', 'adjustment')),
  currency        text        not null check (currency in ('cad', 'usd')),
  practitioner_id uuid        not null,
  session_id      uuid,
  payment_id      uuid,
  payout_id       uuid,
  cause           text        not null,
  reason          text,
  occurred_at     timestamptz not null default now(),
  created_by      uuid        default auth.uid(),

  constraint ledger_transactions_one_per_fact unique (kind, cause),
  -- Lines of payouts refer to it: a line is of the same person and currency as its transaction.
  constraint ledger_transactions_owner_and_currency unique (id, practitioner_id, currency),
  constraint ledger_transactions_reference_fits_kind check (case kind
    when 'accrual'    then session_id is not null
    when 'reversal'   then session_id is not null
    when 'adjustment' then btrim(reason) <> '' and reason is not null
    else payout_id is not null end),
  constraint ledger_transactions_cause_is_short check (char_length(cause) <= 255),
  constraint ledger_transactions_reason_is_short check (char_length(reason) <= 1000)
);

comment on table  public.ledger_transactions                 is 'Every movement of practitioners'' money: evidence.';

comment on column public.ledger_transactions.practitioner_id is
  'No foreign key, like session_id, payment_id, payout_id and created_by: money outlives what it is about.';

comment on column public.ledger_transactions.session_id is
  'The seat: a session, or somebody''s own row of a class.';

comment on column public.ledger_transactions.payment_id      is 'The seat''s row of session_payments.';

comment on column public.ledger_transactions.cause           is 'The fact it follows from, unique within its kind.';

comment on column public.ledger_transactions.created_by      is 'Who made it happen; null: the platform.';

comment on column public.ledger_transactions.id is 'Of the row; made here.';

comment on column public.ledger_transactions.kind is 'accrual, reversal, payout, payout_failed or adjustment.';

comment on column public.ledger_transactions.currency is 'By its three letters, in lower case.';

comment on column public.ledger_transactions.payout_id is 'payouts.id.';

comment on column public.ledger_transactions.reason is 'In words, for whoever reads it later.';

comment on column public.ledger_transactions.occurred_at is 'When it happened.';

create table public.ledger_postings (
  id             bigint generated always as identity primary key,
  transaction_id uuid   not null references public.ledger_transactions (id),
  account        text   not null
    check (account in ('client_funds', 'platform_revenue', 'practitioner_payable', 'payouts_sent')),
  amount_minor   bigint not null check (amount_minor <> 0),

  -- The amount is included so that sums read nothing but this index.
  constraint ledger_postings_one_line_per_account unique (transaction_id, account) include (amount_minor),

  constraint ledger_postings_amount_minor_is_in_range check (amount_minor between -100000000000 and 100000000000)
);

comment on column public.ledger_postings.amount_minor is
  'In cents. Plus: we owe it to the account''s owner; minus: it was taken.';

comment on table public.ledger_postings is
  'The two or more sides of each entry of the earnings ledger; each currency sums to zero.';

comment on column public.ledger_postings.id is 'Of the row; made here.';

comment on column public.ledger_postings.transaction_id is 'Of ledger_transactions.';

comment on column public.ledger_postings.account is
  'client_funds, platform_revenue, practitioner_payable or payouts_sent.';

-- Statements and balances ask for one practitioner and a range of time; sums of a seat, a payment or a payout by its
-- id.
create index ledger_transactions_practitioner_id_idx on public.ledger_transactions (practitioner_id, occurred_at);

create index ledger_transactions_session_id_idx on public.ledger_transactions (session_id) where session_id is not null;

create index ledger_transactions_payment_id_idx on public.ledger_transactions (payment_id) where payment_id is not null;

create index ledger_transactions_payout_id_idx on public.ledger_transactions (payout_id) where payout_id is not null;

alter table public.ledger_transactions enable row level security;

alter table public.ledger_postings enable row level security;

create policy "practitioners read their ledger, admins all"
  on public.ledger_transactions for select to authenticated
  using (practitioner_id = any (array(select private.my_practitioner_ids())) or (select private.is_confirmed_admin()));

create policy "whoever reads a transaction reads its postings"
  on public.ledger_postings for select to authenticated
  using (transaction_id in (
    select t.id from public.ledger_transactions t
     where t.practitioner_id = any (array(select private.my_practitioner_ids()))) or (select private.is_confirmed_admin()));

revoke all on public.ledger_transactions, public.ledger_postings from anon, authenticated, service_role;

grant select on public.ledger_transactions, public.ledger_postings to authenticated, service_role;

-- No insert, update or delete for anybody: private.post_transaction writes, and nothing is ever rewritten.

-- `lines` is an object: account -> minor units. A line of zero is left out, and if all are zero, nothing is posted and
-- the answer is null. If the fact was posted before, the first transaction counts and is returned. A fact is named by
-- its seat or its payout, unless `cause` names it more exactly.
create function private.post_transaction(
  kind text, practitioner_id uuid, currency text, lines jsonb, session_id uuid default null,
  payment_id uuid default null, payout_id uuid default null, reason text default null, cause text default null)
  returns uuid
  language plpgsql volatile set search_path = ''
as $$
#variable_conflict use_column
declare
  v_cause       text := coalesce(post_transaction.cause, post_transaction.payout_id::text, post_transaction.session_id::text);
  v_transaction uuid;
begin
  if not exists (select from jsonb_each_text(post_transaction.lines) line where line.value::bigint <> 0) then
    return null;
  end if;
  insert into public.ledger_transactions as t
    (kind, practitioner_id, currency, session_id, payment_id, payout_id, reason, cause)
  values
    (post_transaction.kind, post_transaction.practitioner_id, post_transaction.currency, post_transaction.session_id,
     post_transaction.payment_id, post_transaction.payout_id, post_transaction.reason, v_cause)
  on conflict on constraint ledger_transactions_one_per_fact do nothing
  returning t.id into v_transaction;
  if v_transaction is null then
    return (select t.id from public.ledger_transactions t where t.kind = post_transaction.kind and t.cause = v_cause);
  end if;

  insert into public.ledger_postings (transaction_id, account, amount_minor)
  select v_transaction, line.key, line.value::bigint from jsonb_each_text(post_transaction.lines) line where line.value::bigint <> 0;
  return v_transaction;
end
$$;

-- Definer: it runs at commit, as the caller of the request, who may not be allowed to read these lines.
create function private.check_transaction_balance() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_transaction uuid := case tg_table_name when 'ledger_transactions' then to_jsonb(new) ->> 'id'
                                           else to_jsonb(new) ->> 'transaction_id' end;
begin
  if (select count(*) < 2 or sum(p.amount_minor) <> 0 from public.ledger_postings p where p.transaction_id = v_transaction) then
    perform private.refuse(409, 'transaction_unbalanced', 'The lines of a transaction must add up to nought.');
  end if;
  return null;
end
$$;

-- `cause` names the request that a second admin approved, so that it posts once.
create function private.post_adjustment(
  practitioner_id uuid, currency text, amount_minor bigint, reason text, session_id uuid, cause uuid) returns uuid
  language sql volatile set search_path = ''
as $$
  select private.post_transaction('adjustment', post_adjustment.practitioner_id, post_adjustment.currency,
    jsonb_build_object('practitioner_payable', amount_minor, 'platform_revenue', -amount_minor),
    session_id => post_adjustment.session_id, reason => post_adjustment.reason, cause => post_adjustment.cause::text);
$$;

-- What adjustments of the last day have moved, in either direction.
create function private.sum_recent_adjustments(practitioner_id uuid, currency text) returns bigint
  language sql stable set search_path = ''
as $$
  select coalesce(sum(abs(p.amount_minor)), 0)::bigint
    from public.ledger_transactions t
    join public.ledger_postings p on p.transaction_id = t.id and p.account = 'practitioner_payable'
   where t.practitioner_id = sum_recent_adjustments.practitioner_id and t.currency = sum_recent_adjustments.currency
     and t.kind = 'adjustment' and t.occurred_at > now() - interval '1 day';
$$;

-- Null: it waits for a second admin.
-- Definer: nobody writes the ledger directly. So it checks its caller itself.
create function private.adjust_earnings(
  practitioner_id uuid, currency text, amount_minor bigint, reason text, session_id uuid)
  returns uuid
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_user uuid;
begin
  if not private.is_confirmed_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins adjust earnings.');
  end if;
  perform private.refuse_long_text('reason', adjust_earnings.reason, 1000);
  if btrim(coalesce(adjust_earnings.reason, '')) = '' or coalesce(adjust_earnings.amount_minor, 0) = 0 then
    perform private.refuse(422, 'reason_missing', 'An adjustment needs an amount and a reason.');
  elsif adjust_earnings.amount_minor not between -100000000000 and 100000000000 then
    perform private.refuse(422, 'amount_too_large', 'amount_minor: should be at most 100000000000.');
  end if;
  select p.user_id into v_user from public.practitioners p where p.id = adjust_earnings.practitioner_id for no key update;
  if not found then
    perform private.refuse(404, 'practitioner_not_found', 'There is no such practitioner.');
  end if;
  perform private.refuse_own_money(v_user);
  if abs(adjust_earnings.amount_minor)
     + private.sum_recent_adjustments(adjust_earnings.practitioner_id, lower(adjust_earnings.currency))
     > (select r.earnings_above_minor from private.second_admin_rules r) then
    perform private.leave_to_second_admin(
      'earnings', jsonb_build_object('practitioner_id', adjust_earnings.practitioner_id, 'reason', adjust_earnings.reason,
                                     'session_id', adjust_earnings.session_id),
      v_user, adjust_earnings.amount_minor, lower(adjust_earnings.currency));
    return null;
  end if;
  return private.post_adjustment(adjust_earnings.practitioner_id, lower(adjust_earnings.currency),
                                 adjust_earnings.amount_minor, adjust_earnings.reason, adjust_earnings.session_id,
                                 gen_random_uuid());
end
$$;

create function public.adjust_earnings(
  practitioner_id uuid, currency text, amount_minor bigint, reason text, session_id uuid default null)
  returns setof public.ledger_transactions
  language plpgsql volatile security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  v_transaction uuid := private.adjust_earnings(adjust_earnings.practitioner_id, adjust_earnings.currency,
    adjust_earnings.amount_minor, adjust_earnings.reason, adjust_earnings.session_id);
begin
  return query select * from public.ledger_transactions t where t.id = v_transaction;
end
$$;

comment on function public.adjust_earnings is
  'For admins: gives a practitioner an amount from the platform''s part, or with a minus takes it back. Minor units. No row, and 202: a second admin was asked.';

revoke execute on function private.post_transaction, private.check_transaction_balance, private.post_adjustment,
  private.sum_recent_adjustments, private.adjust_earnings, public.adjust_earnings from public, anon, authenticated, service_role;

grant execute on function private.adjust_earnings, public.adjust_earnings to authenticated;

create trigger ledger_transactions_refuse_changes before update or delete on public.ledger_transactions
  for each row execute function private.refuse_ledger_change();

create trigger ledger_transactions_refuse_truncate before truncate on public.ledger_transactions
  for each statement execute function private.refuse_ledger_change();

create trigger ledger_postings_refuse_changes before update or delete on public.ledger_postings
  for each row execute function private.refuse_ledger_change();

create trigger ledger_postings_refuse_truncate before truncate on public.ledger_postings
  for each statement execute function private.refuse_ledger_change();

create constraint trigger ledger_transactions_check_balance after insert on public.ledger_transactions
  deferrable initially deferred for each row execute function private.check_transaction_balance();

create constraint trigger ledger_postings_check_balance after insert on public.ledger_postings
  deferrable initially deferred for each row execute function private.check_transaction_balance();


-- earnings/earned_seats.sql

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


-- earnings/earning_triggers.sql

-- What earns a seat: a session that is completed, a cancellation that forfeits the price, a payment that comes late.
--
--   scheduled -> completed                  the seat is earned; a completed class completes its seats
--   scheduled -> cancelled, last_minute     the client forfeits the price, so the seat is earned as if it had been held
--   scheduled -> cancelled, otherwise       nothing is earned; the money stays ours, for the credit that is returned
--
-- They are triggers, because the pages write sessions directly. The function on completion is called by a trigger of
-- session_schedules; those stand together in one chapter, in the order in which they fire.

-- Definer: whoever completes a session may write neither payments nor the ledger.
create function private.record_completed_sessions_earnings() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_session public.session_schedules;
begin
  -- Order matters: lots in one order, so that two who complete many sessions at once do not wait for each other.
  for v_session in
    select done.* from done join undone using (id)
     where done.status = 'completed' and undone.status <> 'completed'
     order by coalesce(done.credit_lot_id, done.id)
  loop
    if private.is_class(v_session) then
      update public.session_schedules seat set status = 'completed'
       where seat.group_class_id = v_session.id and seat.status in ('scheduled', 'in_progress');
    elsif not private.ended_before_adoption(v_session) then
      perform private.record_earned_seat(v_session.id);
    end if;
  end loop;
  return null;
end
$$;

-- Definer: whoever cancels may write neither payments nor the ledger.
create function private.record_forfeited_session_earnings() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_payment public.session_payments;
begin
  if new.cancellation_type = 'last_minute' then
    perform private.record_earned_seat(new.session_id);
    return null;
  end if;
  select * into v_payment from public.session_payments p
   where p.session_id = new.session_id and p.status in ('completed', 'disputed') and p.paid_out_at is null;
  if found then
    -- The price now belongs to the credit that was returned, and is earned by the session that is booked with it.
    perform private.lock_funds(coalesce(v_payment.checkout_id, v_payment.id));
    perform private.update_payment_amounts(v_payment.id, round(100 * (v_payment.total_amount - v_payment.refunded_amount))::bigint, 0,
                                  v_payment.status = 'disputed');
  end if;
  return null;
end
$$;

-- A payment without a checkout is written by the functions that sold sessions before there were checkouts. It may come
-- at any time, also when its session is over.
-- Definer: whoever writes payments may not write the ledger.
create function private.earn_late_paid_seat() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_seat private.earned_seats;
begin
  perform private.record_earned_seat(s.id) from public.session_schedules s where s.id = new.session_id and s.status = 'completed';
  if new.status = 'refunded' then
    perform private.lock_funds(new.id);
    select * into v_seat from private.earned_seats e where e.payment_id = new.id;
    perform private.post_seat_difference(v_seat, 0, false) where v_seat.session_id is not null;
  end if;
  return null;
end
$$;

revoke execute on function private.record_completed_sessions_earnings, private.record_forfeited_session_earnings, private.earn_late_paid_seat
  from public, anon, authenticated, service_role;


-- earnings/reports.sql

-- Reports of earnings: how much, when, and for which sessions. One call each, and currencies are never added together.
--
-- Amounts are in cents and come from the ledger, so they are what is paid out. The page's own sum over session_payments
-- does not know what a refund takes from the next payout; what is paid for and not held yet (`booked_minor`) is in
-- neither.

-- The practitioners whose earnings the caller asks for: without an argument their own; an admin may name any.
-- Definer: it asks whether a practitioner exists, and the caller may not be allowed to see them.
create function private.resolve_practitioner_ids(practitioner_id uuid) returns uuid[]
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_own uuid[] := array(select private.my_practitioner_ids());
begin
  if resolve_practitioner_ids.practitioner_id is null then
    if v_own = '{}' then
      perform private.refuse(403, 'practitioners_only', 'Only practitioners have earnings.', 'As an admin, say whose you want to see.');
    end if;
    return v_own;
  elsif resolve_practitioner_ids.practitioner_id <> all (v_own) and not (private.is_confirmed_admin()
        and exists (select from public.practitioners p where p.id = resolve_practitioner_ids.practitioner_id)) then
    perform private.refuse(404, 'practitioner_not_found', 'There is no such practitioner.');
  end if;
  return array[resolve_practitioner_ids.practitioner_id];
end
$$;

-- The time zone that days are counted in.
create function private.get_earnings_time_zone(practitioner_ids uuid[]) returns text
  language sql stable set search_path = ''
as $$
  select coalesce((select c.time_zone from public.practitioner_calendars c
                    where c.practitioner_id = any (get_earnings_time_zone.practitioner_ids)
                    order by c.practitioner_id limit 1), 'UTC');
$$;

-- Definer: the policy on postings would ask of every line whose it is; this asks once, and reads one person's lines.
create function private.list_earnings_lines(
  practitioner_id uuid, from_time timestamptz default '-infinity', until_time timestamptz default 'infinity')
  returns table (currency text, kind text, occurred_at timestamptz, payment_id uuid, account text, amount_minor bigint)
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_practitioner_ids uuid[] := private.resolve_practitioner_ids(list_earnings_lines.practitioner_id);
begin
  -- What was sent is no longer owed: the two lines of a payout add up to zero, so the sum of all lines is what was
  -- earned.
  return query
    select t.currency, t.kind, t.occurred_at, t.payment_id, p.account, p.amount_minor
      from public.ledger_transactions t
      -- Looked up (`limit`, there is one line per account): joined, everybody's lines are read for one person's.
     cross join lateral (select x.account, x.amount_minor from public.ledger_postings x
                          where x.transaction_id = t.id and x.account in ('practitioner_payable', 'payouts_sent') limit 2) p
     where t.practitioner_id = any (v_practitioner_ids)
       and t.occurred_at >= from_time and t.occurred_at < until_time;
end
$$;

-- What clients have paid for sessions to come, of this practitioner: the page does not read it before it is earned.
-- Definer: as above.
create function private.sum_booked_shares(practitioner_id uuid, currency text) returns bigint
  language sql stable security definer set search_path = ''
as $$
  select coalesce(sum(round(100 * p.practitioner_share)), 0)::bigint
    from public.session_payments p join public.session_schedules s on s.id = p.session_id
   where p.practitioner_id = any (private.resolve_practitioner_ids(sum_booked_shares.practitioner_id))
     and lower(p.currency) = sum_booked_shares.currency and p.earned_at is null and p.paid_out_at is null
     and p.status = 'completed' and s.status in ('scheduled', 'in_progress');
$$;

create function public.earnings_overview(practitioner_id uuid default null)
  returns table (currency text, period_start date, period_end date, period_earned_minor bigint, period_sessions integer,
                 pending_payout_minor bigint, on_its_way_minor bigint, disputed_minor bigint, booked_minor bigint,
                 paid_out_minor bigint, last_year_minor bigint)
  language plpgsql stable security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  v_practitioner_ids uuid[] := private.resolve_practitioner_ids(earnings_overview.practitioner_id);
  v_today            date := (now() at time zone 'UTC')::date;
begin
  -- The period of today, even before a run has opened it.
  select case when v_today < p.period_end then p.period_start else p.period_end + (v_today - p.period_end) / t.period_days * t.period_days end,
         case when v_today < p.period_end then p.period_end
              else p.period_end + ((v_today - p.period_end) / t.period_days + 1) * t.period_days end
    into period_start, period_end
    from (select * from public.payout_periods period
           where period.period_start <= v_today order by period.number desc limit 1) p,
         (select * from public.payout_terms terms where terms.valid_from <= now() order by terms.valid_from desc limit 1) t;

  return query
    with disputed as (
      select p.id from public.session_payments p
       where p.practitioner_id = any (v_practitioner_ids) and p.paid_out_at is null and p.status = 'disputed'
    ),
    sums as (
      select l.currency,
             sum(l.amount_minor) filter (where l.occurred_at >= earnings_overview.period_start::timestamp at time zone 'UTC') as period,
             count(*) filter (where l.kind = 'accrual' and l.account = 'practitioner_payable'
                                and l.occurred_at >= earnings_overview.period_start::timestamp at time zone 'UTC') as seats,
             sum(l.amount_minor) filter (where l.account = 'practitioner_payable') as owed,
             sum(l.amount_minor) filter (where l.account = 'payouts_sent') as sent,
             sum(l.amount_minor) filter (where l.occurred_at >= now() - interval '1 year') as year,
             sum(l.amount_minor) filter (where l.account = 'practitioner_payable' and d.id is not null) as disputed
        from private.list_earnings_lines(earnings_overview.practitioner_id) l
        left join disputed d on d.id = l.payment_id
       group by l.currency
    )
    select c.currency, earnings_overview.period_start, earnings_overview.period_end,
           coalesce(sums.period, 0)::bigint, coalesce(sums.seats, 0)::integer,
           (coalesce(sums.owed, 0) + on_its_way.amount)::bigint, on_its_way.amount::bigint, coalesce(sums.disputed, 0)::bigint,
           private.sum_booked_shares(earnings_overview.practitioner_id, c.currency),
           (coalesce(sums.sent, 0) - on_its_way.amount)::bigint, coalesce(sums.year, 0)::bigint
      from (values ('cad'), ('usd')) c (currency)
      left join sums on sums.currency = c.currency
     cross join lateral (select coalesce(sum(p.amount_minor), 0) as amount from public.payouts p
                          where p.practitioner_id = any (v_practitioner_ids) and p.currency = c.currency
                            and p.status = 'pending') on_its_way
     order by c.currency;
end
$$;

comment on function public.earnings_overview is
  'A row per currency. Pending is what is earned and has not arrived, with what is on its way and what is disputed.';

create function public.earnings_series(
  from_date date default null, until_date date default null, step text default 'day', practitioner_id uuid default null)
  returns table (starts_on date, currency text, earned_minor bigint, sessions integer)
  language plpgsql stable security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  v_practitioner_ids uuid[] := private.resolve_practitioner_ids(earnings_series.practitioner_id);
  v_zone             text := private.get_earnings_time_zone(v_practitioner_ids);
  v_until            date := coalesce(until_date, (now() at time zone v_zone)::date);
  v_from             date := coalesce(from_date, v_until - 365);
begin
  if step is null or step not in ('day', 'week', 'month') then
    perform private.refuse(422, 'step_unknown', 'Earnings are added up by day, week or month.');
  elsif v_from > v_until or v_until - v_from > 3660 or (step = 'day' and v_until - v_from > 366) then
    perform private.refuse(422, 'range_not_possible', 'Ask for at most a year of days, or ten years of weeks or months.');
  end if;
  return query
    with earned as (
      select date_trunc(step, l.occurred_at at time zone v_zone)::date as starts_on, l.currency,
             sum(l.amount_minor)::bigint as amount,
             count(*) filter (where l.kind = 'accrual' and l.account = 'practitioner_payable')::integer as seats
        from private.list_earnings_lines(earnings_series.practitioner_id, v_from::timestamp at time zone v_zone,
                                    (v_until + 1)::timestamp at time zone v_zone) l
       group by 1, 2
    )
    select bucket.starts_at::date, c.currency, coalesce(e.amount, 0), coalesce(e.seats, 0)
      from generate_series(date_trunc(step, v_from::timestamp), v_until::timestamp, ('1 ' || step)::interval) bucket (starts_at)
     cross join (values ('cad'), ('usd')) c (currency)
      left join earned e on e.starts_on = bucket.starts_at::date and e.currency = c.currency
     order by 1, 2;
end
$$;

comment on function public.earnings_series is
  'For a chart: every day, week (from Monday) or month with either currency, '
  'also where nothing was earned. On the practitioner''s clock.';

create function public.earnings_sessions(
  from_date date default null, until_date date default null, page_size integer default 50, cursor text default null,
  practitioner_id uuid default null)
  returns table (session_id uuid, payment_id uuid, scheduled_at timestamptz, local_start timestamp, time_zone text,
                 duration_minutes integer, session_type_name text, class_name text, client_id uuid, client_name text,
                 paid_with text, is_forfeited boolean, currency text, price_minor bigint, returned_minor bigint,
                 share_minor bigint, status text, paid_out_at timestamptz, next_cursor text)
  language plpgsql stable security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  v_practitioner_ids uuid[] := private.resolve_practitioner_ids(earnings_sessions.practitioner_id);
  v_zone             text := private.get_earnings_time_zone(v_practitioner_ids);
begin
  if earnings_sessions.cursor !~ '^[^/]+/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    perform private.refuse(422, 'cursor_unknown', 'This is not where a page begins.', 'Give the next_cursor of the last row you have.');
  end if;
  -- The page first, the sums after: a page is read from the end of an index, however many sessions there are.
  return query
    with page as (
      select held.* from unnest(v_practitioner_ids) practitioner (id) cross join lateral (
        select s, p from public.session_schedules s join public.session_payments p on p.session_id = s.id
         where s.practitioner_id = practitioner.id and p.practitioner_id = practitioner.id
           and (s.status = 'completed' or (s.status = 'cancelled' and exists (
                 select from public.ledger_transactions t where t.session_id = s.id and t.kind = 'accrual')))
           and (from_date is null or s.scheduled_at >= from_date::timestamp at time zone v_zone)
           and (until_date is null or s.scheduled_at < (until_date + 1)::timestamp at time zone v_zone)
           and (earnings_sessions.cursor is null
                or (s.scheduled_at, p.id) < (split_part(earnings_sessions.cursor, '/', 1)::timestamptz,
                                             split_part(earnings_sessions.cursor, '/', 2)::uuid))
         order by s.scheduled_at desc, p.id desc limit least(greatest(page_size, 1), 1000)) held
       order by (held.s).scheduled_at desc, (held.p).id desc limit least(greatest(page_size, 1), 1000)
    )
    select (s).id, (p).id, (s).scheduled_at, (s).local_start, (s).time_zone, (s).duration_minutes, t.name, (s).class_name,
           (s).client_id, who.full_name,
           case when (p).credit_lot_id is null then 'payment' when (p).total_amount > 0 then 'credit' else 'given_credit' end,
           (s).status = 'cancelled', lower((p).currency), round(100 * (p).total_amount)::bigint,
           round(100 * (p).refunded_amount)::bigint,
           (select coalesce(sum(l.amount_minor), 0)::bigint
              from public.ledger_transactions x join public.ledger_postings l on l.transaction_id = x.id
             where x.session_id = (s).id and x.kind in ('accrual', 'reversal') and l.account = 'practitioner_payable'),
           case when (p).status in ('refunded', 'disputed') then (p).status
                when (p).paid_out_at is not null then 'paid_out' else 'pending' end,
           (p).paid_out_at, (s).scheduled_at || '/' || (p).id
      from page
      left join public.session_types t on t.id = (s).session_type_id
      left join lateral (select x.full_name from public.profiles x where x.id = (s).client_id limit 1) who on true
     order by (s).scheduled_at desc, (p).id desc;
end
$$;

comment on function public.earnings_sessions is
  'Seats that were earned, the latest first. The last row''s next_cursor leads to the next page. '
  'A given credit earns nothing.';

-- The first page of an export, which is counted; earnings_sessions gives the next ones.
create function public.begin_earnings_export(
  from_date date default null, until_date date default null, page_size integer default 50,
  practitioner_id uuid default null)
  returns table (session_id uuid, payment_id uuid, scheduled_at timestamptz, local_start timestamp, time_zone text,
                 duration_minutes integer, session_type_name text, class_name text, client_id uuid, client_name text,
                 paid_with text, is_forfeited boolean, currency text, price_minor bigint, returned_minor bigint,
                 share_minor bigint, status text, paid_out_at timestamptz, next_cursor text)
  language plpgsql volatile security invoker set search_path = ''
as $$
begin
  perform private.limit_use('earnings exports', (select auth.uid()));
  return query select * from public.earnings_sessions(from_date, until_date, page_size, null, begin_earnings_export.practitioner_id);
end
$$;

comment on function public.begin_earnings_export is
  'The caller''s earnings line by line, for a file; that it was taken is logged.';

revoke execute on function private.resolve_practitioner_ids, private.get_earnings_time_zone, private.list_earnings_lines,
  private.sum_booked_shares, public.earnings_overview, public.earnings_series, public.earnings_sessions,
  public.begin_earnings_export
  from public, anon, authenticated, service_role;

grant execute on function private.resolve_practitioner_ids, private.get_earnings_time_zone, private.list_earnings_lines,
  private.sum_booked_shares, public.earnings_overview, public.earnings_series, public.earnings_sessions,
  public.begin_earnings_export to authenticated;
