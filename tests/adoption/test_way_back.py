# ruff: noqa: E501 - SQL as it is sent
"""From each closing file leads a way back, and from there forward again."""

from typing import Any

import psycopg

from sql.throwaway import ROOT, Server

from .conftest import ADDING, CLOSING
from .live_statements import ask

BACK = ROOT / "sql/adoption/back"
STRUCTURE = """
    select kind, owner, name, replace(statement, ' NOT VALID', '') from legacy.read_state() order by 1, 2, 3
"""
# Answers that follow from rows, which stay as they became: seats are linked, a price that was returned is the credit's.
FROM_ROWS = {"the list of classes", "my sessions", "a seat in a class", "payments of a practitioner"}


def structure(url: str) -> list[Any]:
    with psycopg.connect(url) as connection:
        return connection.execute(STRUCTURE.encode()).fetchall()


def test_every_closing_file_has_a_way_back() -> None:
    """Named as it is."""
    assert {path.stem.split("_", 1)[1] for path in CLOSING} == {path.stem for path in BACK.glob("*.sql")}


def test_back_and_forward_again(postgres: Server, in_use: str) -> None:
    """After the way back pages and functions of before are answered as before; closing again comes to the same."""
    postgres.copy(in_use, "there_and_back")
    url = postgres.apply("there_and_back", ADDING)
    before, structure_before = ask(url), structure(url)
    postgres.apply("there_and_back", CLOSING)
    closed, structure_closed = ask(url), structure(url)

    postgres.apply(
        "there_and_back", [BACK / f"{path.stem.split('_', 1)[1]}.sql" for path in reversed(CLOSING)]
    )
    back = ask(url)
    assert structure_before == structure(url)
    assert {name for name in before if before[name] != back[name]} <= FROM_ROWS

    with psycopg.connect(url) as connection:  # the old function takes a credit, and an account signs up
        connection.execute(
            "update public.user_session_credits set credits_remaining = 2 where credits_remaining = 3"
        )
        connection.execute("insert into auth.users (email) values ('between@demo.test')")
    postgres.apply("there_and_back", CLOSING)
    assert structure_closed == structure(url)
    again = ask(url)
    assert {name for name in closed if closed[name] != again[name]} <= {"a client's credits", "waivers, all"}
    with psycopg.connect(url) as connection:
        broken = connection.execute("select rule from private.broken_invariants").fetchall()
    assert [("two sessions overlap",)] == broken


def test_what_is_written_between_the_switch_and_the_rules_is_caught_up(postgres: Server, in_use: str) -> None:
    """New functions that are called before the closing files: a booking with a credit, a package that was bought, another
    practitioner. The rules then find it as if they had held.
    """
    postgres.copy(in_use, "between")
    url = postgres.apply("between", ADDING)
    with psycopg.connect(url) as connection:
        connection.execute(
            """insert into public.session_schedules
                 (id, practitioner_id, client_id, scheduled_at, duration_minutes, room_name, credit_lot_id)
               values ('5e000000-0000-4000-8000-000000000099', '10000000-0000-4000-8000-000000000001',
                       'c0000000-0000-4000-8000-000000000001', now() + interval '40 days', 45, 'between',
                       'cd000000-0000-4000-8000-000000000001')"""
        )
        connection.execute(
            """insert into public.user_session_credits (id, user_id, credits_remaining)
               values ('cd000000-0000-4000-8000-000000000099', 'c0000000-0000-4000-8000-000000000003', 5)"""
        )
        connection.execute(
            """insert into public.practitioners (id, user_id, name)
               values ('10000000-0000-4000-8000-000000000099', 'c0000000-0000-4000-8000-000000000003', 'Nina')"""
        )
        connection.execute(
            """insert into public.session_schedules (practitioner_id, client_id, scheduled_at, duration_minutes, room_name)
               values ('10000000-0000-4000-8000-000000000099', 'c0000000-0000-4000-8000-000000000001',
                       now() + interval '41 days', 45, 'with Nina')"""
        )

    postgres.apply("between", CLOSING)

    with psycopg.connect(url) as connection:
        lots = connection.execute(
            """select right(c.id::text, 2), c.credits_remaining, private.sum_credit_ledger(c.id)
                 from public.user_session_credits c where c.id::text ~ '(01|99)$' order by 1"""
        ).fetchall()
        reserved = connection.execute(
            """select s.room_name from private.practitioner_time t join public.session_schedules s on s.id = t.session_id
                where s.room_name in ('between', 'with Nina') order by 1"""
        ).fetchall()
        broken = connection.execute("select rule from private.broken_invariants").fetchall()
    assert [("01", 2, 2), ("99", 5, 5)] == lots
    assert [("between",), ("with Nina",)] == reserved
    assert [("two sessions overlap",)] == broken
