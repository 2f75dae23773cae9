"""Many people at once on the same few calendars: nobody is booked twice, every credit and seat is where it belongs."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from sql.throwaway import Server

from .booking_load import (
    BOOK,
    PLACES,
    BookingLoad,
    Connection,
    acting_as,
    open_connections,
    prepare_load,
    run_together,
    violations_after,
)

JOIN = "select session_id from public.join_group_class(%s)"
ATTEMPTS = 10_000  # `python -m tests.sql.booking_load 10000` makes them alone, and prints how each ended


def test_no_time_overlaps_and_no_credit_or_seat_is_lost_or_oversold(
    postgres: Server, record_property: Callable[[str, object], None]
) -> None:
    """Bookings of three lengths, holds, moves, cancellations, seats and cancelled classes, from 24 connections."""
    load = prepare_load(postgres, "load")

    load.run(ATTEMPTS)

    record_property("attempts a second", round(ATTEMPTS / load.seconds))
    assert {} == load.failures
    assert {} == violations_after(load)
    # They did get in each other's way, and much was done all the same.
    assert load.count("done") > ATTEMPTS / 5
    assert load.count("slot_taken", "class_full", "already_joined") > ATTEMPTS / 10


# All in the same instant


@pytest.fixture(scope="module")
def crowd(postgres: Server) -> Iterator[BookingLoad]:
    """People who all want the same thing; afterwards the books are right."""
    load = prepare_load(postgres, "crowd")
    yield load
    assert {} == violations_after(load)


@pytest.fixture(scope="module")
def connections(crowd: BookingLoad) -> Iterator[list[Connection]]:
    """As many as there are people in any of the tests."""
    with open_connections(crowd.url, 20) as connections:
        yield connections


def run_as(person: str, statement: str, *values: object) -> Callable[[Connection], object]:
    """One transaction of one person."""

    def act(connection: Connection) -> object:
        with acting_as(connection, person) as run:
            return run(statement, *values)

    return act


def free_time(hours: int) -> datetime:
    """After everything else that is in the calendars."""
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=30, hours=hours)


@pytest.mark.parametrize("number", range(4))
def test_the_last_seats_are_sold_once(crowd: BookingLoad, connections: list[Connection], number: int) -> None:
    """Twenty want four; no seat is sold twice, and none stays empty."""
    acts = [run_as(person, JOIN, crowd.classes[number]) for person in crowd.clients[:20]]

    assert {"done": PLACES, "class_full": 20 - PLACES} == Counter(run_together(connections, *acts))


def test_one_time_is_booked_once(crowd: BookingLoad, connections: list[Connection]) -> None:
    """Twenty want overlapping times of one practitioner."""
    acts = [
        run_as(person, BOOK, crowd.practitioners[0], free_time(0) + timedelta(minutes=n % 4 * 5), 45)
        for n, person in enumerate(crowd.clients[:20])
    ]

    assert {"done": 1, "slot_taken": 19} == Counter(run_together(connections, *acts))


def test_one_credit_is_spent_once(crowd: BookingLoad, connections: list[Connection]) -> None:
    """One person, with one credit, wants ten practitioners, one after the other of a day."""
    person = crowd.clients[30]
    with psycopg.connect(crowd.url) as connection:
        connection.execute(
            "select private.revoke_credits(id, credits_remaining - (session_type_id is null)::integer, 'Not here')"
            " from public.user_session_credits where user_id = %s",
            [person],
        )
    crowd.clients.remove(person)  # the audit counts those with all their credits

    acts = [
        run_as(person, BOOK, practitioner, free_time(50 + number), 45)
        for number, practitioner in enumerate(crowd.practitioners)
    ]

    assert {"done": 1, "no_usable_credit": len(acts) - 1} == Counter(run_together(connections, *acts))


def test_one_person_is_booked_once_for_one_hour(crowd: BookingLoad, connections: list[Connection]) -> None:
    """With credits for all of them, at the ten practitioners at once."""
    person = crowd.clients[32]
    acts = [run_as(person, BOOK, practitioner, free_time(10), 45) for practitioner in crowd.practitioners]

    assert {"done": 1, "double_booked": len(acts) - 1} == Counter(run_together(connections, *acts))


def test_two_practitioners_book_each_other_without_waiting_for_each_other(
    crowd: BookingLoad, connections: list[Connection]
) -> None:
    """Both at once for one hour: one of them sits with the other, and nobody is at two places."""
    some = crowd.practitioners[:6]
    with psycopg.connect(crowd.url) as connection:
        connection.execute(
            "insert into public.liability_waivers (user_id, waiver_text, waiver_policy_id, waiver_policy_version)"
            " select person, policy_text, id, version from public.waiver_policy, unnest(%s::uuid[]) person"
            " on conflict do nothing",
            [some],
        )
        for person in some:
            connection.execute("select private.grant_credits(%s, 3)", [person])
    for number in range(0, 6, 2):
        one, other = some[number], some[number + 1]
        acts = [run_as(one, BOOK, other, free_time(80), 45), run_as(other, BOOK, one, free_time(80), 45)]

        done = Counter(run_together(connections, *acts))

        assert done["done"] == 1, done
        assert set(done) <= {"done", "slot_taken", "double_booked"}


def test_twelve_clicks_at_once_are_one_session(crowd: BookingLoad, connections: list[Connection]) -> None:
    """Twelve times the same booking: the same session for all."""
    person, practitioner = crowd.clients[31], crowd.practitioners[1]
    acts = [run_as(person, BOOK, practitioner, free_time(20), 45)] * 12

    assert {"done": 12} == Counter(run_together(connections, *acts))
    with psycopg.connect(crowd.url) as connection:
        booked = "select count(*) from public.session_schedules where client_id = %s"
        assert (1,) == connection.execute(booked, [person]).fetchone()


@pytest.mark.parametrize("number", range(4, 8))
def test_leaving_joining_and_cancelling_a_class_do_not_deadlock(
    crowd: BookingLoad, connections: list[Connection], number: int
) -> None:
    """And everybody has their credit back."""
    group_class, staying = crowd.classes[number], crowd.clients[40 : 40 + PLACES]
    for person in staying:
        assert ["done"] == run_together(connections, run_as(person, JOIN, group_class))
    mine = "group_class_id = %s and client_id = auth.uid()"
    leave = f"update public.session_schedules set status = 'cancelled' where {mine} returning id"
    acts = [
        run_as(crowd.admin, "select public.cancel_session(%s)", group_class),
        *(run_as(person, leave, group_class) for person in staying),
        *(run_as(person, JOIN, group_class) for person in crowd.clients[50:58]),
    ]

    ends = Counter(run_together(connections, *acts))

    assert ends["done"] >= 1 + PLACES
    assert {"done", "class_full", "class_not_open", "class_not_found"} >= ends.keys()
