"""Many people at once on the waiting lists of a few small classes, while seats come and go in every way there is.

    python -m tests.sql.waiting_load 5000       so many attempts on a database of their own, and the numbers

Each attempt is one transaction of one person, as PostgREST would run it; settling runs beside them, from two schedulers
at once. Meanwhile a watcher looks, in one snapshot after the other, whether more seats are promised than there are.
"""

import json
import random
import sys
import threading
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import psycopg
from psycopg.rows import dict_row

from sql.throwaway import Server, server

from .booking_load import Connection, acting_as, outcome_of
from .booking_steps import BOOKING_VIOLATIONS

CLIENTS, CLASSES, PLACES, CONNECTIONS = 60, 4, 3, 12

# At any moment, in one snapshot: nobody is promised a seat that somebody else has. Where none is kept, an admin may
# make a class smaller than what is held for a few minutes: whoever then pays gets a credit.
PROMISED_TWICE = """
    select c.id from public.session_schedules c
     where c.id = any (%s::uuid[]) and c.status = 'scheduled' and c.max_participants <
           (select count(distinct s.client_id) from public.session_schedules s
             where s.group_class_id = c.id and s.status <> 'cancelled')
           + (select count(*) from private.list_seat_keepers(c.id))
       and private.count_kept_seats(c.id) > 0
"""
OVERTAKEN = """
    select mine.id from public.waiting_list_entries mine join public.waiting_list_entries earlier
        on earlier.class_id = mine.class_id and earlier.status = 'waiting' and earlier.place < mine.place
     where mine.status = 'kept'
       -- Who was moved to the front since lets those pass for whom a seat was kept already.
       and earlier.placed_by is null and mine.placed_by is null
"""


@dataclass
class WaitingLoad:
    """The people and classes, and how it went."""

    url: str
    clients: list[str]
    admin: str
    classes: list[str]
    kind: str
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    seen_wrong: Counter[str] = field(default_factory=Counter)
    looks: int = 0
    seconds: float = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    over: threading.Event = field(default_factory=threading.Event)

    def run(self, attempts: int) -> None:
        """Make so many attempts, over as many connections as there are."""
        share, started = attempts // CONNECTIONS + 1, time.monotonic()
        with ThreadPoolExecutor(CONNECTIONS + 3) as many:
            beside = [many.submit(self._settle), many.submit(self._settle), many.submit(self._watch)]
            for each in [many.submit(self._work, n, share) for n in range(CONNECTIONS)]:
                each.result()
            self.over.set()
            for each in beside:
                each.result()
        self.seconds = time.monotonic() - started

    def count(self, act: str, end: str = "done") -> int:
        return self.outcomes[act, end]

    @property
    def failures(self) -> dict[str, int]:
        """Ends that are no answer of ours."""
        return {f"{act}: {end}": n for (act, end), n in self.outcomes.items() if end.startswith("failed")}

    def _work(self, number: int, attempts: int) -> None:
        chance = random.Random(number)
        acts = [_wait, _stop_waiting, _take, _leave, _hold, _lapse, _lapse_hold, _resize, _move_up, _go]
        with psycopg.connect(self.url, row_factory=dict_row, autocommit=True) as connection:
            for _ in range(attempts):
                (act,) = chance.choices(acts, weights=[26, 4, 30, 16, 8, 6, 4, 2, 2, 2])
                end = outcome_of(lambda act=act: act(self, connection, chance))
                with self.lock:
                    self.outcomes[act.__name__.strip("_"), end] += 1

    def _settle(self) -> None:
        with psycopg.connect(self.url, row_factory=dict_row, autocommit=True) as connection:
            connection.add_notice_handler(self._note_warning)
            while not self.over.is_set():
                (row,) = connection.execute("select private.settle_waiting_lists() as changed").fetchall()
                with self.lock:
                    self.outcomes["settle", "done"] += row["changed"]
                time.sleep(0.01)

    def _note_warning(self, notice: psycopg.errors.Diagnostic) -> None:
        """A list that could not be settled is a failure too."""
        with self.lock:
            self.outcomes["settle", f"failed {notice.message_primary}"] += 1

    def _watch(self) -> None:
        with psycopg.connect(self.url, row_factory=dict_row, autocommit=True) as connection:
            while not self.over.is_set():
                for name, query in (("promised twice", PROMISED_TWICE), ("overtaken", OVERTAKEN)):
                    values = [self.classes] if "%s" in query else None
                    wrong = connection.execute(query.encode(), values).fetchall()
                    with self.lock:
                        self.looks += 1
                        self.seen_wrong[name] += len(wrong)


