"""What is asked of a platform that has grown: how many rows of its tables each read, each view and each function reads.

The rows are those of `growth.sql`; the server itself counts what is read, also within functions and policies. Functions
are found in the catalog and called with values for the names of their arguments, so that one added later is called too.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from sql.throwaway import ROOT
from tests.page_reads import READS, Read

FILL = (ROOT / "tests/sql/growth.sql").read_text()
Connection = psycopg.Connection[tuple[Any, ...]]
LEADER, OTHER, ADMIN = (
    f"{kind}0000000-0000-4000-8000-{n:012x}" for kind, n in (("f", 1), ("f", 2), ("a", 1))
)
SESSION = f"10000000-0000-4000-8000-{235:012x}"  # to come, with the leader
PAGE = 50  # what an admin looks at

AT_MOST = 1_000

# What may read more, how much, and why.
OF_ONES_OWN = "one's own sessions of two years are added up, several times"
EXCEPTIONS = {
    "practitioner_dashboard() as practitioner": (3_000, OF_ONES_OWN),
    "earnings_overview() as practitioner": (1_500, OF_ONES_OWN),
    "earnings_sessions() as practitioner": (1_500, "whose names one may read is asked of one's own sessions"),
    "begin_earnings_export() as practitioner": (1_500, "as earnings_sessions"),
    "recommendation_progress as admin": (10_000, "sums of everybody's: admins name a practitioner"),
    "advance_invariant_round() as service": (300_000, "so many rows a call, however many there are"),
    "run_payouts() as service": (20_000, "adds up what is not paid, every two weeks"),
    "prepare_mails() as service": (4_000, "counts the open sessions and the last month, every five minutes"),
    "apply_retention() as service": (3_000, "sorts what is due by its age before it deletes the oldest"),
    "reconcile_bookings() as service": (1_500, "looks at the sessions to come"),
}

# A row counts once, whether it was found by an index or in the table: of both counts, the higher one. What is read
# through does not count while it is a few pages: that is cheaper than its index, and the planner turns to that later.
ROWS_READ = """
  select coalesce(sum(t.read_through + greatest(t.fetched, t.by_index)), 0)::bigint
    from (select case when c.relpages > 16 then pg_stat_get_xact_tuples_returned(c.oid) else 0 end as read_through,
                 pg_stat_get_xact_tuples_fetched(c.oid) as fetched,
                 (select coalesce(sum(pg_stat_get_xact_tuples_returned(i.indexrelid)), 0)
                    from pg_index i where i.indrelid = c.oid) as by_index
            from pg_class c
           where c.relkind = 'r' and c.relnamespace::regnamespace::text in ('public', 'private', 'auth')) t"""

# Rows of the client of that session, and of its practitioner.
FACTS = """
  select jsonb_build_object(
    'client', s.client_id, 'room_name', s.room_name, 'held', h.id, 'recording', r.id, 'take', t.id, 'type', y.id,
    'lot', l.id, 'checkout', c.id, 'waiver', w.id,
    'class', (select id from public.session_schedules
               where max_participants > 1 and scheduled_at > now() order by id limit 1),
    'payout', (select id from public.payouts where practitioner_id = s.practitioner_id limit 1),
    'contract', (select id from public.practitioner_contracts where practitioner_id = s.practitioner_id))
    from public.session_schedules s
    join public.session_schedules h on h.client_id = s.client_id and h.status = 'completed'
    join public.session_recordings r on r.session_id = h.id
    join private.recording_takes t on t.recording_id = r.id
    left join public.session_types y on y.duration_minutes = 45 and y.is_active and not y.is_group
    left join public.user_session_credits l on l.user_id = s.client_id
    left join public.checkout_sessions c on c.user_id = s.client_id
    left join public.liability_waivers w on w.user_id = s.client_id
   where s.id = %s limit 1"""

# What is passed as an argument of that name, where it must be passed. {…} are facts of the rows.
VALUES = {
    "session_id": SESSION, "p_session_id": SESSION, "correlated_session_id": "{class}",
    "class_id": "{class}", "group_class_id": "{class}", "practitioner_id": LEADER,
    "_practitioner_id": LEADER, "client_id": "{client}", "_client_id": "{client}", "user_id": "{me}",
    "_user_id": "{me}", "p_user_id": "{me}", "match_user_id": "{me}", "recorder": "{me}",
    "practitioner_ids": f"{{{{{OTHER}}}}}", "session_type_id": "{type}", "recording_id": "{recording}",
    "take_id": "{take}", "lot_id": "{lot}", "checkout_id": "{checkout}", "waiver_id": "{waiver}",
    "payout_id": "{payout}", "payout_ids": "{{{payout}}}", "contract_id": "{contract}",
    "reference": "{payout}", "p_resource_id": SESSION, "token": "{page}", "token_sha256": "{sha}",
    "channel_name": "{room_name}", "channel": SESSION, "action_type": "mindfulness", "title": "Breathe",
    "reason": "Because", "currency": "cad", "status": "completed", "duration_minutes": "45",
    "amount_minor": "100", "change": "1", "payment_type": "single", "rpc": "record_consent",
    "idempotency_key": "a-key-of-growth", "arguments": "{{}}", "payload": "{{}}", "facts": "{{}}",
    "files": "[]", "consent_type": "session_recording", "p_consent_type": "session_recording",
    "consented": "true", "accepts": "true", "approve": "true", "waiver_text": "I accept.",
    "query_embedding": json.dumps([0.1] * 1536), "year": "{year}", "time_zone": "UTC",
    "from_date": "{today}", "until_date": "{soon}", "scheduled_at": "{start}", "starts_at": "{start}",
    "expires_at": "{start}", "day": "{today}", "table_name": "session_notes",
    "p_table_name": "session_notes", "p_resource_type": "session", "p_permission": "read", "_role": "user",
    "email_input": "c1@demo.test", "p_user_email": "c1@demo.test", "p_action": "LOGIN", "action": "LOGIN",
    "pages_origin": "https://pages.test", "transaction_reference": "T1", "stripe_session_id": "cs_1",
    "url": "https://pay.test", "events": "{{session.booked}}", "total_minor": "7500", "pending": "1",
    "version": "1", "event_id": "evt_new", "event_type": "103", "notice_id": "notice-new", "product": "1",
    "sid": "sid", "observation": "seen", "attempt": "1", "outcome": "sent", "code": "failed", "kind": "mp4",
    "storage_path": "a/b.mp4", "size_bytes": "1", "parts_sha256": "00" * 32, "sha256": "00" * 32,
    "upload_url": "https://storage.test/u", "playback_url": "https://pages.test/r", "minutes": "10",
    "text_value": "a",
}  # fmt: skip
# Optional ones that a page passes, and without which another thing is asked.
PASSED = {
    ("get_available_slots", "practitioner_id"),
    ("begin_checkout", "duration_minutes"),
    ("list_users", "page_size"),
    ("list_payments", "page_size"),
    ("get_recording_status", "recording_id"),
    ("get_recording_status", "session_id"),
    ("create_action_recommendation", "title"),
    ("create_action_recommendation", "action_type"),
}


@dataclass(frozen=True)
class Ask:
    """One question, by whom."""

    name: str
    who: str
    query: str
    values: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return f"{self.name} as {self.who}"


@dataclass(frozen=True)
class Answer:
    """How many rows were read for it, how many things are in what was given, or why it was refused."""

    read: int
    given: int
    refusal: str | None = None

    @property
    def unused(self) -> int:
        return self.read - self.given


def fill(url: str, sessions: int) -> None:
    """Fill a migrated database; the address is a superuser's."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(FILL.replace("{sessions}", str(sessions)).encode())
        connection.execute("vacuum analyze")


