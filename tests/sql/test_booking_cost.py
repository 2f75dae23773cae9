"""What a booking does beside what it must: few calls, and none that a new transaction plans anew."""

import psycopg
import pytest
from psycopg.rows import dict_row

from sql.throwaway import Server

from .booking_steps import book, in_hours, sign
from .conftest import Sandbox

AT_MOST = 52
CALLED = """
  select f.schemaname || '.' || f.funcname as name, f.calls::integer as calls, l.lanname::text as language
    from pg_stat_xact_user_functions f join pg_proc p on p.oid = f.funcid join pg_language l on l.oid = p.prolang
   where f.schemaname in ('public', 'private')
"""


@pytest.fixture(scope="module")
def called(postgres: Server, database: str) -> dict[str, tuple[int, str]]:
    """The functions that the second booking of a connection calls, how often, and their language."""
    assert database == postgres.url("seeded")
    with psycopg.connect(postgres.url("seeded", "supabase_admin"), row_factory=dict_row) as connection:
        sandbox = Sandbox(connection)
        sandbox.run("set track_functions = 'all'")
        sign(sandbox)
        before: dict[str, int] = {}
        for hours in (30, 50):
            sandbox.act_as("owner")
            before = {row["name"]: row["calls"] for row in sandbox.run(CALLED)}
            book(sandbox, in_hours(hours))
        sandbox.act_as("owner")
        rows = sandbox.run(CALLED)
        connection.rollback()
    return {
        row["name"]: (row["calls"] - before.get(row["name"], 0), row["language"])
        for row in rows
        if row["calls"] > before.get(row["name"], 0)
    }


def test_a_booking_makes_few_calls(called: dict[str, tuple[int, str]]) -> None:
    """What follows from it, and may come a minute later, is a worker's."""
    assert "public.book_session_with_credit" in called
    assert AT_MOST >= sum(calls for calls, _ in called.values()), called
    assert {"private.notify_recipients", "private.enqueue_webhook_deliveries"}.isdisjoint(called)


def test_what_a_booking_calls_keeps_its_plans(called: dict[str, tuple[int, str]]) -> None:
    """As long as its connection lives: before PostgreSQL 18, a function in SQL that is not written into its caller is
    planned anew in each transaction.
    """
    assert not {name for name, (_, language) in called.items() if language == "sql"}