def _wait(load: WaitingLoad, connection: Connection, chance: random.Random) -> None:
    with acting_as(connection, chance.choice(load.clients)) as run:
        run("select * from public.join_waiting_list(%s)", chance.choice(load.classes))


def _stop_waiting(load: WaitingLoad, connection: Connection, chance: random.Random) -> None:
    with acting_as(connection, chance.choice(load.clients)) as run:
        run("select * from public.leave_waiting_list(%s)", chance.choice(load.classes))


def _take(load: WaitingLoad, connection: Connection, chance: random.Random) -> None:
    """Whoever has a kept seat, or just anybody: with a credit, or paid for elsewhere."""
    kept = connection.execute(
        "select user_id::text as person, class_id::text as class from public.waiting_list_entries"
        " where status = 'kept' order by random() limit 1"
    ).fetchone()
    person, group_class = chance.choice(load.clients), chance.choice(load.classes)
    if kept and chance.random() < 0.6:
        person, group_class = kept["person"], kept["class"]
    if chance.random() < 0.3:
        # As the payment does, which has locked its client.
        with connection.transaction():
            connection.execute("select private.lock_client(%s)", [person])
            connection.execute(
                "select private.insert_paid_seat(%s, %s, %s, null)", [person, group_class, load.kind]
            )
        return
    with acting_as(connection, person) as run:
        run("select session_id from public.join_group_class(%s)", group_class)


def _leave(load: WaitingLoad, connection: Connection, chance: random.Random) -> None:
    seat = connection.execute(
        "select id, client_id::text as person from public.session_schedules"
        " where group_class_id is not null and status = 'scheduled' order by random() limit 1"
    ).fetchone()
    if seat:
        with acting_as(connection, seat["person"]) as run:
            run("select id from public.cancel_session(%s)", seat["id"])


def _hold(load: WaitingLoad, connection: Connection, chance: random.Random) -> None:
    with acting_as(connection, chance.choice(load.clients)) as run:
        run(
            "select id from public.hold_slot(%s, now(), %s, group_class_id => %s)",
            load.admin,
            load.kind,
            chance.choice(load.classes),
        )


def _lapse(load: WaitingLoad, connection: Connection, chance: random.Random) -> None:
    """The time of a kept seat is over."""
    connection.execute(
        "update public.waiting_list_entries set kept_until = now() - interval '1 second'"
        " where id = (select id from public.waiting_list_entries where status = 'kept' order by random() limit 1"
        " for update skip locked) and status = 'kept'"
    )


def _lapse_hold(load: WaitingLoad, connection: Connection, chance: random.Random) -> None:
    connection.execute(
        "update public.session_holds set expires_at = now() - interval '1 second'"
        " where id = (select id from public.session_holds where status = 'held' order by random() limit 1"
        " for update skip locked)"
    )


def _resize(load: WaitingLoad, connection: Connection, chance: random.Random) -> None:
    with acting_as(connection, load.admin) as run:
        run(
            "update public.session_schedules set max_participants = %s where id = %s returning id",
            chance.choice([PLACES, PLACES + 1]),
            chance.choice(load.classes),
        )


def _move_up(load: WaitingLoad, connection: Connection, chance: random.Random) -> None:
    with acting_as(connection, load.admin) as run:
        run(
            "select public.move_up_waiting_person(id, 'Waited last time too') from public.waiting_list_entries"
            " where status = 'waiting' order by random() limit 1"
        )