class Platform:
    """A filled database, and its people."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        connection.execute("set max_parallel_workers_per_gather = 0")  # a worker counts for itself
        (facts,) = connection.execute(FACTS.encode(), [SESSION]).fetchone() or ({},)
        clock = """select extract(year from now())::int, current_date + 1, current_date + 8,
                          date_trunc('day', now()) + interval '3 days 14 hours'"""
        year, today, soon, start = connection.execute(clock.encode()).fetchone() or ()
        self._facts = {
            k: str(v)
            for k, v in {**facts, "year": year, "today": today, "soon": soon, "start": start}.items()
        }
        self.people = {
            "client": facts["client"],
            "practitioner": LEADER,
            "admin": ADMIN,
            "service": None,
            "anon": None,
        }

    @contextmanager
    def acting_as(self, who: str) -> Iterator[None]:
        """As one of its people, in a transaction that is undone."""
        role = {"service": "service_role", "anon": "anon"}.get(who, "authenticated")
        claims = json.dumps({"role": role, "sub": self.people[who]})
        with self._connection.transaction(force_rollback=True):
            self._connection.execute("select set_config('request.jwt.claims', %s, true)", [claims])
            self._connection.execute(f"set local role {role}".encode())
            yield

    def execute(self, ask: Ask) -> list[tuple[Any, ...]]:
        """What it gives to whom one is now. Raises `psycopg.Error`."""
        with self._connection.transaction():
            return self._connection.execute(ask.query.encode(), ask.values or None).fetchall()

    def ask(self, ask: Ask) -> Answer:
        """Ask it, and undo what it did."""
        refusal, given = None, 0
        with self.acting_as(ask.who):
            before = self._rows_read()
            try:
                given = count_things(self.execute(ask))
            except psycopg.Error as error:
                refusal = str(error).splitlines()[0]
            read = self._rows_read() - before
        return Answer(read, given, refusal)

    def _rows_read(self) -> int:
        (count,) = self._connection.execute(ROWS_READ.encode()).fetchone() or (0,)
        return int(count)

    def asks(self) -> Iterator[Ask]:
        """Every read of the pages, every view, every function."""
        for who in ("client", "practitioner", "admin"):
            for read in READS:
                yield Ask(str(read), who, select(read, {**self._facts, "me": self.people[who] or ""}))
        anybody = "select to_jsonb(x) from public.get_available_slots(%s, current_date + 1, current_date + 30, 'UTC') x"
        yield Ask("slots with anybody", "client", anybody, (self._facts["type"],))
        yield from self._views()
        yield from self._functions()

    def _views(self) -> Iterator[Ask]:
        """Of each view a page of the newest, and of those that are one's own all of it."""
        found = self._connection.execute(b"""
            select c.relname, c.relname like 'admin%%',
                   (select a.attname from pg_attribute a
                     where a.attrelid = c.oid and a.atttypid = 'timestamptz'::regtype order by a.attnum limit 1)
              from pg_class c where c.relkind = 'v' and c.relnamespace = 'public'::regnamespace order by 1""")
        for view, is_for_admins, newest in found.fetchall():
            page = f"select * from public.{view} order by {newest or 1} desc limit {PAGE}"
            yield Ask(view, "admin", page)
            if not is_for_admins:
                for who in ("client", "practitioner"):
                    yield Ask(view, who, f"select * from public.{view}")

    def _functions(self) -> Iterator[Ask]:
        found = self._connection.execute(b"""
            select p.proname, coalesce(p.proargnames[1:p.pronargs], '{}'), p.pronargs - p.pronargdefaults,
                   p.proargtypes::regtype[]::text[], has_function_privilege('anon', p.oid, 'execute'),
                   has_function_privilege('authenticated', p.oid, 'execute')
              from pg_proc p
             where p.pronamespace = 'public'::regnamespace and p.prorettype <> 'trigger'::regtype
               and (p.pronargs = 0 or p.proargnames is not null)  -- else a computed column
               and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e') order by 1""")
        for name, names, required, types, is_anons, is_peoples in found.fetchall():
            for who in (
                ["anon"] if is_anons else ["client", "practitioner", "admin"] if is_peoples else ["service"]
            ):
                facts = {
                    **self._facts,
                    "me": self.people[who] or self._facts["client"],
                    "page": name,
                    "sha": "00" * 32,
                }
                passed = []
                for place, (argument, kind) in enumerate(zip(names, types, strict=True)):
                    if place >= required and (name, argument) not in PASSED:
                        continue
                    passed.append(
                        (argument, kind, VALUES.get(argument, "100" if argument == "page_size" else None))
                    )
                text = ", ".join(f"{argument} => %s::{kind}" for argument, kind, _ in passed)
                values = tuple(
                    v.format(**facts)
                    if v is not None
                    else "00000000-0000-4000-8000-000000000000"
                    if kind == "uuid"
                    else None
                    for _, kind, v in passed
                )
                yield Ask(f"{name}()", who, f"select to_jsonb(x) from public.{name}({text}) x", values)


