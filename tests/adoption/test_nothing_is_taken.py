"""Read off the catalogue: what adds takes nothing from a table, policy, trigger or function that was there."""

from typing import Any

import psycopg
import pytest

from sql.closing import MADE_ANEW, TABLES
from sql.throwaway import BASELINE, ROOT, Server

from .conftest import ADDING, STATE_B

HELPERS = [ROOT / "sql/adoption/helpers.sql", ROOT / "sql/adoption/way_back.sql"]
NEW_COLUMNS = """
    select c.relname || '.' || a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
"""
OURS = {
    "users_create_profile",
    "users_update_profile",
}  # in place of the platform's own, which goes with its table


def state(url: str) -> set[tuple[str, str, str, str]]:
    with psycopg.connect(url) as connection:
        return set(connection.execute("select * from legacy.read_state()").fetchall())


def columns(url: str) -> set[Any]:
    with psycopg.connect(url) as connection:
        return {name for (name,) in connection.execute(NEW_COLUMNS.encode()).fetchall()}


@pytest.mark.parametrize("files", [[], [STATE_B]], ids=["state A", "state B"])
def test_what_adds_takes_nothing(postgres: Server, files: list[Any]) -> None:
    """Grants, policies, triggers, functions and rules of before are there; new rules are on new columns alone."""
    name = f"taken_{len(files)}"
    before = state(postgres.build(f"{name}_before", [BASELINE, *files, *HELPERS]))
    known = columns(postgres.url(f"{name}_before"))
    after = state(postgres.build(f"{name}_after", [BASELINE, *files, *ADDING]))
    new = {column.split(".")[1] for column in columns(postgres.url(f"{name}_after")) - known}
    # The twelve and the eighteen are made anew; what hangs on them is compared at the end (test_ends.py).
    anew = {table.removeprefix("public.") for table in MADE_ANEW} if files else set()

    taken = {
        fact
        for fact in before - after
        if fact[1].removeprefix("public.") not in anew and not _is_made_anew(fact, files)
    }
    assert not taken

    stricter = {
        fact
        for fact in after - before
        if fact[1] in TABLES
        and fact[0] in ("trigger", "policy", "constraint", "index", "not null")
        and fact[2] not in OURS
    }
    assert not {
        fact for fact in stricter if not any(column in " ".join(fact[2:]) for column in new | EIGHTEEN)
    }


EIGHTEEN = {
    "session_location", "physical_location", "location_coordinates", "max_participants", "current_participants",
    "correlated_session_id", "cancellation_policy_agreed_at", "cancellation_policy_version", "grace_cancellation_used",
    "cancelled_at", "class_name", "reminder_sent", "session_type_id", "is_group", "session_type",
}  # fmt: skip


def _is_made_anew(fact: tuple[str, str, str, str], files: list[Any]) -> bool:
    """On state B: columns of old tables that are made anew, and the two functions that gave way."""
    kind, _, name, statement = fact
    if not files:
        return False
    gone = ("sync_user_profile", "send_welcome_email", "on_auth_user_created_or_updated")
    return any(word in " ".join(fact) for word in gone) or (
        kind in ("constraint", "not null", "index")
        and any(column in f"{name} {statement}" for column in EIGHTEEN)
    )
