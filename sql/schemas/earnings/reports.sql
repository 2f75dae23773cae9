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
