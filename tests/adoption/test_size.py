"""The measurement of `bench/adoption.py`, small: nobody who books waits for long."""

from collections.abc import Iterator

import psycopg
import pytest

from bench.adoption import CONNECTIONS, Measured, measure
from sql.throwaway import Server, server

SESSIONS = 5000
# Ten times what an idle machine needs: this is to notice minutes, not milliseconds.
LONGEST = 20.0


@pytest.fixture(scope="module")
def small() -> Iterator[Server]:
    """With as few connections as a small project has, and so as little room for locks."""
    with server(more_settings=CONNECTIONS) as running:
        yield running


@pytest.fixture(scope="module")
def measured(small: Server) -> Measured:
    """Somebody books from the first file to the last."""
    return measure(small, SESSIONS)


def test_a_booking_waits_seconds_at_most(measured: Measured) -> None:
    """Whichever file is being pushed."""
    assert {name: seconds for name, seconds in measured.files.items() if seconds > LONGEST} == {}


def test_the_ledger_opens_with_all_of_them(small: Server, measured: Measured) -> None:
    """Every session that was completed and paid earned its share, and what was paid out is settled."""
    with psycopg.connect(small.url("size")) as connection:
        found = connection.execute(
            """select (select count(*) from public.session_schedules s where s.status = 'completed'),
                      (select count(*) from private.earned_seats),
                      (select sum(amount_minor) from public.ledger_postings),
                      (select count(*) from public.session_payments where status = 'completed' and paid_out_at is null),
                      (select count(*) from private.unpaid_earnings)"""
        ).fetchone()
        wrong = connection.execute("select finding from private.check_audit_chain() limit 5").fetchall()
    assert found
    completed, earned, balance, owed, unpaid = found

    assert (completed, owed) == (earned, unpaid)
    assert completed > SESSIONS / 4
    assert balance == 0
    assert [] == wrong
