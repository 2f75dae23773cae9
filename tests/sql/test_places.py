"""Where a session is: in words in the column that pages print, and the studio's id beside it, whoever wrote the row."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from .booking_steps import book, empty_wallet, grant, in_hours, insert, join, make_class, session, sign
from .conftest import CLIENT, ROW, Sandbox
from .payment_steps import SLOT, deliver, paid_by, single

IN_WORDS = "Studio - A street"
NOWHERE = "99999999-0000-4000-8000-000000000009"
AN_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-", re.IGNORECASE)
PRINTED = ("physical_location", "notes", "class_name")


@pytest.fixture(autouse=True)
def signed(sandbox: Sandbox) -> None:
    sign(sandbox)


def with_credit(sandbox: Sandbox, place: str) -> Any:
    empty_wallet(sandbox)
    grant(sandbox, 2)
    return book(sandbox, in_hours(30), session_location="in_person", physical_location=place)["session_id"]


def by_practitioner(sandbox: Sandbox, place: str) -> Any:
    """As the practitioner's page does, if it gave a place."""
    sandbox.act_as("practitioner")
    return insert(
        sandbox,
        {
            "practitioner_id": ROW,
            "client_id": CLIENT,
            "scheduled_at": in_hours(31),
            "duration_minutes": 30,
            "room_name": "session-by-practitioner",
            "host_room_url": None,
            "notes": None,
            "status": "scheduled",
            "session_location": "in_person",
            "physical_location": place,
        },
    )


def as_class(sandbox: Sandbox, place: str) -> Any:
    return make_class(sandbox, in_hours(32), session_location="in_person", physical_location=place)


def as_seat(sandbox: Sandbox, place: str) -> Any:
    evening = as_class(sandbox, place)
    grant(sandbox, 2)
    return join(sandbox, evening, session_location="in_person", physical_location=place)


def as_checkout(sandbox: Sandbox, place: str) -> Any:
    checkout = single(sandbox, session_location="in_person", physical_location=place)
    deliver(sandbox, paid_by(checkout).completed(), paid_by(checkout).charged())
    sandbox.act_as("owner")
    return sandbox.one("select id from public.session_schedules where scheduled_at = %s", SLOT)


def by_change(sandbox: Sandbox, place: str) -> Any:
    evening = make_class(sandbox, in_hours(33))
    sandbox.act_as("admin")
    sandbox.run(
        "update public.session_schedules set session_location = 'in_person', physical_location = %s where id = %s",
        place,
        evening,
    )
    return evening


def by_service(sandbox: Sandbox, place: str) -> Any:
    sandbox.act_as("service")
    return insert(
        sandbox,
        {
            "practitioner_id": ROW,
            "client_id": CLIENT,
            "scheduled_at": in_hours(34),
            "room_name": "session-by-service",
            "session_location": "in_person",
            "physical_location": place,
        },
    )


WRITERS: list[Callable[[Sandbox, str], Any]] = [
    with_credit,
    by_practitioner,
    as_class,
    as_seat,
    as_checkout,
    by_change,
    by_service,
]


@pytest.mark.parametrize("place", [ROW, ROW.upper(), IN_WORDS])
@pytest.mark.parametrize("write", WRITERS)
def test_a_place_is_printed_in_words(
    sandbox: Sandbox, write: Callable[[Sandbox, str], Any], place: str
) -> None:
    """The studio's id, as the booking page sends it, or its name and address, as the admin page does."""
    row = session(sandbox, write(sandbox, place))

    assert (IN_WORDS, ROW) == (row["physical_location"], str(row["studio_id"]))
    assert [] == [row[name] for name in PRINTED if row[name] and AN_ID.search(row[name])]


@pytest.mark.parametrize("write", WRITERS)
def test_an_address_stays_as_it_was_written(sandbox: Sandbox, write: Callable[[Sandbox, str], Any]) -> None:
    """The field can be edited freely; it is then no studio."""
    row = session(sandbox, write(sandbox, "12 Any Road, Toronto"))

    assert ("12 Any Road, Toronto", None) == (row["physical_location"], row["studio_id"])


