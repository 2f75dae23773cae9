"""Today's schema does for the last release: what it calls is there, takes what it passes and gives what it reads.

So migrations go first and functions after, one at a time. What only the release before needed goes in a closing
migration, after the next release has been written down (`python -m deploy release`).
"""

import json
from typing import Any

import pytest

from deploy import release
from deploy.calls import uses
from deploy.functions import functions
from tests.contract.test_rpcs_match_sql import SIGNATURES

from .conftest import Sandbox

LAST = json.loads(release.newest().read_text())
COLUMNS = """
  select c.relname as table, array_agg(a.attname::text) as columns from pg_attribute a
    join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
   where n.nspname = 'public' and a.attnum > 0 and not a.attisdropped group by 1
"""


def signatures(sandbox: Sandbox) -> dict[str, dict[str, Any]]:
    """Every function of the schema, by name."""
    return {row["name"]: row for row in sandbox.run(SIGNATURES)}


def problems(sandbox: Sandbox, last: dict[str, Any]) -> list[str]:
    """What a release calls and today's schema does not have, a line for each."""
    found, today = [], signatures(sandbox)
    for name, call in last["rpcs"].items():
        rpc = today.get(f"public.{name}")
        if rpc is None:
            found.append(f"{name} is gone; {', '.join(call['by'])} called it")
            continue
        required = {*rpc["arguments"][: rpc["required"]]}
        for what, lacking in (
            ("does not take", {*call["passes"]} - {*rpc["arguments"]}),
            ("cannot do without", required - {*call["passes"]}),
            ("does not give", {*call["reads"]} - {*(rpc["columns"] or [])}),
            ("is not granted to", {*call["as"]} - {*rpc["granted"]}),
        ):
            found += [f"{name} {what} {each}" for each in sorted(lacking)]
    tables = {row["table"]: {*row["columns"]} for row in sandbox.run(COLUMNS)}
    for table, columns in last["tables"].items():
        found += [f"{table} has no {each}" for each in sorted({*columns} - tables.get(table, set()))]
    return found


def test_todays_schema_does_for_the_last_release(sandbox: Sandbox) -> None:
    """Whatever it lacks, functions that still run would answer with 503 `schema_behind`."""
    assert not problems(sandbox, LAST)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "drop function public.quote_cancellation",
            "quote_cancellation is gone; quote-cancellation called it",
        ),
        ("alter function public.quote_cancellation rename to quote", "quote_cancellation is gone"),
        (
            "revoke execute on function public.quote_cancellation from authenticated",
            "quote_cancellation is not granted to authenticated",
        ),
        (
            "alter table public.session_schedules rename column scheduled_at to starts_at",
            "session_schedules has no",
        ),
    ],
)
def test_what_a_migration_takes_away_is_named(sandbox: Sandbox, change: str, said: str) -> None:
    """With the function that would meet it."""
    sandbox.run(change)

    assert [line for line in problems(sandbox, LAST) if line.startswith(said)]


def test_arguments_and_fields_are_held_too(sandbox: Sandbox) -> None:
    """Those of the newest release, against a schema that has fewer."""
    name, call = next((name, call) for name, call in LAST["rpcs"].items() if call["passes"] and call["reads"])
    more = {**call, "passes": [*call["passes"], "gone"], "reads": [*call["reads"], "lost"]}

    said = problems(sandbox, {"rpcs": {name: more}, "tables": {}})

    assert [f"{name} does not take gone", f"{name} does not give lost"] == said


def test_what_is_written_down_is_what_is_called() -> None:
    """Every call of every function, and every column of the pages' reads."""
    called = {use.rpc.name for function in functions().values() for use in uses(function)}

    assert called == release.calls().keys()
    assert "scheduled_at" in release.tables()["session_schedules"]
    assert not [table for table in release.tables() if not table.isidentifier()]
