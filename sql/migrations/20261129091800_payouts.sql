-- From sql/schemas: earnings/payout_periods, earnings/payouts, earnings/payout_runs, earnings/payout_settlement, earnings/payments_page, earnings/payout_files, earnings/payout_file, earnings/bank_file, earnings/statements.

-- Functions name what later chapters make.
set check_function_bodies = off;

set lock_timeout = '5s';
set statement_timeout = 0;


-- earnings/payout_periods.sql

-- Payout periods: fortnights that follow one another, and how long money is held after one has ended.
--
--   (open) -> closed     by run-payouts, once the hold after its last day is over
--
-- The first period is the anchor. Every other one begins where another ends, and no two begin or end on the same day: a
-- chain without a gap or an overlap, whatever the terms become. A period starts at midnight UTC.

create table public.payout_terms (
  id          uuid        primary key default gen_random_uuid(),
  period_days integer     not null,
  hold_days   integer     not null,
  valid_from  timestamptz not null default now(),
  created_by  uuid        default auth.uid(),

  constraint payout_terms_periods_are_short check (period_days between 1 and 62),
  constraint payout_terms_holds_are_short check (hold_days between 0 and 180),
  constraint payout_terms_one_at_a_time unique (valid_from),
  constraint payout_terms_valid_from_is_in_range check (valid_from between '2000-01-01' and '2100-01-01')
);

comment on table public.payout_terms is
  'How often practitioners are paid, and how long after. Append-only.';

comment on column public.payout_terms.hold_days is
  'From the end of a period, and so at least from its last session: refunds come in that time.';

comment on column public.payout_terms.created_by is 'No foreign key: who decided it stays, also when they have left.';

comment on column public.payout_terms.id is 'Of the row; made here.';

comment on column public.payout_terms.period_days is 'How long a period lasts.';

comment on column public.payout_terms.valid_from is 'From when on it holds.';

create table public.payout_periods (
  number       integer primary key,
  period_start date    not null unique,
  period_end   date    not null unique,
  follows      date    generated always as (case when number > 1 then period_start end) stored
                       references public.payout_periods (period_end),
  closed_at    timestamptz,

  constraint payout_periods_number_is_positive check (number >= 1),
  constraint payout_periods_end_after_they_start check (period_end > period_start),
  constraint payout_periods_one_per_start_and_end unique (period_start, period_end)
);

comment on column public.payout_periods.period_end is
  'The first day of the next period, which is not in this one any more.';

comment on column public.payout_periods.closed_at  is 'When everybody who was owed something for it had a payout.';

comment on table public.payout_periods is 'The periods that payouts are made for, one after the other.';

comment on column public.payout_periods.number is 'Counted up.';

comment on column public.payout_periods.period_start is 'Its first day.';

comment on column public.payout_periods.follows is 'The first day of the period before; a chain without a gap.';

create index payout_periods_follows_idx on public.payout_periods (follows);

alter table public.payout_terms enable row level security;

alter table public.payout_periods enable row level security;

create policy "practitioners and admins read payout terms"
  on public.payout_terms for select to authenticated
  using (exists (select from private.my_practitioner_ids()) or (select private.is_admin()));

create policy "admins add payout terms valid from now or later"
  on public.payout_terms for insert to authenticated
  with check ((select private.is_confirmed_admin()) and valid_from >= now());

create policy "practitioners and admins read payout periods"
  on public.payout_periods for select to authenticated
  using (exists (select from private.my_practitioner_ids()) or (select private.is_admin()));

revoke all on public.payout_terms, public.payout_periods from anon, authenticated, service_role;

grant select, insert (period_days, hold_days, valid_from) on public.payout_terms to authenticated, service_role;

-- No update and no delete for anybody: money was paid by it.
grant select on public.payout_periods to authenticated, service_role;

-- No insert, update or delete for anybody: periods are opened and closed by the functions of schema private.

insert into public.payout_terms (period_days, hold_days, valid_from) values (14, 7, '2020-01-01T00:00Z');

-- The anchor, a Monday.
insert into public.payout_periods (number, period_start, period_end) values (1, '2026-01-05', '2026-01-19');

create function private.get_payout_terms(moment timestamptz) returns public.payout_terms
  language sql stable set search_path = ''
as $$
  select t from public.payout_terms t where t.valid_from <= moment order by t.valid_from desc limit 1;
$$;

create function private.get_utc_midnight(day date) returns timestamptz
  language sql immutable set search_path = ''
as $$
  select day::timestamp at time zone 'UTC';
$$;

-- Opens the periods up to a moment, and returns the one it falls in. The caller holds the payouts lock, so that nobody
-- else opens the same ones.
create function private.open_payout_periods(moment timestamptz) returns public.payout_periods
  language plpgsql volatile set search_path = ''
as $$
declare
  v_last public.payout_periods;
begin
  loop
    select * into v_last from public.payout_periods p order by p.number desc limit 1;
    exit when private.get_utc_midnight(v_last.period_end) > moment;
    insert into public.payout_periods (number, period_start, period_end)
    select v_last.number + 1, v_last.period_end, v_last.period_end + (private.get_payout_terms(private.get_utc_midnight(v_last.period_end))).period_days;
  end loop;
  select * into v_last from public.payout_periods p
   where private.get_utc_midnight(p.period_start) <= moment order by p.number desc limit 1;
  return v_last;
end
$$;

revoke execute on function private.get_payout_terms, private.get_utc_midnight, private.open_payout_periods
  from public, anon, authenticated, service_role;


-- earnings/payouts.sql

-- Payouts: money sent to practitioners, and which transactions of the ledger it paid.
--
--   pending -> paid     an admin or a provider says when, and under which reference
--   pending -> failed   its lines are released, and the next run pays them again
--
-- The ledger is posted when a payout is made, because from then on its money is committed, and posted back when it
-- fails. A transaction of the ledger is in at most one payout that has not failed, and a payout is the sum of its
-- lines. Both are enforced here and do not depend on the functions that write.

create table public.payouts (
  id                    uuid        primary key default gen_random_uuid(),
  practitioner_id       uuid        not null,
  currency              text        not null check (currency in ('cad', 'usd')),
  amount_minor          bigint      not null,
  period_start          date        not null,
  period_end            date        not null,
  status                text        not null default 'pending',
  transaction_reference text,
  paid_at               timestamptz,
  failed_reason         text,
  settled_by            uuid,
  created_at            timestamptz not null default now(),

  constraint payouts_are_positive check (amount_minor > 0),
  constraint payouts_have_a_period foreign key (period_start, period_end)
    references public.payout_periods (period_start, period_end),
  constraint payouts_facts_fit_the_status check (case status
    when 'pending' then num_nonnulls(paid_at, transaction_reference, failed_reason, settled_by) = 0
    when 'paid'    then paid_at is not null and failed_reason is null
    when 'failed'  then paid_at is null and transaction_reference is null and failed_reason is not null
    else false end),
  constraint payouts_owner_and_currency unique (id, practitioner_id, currency),
  constraint payouts_status_is_known check (status in ('pending', 'paid', 'failed')),
  constraint payouts_transaction_reference_is_short check (char_length(transaction_reference) <= 255),
  constraint payouts_failed_reason_is_short check (char_length(failed_reason) <= 1000),
  constraint payouts_paid_at_is_in_range check (paid_at between '2000-01-01' and '2100-01-01')
);

