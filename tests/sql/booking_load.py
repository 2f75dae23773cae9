"""Many people at once: bookings, holds, moves, cancellations and classes of every length, on the same few calendars.

    python -m tests.sql.booking_load 10000       so many attempts on a database of their own, and the numbers

Each attempt is one transaction of one person, as PostgREST would run it. What may be refused is refused by our own
codes; anything else, a deadlock included, is counted as a failure. Afterwards the books must be right.
"""

import json
import random
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import psycopg
from psycopg.rows import dict_row

from sql.throwaway import Server, server

from .booking_steps import BOOKING_VIOLATIONS

PRACTITIONERS, CLIENTS, CLASSES, PLACES, CREDITS = 10, 80, 12, 4, 12
CONNECTIONS = 24
GRID_MINUTES, DAYS = 5, 2  # the fewer times there are, the more people want the same one

Connection = psycopg.Connection[dict[str, Any]]


@dataclass
class BookingLoad:
    """The people, what they have made so far, and how it went."""

    url: str
    practitioners: list[str]
    clients: list[str]
    admin: str
    classes: list[str]
    seed: int = 1
    sessions: list[tuple[str, str]] = field(default_factory=list)
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    seconds: float = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, attempts: int) -> None:
        """Make so many attempts, over as many connections as there are."""
        share, started = attempts // CONNECTIONS + 1, time.monotonic()
        with ThreadPoolExecutor(CONNECTIONS) as many:
            for each in [many.submit(self._work, n, share) for n in range(CONNECTIONS)]:
                each.result()
        self.seconds = time.monotonic() - started

    def count(self, *ends: str) -> int:
        return sum(many for (_, end), many in self.outcomes.items() if end in ends)

    @property
    def failures(self) -> dict[str, int]:
        """Ends that are no answer of ours."""
        return {
            f"{act}: {end}": many for (act, end), many in self.outcomes.items() if end.startswith("failed")
        }

    def _work(self, number: int, attempts: int) -> None:
        chance = random.Random(self.seed * 1000 + number)
        acts = [_book, _book_held, _hold, _move, _cancel, _join, _leave, _cancel_class]
        with psycopg.connect(self.url, row_factory=dict_row, autocommit=True) as connection:
            for attempt in range(attempts):
                if number == 0 and attempt == attempts // 10:
                    # Autovacuum would, within a minute: until then, plans are those for empty tables.
                    connection.execute("analyze public.session_schedules, public.audit_logs")
                (act,) = chance.choices(acts, weights=[40, 8, 6, 14, 10, 16, 5, 0.3])
                end = outcome_of(lambda act=act: act(self, connection, chance))
                with self.lock:
                    self.outcomes[act.__name__.strip("_"), end] += 1

    def some_session(self, chance: random.Random) -> tuple[str, str]:
        with self.lock:
            return chance.choice(self.sessions) if self.sessions else (str(uuid.uuid4()), self.clients[0])

    def remember(self, session: object, client: str) -> None:
        with self.lock:
            self.sessions.append((str(session), client))


def outcome_of(act: Callable[[], object]) -> str:
    """Done, refused by one of our codes, or failed."""
    try:
        act()
    except psycopg.Error as error:
        ours = (error.sqlstate or "").startswith("PT")
        return str(error.diag.message_detail) if ours else f"failed {error.sqlstate} {error}"
    return "done"


def run_at_once(url: str, *acts: Callable[[Connection], object]) -> list[str]:
    """Each act on a connection of its own, all in the same instant. Gives their ends."""
    with open_connections(url, len(acts)) as connections:
        return run_together(connections, *acts)


@contextmanager
def open_connections(url: str, many: int) -> Iterator[list[Connection]]:
    """So many connections: a new one plans every function anew, so who asks more than once keeps them."""
    with ExitStack() as opened:
        yield [
            opened.enter_context(psycopg.connect(url, row_factory=dict_row, autocommit=True))
            for _ in range(many)
        ]


def run_together(connections: list[Connection], *acts: Callable[[Connection], object]) -> list[str]:
    """Each act on one of the connections, all in the same instant. Gives their ends."""
    starting = threading.Barrier(len(acts))

    def run(connection: Connection, act: Callable[[Connection], object]) -> str:
        connection.execute("select 1")
        starting.wait(timeout=60)
        return outcome_of(lambda: act(connection))

    with ThreadPoolExecutor(len(acts)) as many:
        return list(many.map(run, connections[: len(acts)], acts))


