"""Booking with a credit: one transaction in which all of it happens, or nothing."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from .booking_scene import (
    FREE,
    book,
    empty_wallet,
    grant,
    in_hours,
    lines,
    messages,
    session,
    sign,
    type_id,
    wallet,
    wrongs,
)
from .conftest import CLIENT, ROW, Stage

NOWHERE = "5a1e0000-0000-4000-8000-00000000dead"


@pytest.fixture(autouse=True)
def signed(stage: Stage) -> None:
    """The client has signed the waiver, where a test does not say otherwise."""
    sign(stage)


def nothing_happened(stage: Stage) -> bool:
    stage.act_as("owner")
    own = stage.one("select count(*) from public.session_schedules where client_id = %s", CLIENT)
    return bool(own == 1 and wallet(stage) == 3)


def test_a_booking_is_a_session_a_credit_a_message_and_the_practitioners_time(stage: Stage) -> None:
    """And the policy that was agreed to by it."""
    at = in_hours(30)
    lot = grant(stage, 2, session_type_id=type_id(stage))

    booked = book(stage, at, notes="My knees.")

    assert 4 == booked["credits_remaining"] == wallet(stage)
    row = session(stage, booked["session_id"])
    assert (at, 45, "scheduled", "online", "My knees.", CLIENT, lot) == (
        row["scheduled_at"],
        row["duration_minutes"],
        row["status"],
        row["session_location"],
        row["notes"],
        str(row["client_id"]),
        str(row["credit_lot_id"]),
    )
    assert row["room_name"].startswith(f"session-{FREE[:8]}-{CLIENT[:8]}-")
    assert len(row["room_name"]) <= 64
    assert row["cancellation_policy_version"]
    assert row["cancellation_policy_agreed_at"]
    assert str(row["session_type_id"]) == type_id(stage)
    assert [("purchase", 2), ("spend", -1)] == lines(stage, lot)
    assert ["session_booked"] == messages(stage, row["id"])
    assert not wrongs(stage)


def test_a_second_click_finds_the_first_ones_session(stage: Stage) -> None:
    """One session and one credit."""
    at = in_hours(30)

    assert book(stage, at) == book(stage, at)
    assert 2 == wallet(stage)


def test_a_cancelled_session_can_be_booked_again(stage: Stage) -> None:
    """What the second click finds must still stand."""
    at = in_hours(30)
    first = book(stage, at)["session_id"]
    stage.run("select public.cancel_session(%s)", first)

    assert first != book(stage, at)["session_id"]
    assert not wrongs(stage)


@pytest.mark.parametrize(
    ("code", "asked"),
    [
        ("session_type_not_found", {"session_type_id": NOWHERE}),
        ("session_type_not_found", {"duration_minutes": 30}),
        ("class_needed", {"is_group": True}),
        ("practitioner_unavailable", {"practitioner_id": NOWHERE}),
        ("location_missing", {"session_location": "in_person"}),
        ("location_missing", {"session_location": "in_person", "physical_location": " "}),
        ("studio_not_found", {"session_location": "in_person", "physical_location": NOWHERE}),
        (
            "coordinates_off_the_map",
            {
                "session_location": "in_person",
                "physical_location": "1 Street",
                "location_coordinates": "(200,0)",
            },
        ),
    ],
)
def test_what_is_not_offered_is_not_booked(stage: Stage, code: str, asked: dict[str, Any]) -> None:
    """And costs nothing."""
    with stage.refused(code):
        book(stage, in_hours(30), **asked)
    assert nothing_happened(stage)


def test_the_duration_is_the_types(stage: Stage) -> None:
    """Twenty minutes' credit does not buy an hour, and a class's type no session."""
    with stage.refused("duration_not_offered"):
        book(stage, in_hours(30), session_type_id=type_id(stage, 20), duration_minutes=60)
    with stage.refused("class_needed"):
        book(stage, in_hours(30), session_type_id=type_id(stage, is_group=True))
    assert nothing_happened(stage)


def test_without_the_current_waiver_nothing_is_booked(stage: Stage) -> None:
    """An older version does not count."""
    stage.act_as("owner")
    stage.run("insert into public.waiver_policy (version, policy_text) values (2, 'Another text.')")

    with stage.refused("waiver_required"):
        book(stage, in_hours(30))
    sign(stage)
    assert book(stage, in_hours(30))


@pytest.mark.parametrize(
    ("code", "asked"),
    [
        ("slot_in_past", {"scheduled_at": in_hours(-1)}),
        ("beyond_horizon", {"scheduled_at": in_hours(24 * 366)}),
        ("outside_availability", {"practitioner_id": ROW, "scheduled_at": None}),
    ],
)
def test_only_a_time_that_is_offered_is_booked(stage: Stage, code: str, asked: dict[str, Any]) -> None:
    """The story's practitioner works on Mondays."""
    sunday = datetime.now(ZoneInfo("America/Toronto")).replace(hour=12, minute=0, second=0, microsecond=0)
    sunday += timedelta(days=(6 - sunday.weekday()) % 7 + 7)

    with stage.refused(code):
        book(stage, sunday, **{name: value or sunday for name, value in asked.items()})
    assert nothing_happened(stage)


