-- Money that goes back: refunds and disputes as facts by Stripe's id of each, and what they come to.
--
--   refund    pending, requires_action -> succeeded -> failed      also a succeeded one may fail, days later
--             requires_action -> canceled
--   dispute   inquiry -> open -> won, lost                         lost -> won, when the bank thinks again
--
-- No order is enforced: the state is what Stripe said last, by its own clock (`as_of`). Of two words of one second the
-- one that is further on in that order counts. So facts may come twice, late and in any order.
--
--   returned   refunds that have not failed or been cancelled, and lost disputes: shares and credits follow at once
--   settled    of that, what has arrived: succeeded, or lost. Sessions to come follow only now (returns.sql)
--   disputed   open disputes: credits are taken back, and the payment is not paid out

create table private.stripe_refunds (
  id             text        primary key,
  checkout_id    uuid        not null references public.checkout_sessions (id),
  request_id     uuid,
  status         text        not null check (status in ('pending', 'requires_action', 'succeeded', 'failed', 'canceled')),
  amount_minor   integer     not null,
  failure_reason text,
  as_of          timestamptz not null,
  changed_at     timestamptz not null,
  created_at     timestamptz not null default now(),

  constraint stripe_refunds_id_is_short check (char_length(id) <= 255),
  constraint stripe_refunds_failure_reason_is_short check (char_length(failure_reason) <= 255),
  constraint stripe_refunds_amount_minor_is_in_range check (amount_minor between 0 and 100000000),
  constraint stripe_refunds_times_are_in_range check (
    as_of between '2000-01-01' and '2100-01-01' and changed_at between '2000-01-01' and '2100-01-01')
);
comment on table  private.stripe_refunds            is 'Refunds by Stripe''s id, ours and those made in its dashboard.';
comment on column private.stripe_refunds.request_id is
  'The row of payment_refunds that it carries, if we made it. No foreign key: Stripe says so, and anybody may write there.';
comment on column private.stripe_refunds.as_of      is 'When Stripe last said so.';
comment on column private.stripe_refunds.changed_at is 'When Stripe first said this status.';

create table private.payment_disputes (
  id           text        primary key,
  checkout_id  uuid        not null references public.checkout_sessions (id),
  state        text        not null check (state in ('inquiry', 'open', 'won', 'lost')),
  amount_minor integer     not null,
  as_of        timestamptz not null default now(),
  changed_at   timestamptz not null default now(),

  constraint payment_disputes_id_is_short check (char_length(id) <= 255),
  constraint payment_disputes_amount_minor_is_in_range check (amount_minor between 0 and 100000000),
  constraint payment_disputes_times_are_in_range check (
    as_of between '2000-01-01' and '2100-01-01' and changed_at between '2000-01-01' and '2100-01-01')
);
comment on table  private.payment_disputes       is 'What payers claimed back through their bank, by Stripe''s id.';
comment on column private.payment_disputes.state is
  'inquiry: the bank asks, and no money has moved. won: also where the bank let go before it was a dispute.';

create index stripe_refunds_checkout_id_idx on private.stripe_refunds (checkout_id);
create index payment_disputes_checkout_id_idx on private.payment_disputes (checkout_id);
-- What admins are to look at.
create index stripe_refunds_not_arrived_idx on private.stripe_refunds (changed_at) where status <> 'succeeded';
create index payment_disputes_undecided_idx on private.payment_disputes (changed_at) where state in ('inquiry', 'open');

alter table private.stripe_refunds enable row level security;
alter table private.payment_disputes enable row level security;
-- No grant and no policy: only the functions of this schema read and write them.

create type private.refund_fact as (
  id text, status text, amount_minor integer, request_id uuid, failure_reason text
);
create type private.dispute_fact as (id text, status text, amount_minor integer);

create type private.payment_facts as (
  checkout_id       uuid,
  stripe_session_id text,
  payment_intent_id text,
  session_status    text,     -- open, complete, expired; missing: Stripe knows no such checkout; unopened: it made none
  payment_status    text,     -- paid, unpaid, no_payment_required
  payment_failed    boolean,
  completed_at      timestamptz, -- when the payer was done, by an event that says so
  intent_failed_at  timestamptz, -- when a charge failed: of a card, the payer may go on and pay otherwise
  amount_minor      integer,     -- what was charged in all, which is
  subtotal_minor    integer,     -- the sum of the lines,
  discount_minor    integer,     -- less what Stripe took off,
  tax_minor         integer,     -- and what it added
  shipping_minor    integer,
  lines             jsonb,       -- [{description, amount_minor, currency, quantity}], of an answer that has them
  currency          text,
  receipt_url       text,
  refunded_minor    integer,     -- as the charge counts its refunds, without naming them
  as_of             timestamptz, -- when Stripe said so
  refunds           private.refund_fact[],
  disputes          private.dispute_fact[]
);

-- How far on a state is, among words of one second.
create function private.rank_return(state text) returns integer
  language sql immutable set search_path = ''
as $$
  select case state when 'pending' then 1 when 'requires_action' then 2 when 'succeeded' then 3 when 'canceled' then 4
                    when 'failed' then 5
                    when 'inquiry' then 1 when 'open' then 2 when 'lost' then 3 when 'won' then 4 end;
$$;

-- A status that Stripe has only since counts as one on its way: nothing is paid out of it, and nothing is cancelled.
create function private.read_refund_status(status text) returns text
  language sql immutable set search_path = ''
