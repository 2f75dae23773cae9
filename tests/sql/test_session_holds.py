"""Holds: found again, replaced, given back, kept for a payment, and at most three of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.sql.conftest import CLIENT, OTHER_CLIENT, ROW, Sandbox
from tests.sql.test_practitioner_time import OTHERS_ROW, book, teach

HOLD = """select * from public.hold_slot(practitioner_id => %s, scheduled_at => %s, session_type_id => %s,
                                         session_location => %s, group_class_id => %s)"""
# The practitioner who works at any time. Noon, so that the seeded rows are far away.
NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=200)
TWENTY_MINUTES = ROW  # the seeded kind of session


@pytest.fixture(autouse=True)
def _far_ahead(sandbox: Sandbox) -> None:
    """The day stays within everybody's horizon, and nobody holds anything yet."""
    sandbox.run("update public.practitioner_calendars set booking_horizon_days = 1830")
    sandbox.run("update public.session_holds set status = 'released'")


def take(
    sandbox: Sandbox,
    minutes: float = 0,
    who: str = "client",
    location: str = "online",
    kind: str = TWENTY_MINUTES,
    class_id: str | None = None,
) -> dict[str, Any]:
    """Hold a time as somebody."""
    sandbox.act_as(who)
    at = None if class_id else NOON + timedelta(minutes=minutes)
    (row,) = sandbox.run(HOLD, None if class_id else OTHERS_ROW, at, kind, location, class_id)
    return row


def status(sandbox: Sandbox, hold: dict[str, Any]) -> str:
    sandbox.act_as("owner")
    return str(sandbox.one("select status from public.session_holds where id = %s", hold["id"]))


def lapse(sandbox: Sandbox, hold: dict[str, Any]) -> None:
    """Fifteen minutes pass."""
    sandbox.act_as("owner")
    sandbox.run(
        "update public.session_holds set expires_at = now() - interval '1 second' where id = %s", hold["id"]
    )


def test_a_hold_lasts_fifteen_minutes_and_keeps_others_out(sandbox: Sandbox) -> None:
    """It is as long as the kind of session."""
    hold = take(sandbox)

    assert (timedelta(minutes=15), 20, "held") == (
        hold["expires_at"] - hold["created_at"],
        hold["duration_minutes"],
        hold["status"],
    )
    with sandbox.refused("slot_taken"):
        take(sandbox, 10, who="other")
    assert take(sandbox, 20, who="other")


def test_a_repeated_hold_is_the_same_hold(sandbox: Sandbox) -> None:
    """And does not last longer for that."""
    assert take(sandbox) == take(sandbox)


def test_another_choice_replaces_the_hold_it_overlaps(sandbox: Sandbox) -> None:
    """Not the one that is beside it, and not the one that is being paid for."""
    first, beside = take(sandbox), take(sandbox, 20)
    assert take(sandbox, 5 - 20)
    assert ("released", "held") == (status(sandbox, first), status(sandbox, beside))

    sandbox.run("select private.extend_hold(%s, now() + interval '40 minutes', 'cs_1')", beside["id"])
    with sandbox.refused("slot_taken"):
        take(sandbox, 30)


def test_nobody_holds_more_than_three_times(sandbox: Sandbox) -> None:
    """Lapsed ones do not count."""
    first, *_ = [take(sandbox, minutes) for minutes in (0, 60, 120)]
    with sandbox.refused("too_many_holds"):
        take(sandbox, 180)

    lapse(sandbox, first)
    assert take(sandbox, 180)


def test_a_time_that_cannot_be_booked_cannot_be_held(sandbox: Sandbox) -> None:
    """In the same words; nor what does not exist."""
    book(sandbox, 0, practitioner_id=OTHERS_ROW, scheduled_at=NOON)
    with sandbox.refused("slot_taken"):
        take(sandbox)
    with sandbox.refused("slot_in_past"):
        take(sandbox, -60 * 24 * 2000)
    with sandbox.refused("session_type_not_found"):
        take(sandbox, kind=OTHERS_ROW)
    with sandbox.refused("nothing_to_hold"):
        sandbox.run(HOLD, None, None, TWENTY_MINUTES, "online", None)


def test_a_hold_is_released_by_its_owner(sandbox: Sandbox) -> None:
    """Twice if they like; by nobody else, and not once it is booked."""
    hold = take(sandbox)
    release = "select status from public.release_hold(%s)"

    sandbox.act_as("other")
    with sandbox.refused("hold_not_found"):
        sandbox.run(release, hold["id"])
    sandbox.act_as("client")
    assert "released" == sandbox.one(release, hold["id"]) == sandbox.one(release, hold["id"])
    assert take(sandbox, who="other")

    booked = take(sandbox, 60)
    book(sandbox, 0, 20, practitioner_id=OTHERS_ROW, scheduled_at=NOON + timedelta(minutes=60))
    sandbox.act_as("client")
    with sandbox.refused("hold_consumed"):
        sandbox.run(release, booked["id"])


