-- From sql/schemas: earnings/payout_periods, earnings/payouts, earnings/payout_runs, earnings/payout_settlement, earnings/payments_page, earnings/payout_file.

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

create index payout_periods_follows_idx on public.payout_periods (follows);

alter table public.payout_terms enable row level security;

alter table public.payout_periods enable row level security;

create policy "practitioners and admins read payout terms"
  on public.payout_terms for select to authenticated
  using (exists (select from private.my_practitioner_ids()) or (select private.is_admin()));

create policy "admins add payout terms valid from now or later"
  on public.payout_terms for insert to authenticated
  with check ((select private.is_admin()) and valid_from >= now());

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
  using (practitioner_id = any (array(select private.my_practitioner_ids())) or (select private.is_admin()));

create policy "practitioners read their payout lines, admins all"
  on public.payout_lines for select to authenticated
  using (practitioner_id = any (array(select private.my_practitioner_ids())) or (select private.is_admin()));

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

create function private.lock_payouts() returns void
  language sql volatile set search_path = ''
as $$
  -- Order matters: taken before any row of session_payments is locked, never after (see payments_page.sql).
  select pg_advisory_xact_lock(hashtextextended('payouts', 0));
$$;

create view private.unpaid_earnings with (security_invoker = true) as
  select t.id as transaction_id, t.practitioner_id, t.currency, t.payment_id, p.amount_minor,
         -- A reversal counts from the accrual it takes back, so that nobody is paid first and asked to repay later.
         case when p.amount_minor > 0 then t.occurred_at
              else least(t.occurred_at, (select min(a.occurred_at) from public.ledger_transactions a
                                          where a.kind = 'accrual' and a.session_id = t.session_id)) end as counts_from
    from public.ledger_transactions t
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

create type private.payout_run_result as (
  payouts_made integer, periods_closed integer, carried_forward integer, is_done boolean
);

-- Definer: nobody writes payouts directly. `moment` is for tests, which cannot wait a fortnight.
create function private.run_payouts(batch integer, moment timestamptz default now()) returns private.payout_run_result
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  c_until    constant timestamptz := clock_timestamp() + interval '3 seconds';
  v_result   private.payout_run_result := (0, 0, 0, false);
  v_period   public.payout_periods;
  v_owed     private.owed_amounts;
  v_is_whole boolean := true;
begin
  perform private.lock_payouts();
  perform private.open_payout_periods(moment);
  v_period := private.get_period_to_pay(moment);
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
  returns table (payouts_made integer, periods_closed integer, carried_forward integer, is_done boolean)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.run_payouts(greatest(1, run_payouts.batch));
$$;

comment on function public.run_payouts is
  'For the scheduler, again until is_done. Carried forward are those who were paid more than they earned.';

revoke execute on function private.lock_payouts, private.create_payout, private.get_period_to_pay, private.run_payouts,
  public.run_payouts from public, anon, authenticated, service_role;

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
  if not (private.is_admin() or coalesce(auth.role(), '') = 'service_role') then
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
  -- The same again changes nothing: providers repeat themselves.
  if v_payout.status = mark_payout.status
     and coalesce(v_payout.transaction_reference, v_payout.failed_reason)
         = coalesce(mark_payout.transaction_reference, mark_payout.failed_reason) then
    return v_payout;
  elsif v_payout.status <> 'pending' then
    perform private.refuse(409, 'payout_is_settled', format('This payout is %s already.', v_payout.status));
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


-- earnings/payout_file.sql

-- The payment file: which payouts are pending, and to which accounts they go.
--
-- The numbers come sealed, and each access is logged in the transaction that reads them (see banking_accesses.sql). A
-- payout whose account may not be paid now is in the file all the same, without numbers and with the reason, so that
-- nobody is forgotten.

-- Definer: neither an admin nor the service reads sealed numbers. So it checks for whom it is called.
create function private.export_payout_file(user_id uuid, reference text, in_currency text)
  returns table (
    payout_id uuid, practitioner_id uuid, practitioner_name text, withheld text, bank_name text,
    account_holder_name text, account_type text, country text, account_number text, routing_number text,
    amount_minor bigint, currency text, period_start date, period_end date)
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_pending uuid[] := array(select p.id from public.payouts p
                             where p.status = 'pending' and p.currency = coalesce(export_payout_file.in_currency, p.currency));
begin
  if not exists (select from public.user_roles r where r.user_id = export_payout_file.user_id and r.role = 'admin') then
    perform private.refuse(403, 'admins_only', 'Only admins export payment files.');
  end if;
  perform private.limit_use('payout files', export_payout_file.user_id);
  return query
    select p.id, p.practitioner_id, who.name, a.withheld, a.bank_name, a.account_holder_name, a.account_type, a.country,
           a.account_number, a.routing_number, p.amount_minor, p.currency, p.period_start, p.period_end
      from public.payouts p
      join private.read_bank_accounts(array(select p.practitioner_id from public.payouts p where p.id = any (v_pending)),
                                      export_payout_file.reference, export_payout_file.user_id) a on a.practitioner_id = p.practitioner_id
      left join public.practitioners who on who.id = p.practitioner_id
     where p.id = any (v_pending)
     order by p.currency, who.name, p.id;
end
$$;

create function public.export_payout_file(user_id uuid, reference text, in_currency text default null)
  returns table (
    payout_id uuid, practitioner_id uuid, practitioner_name text, withheld text, bank_name text,
    account_holder_name text, account_type text, country text, account_number text, routing_number text,
    amount_minor bigint, currency text, period_start date, period_end date)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.export_payout_file(user_id, reference, in_currency);
$$;

comment on function public.export_payout_file is
  'For export-payout-file, which has verified user_id and opens the sealed numbers.';

revoke execute on function private.export_payout_file, public.export_payout_file from public, anon, authenticated, service_role;

grant execute on function private.export_payout_file, public.export_payout_file to service_role;
