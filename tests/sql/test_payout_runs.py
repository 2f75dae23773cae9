"""Runs that are killed at any point, or many at once, end as one that nobody disturbed."""

from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from sql.throwaway import ROOT, Server

from .booking_load import Connection, run_at_once

RUN = "select * from private.run_payouts(1, '2026-06-01T00:00Z')"  # one payout in each transaction

# Two currencies, several periods, somebody who owes us: each payout of a few lines, each line of a payment.
EARNINGS = """
  with posted as (
    insert into public.ledger_transactions
      (kind, currency, practitioner_id, session_id, payment_id, cause, occurred_at)
    select 'accrual', case n % 5 when 0 then 'usd' else 'cad' end,
           ('00000000-0000-4000-8000-00000000000' || n % 6)::uuid, gen_random_uuid(), gen_random_uuid(), n,
           timestamptz '2026-01-06' + make_interval(days => n * 2)
      from generate_series(1, 24) n
    returning id, cause, currency, practitioner_id, payment_id),
  priced as (
    select posted.*, case cause when '6' then -90000 else 1000 + cause::int end as amount from posted),
  payments as (
    insert into public.session_payments
      (id, session_id, practitioner_id, client_id, total_amount, practitioner_share, platform_share, currency, status)
    select p.payment_id, s.id, p.practitioner_id, s.client_id, p.amount / 100.0, p.amount / 100.0, 0, p.currency,
           'completed'
      from priced p, public.session_schedules s where s.room_name = 'session-one' and p.amount > 0)
  insert into public.ledger_postings (transaction_id, account, amount_minor)
  select id, account, sign * amount from priced,
         (values ('client_funds', -1), ('practitioner_payable', 1)) line (account, sign)
"""

# Dies at the n-th write since the run began, as if the power had gone: not refused, gone.
KILL_AT_WRITE = """
  create sequence private.writes;
  create function private.die() returns trigger language plpgsql security definer set search_path = '' as $$
  begin
    if nextval('private.writes') = current_setting('trap.at', true)::bigint then
      perform pg_terminate_backend(pg_backend_pid());
      perform pg_sleep(10);
    end if;
    return null;
  end $$;
"""
KILLING_TABLES = "payouts payout_lines payout_periods ledger_transactions ledger_postings"

# Everything that counts of the end, without what is made up anew each time.
END = """
  select p.practitioner_id, p.currency, p.amount_minor, p.period_start, p.status,
         (select array_agg(t.cause order by t.cause) from public.payout_lines l
            join public.ledger_transactions t on t.id = l.ledger_transaction_id where l.payout_id = p.id) as pays,
         (select array_agg(b.account || b.amount_minor order by b.account) from public.ledger_transactions t
            join public.ledger_postings b on b.transaction_id = t.id where t.payout_id = p.id) as posted,
         (select array_agg(k.number order by k.number) from public.payout_periods k
           where k.closed_at is not null) as closed
    from public.payouts p where p.practitioner_id::text like '00000000%' order by 1, 2, 4, 3
"""


@pytest.fixture(scope="module")
def books(postgres: Server) -> str:
    """A database with something to pay in it, to make others from."""
    url = postgres.build("books")
    with psycopg.connect(url) as connection:
        connection.execute((ROOT / "tests/sql/seed.sql").read_bytes())
        connection.execute(EARNINGS)
        connection.execute(KILL_AT_WRITE)
        for table in KILLING_TABLES.split():
            connection.execute(
                f"create trigger die after insert or update on public.{table}"
                " for each row execute function private.die()".encode()
            )
    return "books"


def finish(connection: Connection) -> int:
    """Run until it is done, as the function does. Gives how many transactions that took."""
    for turn in range(1, 100):
        ran: dict[str, Any] = connection.execute(RUN).fetchone() or {}
        if ran["is_done"]:
            return turn
    raise AssertionError("the run does not end")


def end(url: str) -> list[dict[str, Any]]:
    with psycopg.connect(url, row_factory=dict_row) as connection:
        assert [] == connection.execute("select * from private.broken_invariants").fetchall()
        return connection.execute(END.encode()).fetchall()


@pytest.fixture(scope="module")
def expected_end(postgres: Server, books: str) -> list[dict[str, Any]]:
    """How it ends when nobody disturbs it."""
    url = postgres.copy(books, "undisturbed")
    with psycopg.connect(url, row_factory=dict_row, autocommit=True) as connection:
        assert finish(connection) > 5
    found = end(url)
    assert len(found) > 5
    return found


def test_a_run_killed_at_any_write_and_begun_again_ends_the_same(
    postgres: Server, books: str, expected_end: list[dict[str, Any]]
) -> None:
    """First at its first write, the next one at its second, and so on, until one gets through."""
    url = postgres.copy(books, "killed")
    for kill_at in range(1, 1000):
        try:
            with psycopg.connect(
                url, row_factory=dict_row, autocommit=True, options=f"-c trap.at={kill_at}"
            ) as connection:
                connection.execute("select setval('private.writes', 1, false)")
                finish(connection)
                break
        except psycopg.OperationalError:
            continue

    assert kill_at > 20, "the trap did not work"
    assert expected_end == end(url)


def test_many_runs_at_once_end_as_one(
    postgres: Server, books: str, expected_end: list[dict[str, Any]]
) -> None:
    """They queue, and whoever comes later finds less to do. None is refused."""
    url = postgres.copy(books, "at_once")

    assert ["done"] * 8 == run_at_once(url, *[finish] * 8)
    assert expected_end == end(url)


# What was picked may be settled by somebody else by then, which is an answer and no fault.
MARK_ANY = """
  do $$
  declare
    p uuid;
  begin
    select id into p from public.payouts where status = 'pending' order by random() limit 1;
    {act};
  exception when sqlstate 'PT404' or sqlstate 'PT409' then
    null;
  end $$
"""
ACTS = {
    "paid": "perform public.mark_payout_paid(p, 'wire')",
    "failed": "perform public.mark_payout_failed(p, 'returned')",
    "on the page": (
        "update public.session_payments set paid_out_at = now(), status = 'paid_out' where id in ("
        " select id from public.session_payments where paid_out_at is null order by random() limit 2)"
    ),
}


def test_concurrent_runs_marks_and_failures_pay_each_line_once(postgres: Server, books: str) -> None:
    """While two run, some say of whatever is pending that it was paid, that it failed, or mark payments on the page."""
    url = postgres.copy(books, "contended")

    def settle(connection: Connection, act: str) -> None:
        connection.execute("""select set_config('request.jwt.claims', '{"role": "service_role"}', false)""")
        for _ in range(12):
            connection.execute(MARK_ANY.format(act=act).encode())

    others = [lambda connection, act=act: settle(connection, act) for act in ACTS.values()]
    ends = run_at_once(url, finish, finish, *others)
    with psycopg.connect(url, row_factory=dict_row, autocommit=True) as connection:
        finish(connection)

    assert {"done"} == set(ends)
    paid = [cause for row in end(url) if row["status"] != "failed" for cause in row["pays"]]
    assert len(paid) == len(set(paid)) > 0
