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
