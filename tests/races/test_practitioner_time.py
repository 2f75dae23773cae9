"""Races for a practitioner's time, through real PostgREST: one winner, and for everybody else a clean 409."""

import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest

from tests.cast import Person, Stage

pytestmark = pytest.mark.usefixtures("unlimited")

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=30)
OVERLAPS = """
  select count(*) from private.practitioner_time a join private.practitioner_time b
    on a.practitioner_id = b.practitioner_id and a.id < b.id and a.during && b.during and a.occasion <> b.occasion
   where a.practitioner_id = any (%s)"""


@pytest.fixture(scope="module")
def crowd(stage: Stage) -> list[Person]:
    """People in a hurry."""
    return [stage.client() for _ in range(12)]


@pytest.fixture(scope="module")
def kinds(stage: Stage) -> dict[int, str]:
    """A kind of session of each length."""
    rows = stage.owner.execute(
        "select distinct on (duration_minutes) duration_minutes, id::text from public.session_types where not is_group"
    )
    return {row["duration_minutes"]: row["id"] for row in rows}


def at_once(calls: list[Callable[[], httpx.Response]]) -> Counter[tuple[int, str | None]]:
    """Make all calls at the same time. Counts the answers."""
    with ThreadPoolExecutor(len(calls)) as pool:
        replies = [future.result() for future in [pool.submit(call) for call in calls]]
    return Counter(
        (reply.status_code, reply.json()["details"] if reply.is_error else None) for reply in replies
    )


def hold(stage: Stage, person: Person, practitioner: Person, at: datetime, kind: str) -> httpx.Response:
    wanted: dict[str, Any] = {
        "practitioner_id": str(practitioner.practitioner_id),
        "scheduled_at": at.isoformat(),
        "session_type_id": kind,
    }
    return stage.rest("POST", "rpc/hold_slot", as_=person, json=wanted)


def test_one_of_many_bookings_gets_the_slot(stage: Stage, crowd: list[Person], kinds: dict[int, str]) -> None:
    """Whatever the lengths, wherever in the quarter of an hour."""
    practitioner = stage.practitioner()
    stage.execute(
        "update public.practitioner_calendars set slot_interval_minutes = 5 where practitioner_id = %s",
        practitioner.practitioner_id,
    )
    lengths = sorted(kinds)

    answers = at_once(
        [
            lambda person=person, n=n: hold(  # type: ignore[misc]
                stage, person, practitioner, NOON + timedelta(minutes=5 * (n % 4)), kinds[lengths[n % 3]]
            )
            for n, person in enumerate(crowd)
        ]
    )

    assert {(200, None): 1, (409, "slot_taken"): len(crowd) - 1} == answers
    assert 1 == stage.value(
        "select count(*) from private.practitioner_time where practitioner_id = %s",
        practitioner.practitioner_id,
    )
    # Whoever has won may hold as much as everybody else in the tests below.
    stage.execute("update public.session_holds set status = 'released' where status = 'held'")


def test_a_double_click_is_one_hold(stage: Stage, crowd: list[Person], kinds: dict[int, str]) -> None:
    """All of them find the same one."""
    practitioner = stage.practitioner()

    answers = at_once([lambda: hold(stage, crowd[0], practitioner, NOON, kinds[20])] * 8)

    assert {(200, None): 8} == answers
    assert 1 == stage.value(
        "select count(*) from public.session_holds where practitioner_id = %s", practitioner.practitioner_id
    )


def test_a_lapsed_hold_goes_to_one_of_those_who_want_it(
    stage: Stage, crowd: list[Person], kinds: dict[int, str]
) -> None:
    """Its owner among them, or somebody else: never two."""
    practitioner = stage.practitioner()
    for round_ in range(5):
        at = NOON + timedelta(days=round_)
        (held,) = hold(stage, crowd[0], practitioner, at, kinds[20]).json()
        stage.execute(
            "update public.session_holds set expires_at = now() - interval '1 second' where id = %s",
            held["id"],
        )

        answers = at_once(
            [
                lambda person=person, at=at: hold(stage, person, practitioner, at, kinds[20])  # type: ignore[misc]
                for person in crowd
            ]
        )

        assert {(200, None): 1, (409, "slot_taken"): len(crowd) - 1} == answers
        stage.execute("update public.session_holds set status = 'released' where status = 'held'")