comment on table public.payouts is
  'What each practitioner was sent, in each currency for itself.';

comment on column public.payouts.practitioner_id is
  'No foreign key, as in the ledger: money outlives what it is about.';

comment on column public.payouts.period_start          is 'Of the period it was made for; its lines may be older.';

comment on column public.payouts.period_end            is 'The first day that is not in the period any more.';

comment on column public.payouts.transaction_reference is
  'The bank''s or provider''s; null on what an admin marked on the payments page.';

comment on column public.payouts.settled_by is
  'The admin who marked it as paid or failed; null: a provider.';

comment on column public.payouts.id is 'Of the row; made here.';

comment on column public.payouts.currency is 'By its three letters, in lower case.';

comment on column public.payouts.amount_minor is 'In cents.';

comment on column public.payouts.status is 'pending, paid or failed.';

comment on column public.payouts.paid_at is 'When it was paid.';

comment on column public.payouts.failed_reason is 'Why it was not.';

comment on column public.payouts.created_at is 'When the row was made.';

-- A line and its payout, a line and its transaction are of the same person and currency: both foreign keys say so.
create table public.payout_lines (
  id                    bigint generated always as identity primary key,
  payout_id             uuid   not null,
  ledger_transaction_id uuid   not null,
  practitioner_id       uuid   not null,
  currency              text   not null,
  amount_minor          bigint not null check (amount_minor <> 0),
  released_at           timestamptz,

  constraint payout_lines_of_their_payout foreign key (payout_id, practitioner_id, currency)
    references public.payouts (id, practitioner_id, currency),
  constraint payout_lines_of_their_transaction foreign key (ledger_transaction_id, practitioner_id, currency)
    references public.ledger_transactions (id, practitioner_id, currency)
);

comment on table public.payout_lines is
  'What a payout pays: earnings, less what was refunded to payers.';

comment on column public.payout_lines.released_at  is 'When the payout failed, and the line could be paid again.';

comment on column public.payout_lines.amount_minor is
  'In cents, as the ledger has it: plus is owed to the practitioner.';

comment on column public.payout_lines.id is 'Of the row; made here.';

comment on column public.payout_lines.payout_id is 'payouts.id.';

comment on column public.payout_lines.ledger_transaction_id is 'The earning that it pays.';

comment on column public.payout_lines.practitioner_id is 'The practitioner it belongs to.';

comment on column public.payout_lines.currency is 'By its three letters, in lower case.';

create index payouts_practitioner_id_idx on public.payouts (practitioner_id, created_at);

create index payouts_period_idx on public.payouts (period_start, period_end);

create index payouts_pending_idx on public.payouts (created_at) where status = 'pending';  -- the payment file

create index payout_lines_payout_id_idx on public.payout_lines (payout_id, practitioner_id, currency);

create index payout_lines_ledger_transaction_id_idx
  on public.payout_lines (ledger_transaction_id, practitioner_id, currency);

create index payout_lines_practitioner_id_idx on public.payout_lines (practitioner_id);

create unique index payout_lines_one_live_payout
  on public.payout_lines (ledger_transaction_id) where released_at is null;

alter table public.payouts enable row level security;

alter table public.payout_lines enable row level security;

create policy "practitioners read their payouts, admins all"
  on public.payouts for select to authenticated
  using (practitioner_id = any (array(select private.my_practitioner_ids())) or (select private.is_confirmed_admin()));

create policy "practitioners read their payout lines, admins all"
  on public.payout_lines for select to authenticated
  using (practitioner_id = any (array(select private.my_practitioner_ids())) or (select private.is_confirmed_admin()));

revoke all on public.payouts, public.payout_lines from anon, authenticated, service_role;

grant select on public.payouts, public.payout_lines to authenticated, service_role;

-- No insert, update or delete for anybody: payouts move through the functions of schema private.

create function private.refuse_payout_changes() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  -- What may change: of a payout its status, once; of a line, that it was released.
  if tg_op <> 'UPDATE'
     or (tg_table_name = 'payouts' and (to_jsonb(old) ->> 'status' <> 'pending'
       or to_jsonb(old) - '{status,transaction_reference,paid_at,failed_reason,settled_by}'::text[]
          <> to_jsonb(new) - '{status,transaction_reference,paid_at,failed_reason,settled_by}'::text[]))
     or (tg_table_name = 'payout_lines' and (to_jsonb(old) ->> 'released_at' is not null
       or to_jsonb(old) - 'released_at' <> to_jsonb(new) - 'released_at')) then
    perform private.refuse(403, 'payout_is_kept', 'A payout that was settled can be neither changed nor deleted.');
  end if;
  return new;
end
$$;

-- Refuses payouts that are not the sum of their lines, and lines that pay another amount than the ledger owes.
create function private.check_payouts(payout_ids uuid[]) returns void
  language plpgsql set search_path = ''
as $$
begin
  if exists (select from public.payouts p left join public.payout_lines l on l.payout_id = p.id
              where p.id = any (payout_ids)
              group by p.id
             having coalesce(sum(l.amount_minor), 0) <> p.amount_minor
                 or bool_or((l.released_at is not null) <> (p.status = 'failed'))) then
    perform private.refuse(409, 'payout_does_not_add_up', 'A payout must be the sum of its lines, and share their fate.');
  end if;
  if exists (select from public.payout_lines l
               join public.ledger_transactions t on t.id = l.ledger_transaction_id
               left join public.ledger_postings p on p.transaction_id = t.id and p.account = 'practitioner_payable'
              where l.payout_id = any (payout_ids)
                and (p.amount_minor is distinct from l.amount_minor or t.kind in ('payout', 'payout_failed'))) then
    perform private.refuse(409, 'payout_line_unfounded', 'A line must pay what its transaction says is owed.');
  end if;
end
$$;

-- Definer: it runs at commit, as the caller of the request, who may not be allowed to read these lines.
create function private.check_payout() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.check_payouts(array[new.id]);
  return null;
end
$$;

-- For each statement: all lines of a payout come in one, and are released in one. A trigger for each row would add up a
-- payout of a thousand lines a thousand times.
-- Definer: the caller may not be allowed to read these lines.
create function private.check_payouts_of_lines() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.check_payouts(array(select distinct l.payout_id from new_lines l));
  return null;
