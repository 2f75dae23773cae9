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
# Answers that follow from rows, which stay as they became: seats are linked, and classes are their leaders'.
FROM_ROWS = {"the list of classes", "my sessions", "a seat in a class"}


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
