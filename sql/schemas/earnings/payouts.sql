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