end
$$;

revoke execute on function
  private.refuse_payout_changes, private.check_payouts, private.check_payout, private.check_payouts_of_lines
  from public, anon, authenticated, service_role;

create trigger payouts_refuse_changes before update or delete on public.payouts
  for each row execute function private.refuse_payout_changes();

create trigger payouts_refuse_truncate before truncate on public.payouts
  for each statement execute function private.refuse_payout_changes();

create trigger payout_lines_refuse_changes before update or delete on public.payout_lines
  for each row execute function private.refuse_payout_changes();

create trigger payout_lines_refuse_truncate before truncate on public.payout_lines
  for each statement execute function private.refuse_payout_changes();

create constraint trigger payouts_check after insert or update on public.payouts
  deferrable initially deferred for each row execute function private.check_payout();

create trigger payout_lines_check after insert on public.payout_lines
  referencing new table as new_lines for each statement execute function private.check_payouts_of_lines();

create trigger payout_lines_check_released after update on public.payout_lines
  referencing new table as new_lines for each statement execute function private.check_payouts_of_lines();


-- earnings/payout_runs.sql

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


-- earnings/payout_settlement.sql

-- Settling a payout: an admin or a provider says whether the money was sent, and the practitioner is notified of it.
--
--   pending -> paid     its payments are marked as paid out, where the payments page looks for that
--   pending -> failed   its lines are released and the ledger is posted back; the next run pays them again

create function private.get_payout_payment_ids(payout_id uuid) returns setof uuid
  language sql stable set search_path = ''
as $$
  -- A payment that was refunded entirely has two lines that add up to zero, and is not paid out by it.
  select t.payment_id from public.payout_lines l join public.ledger_transactions t on t.id = l.ledger_transaction_id
   where l.payout_id = get_payout_payment_ids.payout_id and t.payment_id is not null
   group by t.payment_id having sum(l.amount_minor) > 0;
$$;

create function private.settle_payout(
  payout public.payouts, status text, transaction_reference text default null, paid_at timestamptz default null,
  failed_reason text default null) returns public.payouts
  language plpgsql volatile set search_path = ''
as $$
begin
  update public.payouts p
     set status = settle_payout.status, transaction_reference = settle_payout.transaction_reference,
         paid_at = settle_payout.paid_at, failed_reason = settle_payout.failed_reason, settled_by = auth.uid()
   where p.id = payout.id
  returning p.* into payout;
  if payout.status = 'failed' then
    update public.payout_lines l set released_at = now() where l.payout_id = payout.id;
    perform private.post_transaction('payout_failed', payout.practitioner_id, payout.currency,
      jsonb_build_object('practitioner_payable', payout.amount_minor, 'payouts_sent', -payout.amount_minor),
      payout_id => payout.id, reason => payout.failed_reason);
  else
    -- A payment under dispute keeps that status; its date says that it was paid out.
    update public.session_payments p
       set paid_out_at = payout.paid_at, status = case p.status when 'completed' then 'paid_out' else p.status end
     where p.paid_out_at is null and p.id in (select private.get_payout_payment_ids(payout.id));
  end if;
  return payout;
end
$$;

-- Definer: nobody writes payouts directly. So it checks its caller itself.
create function private.mark_payout(
  payout_id uuid, status text, transaction_reference text, paid_at timestamptz, failed_reason text)
  returns public.payouts
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_payout public.payouts;
begin
  if not (private.is_confirmed_admin() or coalesce(auth.role(), '') = 'service_role') then
    perform private.refuse(403, 'admins_only', 'Only admins say what became of a payout.');
  end if;
  perform private.refuse_long_text('transaction_reference', mark_payout.transaction_reference, 255);
  perform private.refuse_long_text('reason', mark_payout.failed_reason, 1000);
  if coalesce(btrim(coalesce(mark_payout.transaction_reference, mark_payout.failed_reason)), '') = '' then
    perform private.refuse(422, 'reference_missing', 'Please give the transaction reference, or the reason why it failed.');
  elsif mark_payout.paid_at not between '2000-01-01' and now() + interval '1 day' then
    perform private.refuse(422, 'paid_at_not_possible', 'paid_at: should be a time that has been.');
  end if;
  perform private.lock_payouts();
  select * into v_payout from public.payouts p where p.id = mark_payout.payout_id;
  if not found then
    perform private.refuse(404, 'payout_not_found', 'There is no such payout.');
  end if;
  -- A payout that failed is paid again.
  perform private.refuse_own_money(p.user_id) from public.practitioners p
    where p.id = v_payout.practitioner_id and mark_payout.status = 'failed';
  -- The same again changes nothing: providers repeat themselves.
  if v_payout.status = mark_payout.status
     and coalesce(v_payout.transaction_reference, v_payout.failed_reason)
         = coalesce(mark_payout.transaction_reference, mark_payout.failed_reason) then
    return v_payout;
  elsif v_payout.status <> 'pending' then
    perform private.refuse(
      409, 'payout_is_settled',
      case v_payout.status when 'paid' then 'This payout is paid already.' else 'This payout is failed already.' end);
  end if;
  return private.settle_payout(v_payout, mark_payout.status, mark_payout.transaction_reference,
                               mark_payout.paid_at, mark_payout.failed_reason);
end
$$;

create function public.mark_payout_paid(payout_id uuid, transaction_reference text, paid_at timestamptz default now())
  returns setof public.payouts
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.mark_payout(mark_payout_paid.payout_id, 'paid', mark_payout_paid.transaction_reference,
                                    coalesce(mark_payout_paid.paid_at, now()), null);
$$;

comment on function public.mark_payout_paid is 'For admins and providers: the money has left, under this reference.';

create function public.mark_payout_failed(payout_id uuid, reason text) returns setof public.payouts
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.mark_payout(mark_payout_failed.payout_id, 'failed', null, null, mark_payout_failed.reason);
$$;

comment on function public.mark_payout_failed is
  'For admins and providers: the money did not leave. The next run pays it again.';

-- The practitioner by mail, other systems by webhook.
-- Definer: nobody writes the outbox.
create function private.publish_payout_paid() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.publish_event('payout_paid', p.user_id, null, jsonb_build_object(
            'payout_id', new.id, 'practitioner_id', new.practitioner_id, 'amount_minor', new.amount_minor,
            'currency', new.currency))
     from public.practitioners p where p.id = new.practitioner_id;
  return null;
end
$$;

revoke execute on function private.get_payout_payment_ids, private.settle_payout, private.mark_payout, public.mark_payout_paid,
  public.mark_payout_failed, private.publish_payout_paid from public, anon, authenticated, service_role;

grant execute on function private.mark_payout, public.mark_payout_paid, public.mark_payout_failed
  to authenticated, service_role;