@pytest.mark.parametrize("write", WRITERS)
def test_an_unknown_studio_is_refused(sandbox: Sandbox, write: Callable[[Sandbox, str], Any]) -> None:
    """No page is to print an id, and nobody finds a place by it."""
    with sandbox.refused("studio_not_found"):
        write(sandbox, NOWHERE)


def test_a_session_online_is_at_no_studio(sandbox: Sandbox) -> None:
    """Whatever place it names, and after it was moved from one."""
    evening = as_class(sandbox, ROW)
    sandbox.act_as("admin")
    sandbox.run("update public.session_schedules set session_location = 'online' where id = %s", evening)

    assert session(sandbox, evening)["studio_id"] is None


def test_nobody_writes_the_studio_by_itself(sandbox: Sandbox) -> None:
    """It follows from the place."""
    evening = as_class(sandbox, "12 Any Road, Toronto")
    for who in ("client", "practitioner", "admin"):
        sandbox.act_as(who)
        with sandbox.forbidden():
            sandbox.run("update public.session_schedules set studio_id = %s where id = %s", ROW, evening)


def test_a_studio_that_moves_takes_its_sessions_along(sandbox: Sandbox) -> None:
    """Those to come, with their seats, and calendars are told; a session that is over was where it was."""
    evening = as_class(sandbox, ROW)
    grant(sandbox, 2)
    seat = join(sandbox, evening)
    sandbox.act_as("owner")
    sandbox.run(
        "update public.session_schedules set session_location = 'in_person', physical_location = %s,"
        " status = 'completed', scheduled_at = now() - interval '9 days' where id = %s",
        IN_WORDS,
        ROW,
    )
    sandbox.act_as("admin")
    sandbox.run(
        "update public.studio_locations set address = 'B street', city = 'Toronto' where id = %s", ROW
    )

    for each in (evening, seat):
        row = session(sandbox, each)
        assert ("Studio - B street", ROW, 1) == (
            row["physical_location"],
            str(row["studio_id"]),
            row["calendar_sequence"],
        )
    assert IN_WORDS == session(sandbox, ROW)["physical_location"]


def test_a_studio_that_is_deleted_leaves_its_address(sandbox: Sandbox) -> None:
    """The admin page deletes studios; whoever booked there still reads where."""
    evening = as_class(sandbox, ROW)
    sandbox.act_as("admin")
    sandbox.run("delete from public.studio_locations where id = %s", ROW)

    row = session(sandbox, evening)
    assert (IN_WORDS, None) == (row["physical_location"], row["studio_id"])


def test_a_studio_that_is_deleted_while_somebody_pays_leaves_its_address(sandbox: Sandbox) -> None:
    """What was chosen on the checkout page is in words before it is paid."""
    checkout = single(sandbox, session_location="in_person", physical_location=ROW)
    sandbox.act_as("admin")
    sandbox.run("delete from public.studio_locations where id = %s", ROW)
    deliver(sandbox, paid_by(checkout).completed(), paid_by(checkout).charged())

    sandbox.act_as("owner")
    (row,) = sandbox.run("select * from public.session_schedules where scheduled_at = %s", SLOT)
    assert (IN_WORDS, None, "in_person") == (
        row["physical_location"],
        row["studio_id"],
        row["session_location"],
    )


def test_a_closed_studio_is_still_where_its_classes_are(sandbox: Sandbox) -> None:
    """Although clients read it no longer: whoever joins has the place and the studio."""
    evening = as_class(sandbox, ROW)
    sandbox.act_as("admin")
    sandbox.run("update public.studio_locations set is_active = false where id = %s", ROW)
    grant(sandbox, 2)

    row = session(sandbox, join(sandbox, evening))

    assert (IN_WORDS, ROW) == (row["physical_location"], str(row["studio_id"]))
