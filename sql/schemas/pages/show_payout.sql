-- The page about a payout, by the link in its mail: what it comes to, and statements to keep, of it and of each year.

-- Years in which something was earned or paid, by currency, the newest first. Definer: as read_payout_page.
create function private.list_statement_years(practitioner_id uuid) returns jsonb
  language sql stable security definer set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object('year', y.year, 'currency', y.currency) order by y.year desc, y.currency), '[]')
    from (select distinct extract(year from l.occurred_at at time zone private.get_earnings_time_zone(array[list_statement_years.practitioner_id]))::integer as year,
                 l.currency
            from private.list_earnings_lines(list_statement_years.practitioner_id) l) y;
$$;

create type private.payout_page as (statement private.payout_statement, years jsonb);

-- Definer: its callers are not signed in. From where the link is opened its person is the caller.
create function private.read_payout_page(token text) returns private.payout_page
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_link private.page_links := private.open_page_link(read_payout_page.token, 'show_payout');
  v_page private.payout_page;
begin
  v_page.statement := private.get_payout_statement(v_link.subject::uuid);
  v_page.years := private.list_statement_years((v_page.statement).practitioner_id);
  return v_page;
end
$$;

-- Definer: as above.
create function private.read_linked_year_statement(token text, year integer, currency text)
  returns private.year_statement
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_link   private.page_links := private.open_page_link(read_linked_year_statement.token, 'show_payout');
  v_payout private.payout_statement := private.get_payout_statement(v_link.subject::uuid);
begin
  return private.get_year_statement(read_linked_year_statement.year, read_linked_year_statement.currency,
                                    v_payout.practitioner_id);
end
$$;

create function public.read_payout_page(token text) returns setof private.payout_page
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_payout_page(read_payout_page.token);
$$;
comment on function public.read_payout_page is 'By a link in a mail: one payout, and the years there are.';

create function public.read_linked_year_statement(token text, year integer, currency text)
  returns setof private.year_statement
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_linked_year_statement(read_linked_year_statement.token, read_linked_year_statement.year,
                                                   read_linked_year_statement.currency);
$$;
comment on function public.read_linked_year_statement is
  'By a link in a mail: a practitioner''s year, of one currency.';

revoke execute on function private.list_statement_years, private.read_payout_page,
  private.read_linked_year_statement, public.read_payout_page, public.read_linked_year_statement
  from public, anon, authenticated, service_role;
grant execute on function private.read_payout_page, private.read_linked_year_statement, public.read_payout_page,
  public.read_linked_year_statement to anon;