create trigger payouts_70_publish after update of status on public.payouts
  for each row when (new.status = 'paid' and old.status <> 'paid') execute function private.publish_payout_paid();


-- earnings/payments_page.sql

-- The payments page: an admin marks payments as paid out there, and that settles payouts.
--
-- The page knows payments, not payouts: it sets `paid_out_at` and `status` of one row of session_payments or of
-- several. So triggers translate:
--
--   all payments of a pending payout   that payout is paid, with whatever was taken back in it
--   some of them                       it fails; those marked get a payout of their own, the rest is for the next run
--   payments in no payout              a payout of their own, in the current period
--   not earned yet, or refunded,       left as they are, and the others are paid; where none is left to pay, refused
--   or under dispute
--
-- An update of many payments is the button for all of them, and one that cannot be paid must not keep the others from
-- it: the page shows no reason. One payment that cannot be paid is refused in a sentence.

-- Makes payouts, settled as paid, of what these payments earned and no payout pays. Left alone are payments of which a
-- line is in a payout already, and those of which nothing is left to pay.
create function private.create_manual_payouts(payment_ids uuid[]) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_owed record;
begin
  for v_owed in
    select (u.practitioner_id, u.currency, array_agg(u.transaction_id), array_agg(u.amount_minor))::private.owed_amounts as lines,
           max(payment.paid_out_at) as paid_at
      from private.unpaid_earnings u
      join public.session_payments payment on payment.id = u.payment_id
     where u.payment_id in (
       select t.payment_id from public.ledger_transactions t
         left join public.payout_lines l on l.ledger_transaction_id = t.id and l.released_at is null
         left join public.ledger_postings p on p.transaction_id = t.id and p.account = 'practitioner_payable'
        where t.payment_id = any (payment_ids)
        group by t.payment_id having count(l.id) = 0 and sum(p.amount_minor) > 0)
     group by u.practitioner_id, u.currency
  loop
    perform private.settle_payout(private.create_payout(v_owed.lines, private.open_payout_periods(now())), 'paid',
                                  paid_at => v_owed.paid_at);
  end loop;
end
$$;

-- Definer: no role may take the payouts lock by itself, and so keep everybody else from making payouts.
create function private.lock_payouts_first() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.lock_payouts();
  return null;
end
$$;

-- What was paid out stays so, and marking it again changes nothing. People may set no status but paid_out.
create function private.guard_payment_status() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if old.paid_out_at is not null then
    if new.paid_out_at is null then
      perform private.refuse(409, 'paid_out_stays', 'What was paid out stays paid out.', 'Correct it with an adjustment.');
    end if;
    new.paid_out_at := old.paid_out_at;
    if private.is_api_caller() then
      new.status := old.status;  -- marking it again changes nothing
    end if;
  elsif new.paid_out_at is not null and new.status = 'completed' then
    new.status := 'paid_out';
  elsif new.paid_out_at is null and new.status = 'paid_out' then
    perform private.refuse(422, 'payout_date_missing', 'Please say when it was paid out.');
  end if;
  if private.is_api_caller() and new.status not in (old.status, 'paid_out') then
    perform private.refuse(403, 'payment_status_is_kept', 'Admins mark payments as paid out; the rest follows from the payment.');
  end if;
  return new;
end
$$;

-- Definer: it reads the ledger, whoever marks.
create function private.skip_payment_not_owed() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  if old.earned_at is null or old.status <> 'completed'
     -- A payment that is worth nothing is marked along with the rest: there is no money in it.
     or (old.practitioner_share > 0 and 0 >= (
       select coalesce(sum(p.amount_minor), 0) from public.ledger_transactions t
         join public.ledger_postings p on p.transaction_id = t.id and p.account = 'practitioner_payable'
        where t.payment_id = old.id)) then
    return null;
  end if;
  return new;
end
$$;

create function private.refuse_nothing_to_pay_out() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if not exists (select from new_rows) then
    perform private.refuse(409, 'nothing_to_pay_out', 'Nothing is earned by this payment, or nothing any more.',
                           'A payment can be paid out once its session is completed.');
  end if;
  return null;
end
$$;

-- Definer: nobody writes payouts directly, and an admin's update makes them.
create function private.settle_payouts_of_marked_payments() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  -- Not what a payout has paid: that was marked when the payout was settled, and not by hand.
  v_marked uuid[] := array(
    select n.id from new_rows n join old_rows o on o.id = n.id
     where n.paid_out_at is not null and o.paid_out_at is null
       and not exists (select from public.ledger_transactions t join public.payout_lines l on l.ledger_transaction_id = t.id
                         join public.payouts p on p.id = l.payout_id where t.payment_id = n.id and p.status = 'paid'));
  v_payout public.payouts;
begin
  if v_marked = '{}' then
    return null;
  end if;
  for v_payout in
    select p.* from public.payouts p
     where p.status = 'pending' and exists (select from private.get_payout_payment_ids(p.id) payment where payment = any (v_marked))
     order by p.id
  loop
    if exists (select from private.get_payout_payment_ids(v_payout.id) payment where payment <> all (v_marked)) then
      perform private.settle_payout(v_payout, 'failed', failed_reason => 'A part of it was paid out by hand');
    else
      perform private.settle_payout(v_payout, 'paid', paid_at => (
        select max(n.paid_out_at) from new_rows n where n.id in (select private.get_payout_payment_ids(v_payout.id))));
    end if;
  end loop;
  perform private.create_manual_payouts(v_marked);
  -- For the service and for operators, who are not skipped: as above.
  if exists (select from new_rows n join old_rows o on o.id = n.id
              where n.id = any (v_marked) and (n.practitioner_share > 0 or o.status <> 'completed')
                and not exists (select from public.payout_lines l join public.ledger_transactions t on t.id = l.ledger_transaction_id
                                 where t.payment_id = n.id and l.released_at is null)) then
    perform private.refuse(409, 'nothing_to_pay_out', 'Nothing is earned by one of these payments, or nothing any more.',
                           'A payment can be paid out once its session is completed.');
  end if;
  return null;
end
$$;

revoke execute on function private.create_manual_payouts, private.lock_payouts_first, private.skip_payment_not_owed,
  private.guard_payment_status, private.settle_payouts_of_marked_payments, private.refuse_nothing_to_pay_out
  from public, anon, authenticated, service_role;


-- earnings/payout_files.sql

-- Payout files: which payouts were put into which file, when and by whom. One that is put into a second file says so.
--
-- A file for people (csv, xlsx) may be made as often as somebody wants to look at it. One for the bank (cpa005) moves
-- money when it is handed in: a payout is in one of them, and in another only where an admin says that it is to be
-- there again. Each has the number after the last one's, up to 9999 and then from 1 again; no two have the same turn.