def count_things(rows: Any) -> int:
    """How many rows, and how many things in lists within them."""
    if isinstance(rows, dict):
        return sum(count_things(value) for value in rows.values())
    if isinstance(rows, list | tuple):
        return sum(1 + count_things(one) for one in rows)
    return 0


# PostgREST's selects in SQL

KEYS = {"practitioners": "practitioner_id", "session_schedules": "session_id", "session_types": "session_type_id",
        "session_packages": "package_id"}  # fmt: skip
COMPARE = {"eq": "=", "neq": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
EMBED = re.compile(r"(?:(\w+):)?(\w+)(?:!(\w+))?\((.*)\)$", re.DOTALL)


def select(read: Read, facts: dict[str, str]) -> str:
    """The read as one statement, with rows of the grown platform in place of the scene's."""
    at_hand = {"mine": LEADER, "leader": LEADER, "other": OTHER, "next": ADMIN, **facts}
    wanted = read.query.format_map(_Rows(at_hand))
    where, tail = [], ""
    for condition in filter(None, wanted.split("&")):
        name, _, value = condition.partition("=")
        if name == "order":
            tail = " order by " + ", ".join(o.replace(".", " ") for o in value.split(",")) + tail
        elif name == "limit":
            tail += f" limit {value}"
        elif name == "or":
            where.append(
                "(" + " or ".join(_condition(*c.split(".", 1)) for c in value.strip("()").split(",")) + ")"
            )
        else:
            where.append(_condition(name, value))
    return _select(read.table, read.select, " and ".join(where) or "true") + tail


def _condition(name: str, value: str) -> str:
    operator, _, operand = value.partition(".")
    if operator == "not":
        return f"not ({_condition(name, operand)})"
    if operator == "is":
        return f"t0.{name} is {operand}"
    if operator == "like":
        return f"t0.{name} like '{operand}'"
    if operator == "in":
        return f"t0.{name} in (" + ", ".join(f"'{one}'" for one in operand.strip("()").split(",")) + ")"
    return f"t0.{name} {COMPARE[operator]} " + ("now()" if operand == "now()" else f"'{operand}'")


def _select(table: str, columns: str, where: str, depth: int = 0) -> str:
    alias, shown, joins = f"t{depth}", [], ""
    for place, column in enumerate(_split(columns)):
        embed = EMBED.match(column)
        if not embed:
            shown.append(f"{alias}.{column}")
            continue
        _, other, hint, inner = embed.groups()
        key = f"t{depth + 1}.id = {alias}.{KEYS[other]}"
        if hint == "correlated_session_id":
            key = f"t{depth + 1}.correlated_session_id = {alias}.id"
        joins += f" left join lateral ({_select(other, inner, key, depth + 1)}) e{depth}{place} on true"
        shown.append(f"to_jsonb(e{depth}{place}) as embedded{place}")
    return f"select {', '.join(shown)} from public.{table} {alias}{joins} where {where}"


def _split(columns: str) -> list[str]:
    """At the commas that are in no brackets."""
    parts, depth, part = [], 0, ""
    for sign in columns:
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth == 0:
            parts.append(part)
            part = ""
        else:
            part += sign
    return [*parts, part]


class _Rows(dict[str, str]):
    """By the names of the scene's rows: sessions are one of the leader's."""

    def __missing__(self, name: str) -> str:
        return SESSION
