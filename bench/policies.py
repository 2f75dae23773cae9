"""Policies: what the pages ask, of tables with a million rows, as a signed-in person and without row-level security.

20,000 clients and 500 practitioners have a million sessions, and a million lines of credit between them. Each question
is asked in turns by its person and by the owner of the tables, whom no policy holds, both with prepared statements, as
PostgREST has them, ten times a turn. Told is the processor time of the server's own process; a ratio is the median of
each turn's own. It is a practitioner who asks and who is a client too, so all that policies look up about a person is
there to be found. The history is asked for without a filter, as nobody has to name themself there. EXPLAIN tells
whether one of the large tables was read from end to end.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg

from sql.throwaway import Server, server

from .backend import processor_ms

ROWS = 1_000_000
PREPARED_AFTER = 6  # psycopg prepares the sixth time
TIMES = 10  # a turn: one takes a tenth of a millisecond
Connection = psycopg.Connection[tuple[Any, ...]]
BIG = ("session_schedules", "credit_ledger", "user_session_credits")
CLIENT, LEADER = "c0000000-0000-4000-8000-000000000010", "f0000000-0000-4000-8000-000000000010"
INDEXES = """
    select i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
      from pg_index i join pg_class t on t.oid = i.indrelid
     where t.relnamespace = 'public'::regnamespace and t.relname = any (%s)
       and not exists (select from pg_constraint c where c.conindid = i.indexrelid)"""

# Triggers and foreign keys would ask about every row; indexes are made afterwards, all at once.
FILL = """
    set session_replication_role = replica;
    create function pg_temp.person(n bigint, kind text) returns uuid language sql immutable
      return (kind || '0000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid;
    insert into auth.users (id) select pg_temp.person(n, 'c') from generate_series(1, 20000) n;
    insert into public.practitioners (id, user_id, name)
      select pg_temp.person(n, 'f'), pg_temp.person(n, 'c'), 'P' from generate_series(1, 500) n;
    insert into public.session_schedules
        (id, practitioner_id, client_id, scheduled_at, room_name, max_participants, time_zone, local_start)
      select uuidv7(), pg_temp.person(1 + n % 500, 'f'), pg_temp.person(1 + n * 7919 % 20000, 'c'), at, n,
             case n % 1000 when 0 then 8 else 1 end, 'UTC', at at time zone 'UTC'
        from (select n, now() + (n - {rows} / 2) * interval '1 minute' as at
                from generate_series(1::bigint, {rows}) n) s;
    insert into public.user_session_credits (user_id, credits_remaining)
      select pg_temp.person(1 + n % 20000, 'c'), 5 from generate_series(1, {rows} / 5) n;
    insert into public.credit_ledger (id, lot_id, user_id, change, kind, created_at)
      select uuidv7(), id, user_id, 1, 'purchase', now() - n * interval '1 hour'
        from public.user_session_credits, generate_series(1, 5) n;"""

QUESTIONS = {
    "my sessions": "select * from public.session_schedules where client_id = '{client}' order by scheduled_at",
    "those I lead": "select * from public.session_schedules where practitioner_id = '{leader}'"
    " and status = 'scheduled'",
    "classes to come": "select * from public.session_schedules where max_participants > 1 and scheduled_at >= now()"
    " and status <> 'cancelled' order by scheduled_at limit 50",
    "my credit lines": "select * from public.credit_ledger where user_id = '{client}' order by created_at",
    "session_history": "select * from public.session_history order by scheduled_at desc limit 20",
}


@dataclass
class PolicyTimings:
    """Milliseconds with and without policies, a value a turn; and whether one of the large tables was read through."""

    with_policies: list[float] = field(default_factory=list)
    without: list[float] = field(default_factory=list)
    is_read_through: bool = False


def measure(turns: int, rows: int, on_progress: Callable[[str], None]) -> dict[str, PolicyTimings]:
    """Fill the tables, then ask every question in turns."""
    on_progress(f"{rows:,} rows")
    with server() as postgres:
        url = postgres.build("policies")
        _fill(postgres, rows)
        with psycopg.connect(url, autocommit=True) as owner, psycopg.connect(url, autocommit=True) as person:
            claims = json.dumps({"role": "authenticated", "sub": CLIENT})
            for connection in (owner, person):
                connection.execute("select set_config('request.jwt.claims', %s, false)", [claims])
            person.execute("set role authenticated")
            timings = {name: PolicyTimings() for name in QUESTIONS}
            for name, question in QUESTIONS.items():
                on_progress(name)
                query = question.format(client=CLIENT, leader=LEADER).encode()
                _ask(owner, person, query, turns, timings[name])
    return timings


def _ask(owner: Connection, person: Connection, query: bytes, turns: int, timings: PolicyTimings) -> None:
    assert owner.execute(query).fetchall() == person.execute(query).fetchall() != []
    for connection in (owner, person) * PREPARED_AFTER:
        connection.execute(query)
    for _ in range(turns):
        for connection, times in ((person, timings.with_policies), (owner, timings.without)):
            before = processor_ms(connection)
            for _ in range(TIMES):
                connection.execute(query).fetchall()
            times.append((processor_ms(connection) - before) / TIMES)
    ((plan,),) = person.execute(b"explain (analyze, format json) " + query).fetchall()
    timings.is_read_through = any(
        node["Node Type"] == "Seq Scan" and node["Actual Loops"] and node["Relation Name"] in BIG
        for node in _nodes(plan[0]["Plan"])
    )


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)


def _fill(postgres: Server, rows: int) -> None:
    with psycopg.connect(postgres.url("policies", "supabase_admin"), autocommit=True) as connection:
        indexes = connection.execute(INDEXES, [list(BIG)]).fetchall()
        for name, _ in indexes:
            connection.execute(f"drop index public.{name}".encode())
        connection.execute(FILL.replace("{rows}", str(rows)).encode())
        for _, definition in indexes:
            connection.execute(definition.encode())
        connection.execute("vacuum analyze")