create table private.bank_file_originator (
  is_the_only_row    boolean primary key default true,
  originator_id      text    not null,
  short_name         text    not null,
  long_name          text    not null,
  data_centre        text    not null,
  direct_clearer     text,
  return_institution text    not null,
  return_transit     text    not null,
  return_account     text    not null,
  transaction_code   text    not null default '460',
  last_number_before integer not null default 0,

  constraint bank_file_originator_is_one_row check (is_the_only_row),
  constraint bank_file_originator_id_is_ten_characters check (originator_id ~ '^[A-Z0-9]{10}$'),
  constraint bank_file_originator_names_are_short check (
    short_name ~ '^[A-Z0-9][A-Z0-9 .&-]{0,14}$' and long_name ~ '^[A-Z0-9][A-Z0-9 .&-]{0,29}$'),
  constraint bank_file_originator_centres_are_five_digits check (
    data_centre ~ '^[0-9]{5}$' and direct_clearer ~ '^[0-9]{5}$' and direct_clearer <> '00000'),
  constraint bank_file_originator_return_account_is_possible check (
    return_institution ~ '^[0-9]{3}$' and return_transit ~ '^[0-9]{5}$' and return_account ~ '^[0-9]{1,12}$'),
  constraint bank_file_originator_code_is_three_digits check (transaction_code ~ '^[0-9]{3}$'),
  constraint bank_file_originator_last_number_is_possible check (last_number_before between 0 and 9999)
);

comment on table private.bank_file_originator is
  'Who pays, in the words of their bank (CPA 005). Its bank says each of these; none is guessed.';

comment on column private.bank_file_originator.data_centre    is 'Of the bank that receives the file.';

comment on column private.bank_file_originator.direct_clearer is
  'Its data centre, for item trace numbers. Null: these are zeros, as banks want that write their own.';

comment on column private.bank_file_originator.return_account is 'Ours, for what cannot be delivered. Not a person''s.';

comment on column private.bank_file_originator.transaction_code is 'What it is (Standard 007): 460 is accounts payable.';

comment on column private.bank_file_originator.last_number_before is
  'Of the last file that this bank had from somewhere else.';

create table public.payout_files (
  id                   uuid        primary key default gen_random_uuid(),
  name                 text        not null,
  format               text        not null,
  bank_file_sequence   bigint      unique,
  bank_file_number     integer     generated always as ((bank_file_sequence - 1) % 9999 + 1) stored,
  available_on         date,
  total_minor          bigint,
  created_by           uuid        not null,
  created_at           timestamptz not null default now(),

  constraint payout_files_name_is_short check (char_length(name) <= 100),
  constraint payout_files_format_is_known check (format in ('csv', 'xlsx', 'cpa005')),
  constraint payout_files_for_the_bank_have_a_number check (
    num_nonnulls(bank_file_sequence, available_on, total_minor) = case format when 'cpa005' then 3 else 0 end),
  constraint payout_files_bank_file_sequence_is_in_range check (bank_file_sequence between 1 and 1000000000),
  constraint payout_files_available_on_is_in_range check (available_on between '2000-01-01' and '2100-01-01'),
  -- Of one payment ten digits fit into the layout, of all of them fourteen.
  constraint payout_files_total_minor_is_in_range check (total_minor between 1 and 99999999999999)
);

comment on table public.payout_files is
  'Files with what was to be paid, and the account numbers: append-only.';

comment on column public.payout_files.bank_file_sequence is 'Which one it is for the bank, counted without end.';

comment on column public.payout_files.bank_file_number   is 'The same as the bank is told it: after 9999 comes 1.';

comment on column public.payout_files.available_on       is 'The day on which practitioners are to have it.';

comment on column public.payout_files.id is 'Of the row; made here.';

comment on column public.payout_files.name is 'As it was saved.';

comment on column public.payout_files.format is 'csv, xlsx or cpa005.';

comment on column public.payout_files.total_minor is 'What it adds up to, in cents.';

comment on column public.payout_files.created_by is 'The admin who exported it.';

comment on column public.payout_files.created_at is 'When the row was made.';

create table public.payout_file_entries (
  id             bigint  generated always as identity primary key,
  payout_file_id uuid    not null references public.payout_files (id),
  payout_id      uuid    not null references public.payouts (id),
  is_for_bank    boolean not null,
  is_repeat      boolean not null default false,

  constraint payout_file_entries_once_in_a_file unique (payout_file_id, payout_id)
);

comment on column public.payout_file_entries.is_repeat is
  'It was in an earlier file for the bank, and an admin wanted it here as well.';

comment on table public.payout_file_entries is 'Which payouts were in which file.';

comment on column public.payout_file_entries.id is 'Of the row; made here.';

comment on column public.payout_file_entries.payout_file_id is 'payout_files.id.';

comment on column public.payout_file_entries.payout_id is 'payouts.id.';

comment on column public.payout_file_entries.is_for_bank is 'Whether a bank carries that file out.';

create unique index payout_file_entries_one_bank_file
  on public.payout_file_entries (payout_id) where is_for_bank and not is_repeat;

create index payout_file_entries_payout_id_idx on public.payout_file_entries (payout_id);

alter table private.bank_file_originator enable row level security;

-- No grant and no policy: an operator sets it, functions of this schema read it.
alter table public.payout_files enable row level security;

alter table public.payout_file_entries enable row level security;

create policy "admins read payout files"
  on public.payout_files for select to authenticated using ((select private.is_confirmed_admin()));

create policy "admins read what was in payout files"
  on public.payout_file_entries for select to authenticated using ((select private.is_confirmed_admin()));

revoke all on public.payout_files, public.payout_file_entries from anon, authenticated, service_role;

grant select on public.payout_files, public.payout_file_entries to authenticated, service_role;

-- No insert, update or delete for anybody: the functions below write them, as the owner.

create function private.refuse_payout_file_changes() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  perform private.refuse(403, 'evidence_is_kept', 'The list of payout files can be neither changed nor deleted.');
  return null;
end
$$;

-- The newest file that a payout was in before: any, or one for the bank. Null: none.
create function private.find_earlier_payout_file(payout_id uuid, is_for_bank boolean default false) returns text
  language sql stable set search_path = ''
as $$
  select format('%s UTC in %s', to_char(f.created_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), f.name)
    from public.payout_file_entries e join public.payout_files f on f.id = e.payout_file_id
   where e.payout_id = find_earlier_payout_file.payout_id
     and (e.is_for_bank or not find_earlier_payout_file.is_for_bank)
   order by f.created_at desc, f.name desc limit 1;
$$;

create function private.record_payout_file(name text, format text, created_by uuid, payout_ids uuid[]) returns void
  language sql volatile set search_path = ''
