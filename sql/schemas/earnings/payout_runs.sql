-- Payout runs: every period that is over and past its hold is closed, and whoever is owed something for it is paid.
--
--   (over) -> (past its hold) -> closed, when everybody who was owed something for it has a payout
--
-- A run compares what is with what should be, a batch of one period at a time, each in a transaction. So it may be
-- stopped anywhere and started again, and any number may run at once: they queue on one lock, and the next one finds
-- less to do. What a failed payout released is found like everything else that is owed and not in a payout.
--
-- A sum of zero or less is not paid: its lines stay unpaid and count in the next run.
--
-- Above an amount a period waits until two admins have approved what it may pay (people/second_admin.sql).

create function private.lock_payouts() returns void
  language sql volatile set search_path = ''
as $$
  -- Order matters: taken before any row of session_payments is locked, never after (see payments_page.sql).
  select pg_advisory_xact_lock(hashtextextended('payouts', 0));
$$;

-- Which transactions no payout pays. The ledger only grows, and nearly all of it is paid: a run looks at what is here,
-- and asks again whether each is. An invariant finds one that is not here and should be.
create table private.unpaid_transactions (
  transaction_id uuid not null primary key references public.ledger_transactions (id)
);
comment on table private.unpaid_transactions is 'What the ledger owes and no payout pays: written by triggers alone.';
comment on column private.unpaid_transactions.transaction_id is 'Of ledger_transactions.';
alter table private.unpaid_transactions enable row level security;
revoke all on private.unpaid_transactions from public, anon, authenticated, service_role;

-- Definer: whoever earns, pays or fails a payout may not write here.
create function private.note_unpaid_transactions() returns trigger
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  insert into private.unpaid_transactions (transaction_id)
  select n.id from new_rows n where n.kind not in ('payout', 'payout_failed');
  return null;
end
$$;

-- Definer: as above.
create function private.note_paid_lines() returns trigger
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  delete from private.unpaid_transactions u using new_lines n
   where u.transaction_id = n.ledger_transaction_id and n.released_at is null;
  return null;
end
$$;

-- Definer: as above.
create function private.note_released_lines() returns trigger
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  insert into private.unpaid_transactions (transaction_id)
  select n.ledger_transaction_id from new_lines n where n.released_at is not null
  on conflict do nothing;
  return null;
end
$$;

revoke execute on function private.note_unpaid_transactions, private.note_paid_lines, private.note_released_lines
  from public, anon, authenticated, service_role;

create trigger ledger_transactions_note_unpaid after insert on public.ledger_transactions
  referencing new table as new_rows for each statement execute function private.note_unpaid_transactions();
create trigger payout_lines_note_paid after insert on public.payout_lines
  referencing new table as new_lines for each statement execute function private.note_paid_lines();
create trigger payout_lines_note_released after update on public.payout_lines
  referencing new table as new_lines for each statement execute function private.note_released_lines();

create view private.unpaid_earnings with (security_invoker = true) as
  select t.id as transaction_id, t.practitioner_id, t.currency, t.payment_id, p.amount_minor,
         -- A reversal counts from the accrual it takes back, so that nobody is paid first and asked to repay later.
         case when p.amount_minor > 0 then t.occurred_at
              else least(t.occurred_at, (select min(a.occurred_at) from public.ledger_transactions a
                                          where a.kind = 'accrual' and a.session_id = t.session_id)) end as counts_from
    from private.unpaid_transactions u
    join public.ledger_transactions t on t.id = u.transaction_id
    join public.ledger_postings p on p.transaction_id = t.id and p.account = 'practitioner_payable'
   where t.kind not in ('payout', 'payout_failed')
     and not exists (select from public.payout_lines l
                      where l.ledger_transaction_id = t.id and l.released_at is null)
     -- The payer's bank asks for the money: until it is decided whose it is, it is sent to nobody.
     and not exists (select from private.earned_seats e join private.payment_disputes d on d.checkout_id = e.checkout_id
                      where e.session_id = t.session_id and d.state = 'open');
comment on view private.unpaid_earnings is 'What the ledger owes and no payout pays, line by line.';

revoke all on private.unpaid_earnings from public, anon, authenticated, service_role;

-- Somebody's unpaid lines in one currency, or some of them.
create type private.owed_amounts as (practitioner_id uuid, currency text, transactions uuid[], amounts bigint[]);

-- The caller has made sure that the sum of the lines is more than zero.
create function private.create_payout(owed private.owed_amounts, period public.payout_periods) returns public.payouts
  language plpgsql volatile set search_path = ''
as $$
declare
  v_payout public.payouts;
begin
  insert into public.payouts (practitioner_id, currency, amount_minor, period_start, period_end)
  select owed.practitioner_id, owed.currency, sum(amount), period.period_start, period.period_end from unnest(owed.amounts) amount
  returning * into v_payout;
  insert into public.payout_lines (payout_id, ledger_transaction_id, practitioner_id, currency, amount_minor)
  select v_payout.id, line.transaction_id, owed.practitioner_id, owed.currency, line.amount_minor
    from unnest(owed.transactions, owed.amounts) line (transaction_id, amount_minor);
  perform private.post_transaction('payout', v_payout.practitioner_id, v_payout.currency,
    jsonb_build_object('practitioner_payable', -v_payout.amount_minor, 'payouts_sent', v_payout.amount_minor),
    payout_id => v_payout.id);
  return v_payout;