def test_a_hold_is_extended_for_a_payment(sandbox: Sandbox) -> None:
    """Longer, never shorter; if it lapsed and nobody came, it is taken up again."""
    hold = take(sandbox)
    keep = "select expires_at from private.extend_hold(%s, %s, 'cs_1')"
    sandbox.act_as("owner")
    until = sandbox.one("select now() + interval '40 minutes'")

    assert until == sandbox.one(keep, hold["id"], until)
    assert until == sandbox.one(keep, hold["id"], until - timedelta(hours=1))
    lapse(sandbox, hold)
    assert until == sandbox.one(keep, hold["id"], until)
    with sandbox.refused("slot_taken"):
        take(sandbox, who="other")


def test_a_lapsed_hold_that_somebody_else_took_is_refused_to_the_payment(sandbox: Sandbox) -> None:
    hold = take(sandbox)
    lapse(sandbox, hold)
    take(sandbox, who="other")

    assert "released" == status(sandbox, hold)
    with sandbox.refused("hold_lapsed"):
        sandbox.run("select private.extend_hold(%s, now() + interval '1 hour', 'cs_1')", hold["id"])


# Seats


@pytest.fixture
def group(sandbox: Sandbox) -> str:
    """A kind of group session."""
    return str(sandbox.one("select id from public.session_types where is_group limit 1"))


def insert_seat(sandbox: Sandbox, class_id: str, client: str) -> str:
    """A seat, as somebody's row."""
    return book(sandbox, 0, 20, client_id=client, max_participants=2, notes=f"Joined group class: {class_id}")


def test_a_held_seat_counts(sandbox: Sandbox, group: str) -> None:
    """For everybody but its owner; it takes no practitioner time, and follows from the class."""
    evening = teach(sandbox, 0, 20, max_participants=2, session_location="in_person")
    hold = take(sandbox, class_id=evening, kind=group)
    insert_seat(sandbox, evening, OTHER_CLIENT)

    assert (ROW, "in_person", 20) == (
        str(hold["practitioner_id"]),
        hold["session_location"],
        hold["duration_minutes"],
    )
    with sandbox.refused("class_full"):
        take(sandbox, who="stranger", class_id=evening, kind=group)
    with sandbox.refused("already_joined"):
        take(sandbox, who="other", class_id=evening, kind=group)
    assert hold == take(sandbox, class_id=evening, kind=group)
    lapse(sandbox, hold)
    assert take(sandbox, who="stranger", class_id=evening, kind=group)


def test_only_an_open_class_is_held(sandbox: Sandbox, group: str) -> None:
    """Not a session, not one that has begun or is over."""
    with sandbox.refused("class_not_found"):
        take(sandbox, class_id=ROW, kind=group)
    begun = teach(sandbox, 0, scheduled_at=sandbox.one("select now()"))
    with sandbox.refused("class_over"):
        take(sandbox, class_id=begun, kind=group)
    sandbox.act_as("owner")
    sandbox.run("update public.session_schedules set status = 'in_progress' where id = %s", begun)
    with sandbox.refused("class_not_open"):
        take(sandbox, class_id=begun, kind=group)


def test_a_group_session_is_held_by_its_class(sandbox: Sandbox, group: str) -> None:
    """A practitioner and a time alone are no class."""
    with sandbox.refused("class_needed"):
        take(sandbox, kind=group)


def test_people_see_only_their_own_holds(sandbox: Sandbox) -> None:
    """A hold says who is about to book whom."""
    hold = take(sandbox)
    mine = "select count(*) from public.session_holds where id = %s"

    assert 1 == sandbox.one(mine, hold["id"])
    for who in ("other", "practitioner", "stranger"):
        sandbox.act_as(who)
        assert 0 == sandbox.one(mine, hold["id"])


def test_holds_change_only_through_their_functions(sandbox: Sandbox) -> None:
    """Nobody makes, keeps or frees one by writing the table."""
    hold = take(sandbox)
    for statement in (
        "update public.session_holds set expires_at = 'infinity' where id = %s",
        "delete from public.session_holds where id = %s",
    ):
        with sandbox.forbidden():
            sandbox.run(statement, hold["id"])
    with sandbox.forbidden():
        sandbox.run("select private.extend_hold(%s, 'infinity', 'cs')", hold["id"])
    assert CLIENT == str(hold["user_id"])
