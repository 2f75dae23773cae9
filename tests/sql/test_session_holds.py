"""Holds: found again, replaced, given back, kept for a payment, and at most three of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.sql.conftest import CLIENT, OTHER_CLIENT, ROW, Stage
from tests.sql.test_practitioner_time import OTHERS_ROW, book, teach

HOLD = """select * from public.hold_slot(practitioner_id => %s, scheduled_at => %s, session_type_id => %s,
                                         session_location => %s, group_class_id => %s)"""
# The practitioner who works at any time. Noon, so that the story's own rows are far away.
NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=200)
TWENTY_MINUTES = ROW  # the story's own kind of session


@pytest.fixture(autouse=True)
def _far_ahead(stage: Stage) -> None:
    """The day stays within everybody's horizon, and nobody holds anything yet."""
    stage.run("update public.practitioner_calendars set booking_horizon_days = 1830")
    stage.run("update public.session_holds set status = 'released'")


def take(
    stage: Stage,
    minutes: float = 0,
    who: str = "client",
    location: str = "online",
    kind: str = TWENTY_MINUTES,
    class_id: str | None = None,
) -> dict[str, Any]:
    """Hold a time as somebody."""
    stage.act_as(who)
    at = None if class_id else NOON + timedelta(minutes=minutes)
    (row,) = stage.run(HOLD, None if class_id else OTHERS_ROW, at, kind, location, class_id)
    return row


def status(stage: Stage, hold: dict[str, Any]) -> str:
    stage.act_as("owner")
    return str(stage.one("select status from public.session_holds where id = %s", hold["id"]))


def lapse(stage: Stage, hold: dict[str, Any]) -> None:
    """Fifteen minutes pass."""
    stage.act_as("owner")
    stage.run(
        "update public.session_holds set expires_at = now() - interval '1 second' where id = %s", hold["id"]
    )


def test_a_hold_lasts_fifteen_minutes_and_keeps_others_out(stage: Stage) -> None:
    """It is as long as the kind of session."""
    hold = take(stage)

    assert (timedelta(minutes=15), 20, "held") == (
        hold["expires_at"] - hold["created_at"],
        hold["duration_minutes"],
        hold["status"],
    )
    with stage.refused("slot_taken"):
        take(stage, 10, who="other")
    assert take(stage, 20, who="other")


def test_the_same_hold_is_found_again(stage: Stage) -> None:
    """And does not last longer for that."""
    assert take(stage) == take(stage)


def test_another_choice_replaces_the_one_it_overlaps(stage: Stage) -> None:
    """Not the one that is beside it, and not the one that is being paid for."""
    first, beside = take(stage), take(stage, 20)
    assert take(stage, 5 - 20)
    assert ("released", "held") == (status(stage, first), status(stage, beside))

    stage.run("select private.keep_hold_until(%s, now() + interval '40 minutes', 'cs_1')", beside["id"])
    with stage.refused("slot_taken"):
        take(stage, 30)


def test_nobody_holds_more_than_three(stage: Stage) -> None:
    """Lapsed ones do not count."""
    first, *_ = [take(stage, minutes) for minutes in (0, 60, 120)]
    with stage.refused("too_many_holds"):
        take(stage, 180)

    lapse(stage, first)
    assert take(stage, 180)


def test_what_cannot_be_booked_cannot_be_held(stage: Stage) -> None:
    """In the same words; nor what does not exist."""
    book(stage, 0, practitioner_id=OTHERS_ROW, scheduled_at=NOON)
    with stage.refused("slot_taken"):
        take(stage)
    with stage.refused("slot_in_past"):
        take(stage, -60 * 24 * 2000)
    with stage.refused("session_type_not_found"):
        take(stage, kind=OTHERS_ROW)
    with stage.refused("nothing_to_hold"):
        stage.run(HOLD, None, None, TWENTY_MINUTES, "online", None)


def test_a_hold_is_given_back_by_its_owner(stage: Stage) -> None:
    """Twice if they like; by nobody else, and not once it is booked."""
    hold = take(stage)
    release = "select status from public.release_hold(%s)"

    stage.act_as("other")
    with stage.refused("hold_not_found"):
        stage.run(release, hold["id"])
    stage.act_as("client")
    assert "released" == stage.one(release, hold["id"]) == stage.one(release, hold["id"])
    assert take(stage, who="other")

    booked = take(stage, 60)
    book(stage, 0, 20, practitioner_id=OTHERS_ROW, scheduled_at=NOON + timedelta(minutes=60))
    stage.act_as("client")
    with stage.refused("hold_consumed"):
        stage.run(release, booked["id"])