def _go(load: WaitingLoad, connection: Connection, chance: random.Random) -> None:
    """Somebody joins, and their account is erased."""
    person = str(uuid.uuid4())
    connection.execute("insert into auth.users (id) values (%s)", [person])
    with acting_as(connection, person) as run:
        run("select * from public.join_waiting_list(%s)", chance.choice(load.classes))
    connection.execute("delete from auth.users where id = %s", [person])


def prepare_waiting(postgres: Server, name: str) -> WaitingLoad:
    """A database with people, credits and small classes that are full."""
    url = postgres.build(name)
    leader, admin, *clients = [str(uuid.uuid4()) for _ in range(CLIENTS + 2)]
    with psycopg.connect(url, autocommit=True, row_factory=dict_row) as connection:
        run = connection.cursor()
        run.execute("update private.rate_limits set times = 1000000")  # a few people, who never rest
        run.execute("update private.waiting_list_rules set at_once = 100")
        run.execute("update private.hold_rules set at_once = 100")
        run.executemany(
            "insert into auth.users (id) values (%s)", [(each,) for each in [leader, admin, *clients]]
        )
        run.execute("insert into public.user_roles (user_id, role) values (%s, 'admin')", [admin])
        run.execute(
            "insert into public.practitioners (id, user_id, name) values (%s, %s, 'P')", [leader, leader]
        )
        run.execute(
            "insert into public.liability_waivers (user_id, waiver_text, waiver_policy_id, waiver_policy_version)"
            " select person, policy_text, id, version from public.waiver_policy, unnest(%s::uuid[]) person",
            [clients],
        )
        run.execute("select private.grant_credits(person, 1000) from unnest(%s::uuid[]) person", [clients])
        classes = [str(uuid.uuid4()) for _ in range(CLASSES)]
        day = (datetime.now(UTC) + timedelta(days=5)).replace(minute=0, second=0, microsecond=0)
        run.executemany(
            "insert into public.session_schedules"
            " (id, practitioner_id, client_id, scheduled_at, duration_minutes, room_name, max_participants)"
            " values (%s, %s, %s, %s, 60, %s, %s)",
            [
                (each, leader, admin, day + timedelta(hours=3 * n), each, PLACES)
                for n, each in enumerate(classes)
            ],
        )
        kind = run.execute(
            "select id::text as id from public.session_types where is_group and duration_minutes = 60 limit 1"
        ).fetchone()
    assert kind
    return WaitingLoad(url, clients, admin, classes, kind["id"])


def violations_after(load: WaitingLoad) -> dict[str, int]:
    """What is wrong when all have stopped."""
    violations = Counter(+load.seen_wrong)
    with psycopg.connect(load.url, row_factory=dict_row) as connection:
        for row in connection.execute(BOOKING_VIOLATIONS.encode()):
            violations[row["violation"]] += 1
        for row in connection.execute("select rule from private.broken_invariants"):
            violations[row["rule"]] += 1
        for row in connection.execute(
            "select count(*) from public.waiting_list_entries e join public.session_schedules s"
            " on s.group_class_id = e.class_id and s.client_id = e.user_id and s.status = 'scheduled'"
            " where e.status in ('waiting', 'kept')"
        ):
            violations["somebody waits for a class that they have a seat in"] += row["count"]
    return dict(+violations)


def main() -> None:
    attempts = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    with server() as postgres:
        load = prepare_waiting(postgres, "waiting")
        load.run(attempts)
        violations = violations_after(load)
    print(json.dumps({f"{act}: {end}": n for (act, end), n in sorted(load.outcomes.items())}, indent=1))
    print(
        f"{attempts} attempts in {load.seconds:.0f} s, looked at {load.looks} times; violations: {violations}"
    )
    sys.exit(1 if violations or load.failures else 0)


if __name__ == "__main__":
    main()