end
$$;

-- The oldest period that is over, past its hold and not closed; if all are, the newest, for what was released since.
create function private.get_period_to_pay(moment timestamptz) returns public.payout_periods
  language sql stable set search_path = ''
as $$
  select p from public.payout_periods p
   where private.get_utc_midnight(p.period_end)
         + make_interval(days => (private.get_payout_terms(private.get_utc_midnight(p.period_end))).hold_days) <= moment
   order by p.closed_at is not null, case when p.closed_at is null then p.number else -p.number end
   limit 1;
$$;

-- Whether it waits for admins; those are asked. An approval is good for as long as it could be answered, and is used up
-- by what was made since: what failed and would be paid again above the amount is approved again.
create function private.wait_for_admins(period public.payout_periods) returns boolean
  language plpgsql volatile set search_path = ''
as $$
declare
  v_rules private.second_admin_rules;
  v_run   record;
  v_waits boolean := false;
begin
  select * into v_rules from private.second_admin_rules;
  if v_rules.payout_run_above_minor is null then
    return false;
  end if;
  for v_run in
    select owed.currency, sum(owed.amount_minor)::bigint as amount_minor
      from (select u.currency, sum(u.amount_minor) as amount_minor from private.unpaid_earnings u
             where u.counts_from < private.get_utc_midnight(period.period_end)
             group by u.practitioner_id, u.currency having sum(u.amount_minor) > 0) owed
     group by owed.currency having sum(owed.amount_minor) > v_rules.payout_run_above_minor
  loop
    continue when exists (
      select from public.approval_requests r
       where r.kind = 'payout_run' and r.status = 'approved' and r.decided_at > now() - v_rules.answer_within
         and r.details ->> 'period' = period.number::text and r.currency = v_run.currency
         and r.amount >= v_run.amount_minor + (
           select coalesce(sum(p.amount_minor), 0) from public.payouts p
            where p.period_start = period.period_start and p.currency = v_run.currency and p.created_at >= r.decided_at));
    perform private.request_approval('payout_run', jsonb_build_object('period', period.number), null, v_run.amount_minor,
                                     v_run.currency);
    v_waits := true;
  end loop;
  return v_waits;
end
$$;

create type private.payout_run_result as (
  payouts_made integer, periods_closed integer, carried_forward integer, is_done boolean, waits_for_admins boolean
);

-- Definer: nobody writes payouts directly. `moment` is for tests, which cannot wait a fortnight.
create function private.run_payouts(batch integer, moment timestamptz default now()) returns private.payout_run_result
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  c_until    constant timestamptz := clock_timestamp() + interval '3 seconds';
  v_result   private.payout_run_result := (0, 0, 0, false, false);
  v_period   public.payout_periods;
  v_owed     private.owed_amounts;
  v_is_whole boolean := true;
begin
  perform private.lock_payouts();
  perform private.open_payout_periods(moment);
  v_period := private.get_period_to_pay(moment);
  if private.wait_for_admins(v_period) then
    return (0, 0, 0, true, true);
  end if;
  for v_owed in
    select u.practitioner_id, u.currency, array_agg(u.transaction_id), array_agg(u.amount_minor) from private.unpaid_earnings u
     where u.counts_from < private.get_utc_midnight(v_period.period_end)
     group by u.practitioner_id, u.currency having sum(u.amount_minor) > 0
     order by u.practitioner_id, u.currency limit batch
  loop
    perform private.create_payout(v_owed, v_period);
    v_result.payouts_made := v_result.payouts_made + 1;
    -- Somebody may be owed thousands of lines: what is made so far must not be lost to a timeout.
    v_is_whole := clock_timestamp() < c_until;
    exit when not v_is_whole;
  end loop;

  if v_is_whole and v_result.payouts_made < batch then  -- otherwise there may be more
    update public.payout_periods p set closed_at = moment where p.number = v_period.number and p.closed_at is null;
    v_result.periods_closed := case when found then 1 else 0 end;
    v_result.is_done := (private.get_period_to_pay(moment)).closed_at is not null or v_period.number is null;
  end if;
  if v_result.is_done then
    select count(*) into v_result.carried_forward from (
      select from private.unpaid_earnings u where u.counts_from < private.get_utc_midnight(v_period.period_end)
       group by u.practitioner_id, u.currency having sum(u.amount_minor) < 0) negative;
  end if;
  return v_result;
end
$$;

create function public.run_payouts(batch integer default 100)
  returns table (payouts_made integer, periods_closed integer, carried_forward integer, is_done boolean,
                 waits_for_admins boolean)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.run_payouts(greatest(1, run_payouts.batch));
$$;
comment on function public.run_payouts is
  'For the scheduler, again until is_done. Carried forward are those who were paid more than they earned.';

revoke execute on function private.lock_payouts, private.create_payout, private.get_period_to_pay, private.wait_for_admins,
  private.run_payouts, public.run_payouts from public, anon, authenticated, service_role;
grant execute on function private.run_payouts, public.run_payouts to service_role;