def test_a_hold_is_kept_for_a_payment(stage: Stage) -> None:
    """Longer, never shorter; if it lapsed and nobody came, it is taken up again."""
    hold = take(stage)
    keep = "select expires_at from private.keep_hold_until(%s, %s, 'cs_1')"
    stage.act_as("owner")
    until = stage.one("select now() + interval '40 minutes'")

    assert until == stage.one(keep, hold["id"], until)
    assert until == stage.one(keep, hold["id"], until - timedelta(hours=1))
    lapse(stage, hold)
    assert until == stage.one(keep, hold["id"], until)
    with stage.refused("slot_taken"):
        take(stage, who="other")


def test_a_hold_that_somebody_else_took_is_gone(stage: Stage) -> None:
    """The payment hears of it."""
    hold = take(stage)
    lapse(stage, hold)
    take(stage, who="other")

    assert "released" == status(stage, hold)
    with stage.refused("hold_lapsed"):
        stage.run("select private.keep_hold_until(%s, now() + interval '1 hour', 'cs_1')", hold["id"])


# Seats


@pytest.fixture
def group(stage: Stage) -> str:
    """A kind of group session."""
    return str(stage.one("select id from public.session_types where is_group limit 1"))


def sit(stage: Stage, class_id: str, client: str) -> str:
    """A seat, as somebody's row."""
    return book(stage, 0, 20, client_id=client, max_participants=2, notes=f"Joined group class: {class_id}")


def test_a_held_seat_counts(stage: Stage, group: str) -> None:
    """For everybody but its owner; it takes no practitioner time, and follows from the class."""
    evening = teach(stage, 0, 20, max_participants=2, session_location="in_person")
    hold = take(stage, class_id=evening, kind=group)
    sit(stage, evening, OTHER_CLIENT)

    assert (ROW, "in_person", 20) == (
        str(hold["practitioner_id"]),
        hold["session_location"],
        hold["duration_minutes"],
    )
    with stage.refused("class_full"):
        take(stage, who="stranger", class_id=evening, kind=group)
    with stage.refused("already_joined"):
        take(stage, who="other", class_id=evening, kind=group)
    assert hold == take(stage, class_id=evening, kind=group)
    lapse(stage, hold)
    assert take(stage, who="stranger", class_id=evening, kind=group)


def test_only_an_open_class_is_held(stage: Stage, group: str) -> None:
    """Not a session, not one that has begun or is over."""
    with stage.refused("class_not_found"):
        take(stage, class_id=ROW, kind=group)
    begun = teach(stage, 0, scheduled_at=stage.one("select now()"))
    with stage.refused("class_over"):
        take(stage, class_id=begun, kind=group)
    stage.act_as("owner")
    stage.run("update public.session_schedules set status = 'in_progress' where id = %s", begun)
    with stage.refused("class_not_open"):
        take(stage, class_id=begun, kind=group)


def test_a_kind_of_group_session_is_held_by_its_class(stage: Stage, group: str) -> None:
    """A practitioner and a time alone are no class."""
    with stage.refused("class_needed"):
        take(stage, kind=group)


def test_people_see_their_own_holds(stage: Stage) -> None:
    """A hold says who is about to book whom."""
    hold = take(stage)
    mine = "select count(*) from public.session_holds where id = %s"

    assert 1 == stage.one(mine, hold["id"])
    for who in ("other", "practitioner", "stranger"):
        stage.act_as(who)
        assert 0 == stage.one(mine, hold["id"])


def test_holds_move_only_through_their_functions(stage: Stage) -> None:
    """Nobody makes, keeps or frees one by writing the table."""
    hold = take(stage)
    for statement in (
        "update public.session_holds set expires_at = 'infinity' where id = %s",
        "delete from public.session_holds where id = %s",
    ):
        with stage.forbidden():
            stage.run(statement, hold["id"])
    with stage.forbidden():
        stage.run("select private.keep_hold_until(%s, 'infinity', 'cs')", hold["id"])
    assert CLIENT == str(hold["user_id"])