as $$
  with file as (
    insert into public.payout_files (name, format, created_by)
    values (record_payout_file.name, record_payout_file.format, record_payout_file.created_by) returning id
  )
  insert into public.payout_file_entries (payout_file_id, payout_id, is_for_bank)
  select file.id, payout.id, false from file, unnest(record_payout_file.payout_ids) payout (id);
$$;

revoke execute on function private.refuse_payout_file_changes, private.find_earlier_payout_file, private.record_payout_file
  from public, anon, authenticated, service_role;

create trigger payout_files_refuse_changes before update or delete on public.payout_files
  for each row execute function private.refuse_payout_file_changes();

create trigger payout_files_refuse_truncate before truncate on public.payout_files
  for each statement execute function private.refuse_payout_file_changes();

create trigger payout_file_entries_refuse_changes before update or delete on public.payout_file_entries
  for each row execute function private.refuse_payout_file_changes();

create trigger payout_file_entries_refuse_truncate before truncate on public.payout_file_entries
  for each statement execute function private.refuse_payout_file_changes();


-- earnings/payout_file.sql

-- The payment file: which payouts are pending, and to which accounts they go.
--
-- This is the file for people; the one for the bank is in bank_file.sql. The numbers come sealed, and each access is
-- logged in the transaction that reads them (see banking_accesses.sql). A payout whose account may not be paid now is
-- in the file all the same, without numbers and with the reason, so that nobody is forgotten.

create function private.require_paying_admin(user_id uuid, user_aal text) returns void
  language plpgsql volatile set search_path = ''
as $$
begin
  if not exists (select from public.user_roles r where r.user_id = require_paying_admin.user_id and r.role = 'admin') then
    perform private.refuse(403, 'admins_only', 'Only admins export payment files.');
  end if;
  perform private.require_second_factor(require_paying_admin.user_id, require_paying_admin.user_aal);
end
$$;

create function private.begin_payout_export(user_id uuid, user_aal text) returns void
  language plpgsql volatile set search_path = ''
as $$
begin
  perform private.require_paying_admin(begin_payout_export.user_id, begin_payout_export.user_aal),
          private.limit_use('payout files', begin_payout_export.user_id);
end
$$;

-- Definer: neither an admin nor the service reads sealed numbers. So it checks for whom it is called.
create function private.export_payout_file(
  user_id uuid, reference text, in_currency text, format text, user_aal text)
  returns table (
    payout_id uuid, practitioner_id uuid, practitioner_name text, withheld text, bank_name text,
    account_holder_name text, account_type text, country text, account_number text, routing_number text,
    amount_minor bigint, currency text, period_start date, period_end date, exported_before text)
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_pending uuid[] := array(select p.id from public.payouts p
                             where p.status = 'pending' and p.currency = coalesce(export_payout_file.in_currency, p.currency));
  v_earlier jsonb;
begin
  perform private.begin_payout_export(export_payout_file.user_id, export_payout_file.user_aal);
  -- Of each what there was before this file, which is recorded now.
  select coalesce(jsonb_object_agg(payout.id, private.find_earlier_payout_file(payout.id)), '{}')
    into v_earlier from unnest(v_pending) payout (id);
  perform private.record_payout_file(export_payout_file.reference, export_payout_file.format, export_payout_file.user_id,
                                     array(select p.id from public.payouts p where p.id = any (v_pending)
                                              and private.get_banking_obstacle(p.practitioner_id) = ''));
  return query
    select p.id, p.practitioner_id, who.name, a.withheld, a.bank_name, a.account_holder_name, a.account_type, a.country,
           a.account_number, a.routing_number, p.amount_minor, p.currency, p.period_start, p.period_end,
           v_earlier ->> p.id::text
      from public.payouts p
      join private.read_bank_accounts(array(select p.practitioner_id from public.payouts p where p.id = any (v_pending)),
                                      export_payout_file.reference, export_payout_file.user_id) a on a.practitioner_id = p.practitioner_id
      left join public.practitioners who on who.id = p.practitioner_id
     where p.id = any (v_pending)
     order by p.currency, who.name, p.id;
end
$$;

create function public.export_payout_file(
  user_id uuid, reference text, in_currency text default null, format text default 'csv', user_aal text default null)
  returns table (
    payout_id uuid, practitioner_id uuid, practitioner_name text, withheld text, bank_name text,
    account_holder_name text, account_type text, country text, account_number text, routing_number text,
    amount_minor bigint, currency text, period_start date, period_end date, exported_before text)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.export_payout_file(user_id, reference, in_currency, format, user_aal);
$$;

comment on function public.export_payout_file is
  'For export-payout-file, which has verified user_id and user_aal, and opens the sealed numbers.';

revoke execute on function private.require_paying_admin, private.begin_payout_export, private.export_payout_file, public.export_payout_file
  from public, anon, authenticated, service_role;

grant execute on function private.export_payout_file, public.export_payout_file to service_role;


-- earnings/bank_file.sql