as $$
  select case when status in ('requires_action', 'succeeded', 'failed', 'canceled') then status else 'pending' end;
$$;

create function private.read_dispute_status(status text) returns text
  language sql immutable set search_path = ''
as $$
  select case when status in ('won', 'prevented') then 'won' when status = 'lost' then 'lost'
              when status like 'warning%' then 'inquiry' else 'open' end;
$$;

-- The caller has locked the checkout.
create function private.record_returns(checkout_id uuid, facts private.payment_facts) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_as_of timestamptz := coalesce(facts.as_of, '2000-01-01');  -- undated: whatever is dated counts more
begin
  insert into private.stripe_refunds as r (id, checkout_id, request_id, status, amount_minor, failure_reason, as_of, changed_at)
  select distinct on (f.id) f.id, record_returns.checkout_id, f.request_id, private.read_refund_status(f.status),
         f.amount_minor, left(f.failure_reason, 255), v_as_of, v_as_of
    from unnest(facts.refunds) f where f.id is not null and f.amount_minor is not null order by f.id
  on conflict (id) do update
     set status = excluded.status, amount_minor = excluded.amount_minor, as_of = excluded.as_of,
         request_id = coalesce(excluded.request_id, r.request_id), failure_reason = excluded.failure_reason,
         changed_at = case when r.status = excluded.status then r.changed_at else excluded.changed_at end
   where r.checkout_id = excluded.checkout_id
     and (excluded.as_of, private.rank_return(excluded.status)) > (r.as_of, private.rank_return(r.status));

  insert into private.payment_disputes as d (id, checkout_id, state, amount_minor, as_of, changed_at)
  select distinct on (f.id) f.id, record_returns.checkout_id, private.read_dispute_status(f.status), f.amount_minor,
         v_as_of, v_as_of
    from unnest(facts.disputes) f where f.id is not null and f.amount_minor is not null order by f.id
  on conflict (id) do update
     set state = excluded.state, amount_minor = excluded.amount_minor, as_of = excluded.as_of,
         changed_at = case when d.state = excluded.state then d.changed_at else excluded.changed_at end
   where d.checkout_id = excluded.checkout_id
     and (excluded.as_of, private.rank_return(excluded.state)) > (d.as_of, private.rank_return(d.state));
end
$$;

-- An event may say something else than what is known: an older word of Stripe's, or refunds that nobody has named. Then
-- Stripe is asked at once, and its answer is the newest.
-- Definer: nobody writes checkouts.
create function private.ask_if_contradicted(checkout_id uuid, facts private.payment_facts) returns void
  language sql volatile security definer set search_path = ''
as $$
  update public.checkout_sessions c set next_check_at = least(c.next_check_at, now())
   where c.id = ask_if_contradicted.checkout_id
     and (exists (select from unnest(facts.refunds) f join private.stripe_refunds r on r.id = f.id
                   where r.status <> private.read_refund_status(f.status))
          or exists (select from unnest(facts.disputes) f join private.payment_disputes d on d.id = f.id
                      where d.state <> private.read_dispute_status(f.status))
          or facts.refunded_minor <> (
            select coalesce(sum(r.amount_minor), 0) from private.stripe_refunds r
             where r.checkout_id = c.id and r.status not in ('failed', 'canceled')));
$$;

create type private.returned_money as (
  refunded_minor bigint, lost_minor bigint, settled_minor bigint, forgone_minor bigint, disputed_minor bigint,
  is_undecided boolean, changed_at timestamptz
);

-- `forgone`: of what is settled, refunds whose admin chose to keep the sessions that were booked with the money.
create function private.sum_returns(checkout_id uuid) returns private.returned_money
  language plpgsql stable set search_path = ''
as $$
declare
  v_sums    private.returned_money;
  v_changed timestamptz;
begin
  select coalesce(sum(r.amount_minor) filter (where r.status not in ('failed', 'canceled')), 0),
         coalesce(sum(r.amount_minor) filter (where r.status = 'succeeded'), 0),
         coalesce(sum(r.amount_minor) filter (where r.status = 'succeeded' and exists (
           select from private.payment_refunds q
            where q.checkout_id = r.checkout_id and q.keeps_sessions and (q.id = r.request_id or q.stripe_refund_id = r.id))), 0),
         bool_or(r.status in ('pending', 'requires_action')), max(r.changed_at)
    into v_sums.refunded_minor, v_sums.settled_minor, v_sums.forgone_minor, v_sums.is_undecided, v_sums.changed_at
    from private.stripe_refunds r where r.checkout_id = sum_returns.checkout_id;
  select coalesce(sum(d.amount_minor) filter (where d.state = 'lost'), 0),
         coalesce(sum(d.amount_minor) filter (where d.state = 'open'), 0),
         coalesce(v_sums.is_undecided, false) or coalesce(bool_or(d.state in ('inquiry', 'open')), false), max(d.changed_at)
    into v_sums.lost_minor, v_sums.disputed_minor, v_sums.is_undecided, v_changed
    from private.payment_disputes d where d.checkout_id = sum_returns.checkout_id;
  v_sums.settled_minor := v_sums.settled_minor + v_sums.lost_minor;
  v_sums.changed_at := greatest(v_sums.changed_at, v_changed);
  return v_sums;
end
$$;

revoke execute on function private.rank_return, private.read_refund_status, private.read_dispute_status,
  private.record_returns, private.ask_if_contradicted, private.sum_returns from public, anon, authenticated, service_role;
grant execute on function private.ask_if_contradicted to service_role;  -- as it applies events
