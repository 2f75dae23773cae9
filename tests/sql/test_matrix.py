"""Every table, by everybody, with every operation, on every column: what is allowed is exactly what the matrix says."""

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from .conftest import IDENTITIES, Sandbox
from .matrix import MATRIX, Rules

# Of each type: a value to insert, and what to change a column to so that it is another.
VALUES = {
    "bool": ("true", "not coalesce({0}, false)"),
    "int4": ("1", "coalesce({0}, 0) + 1"),
    "int8": ("1", "coalesce({0}, 0) + 1"),
    "float8": ("1", "coalesce({0}, 0) + 1"),
    "numeric": ("1", "coalesce({0}, 0) + 1"),
    "text": ("'x'", "coalesce({0}, '') || 'x'"),
    "_text": ("array['x']", "array_append({0}, 'x')"),
    "timestamptz": ("now()", "coalesce({0}, now()) + interval '1 day'"),
    "timestamp": ("localtimestamp", "{0} + interval '1 hour'"),
    "date": ("current_date", "coalesce({0}, current_date) + 1"),
    "tstzmultirange": ("tstzmultirange()", "tstzmultirange(tstzrange(null, null))"),
    "time": ("'09:00'", "{0} + interval '1 minute'"),
    "uuid": ("gen_random_uuid()", "gen_random_uuid()"),
    "jsonb": ("'{}'", "'[]'"),
    "bytea": (r"'\x00'", r"'\x00'"),
    "point": ("'(1,2)'", "'(1,2)'"),
    "vector": ("null", "null"),
    "app_role": ("'admin'", "'admin'"),
}


def columns_of(sandbox: Sandbox, table: str) -> dict[str, tuple[str, str]]:
    """Each column and the values for it."""
    rows = sandbox.run(
        """select column_name, udt_name from information_schema.columns
           where table_schema = 'public' and table_name = %s""",
        table,
    )
    return {row["column_name"]: VALUES[row["udt_name"]] for row in rows}


def who_may(sandbox: Sandbox, statement: str, *values: Any) -> str:
    """Everybody for whom the statement reaches a row.

    A violated constraint is a rule about values: whoever gets so far was allowed to try.
    """
    sandbox.run("savepoint cell")
    allowed = [who for who in IDENTITIES if may(sandbox, who, statement, *values)]
    sandbox.run("rollback to cell; release cell")
    return " ".join(allowed)


def may(sandbox: Sandbox, who: str, statement: str, *values: Any) -> bool:
    role, person = IDENTITIES[who]
    claims = json.dumps({"role": role, "sub": person})
    # What the one before did is undone in the same message: there are thousands of cells.
    become = f"set_config('request.jwt.claims', '{claims}', true), set_config('role', '{role}', true)"
    sandbox.run(f"rollback to cell; select {become}")
    try:
        return bool(sandbox.run(statement, *values))
    except psycopg.errors.IntegrityError:
        return True
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.GeneratedAlways):
        return False
    except psycopg.Error as error:
        if (error.sqlstate or "").startswith("PT"):
            return False
        raise


def expected_of(rules: Rules, column: str) -> str:
    """Who may change a column, by the matrix."""
    for columns, people in rules.changes.items():
        if column in columns.split():
            return people
    return rules.rest


@pytest.fixture(params=MATRIX)
def table(request: pytest.FixtureRequest) -> Iterator[tuple[str, Rules]]:
    """One table after the other."""
    name: str = request.param
    return name, MATRIX[name]


def test_the_matrix_contains_every_table(sandbox: Sandbox) -> None:
    """A table made without saying who may do what is found here."""
    tables = sandbox.run("select tablename from pg_tables where schemaname = 'public'")

    assert {row["tablename"] for row in tables} == set(MATRIX)


def test_each_row_is_read_by_those_named_only(sandbox: Sandbox, table: tuple[str, Rules]) -> None:
    """Hidden columns by no person."""
    name, rules = table

    for column in columns_of(sandbox, name):
        readers = who_may(sandbox, f"select {column} from public.{name} where {rules.row}")
        hidden = column in rules.hidden.split()
        assert ("service" if hidden else rules.read) == readers, column


def test_a_row_is_inserted_by_those_named_only(sandbox: Sandbox, table: tuple[str, Rules]) -> None:
    """With no more columns than they may give."""
    name, rules = table
    names, marks = ", ".join(rules.new), ", ".join(["%s"] * len(rules.new))
    # An own row that stands in the way of a new one is not what is asked about.
    insert = f"insert into public.{name} ({names}{{0}}) values ({marks}{{1}}) on conflict do nothing"
    insert = f"with new as ({insert} returning 1) select 1"
    given = rules.new.values()

    assert rules.insert == who_may(sandbox, insert.format("", ""), *given)

    people, service = (
        rules.insert.replace("service", "").strip(),
        "service" if "service" in rules.insert else "",
    )
    for column, (value, _) in columns_of(sandbox, name).items():
        if column in rules.new:
            continue
        allowed = people if column in rules.sets.split() else ""
        allowed = "" if column in rules.never.split() else f"{allowed} {service}".strip()
        assert allowed == who_may(sandbox, insert.format(f", {column}", f", {value}"), *given), column


def test_each_column_is_changed_by_those_named_only(sandbox: Sandbox, table: tuple[str, Rules]) -> None:
    name, rules = table

    for column, (value, another) in columns_of(sandbox, name).items():
        # Who may not read a column cannot compute with it either.
        new = value if column in rules.hidden.split() else rules.values.get(column, another.format(column))
        statement = (
            f"update public.{name} set {column} = {new} where {rules.row} returning {rules.row.split()[0]}"
        )
        assert expected_of(rules, column) == who_may(sandbox, statement), column


def test_the_row_is_deleted_by_those_named_only(sandbox: Sandbox, table: tuple[str, Rules]) -> None:
    name, rules = table

    statement = f"delete from public.{name} where {rules.row} returning {rules.row.split()[0]}"
    assert rules.delete == who_may(sandbox, statement)
