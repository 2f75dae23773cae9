"""Series over one another and over everything else: nothing is doubled, no credit is lost, nobody waits for ever."""

import json
import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg.rows import dict_row

from sql.throwaway import Server

from .booking_load import (
    BookingLoad,
    Connection,
    acting_as,
    open_connections,
    outcome_of,
    prepare_load,
    run_together,
    violations_after,
)
from .test_concurrent_bookings import run_as

SERIES = (
    "select (p).series_id from public.book_session_series(%s, (select id from public.session_types"
    " where duration_minutes = 45 and session_type = 'standing' and not is_group and is_active limit 1),"
    " %s, %s, %s, only_possible => %s, idempotency_key => %s) p"
)
BOOK = "select session_id from public.book_session_with_credit(%s, %s, 45)"
ATTEMPTS, CONNECTIONS = 1_500, 12
MINE = (
    "select l.session_id, s.scheduled_at from public.session_series_sessions l"
    " join public.session_schedules s on s.id = l.session_id"
    " where s.client_id = %s and s.status = 'scheduled' order by random() limit 1"
)


@pytest.fixture(scope="module")
def load(postgres: Server) -> BookingLoad:
    return prepare_load(postgres, "series")


def soon(days: int = 5) -> datetime:
    return (datetime.now(UTC) + timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0)


def test_two_series_over_one_another_leave_each_time_to_one(load: BookingLoad) -> None:
    """Ten people want the same four weeks at once: one has all of them, and whoever takes what is possible, nothing."""
    practitioner, day = load.practitioners[0], soon().date()
    for number, only_possible in enumerate((False, True)):
        people = load.clients[10 * number : 10 * number + 10]
        acts = [
            run_as(person, SERIES, practitioner, day, f"{14 + number}:00", 4, only_possible, None)
            for person in people
        ]
        with open_connections(load.url, len(acts)) as connections:
            ends = Counter(run_together(connections, *acts))
        assert {"done": 1, "series_not_possible": 9} == ends
    assert {} == violations_after(load)


def test_one_request_ten_times_at_once_is_one_series(load: BookingLoad) -> None:
    person = load.clients[30]
    acts = [run_as(person, SERIES, load.practitioners[1], soon().date(), "14:00", 4, False, "one")] * 10
    with open_connections(load.url, len(acts)) as connections:
        assert {"done": 10} == Counter(run_together(connections, *acts))
    with psycopg.connect(load.url) as connection:
        count = "select count(*) from public.session_series where client_id = %s"
        assert (1,) == connection.execute(count, [person]).fetchone()
    assert {} == violations_after(load)


def test_time_off_does_not_wait_for_whoever_moves_a_series(load: BookingLoad) -> None:
    """Or each would wait for the other: one has the sessions and wants the calendar, one asks about the sessions."""
    person, practitioner = load.clients[31], load.practitioners[2]
    with open_connections(load.url, 2) as (moving, away):
        with acting_as(moving, person) as run:
            run(SERIES, practitioner, soon(12).date(), "14:00", 2, False, None)
        (session,) = moving.execute(MINE, [person]).fetchall()
        away.execute("set lock_timeout = '5s'")
        with moving.transaction():
            claims = json.dumps({"role": "authenticated", "sub": person})
            moving.execute("select set_config('request.jwt.claims', %s, true)", [claims])
            moving.execute("select private.lock_series_of(%s)", [session["session_id"]])
            with acting_as(away, practitioner) as run:
                since = session["scheduled_at"]
                run("select * from public.take_time_off(%s, %s)", since, since + timedelta(minutes=45))
    assert {} == violations_after(load)


def test_whatever_happens_at_once_the_books_are_right(load: BookingLoad) -> None:
    """Series, single bookings, moves and cancellations of all that follow, by client and admin, and time off."""
    outcomes: Counter[tuple[str, str]] = Counter()
    lock = threading.Lock()

    def work(number: int) -> None:
        chance = random.Random(number)
        with psycopg.connect(load.url, row_factory=dict_row, autocommit=True) as connection:
            for _ in range(ATTEMPTS // CONNECTIONS):
                act = chance.choice([book_series, book_series, book_alone, move, cancel, take_time_off])
                end = outcome_of(lambda act=act: act(load, connection, chance))
                with lock:
                    outcomes[act.__name__, end] += 1

    with ThreadPoolExecutor(CONNECTIONS) as many:
        for each in [many.submit(work, number) for number in range(CONNECTIONS)]:
            each.result()

    assert not {key: many for key, many in outcomes.items() if key[1].startswith("failed")}
    assert {} == violations_after(load)
    for act in ("book_series", "book_alone", "move", "cancel", "take_time_off"):
        assert outcomes[act, "done"] > 5, outcomes


def book_series(load: BookingLoad, connection: Connection, chance: random.Random) -> None:
    with acting_as(connection, chance.choice(load.clients)) as run:
        run(
            SERIES,
            chance.choice(load.practitioners[:4]),
            soon(3 + chance.randrange(3)).date(),
            f"{chance.randrange(8, 20)}:{chance.choice(['00', '30'])}",
            chance.randrange(2, 5),
            chance.random() < 0.7,
            None,
        )


def book_alone(load: BookingLoad, connection: Connection, chance: random.Random) -> None:
    at = soon(3 + chance.randrange(24)) + timedelta(minutes=30 * chance.randrange(24, 48))
    with acting_as(connection, chance.choice(load.clients)) as run:
        run(BOOK, chance.choice(load.practitioners[:4]), at)


def _some(load: BookingLoad, connection: Connection, chance: random.Random) -> tuple[str, object, datetime]:
    """Somebody, one of their sessions, and when it is."""
    client = chance.choice(load.clients)
    found = connection.execute(MINE, [client]).fetchall()
    return (client, found[0]["session_id"], found[0]["scheduled_at"]) if found else (client, None, soon())


def move(load: BookingLoad, connection: Connection, chance: random.Random) -> None:
    client, session, at = _some(load, connection, chance)
    to = at + timedelta(minutes=30 * chance.choice([-3, -1, 1, 2, 48, 96]))
    with acting_as(connection, client) as run:
        run(
            "select (p).possible from public.move_session_series(%s, %s, only_possible => true) p",
            session,
            to,
        )


def cancel(load: BookingLoad, connection: Connection, chance: random.Random) -> None:
    client, session, _ = _some(load, connection, chance)
    if chance.random() < 0.5:
        client = load.admin
    with acting_as(connection, client) as run:
        run("select id from public.cancel_session_series(%s)", session)


def take_time_off(load: BookingLoad, connection: Connection, chance: random.Random) -> None:
    since = soon(20 + chance.randrange(10)) + timedelta(minutes=30 * chance.randrange(24, 40))
    with acting_as(connection, load.practitioners[chance.randrange(4)]) as run:
        run("select * from public.take_time_off(%s, %s)", since, since + timedelta(minutes=40))