def test_a_lapsed_hold_goes_either_to_its_payment_or_to_somebody_else(
    stage: Stage, crowd: list[Person], kinds: dict[int, str]
) -> None:
    """Never both, and never neither."""
    practitioner = stage.practitioner()

    def extend_hold(hold_id: str) -> bool:
        with psycopg.connect(stage.env["DATABASE_URL"]) as connection:
            try:
                connection.execute(
                    "select private.extend_hold(%s, now() + interval '40 minutes', 'cs_1')", (hold_id,)
                )
            except psycopg.Error as error:
                if error.diag.message_detail != "hold_lapsed":
                    raise
                return False
            return True

    for round_ in range(8):
        at = NOON + timedelta(days=round_)
        (held,) = hold(stage, crowd[0], practitioner, at, kinds[20]).json()
        stage.execute(
            "update public.session_holds set expires_at = now() - interval '1 second' where id = %s",
            held["id"],
        )
        with ThreadPoolExecutor(5) as pool:
            kept = pool.submit(extend_hold, held["id"])
            others = [pool.submit(hold, stage, person, practitioner, at, kinds[20]) for person in crowd[1:5]]

        won = [kept.result(), *(other.result().status_code == 200 for other in others)]
        assert 1 == sum(won), won
        stage.execute("update public.session_holds set status = 'released' where status = 'held'")


def test_holds_sessions_and_time_off_at_once_never_overlap(
    stage: Stage, crowd: list[Person], kinds: dict[int, str]
) -> None:
    """Holds of each length, sessions the practitioners make, time off: no overlap, no deadlock, no other answer."""
    practitioners = [stage.practitioner() for _ in range(2)]
    for practitioner in practitioners:
        for person in crowd:
            stage.execute(
                "insert into public.practitioner_assignments (practitioner_id, client_id) values (%s, %s)",
                practitioner.practitioner_id,
                person.id,
            )

    def session(practitioner: Person, person: Person, at: datetime) -> httpx.Response:
        row = {
            "practitioner_id": str(practitioner.practitioner_id),
            "client_id": str(person.id),
            "scheduled_at": at.isoformat(),
            "duration_minutes": 30,
            "room_name": f"race-{uuid.uuid4()}",
            "status": "scheduled",
        }
        return stage.rest("POST", "session_schedules", as_=practitioner, json=row)

    def time_off(practitioner: Person, at: datetime) -> httpx.Response:
        row = {
            "practitioner_id": str(practitioner.practitioner_id),
            "starts_at": at.isoformat(),
            "ends_at": (at + timedelta(minutes=10)).isoformat(),
        }
        return stage.rest("POST", "practitioner_time_off", as_=practitioner, json=row)

    calls: list[Callable[[], httpx.Response]] = []
    for n, person in enumerate(crowd * 4):
        practitioner, at = practitioners[n % 2], NOON + timedelta(minutes=15 * (n * 7 % 8))
        kind = kinds[sorted(kinds)[n % 3]]
        calls.append(lambda p=person, q=practitioner, at=at, kind=kind: hold(stage, p, q, at, kind))  # type: ignore[misc]
        calls.append(lambda p=person, q=practitioner, at=at: session(q, p, at))  # type: ignore[misc]
        if n % 4 == 0:
            calls.append(lambda q=practitioner, at=at: time_off(q, at))  # type: ignore[misc]

    answers = at_once(calls)

    assert answers.keys() <= {(200, None), (201, None), (409, "slot_taken"), (409, "too_many_holds")}
    assert answers[200, None] + answers[201, None] > 0
    assert 0 == stage.value(OVERLAPS, [practitioner.practitioner_id for practitioner in practitioners])
