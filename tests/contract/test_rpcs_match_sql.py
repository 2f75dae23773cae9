"""The seam between Python and SQL: every Rpc of every contract is compared with the migrated database itself."""

import importlib
import re
from typing import Any

import pytest

from deploy.calls import uses
from deploy.functions import Function
from shared.database import Rpc
from tests.cast import Stage

# What `once` refuses is its own, and holds for every call that remembers.
SIGNATURES = """
  select n.nspname || '.' || p.proname as name, p.prosrc as body, p.provolatile as volatility,
         p.pronargs - p.pronargdefaults as required,
         (select substring(c from '^statement_timeout=(\\d+)s$')::integer
            from unnest(p.proconfig) c where c like 'statement_timeout=%') as seconds,
         array(select r from unnest(array['anon', 'authenticated', 'service_role']) as r
                where has_function_privilege(r, p.oid, 'execute')) as granted,
         coalesce(p.proargnames[1:p.pronargs], '{}') as arguments,
         case when t.typtype = 'c'
              then (select array_agg(a.attname::text) from pg_attribute a
                     where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped)
              else (select array_agg(o.name) from unnest(p.proargnames, p.proargmodes) as o (name, mode)
                     where o.mode in ('o', 't', 'b')) end as columns
    from pg_proc p
    join pg_namespace n on n.oid = p.pronamespace
    join pg_type t on t.oid = p.prorettype
   where n.nspname in ('public', 'private')
"""
STATEMENT_TIMEOUT_S = 8  # of every role but anon, here and on the hosted platform
REFUSAL = re.compile(r"private\.(?:refuse|answer_refusal)\(\s*(\d+)\s*,\s*'([a-z0-9_]+)'")
CALL = re.compile(r"\b((?:public|private)\.[a-z0-9_]+)\s*\(")
Functions = dict[str, dict[str, Any]]
WRITE = re.compile(r"\b(?:insert\s+into|update|delete\s+from)\s+public\.([a-z0-9_]+)")


@pytest.fixture(scope="session")
def sql(stage: Stage) -> Functions:
    """Every function of the migrated database, by name."""
    found = list(stage.owner.execute(SIGNATURES))
    functions = {row["name"]: {**row, "granted": set(row["granted"])} for row in found}
    assert len(functions) == len(found), "two functions of one name: PostgREST could not tell them apart"
    return functions


@pytest.fixture(scope="session")
def triggers(stage: Stage) -> dict[str, list[str]]:
    """The trigger functions of each table."""
    rows = stage.owner.execute(
        "select c.relname as table, array_agg(n.nspname || '.' || p.proname) as functions from pg_trigger t"
        " join pg_class c on c.oid = t.tgrelid join pg_proc p on p.oid = t.tgfoid"
        " join pg_namespace n on n.oid = p.pronamespace where not t.tgisinternal group by 1"
    )
    return {row["table"]: row["functions"] for row in rows}


def refusals(name: str, sql: Functions, seen: set[str]) -> set[str]:
    """The codes that an SQL function and those it calls refuse with."""
    seen.add(name)
    body = sql[name]["body"]
    codes = {code for _, code in REFUSAL.findall(body)}
    for called in set(CALL.findall(body)) & sql.keys() - seen:
        codes |= refusals(called, sql, seen)
    return codes


def test_every_rpc_is_granted_to_its_callers(function: Function, sql: Functions) -> None:
    """To people where they call with their own token, to whoever has a link where nobody signs in, to the service
    where it calls, and to no others.
    """
    people = "anon" if function.is_page else "authenticated"
    for use in uses(function):
        granted = sql[use.name]["granted"]
        required = sql[use.name]["arguments"][: sql[use.name]["required"]]
        # Where a link may be left out, it is for those who are not signed in.
        also = {"authenticated"} if function.is_page and "token" not in required else set()

        assert use.as_service or people in granted, use.name
        assert "service" not in function.callers or "service_role" in granted, use.name
        assert granted <= ({"service_role"} if use.as_service else {people, *also, "service_role"}), use.name


def test_passed_arguments_exist_and_required_ones_are_passed(function: Function, sql: Functions) -> None:
    """PostgREST finds a function by the names of its arguments; a misspelt one is a 500."""
    for use in uses(function):
        arguments = sql[use.name]["arguments"]
        required = set(arguments[: sql[use.name]["required"]])

        assert use.passes <= set(arguments), use.name
        assert use.passes_more or required <= use.passes, use.name


def test_the_columns_a_contract_reads_are_returned(function: Function, sql: Functions) -> None:
    """SQL may return more: a new column is added there first."""
    for use in uses(function):
        assert set(use.rpc.gives.model_fields) <= set(sql[use.name]["columns"] or []), use.name


def test_the_declared_refusals_are_those_that_sql_raises(
    function: Function, sql: Functions, triggers: dict[str, list[str]]
) -> None:
    """By the function and those it calls; what triggers raise may be declared where it can happen."""
    for use in uses(function):
        reached: set[str] = set()
        raised = refusals(use.name, sql, reached)
        tables = {table for name in reached for table in WRITE.findall(sql[name]["body"])}
        by_triggers = {
            code
            for table in tables
            for name in triggers.get(table, [])
            for code in refusals(name, sql, set())
        }

        assert not sorted(raised - set(use.rpc.refuses)), f"{use.name} raises them, undeclared"
        assert not sorted(set(use.rpc.refuses) - raised - by_triggers), f"{use.name} cannot raise them"


def test_a_remembering_call_is_volatile(function: Function, sql: Functions) -> None:
    """What `once` remembers is the outcome of a change."""
    for use in uses(function):
        if use.rpc.remembers:
            assert "v" == sql[use.name]["volatility"], use.name


def test_every_rpc_of_a_contract_is_used(function: Function) -> None:
    """A contract promises no call that nobody makes."""
    contract = importlib.import_module(f"functions.{function.target}.contract")

    promised = {f"public.{value.name}" for value in vars(contract).values() if isinstance(value, Rpc)}

    assert promised <= {use.name for use in uses(function)}


def test_an_rpc_takes_as_long_as_the_database_lets_it(function: Function, sql: Functions) -> None:
    """What the role may take, eight seconds, or what the function sets for itself; and the caller's time is enough."""
    for use in uses(function):
        assert use.rpc.seconds == (sql[use.name]["seconds"] or STATEMENT_TIMEOUT_S), use.name

        assert use.rpc.seconds < function.timeout, use.name