@contextmanager
def acting_as(connection: Connection, person: str) -> Iterator[Callable[..., list[dict[str, Any]]]]:
    """One transaction of one person."""
    with connection.transaction():
        claims = json.dumps({"role": "authenticated", "sub": person})
        connection.execute(
            "select set_config('request.jwt.claims', %s, true), set_config('role', 'authenticated', true)",
            [claims],
        )
        yield lambda query, *values: connection.execute(query, values).fetchall()


def _random_time(chance: random.Random) -> datetime:
    """More than the hours of the policy ahead, so that every cancellation gives back."""
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=2)
    return day + timedelta(minutes=GRID_MINUTES * chance.randrange(DAYS * 24 * 60 // GRID_MINUTES))


def _random_request(load: BookingLoad, chance: random.Random) -> tuple[str, datetime, int]:
    return chance.choice(load.practitioners), _random_time(chance), chance.choice([20, 45, 60])


BOOK = "select session_id from public.book_session_with_credit(%s, %s, %s)"


def _book(load: BookingLoad, connection: Connection, chance: random.Random) -> None:
    client = chance.choice(load.clients)
    with acting_as(connection, client) as run:
        (row,) = run(BOOK, *_random_request(load, chance))
    load.remember(row["session_id"], client)


def _hold(load: BookingLoad, connection: Connection, chance: random.Random) -> None:
    practitioner, at, minutes = _random_request(load, chance)
    standing = "session_type = 'standing' and not is_group"
    kind = f"select id from public.session_types where duration_minutes = %s and {standing}"
    with acting_as(connection, chance.choice(load.clients)) as run:
        run(f"select id from public.hold_slot(%s, %s, ({kind}))", practitioner, at, minutes)


def _book_held(load: BookingLoad, connection: Connection, chance: random.Random) -> None:
    """Somebody books what they held before, in a transaction of its own."""
    client = chance.choice(load.clients)
    with acting_as(connection, client) as run:
        held = run(
            "select * from public.session_holds where status = 'held' and group_class_id is null limit 1"
        )
    if not held:
        return
    with acting_as(connection, client) as run:
        (row,) = run(
            BOOK, *(held[0][name] for name in ("practitioner_id", "scheduled_at", "duration_minutes"))
        )
    load.remember(row["session_id"], client)


def _move(load: BookingLoad, connection: Connection, chance: random.Random) -> None:
    session, client = load.some_session(chance)
    with acting_as(connection, client) as run:
        if chance.random() < 0.5:
            run("select id from public.reschedule_session(%s, %s)", session, _random_time(chance))
        else:
            run(
                "update public.session_schedules set scheduled_at = %s where id = %s returning id",
                _random_time(chance),
                session,
            )


def _cancel(load: BookingLoad, connection: Connection, chance: random.Random) -> None:
    """The client, or an admin at the same time; by name, or by the row."""
    session, client = load.some_session(chance)
    with acting_as(connection, load.admin if chance.random() < 0.3 else client) as run:
        if chance.random() < 0.5:
            run("select id from public.cancel_session(%s)", session)
        else:
            run(
                "update public.session_schedules set status = 'cancelled' where id = %s returning id", session
            )


def _join(load: BookingLoad, connection: Connection, chance: random.Random) -> None:
    client, group_class = chance.choice(load.clients), chance.choice(load.classes)
    with acting_as(connection, client) as run:
        if chance.random() < 0.5:
            run("select session_id from public.join_group_class(%s)", group_class)
        else:
            run(
                "insert into public.session_schedules (practitioner_id, client_id, scheduled_at, room_name, notes)"
                " values (%s, %s, now(), %s, %s) returning id",
                load.practitioners[0],
                client,
                f"group-{uuid.uuid4()}",
                f"Joined group class: {group_class}",
            )


def _leave(load: BookingLoad, connection: Connection, chance: random.Random) -> None:
    mine = "group_class_id is not null and client_id = auth.uid() and status = 'scheduled'"
    seat = f"select id from public.session_schedules where {mine} limit 1"
    with acting_as(connection, chance.choice(load.clients)) as run:
        run(f"update public.session_schedules set status = 'cancelled' where id = ({seat}) returning id")


def _cancel_class(load: BookingLoad, connection: Connection, chance: random.Random) -> None:
    """With the seats of everybody who is just leaving or joining."""
    with acting_as(connection, load.admin) as run:
        run(
            "update public.session_schedules set status = 'cancelled' where id = %s returning id",
            chance.choice(load.classes),
        )


def prepare_load(postgres: Server, name: str, seed: int = 1, template: str | None = None) -> BookingLoad:
    """A database with people, credits and classes in it; beside what the template has, if one is named."""
    url = postgres.copy(template, name) if template else postgres.build(name)
    people = [str(uuid.uuid4()) for _ in range(PRACTITIONERS + CLIENTS + 1)]
    leaders, clients, admin = people[:PRACTITIONERS], people[PRACTITIONERS:-1], people[-1]
    with psycopg.connect(url, autocommit=True) as connection:
        run = connection.cursor()
        run.execute("update private.rate_limits set times = 1000000")  # a few people, who never rest
        run.executemany("insert into auth.users (id) values (%s)", [(each,) for each in people])
        run.execute("insert into public.user_roles (user_id, role) values (%s, 'admin')", [admin])
        run.executemany(
            "insert into public.practitioners (id, user_id, name) values (%s, %s, 'P')",
            list(zip(leaders, leaders, strict=True)),
        )
        run.execute(
            "update public.practitioner_calendars set is_always_open = true, slot_interval_minutes = 5"
        )
        # Half of them need a pause between two.
        run.execute(
            "update public.practitioner_calendars set buffer_after_minutes = 10"
            " where practitioner_id = any (%s::uuid[])",
            [leaders[::2]],
        )
        run.execute(
            "insert into public.liability_waivers (user_id, waiver_text, waiver_policy_id, waiver_policy_version)"
            " select person, policy_text, id, version from public.waiver_policy, unnest(%s::uuid[]) person",
            [clients],
        )
        # Some lots are for one kind, some for any, and each has few.
        run.execute(
            "select private.grant_credits(person, %s / 4, session_type_id => t.id) from unnest(%s::uuid[]) person,"
            " (select id from public.session_types where duration_minutes = 45 and not is_group limit 2) t",
            [CREDITS, clients],
        )
        run.execute(
            "select private.grant_credits(person, %s / 2, expires_at => now() + interval '9 days')"
            " from unnest(%s::uuid[]) person",
            [CREDITS, clients],
        )
        first = _random_time(random.Random(0)).replace(hour=0, minute=0)
        classes = [str(uuid.uuid4()) for _ in range(CLASSES)]
        run.executemany(
            "insert into public.session_schedules"
            " (id, practitioner_id, client_id, scheduled_at, room_name, max_participants)"
            " values (%s, %s, %s, %s, %s, %s)",
            [
                (each, leaders[n % PRACTITIONERS], admin, first + timedelta(hours=3 * n), each, PLACES)
                for n, each in enumerate(classes)
            ],
        )
    return BookingLoad(url, leaders, clients, admin, classes, seed)


def violations_after(load: BookingLoad) -> dict[str, int]:
    """What is wrong afterwards, by what it is. Nobody cancelled late, so no credit may be gone without a session."""
    violations: Counter[str] = Counter()
    with psycopg.connect(load.url, row_factory=dict_row) as connection:
        for row in connection.execute(BOOKING_VIOLATIONS.encode()):
            violations[row["violation"]] += 1
        for row in connection.execute(
            """select (select sum(credits_remaining) from public.user_session_credits c where c.user_id = p) as left,
                      (select count(*) from public.session_schedules s
                        where s.client_id = p and s.credit_lot_id is not null and s.status = 'scheduled') as used
                 from unnest(%s::uuid[]) p""",
            [load.clients],
        ):
            violations["a credit is lost or won"] += row["left"] + row["used"] != CREDITS
        times = connection.execute(
            "select practitioner_id, occasion, lower(during) as a, upper(during) as b from private.practitioner_time"
            " order by 1, 3"
        ).fetchall()
        for one, next_one in pairwise(times):
            same = (
                one["practitioner_id"] == next_one["practitioner_id"]
                and one["occasion"] != next_one["occasion"]
            )
            violations["time overlaps, buffers and holds included"] += same and next_one["a"] < one["b"]
    return dict(+violations)


def main() -> None:
    attempts = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with server() as postgres:
        load = prepare_load(postgres, "load")
        load.run(attempts)
        violations = violations_after(load)
    total = sum(load.outcomes.values())
    print(
        f"{total} attempts in {load.seconds:.1f} s, {total / load.seconds:.0f} a second, {CONNECTIONS} connections"
    )
    for (act, end), many in sorted(load.outcomes.items()):
        print(f"  {act:13} {end:24} {many:6}")
    print(f"failures: {load.failures or 'nothing'}")
    print(f"violations: {violations or 'nothing'}")
    sys.exit(bool(load.failures or violations))


if __name__ == "__main__":
    main()
