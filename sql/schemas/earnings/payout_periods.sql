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