-- The file for the bank (CPA 005, Payments Canada's Standard 005): pending payouts in Canadian dollars to accounts in
-- Canada, of whom each may be paid now.
--
--   read      the payouts with their sealed numbers, each access logged
--   number    those whose numbers could be opened and fit the layout: the file is recorded under its number
--
-- Two steps, because only the function can open numbers, and a payout must not count as handed to the bank that is not
-- in the file. What fails between the two has cost nothing but a line in the log of accesses.

-- Definer: neither an admin nor the service reads sealed numbers. So it checks for whom it is called.
create function private.read_bank_file_payouts(user_id uuid, reference text, user_aal text)
  returns table (
    payout_id uuid, practitioner_id uuid, practitioner_name text, withheld text, account_holder_name text,
    account_number text, routing_number text, amount_minor bigint, is_exported boolean)
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  -- An account elsewhere is not asked for its numbers: they would not fit.
  v_canadian uuid[] := array(
    select distinct p.practitioner_id from public.payouts p
      join public.practitioner_banking b on b.practitioner_id = p.practitioner_id and b.country = 'CA'
     where p.status = 'pending' and p.currency = 'cad');
begin
  perform private.begin_payout_export(read_bank_file_payouts.user_id, read_bank_file_payouts.user_aal);
  return query
    select p.id, p.practitioner_id, who.name,
           coalesce(a.withheld, case when a.practitioner_id is null then
             case when exists (select from public.practitioner_banking b where b.practitioner_id = p.practitioner_id)
                  then 'not_in_canada' else 'no_account' end end),
           a.account_holder_name, a.account_number, a.routing_number, p.amount_minor,
           exists (select from public.payout_file_entries e where e.payout_id = p.id and e.is_for_bank)
      from public.payouts p
      left join private.read_bank_accounts(v_canadian, read_bank_file_payouts.reference, read_bank_file_payouts.user_id) a
        on a.practitioner_id = p.practitioner_id
      left join public.practitioners who on who.id = p.practitioner_id
     where p.status = 'pending' and p.currency = 'cad'
     order by who.name, p.id;
end
$$;

create type private.numbered_bank_file as (
  name text, number integer, created_on date, available_on date, originator_id text, short_name text, long_name text,
  data_centre text, direct_clearer text, return_institution text, return_transit text, return_account text,
  transaction_code text
);

-- The next day on which banks work, as far as a calendar without their holidays knows.
create function private.get_next_weekday(day date) returns date
  language sql immutable set search_path = ''
as $$
  select day + case extract(isodow from day) when 5 then 3 when 6 then 2 else 1 end;
$$;

-- The caller says what it adds up to, and of how many that were pending these are chosen.
-- Definer: nobody writes the list of files directly. So it checks for whom it is called.
create function private.number_bank_file(
  user_id uuid, reference text, payout_ids uuid[], pending integer, total_minor bigint, available_on date,
  may_repeat boolean, user_aal text) returns private.numbered_bank_file
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- A bank goes by its own calendar, where most of Canada's are.
  c_today      constant date := (now() at time zone 'America/Toronto')::date;
  v_originator private.bank_file_originator;
  v_available  date := coalesce(number_bank_file.available_on, private.get_next_weekday(c_today));
  v_sequence   bigint;
  v_repeated   uuid[];
  v_file       public.payout_files;
begin
  perform private.require_paying_admin(number_bank_file.user_id, number_bank_file.user_aal);
  if v_available not between c_today and c_today + 173 then
    perform private.refuse(422, 'available_on_not_possible', 'available_on: should be today or one of the next 173 days.');
  elsif coalesce(cardinality(number_bank_file.payout_ids), 0) = 0 then
    perform private.refuse(409, 'nothing_to_export', 'There is no payout that can go into a file for the bank now.',
                           'The file for people (export-payout-file) says of each why.');
  end if;
  -- Order matters: no payout is settled, and no other file numbered, between here and the commit.
  perform private.lock_payouts();
  select * into v_originator from private.bank_file_originator;
  if not found then
    perform private.refuse(409, 'originator_missing', 'Nobody has said yet who pays, in the words of the bank.',
                           'An operator adds the row that the runbook describes.');
  end if;
  if (select count(*) <> cardinality(number_bank_file.payout_ids)
             or coalesce(sum(p.amount_minor), 0) <> number_bank_file.total_minor or max(p.amount_minor) > 9999999999
        from public.payouts p
       where p.id = any (number_bank_file.payout_ids) and p.status = 'pending' and p.currency = 'cad') then
    perform private.refuse(409, 'payouts_changed', 'What is to be paid has just changed, or does not add up.', 'Please export again.');
  end if;
  v_repeated := array(select distinct e.payout_id from public.payout_file_entries e
                       where e.payout_id = any (number_bank_file.payout_ids) and e.is_for_bank);
  if cardinality(v_repeated) > 0 and number_bank_file.may_repeat is not true then
    perform private.refuse(409, 'exported_already',
      format('%s of these %s payouts are in a file for the bank already: %s.', cardinality(v_repeated),
             cardinality(number_bank_file.payout_ids), private.find_earlier_payout_file(v_repeated[1], true)),
      'Handed in twice it is paid twice. Choose "leave_out", or "include" if that file was never handed in.');
  end if;

  select greatest(coalesce(max(f.bank_file_sequence), 0), v_originator.last_number_before) + 1
    into v_sequence from public.payout_files f;
  insert into public.payout_files as f (name, format, bank_file_sequence, available_on, total_minor, created_by)
  values (format('%s-%s-%s-of-%s.txt', number_bank_file.reference, lpad(((v_sequence - 1) % 9999 + 1)::text, 4, '0'),
                 cardinality(number_bank_file.payout_ids), number_bank_file.pending),
          'cpa005', v_sequence, v_available, number_bank_file.total_minor, number_bank_file.user_id)
  returning f.* into v_file;
  insert into public.payout_file_entries (payout_file_id, payout_id, is_for_bank, is_repeat)
  select v_file.id, payout.id, true, payout.id = any (v_repeated) from unnest(number_bank_file.payout_ids) payout (id);
  return (v_file.name, v_file.bank_file_number, c_today, v_available, v_originator.originator_id, v_originator.short_name,
          v_originator.long_name, v_originator.data_centre, v_originator.direct_clearer, v_originator.return_institution,
          v_originator.return_transit, v_originator.return_account, v_originator.transaction_code);
end
$$;

create function public.read_bank_file_payouts(user_id uuid, reference text, user_aal text default null)
  returns table (
    payout_id uuid, practitioner_id uuid, practitioner_name text, withheld text, account_holder_name text,
    account_number text, routing_number text, amount_minor bigint, is_exported boolean)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.read_bank_file_payouts(user_id, reference, user_aal);
$$;

comment on function public.read_bank_file_payouts is
  'For export-bank-file, which has verified user_id and user_aal, and opens the sealed numbers.';

create function public.number_bank_file(
  user_id uuid, reference text, payout_ids uuid[], pending integer, total_minor bigint, available_on date default null,
  may_repeat boolean default false, user_aal text default null) returns setof private.numbered_bank_file
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.number_bank_file(
    user_id, reference, payout_ids, pending, total_minor, available_on, may_repeat, user_aal);
$$;

comment on function public.number_bank_file is 'For export-bank-file. A number is given once, whatever becomes of the file.';

revoke execute on function private.get_next_weekday, private.read_bank_file_payouts, private.number_bank_file,
  public.read_bank_file_payouts, public.number_bank_file from public, anon, authenticated, service_role;

grant execute on function private.read_bank_file_payouts, private.number_bank_file, public.read_bank_file_payouts,
  public.number_bank_file to service_role;


-- earnings/statements.sql

-- Statements for practitioners: what a payout is made of, and what a year came to in one currency. From the ledger
-- alone, so that they add up to what was sent; days are those of the practitioner's own calendar.
--
-- No client is named on them: they are handed to accountants and tax offices. They are in the language of whoever asks.

create type private.payout_statement_line as (
  occurred_at timestamptz, kind text, title text, session_start timestamptz, reason text, amount_minor bigint
);

create type private.payout_statement as (
  payout_id uuid, practitioner_id uuid, practitioner_name text, time_zone text, currency text, amount_minor bigint,
  status text, transaction_reference text, paid_at timestamptz, failed_reason text, created_at timestamptz,
  period_start date, period_end date, lines private.payout_statement_line[], language text
);

create type private.year_statement_month as (
  month date, sessions integer, earned_minor bigint, returned_minor bigint, adjusted_minor bigint, paid_minor bigint,
  balance_minor bigint
);

create type private.year_statement_payout as (
  payout_id uuid, made_at timestamptz, status text, paid_at timestamptz, transaction_reference text, amount_minor bigint
);

-- What was owed when it began, what came and went, and what is owed since. `until`: now, where the year still runs.
create type private.year_statement as (
  practitioner_id uuid, practitioner_name text, time_zone text, currency text, year integer, until timestamptz,
  opening_minor bigint, months private.year_statement_month[], closing_minor bigint,
  payouts private.year_statement_payout[], language text
);

-- Definer: of a session that somebody else has taken over since, its name is read all the same.
create function private.get_payout_statement(payout_id uuid) returns private.payout_statement
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_payout public.payouts;
  v_name   text;
begin
  select * into v_payout from public.payouts p
   where p.id = get_payout_statement.payout_id
     and (p.practitioner_id = any (array(select private.my_practitioner_ids())) or private.is_confirmed_admin());
  if not found then
    perform private.refuse(404, 'payout_not_found', 'There is no such payout.');
  end if;
  select p.name into v_name from public.practitioners p where p.id = v_payout.practitioner_id;
  return (
    v_payout.id, v_payout.practitioner_id, v_name, private.get_earnings_time_zone(array[v_payout.practitioner_id]),
    v_payout.currency, v_payout.amount_minor, v_payout.status, v_payout.transaction_reference, v_payout.paid_at,
    v_payout.failed_reason, v_payout.created_at, v_payout.period_start, v_payout.period_end,
    array(select (t.occurred_at, t.kind, coalesce(s.class_name, type.name), s.scheduled_at,
                  case t.kind when 'adjustment' then t.reason end, l.amount_minor)::private.payout_statement_line
            from public.payout_lines l
            join public.ledger_transactions t on t.id = l.ledger_transaction_id
            left join public.session_schedules s on s.id = t.session_id
            left join public.session_types type on type.id = s.session_type_id
           where l.payout_id = v_payout.id
           order by coalesce(s.scheduled_at, t.occurred_at), l.id),
    private.find_language(auth.uid()));
end
$$;

-- Definer: as list_earnings_lines, which asks for whom it is called.
create function private.get_year_statement(year integer, currency text, practitioner_id uuid)
  returns private.year_statement
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_practitioner_ids uuid[] := private.resolve_practitioner_ids(get_year_statement.practitioner_id);
  v_zone             text := private.get_earnings_time_zone(v_practitioner_ids);
  v_currency         text := lower(get_year_statement.currency);
  v_begin            timestamptz;
  v_end              timestamptz;
  v_statement        private.year_statement;
begin
  if v_currency is null or v_currency not in ('cad', 'usd') then
    perform private.refuse(422, 'currency_unknown', 'currency: should be cad or usd.');
  elsif get_year_statement.year is null
        or get_year_statement.year not between 2000 and extract(year from now() at time zone v_zone) then
    perform private.refuse(422, 'year_not_possible', 'year: should be this one or one that has been.');
  end if;
  v_begin := make_timestamptz(get_year_statement.year, 1, 1, 0, 0, 0, v_zone);
  v_end := make_timestamptz(get_year_statement.year + 1, 1, 1, 0, 0, 0, v_zone);

  v_statement.practitioner_id := v_practitioner_ids[1];
  select p.name into v_statement.practitioner_name from public.practitioners p where p.id = v_practitioner_ids[1];
  v_statement.time_zone := v_zone;
  v_statement.currency := v_currency;
  v_statement.year := get_year_statement.year;
  v_statement.until := case when now() < v_end then now() end;
  select coalesce(sum(l.amount_minor) filter (where l.occurred_at < v_begin), 0), coalesce(sum(l.amount_minor), 0)
    into v_statement.opening_minor, v_statement.closing_minor
    from private.list_earnings_lines(get_year_statement.practitioner_id, until_time => v_end) l
   where l.currency = v_currency and l.account = 'practitioner_payable';
  v_statement.months := array(
    with lines as (
      select date_trunc('month', l.occurred_at at time zone v_zone)::date as month, l.kind, l.amount_minor
        from private.list_earnings_lines(get_year_statement.practitioner_id, v_begin, v_end) l
       where l.currency = v_currency and l.account = 'practitioner_payable'),
    sums as (
      select m.month::date as month,
             count(*) filter (where l.kind = 'accrual')::integer as sessions,
             coalesce(sum(l.amount_minor) filter (where l.kind = 'accrual'), 0)::bigint as earned,
             coalesce(sum(l.amount_minor) filter (where l.kind = 'reversal'), 0)::bigint as returned,
             coalesce(sum(l.amount_minor) filter (where l.kind = 'adjustment'), 0)::bigint as adjusted,
             coalesce(sum(l.amount_minor) filter (where l.kind in ('payout', 'payout_failed')), 0)::bigint as paid
        from generate_series(make_date(get_year_statement.year, 1, 1), make_date(get_year_statement.year, 12, 1), '1 month') m (month)
        left join lines l on l.month = m.month::date
       group by m.month)
    select (s.month, s.sessions, s.earned, s.returned, s.adjusted, s.paid,
            v_statement.opening_minor + sum(s.earned + s.returned + s.adjusted + s.paid) over (order by s.month)
           )::private.year_statement_month
      from sums s where v_statement.until is null or s.month <= v_statement.until at time zone v_zone
     order by s.month);
  v_statement.payouts := array(
    select (p.id, p.created_at, p.status, p.paid_at, p.transaction_reference, p.amount_minor)::private.year_statement_payout
      from public.payouts p
     where p.practitioner_id = any (v_practitioner_ids) and p.currency = v_currency
       and p.created_at >= v_begin and p.created_at < v_end
     order by p.created_at, p.id);
  v_statement.language := private.find_language(auth.uid());
  return v_statement;
end
$$;

create function public.get_payout_statement(payout_id uuid) returns setof private.payout_statement
  language plpgsql volatile security invoker set search_path = ''
as $$
begin
  perform private.limit_use('copies of documents', (select auth.uid()));
  return next private.get_payout_statement(get_payout_statement.payout_id);
end
$$;

comment on function public.get_payout_statement is 'For the practitioner whose payout it is, and for admins.';

create function public.get_year_statement(year integer, currency text, practitioner_id uuid default null)
  returns setof private.year_statement
  language plpgsql volatile security invoker set search_path = ''
as $$
begin
  perform private.limit_use('copies of documents', (select auth.uid()));
  return next private.get_year_statement(get_year_statement.year, get_year_statement.currency,
                                         get_year_statement.practitioner_id);
end
$$;

comment on function public.get_year_statement is 'Of the caller''s own earnings; admins say whose.';

revoke execute on function private.get_payout_statement, private.get_year_statement, public.get_payout_statement,
  public.get_year_statement from public, anon, authenticated, service_role;

grant execute on function private.get_payout_statement, private.get_year_statement, public.get_payout_statement,
  public.get_year_statement to authenticated;
