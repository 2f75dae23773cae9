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