@pytest.mark.parametrize("minutes", [-30, 0, 30])
def test_a_time_that_somebody_has_is_taken(stage: Stage, minutes: int) -> None:
    """Whatever the lengths."""
    at = in_hours(30)
    sign(stage, "other")
    grant(stage, 1, who="other")
    book(stage, at, who="other")

    with stage.refused("slot_taken"):
        book(stage, at + timedelta(minutes=minutes), duration_minutes=60)
    assert nothing_happened(stage)
    assert book(stage, at + timedelta(minutes=45))


def test_who_has_no_credit_books_nothing(stage: Stage) -> None:
    """Credits of another kind are none."""
    empty_wallet(stage)
    grant(stage, 5, session_type_id=type_id(stage, 60))

    with stage.refused("no_usable_credit"):
        book(stage, in_hours(30))
    assert book(stage, in_hours(30), duration_minutes=60)


def test_a_paused_practitioner_takes_no_bookings(stage: Stage) -> None:
    """Nor one that does not exist."""
    stage.act_as("owner")
    stage.run("update public.practitioners set available = false where id = %s", FREE)

    with stage.refused("practitioner_unavailable"):
        book(stage, in_hours(30))


def test_a_hold_is_consumed_by_its_owners_booking(stage: Stage) -> None:
    """And keeps everybody else out; what was held is theirs, also when the notice has run out since."""
    at, kind = in_hours(3), type_id(stage)
    sign(stage, "other")
    grant(stage, 1, who="other")
    stage.act_as("client")
    (hold,) = stage.run("select * from public.hold_slot(%s, %s, %s)", FREE, at, kind)
    with stage.refused("slot_taken"):
        book(stage, at, who="other")
    stage.act_as("owner")
    stage.run(
        "update public.practitioner_calendars set minimum_notice_minutes = 600 where practitioner_id = %s",
        FREE,
    )
    with stage.refused("too_short_notice"):
        book(stage, at + timedelta(hours=1))

    assert book(stage, at)
    stage.act_as("owner")
    assert "consumed" == stage.one("select status from public.session_holds where id = %s", hold["id"])
    assert not wrongs(stage)


@pytest.mark.parametrize("place", [ROW, "Studio - A street", "12 Any Road, Toronto"])
def test_in_person_is_a_studio_or_an_address(stage: Stage, place: str) -> None:
    """By the studio's id, as the page writes it, or in words; with a point on the map if there is one."""
    booked = book(
        stage,
        in_hours(30),
        session_location="in_person",
        physical_location=place,
        location_coordinates="(-79.4,43.6)",
    )

    row = session(stage, booked["session_id"])
    assert ("in_person", place, "(-79.4,43.6)") == (
        row["session_location"],
        row["physical_location"],
        str(row["location_coordinates"]),
    )


def test_a_credit_that_is_spent_stays_with_its_session(stage: Stage) -> None:
    """Nobody moves a session to another lot, or makes one with another's credits."""
    booked = book(stage, in_hours(30))
    lot, theirs = grant(stage, 1), grant(stage, 1, who="other")

    stage.act_as("service")
    with stage.refused("credit_is_spent"):
        stage.run(
            "update public.session_schedules set credit_lot_id = %s where id = %s", lot, booked["session_id"]
        )
    with stage.refused("credits_not_found"):
        stage.run(
            "insert into public.session_schedules (practitioner_id, client_id, scheduled_at, room_name, credit_lot_id)"
            " values (%s, %s, %s, 'r', %s)",
            FREE,
            CLIENT,
            in_hours(50),
            theirs,
        )


def test_an_erased_person_leaves_the_ledger_behind(stage: Stage) -> None:
    """What was to come is cancelled, what was left ends, and nothing stands in the way."""
    lot = grant(stage, 2, who="other")
    sign(stage, "other")
    book(stage, in_hours(30), who="other")

    stage.act_as("owner")
    stage.run("delete from auth.users where email = 'other-client@demo.test'")
    assert [("purchase", 2), ("spend", -1), ("return", 1), ("expiry", -2)] == lines(stage, lot)
