"""What the rows of an installation become that was there before the migrations (`sql/schemas/backfill`)."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from sql.throwaway import BASELINE, MIGRATIONS, ROOT, Server

from .conftest import CLIENT


@pytest.fixture(scope="module")
def installation(postgres: Server) -> Iterator[psycopg.Connection[Any]]:
    """The platform as it stood, with rows in it, after every migration."""
    url = postgres.build("old_installation", [BASELINE, ROOT / "tests/sql/old_installation.sql"])
    postgres.apply("old_installation", [path for path in MIGRATIONS if path != BASELINE])
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def test_double_bookings_do_not_stop_the_migrations(installation: psycopg.Connection[Any]) -> None:
    """The first who booked has the time, the other is reported; what is over is let be."""
    rooms = "select s.room_name from public.session_schedules s join {} t on t.session_id = s.id order by 1"

    assert [("first",)] == installation.execute(rooms.format("private.practitioner_time").encode()).fetchall()
    assert [("second",)] == installation.execute(
        rooms.format("private.practitioner_time_conflicts").encode()
    ).fetchall()


def test_overlapping_weekly_hours_are_merged(installation: psycopg.Connection[Any]) -> None:
    """Hours that end before they start stay as they are: only the practitioner knows what was meant."""
    hours = installation.execute(
        "select day_of_week, start_time::text, end_time::text from public.practitioner_availability order by 1, 2"
    ).fetchall()

    assert hours == [
        (1, "09:00:00", "24:00:00"),
        (1, "17:00:00", "09:00:00"),
        (2, "09:00:00", "12:00:00"),
        (2, "12:00:00", "13:00:00"),
    ]


def test_the_credit_ledger_opens_with_the_lots_from_before(installation: psycopg.Connection[Any]) -> None:
    """Each lot that still has credits begins with one purchase of as many."""
    found = installation.execute(
        "select c.credits_remaining, l.change, l.kind from public.user_session_credits c"
        " left join public.credit_ledger l on l.lot_id = c.id order by 1"
    ).fetchall()

    assert [(0, None, None), (1, 1, "purchase"), (2, 2, "purchase"), (3, 3, "purchase")] == found


def test_the_earnings_ledger_opens_with_the_sessions_that_were_held(
    installation: psycopg.Connection[Any],
) -> None:
    """And not with upcoming, cancelled or unpaid ones. What was paid out before is owed to nobody."""
    accrued = installation.execute(
        """select s.room_name, p.amount_minor from public.ledger_transactions t
             join public.ledger_postings p on p.transaction_id = t.id and p.account = 'practitioner_payable'
             join public.session_schedules s on s.id = t.session_id
            where t.kind = 'accrual' order by 1"""
    ).fetchall()
    (owed,) = installation.execute(
        "select sum(amount_minor) from public.ledger_postings where account = 'practitioner_payable'"
    ).fetchall()

    assert [("held", 7500), ("paid out", 7500)] == accrued
    assert (7500,) == owed


def test_what_was_paid_out_before_is_not_paid_again(installation: psycopg.Connection[Any]) -> None:
    """It is in a payout that is settled; the next run pays the rest."""
    paid = "select status, amount_minor from public.payouts"
    before = installation.execute(paid).fetchall()
    unpaid = installation.execute("select amount_minor from private.unpaid_earnings").fetchall()

    assert [("paid", 7500)] == before
    assert [(7500,)] == unpaid


def test_consents_open_their_history_with_what_is_known(installation: psycopg.Connection[Any]) -> None:
    """The address in them came from a header that anybody could write: it is no evidence."""
    history = installation.execute(
        "select consent_type, consented, ip_address from public.consent_history order by 1"
    ).fetchall()

    assert [
        ("analytics", True, None),
        ("marketing", True, None),
        ("session_recording", False, None),
    ] == history


def test_everybody_has_a_profile(installation: psycopg.Connection[Any]) -> None:
    """From what they said at sign-up; what cannot be read is left out."""
    profile = installation.execute(
        "select email, full_name, date_of_birth from public.profiles where id = %s", (CLIENT,)
    ).fetchone()

    assert ("client@demo.test", "Client", None) == profile


def test_the_invariants_hold(installation: psycopg.Connection[Any]) -> None:
    """Nothing is broken but the double booking that was there."""
    broken = installation.execute("select rule from private.broken_invariants").fetchall()

    assert [("two sessions overlap",)] == broken


def test_nothing_is_said_about_what_was_there(installation: psycopg.Connection[Any]) -> None:
    """No event, so no mail, notification or webhook: nothing has happened."""
    assert [] == installation.execute("select kind from private.outbox").fetchall()
    assert (0,) == installation.execute(
        "select count(*) from public.audit_logs where action = 'UPDATE'"
    ).fetchone()


def test_a_rule_that_older_rows_break_holds_for_new_ones(installation: psycopg.Connection[Any]) -> None:
    """And stops no migration: the rows stay as they are. Every other rule is valid for all."""
    rules = installation.execute(
        "select conname from pg_constraint where not convalidated order by 1"
    ).fetchall()

    # Bounds on the size of a value are asked before anything is changed: see tests/adoption/test_preflight.py.
    assert rules == [("practitioner_availability_starts_before_it_ends",)]
    with pytest.raises(psycopg.errors.CheckViolation):
        installation.execute(
            "insert into public.user_preferences (user_id, country) values (%s, %s)", (CLIENT, "x" * 5000)
        )
