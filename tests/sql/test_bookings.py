"""Booking with a credit: one transaction in which all of it happens, or nothing."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from .booking_steps import (
    FREE,
    book,
    booking_violations,
    empty_wallet,
    grant,
    in_hours,
    lines,
    messages,
    session,
    sign,
    type_id,
    wallet,
)
from .conftest import CLIENT, ROW, Sandbox

NOWHERE = "5a1e0000-0000-4000-8000-00000000dead"


@pytest.fixture(autouse=True)
def signed(sandbox: Sandbox) -> None:
    """The client has signed the waiver, where a test does not say otherwise."""
    sign(sandbox)


def nothing_happened(sandbox: Sandbox) -> bool:
    sandbox.act_as("owner")
    own = sandbox.one("select count(*) from public.session_schedules where client_id = %s", CLIENT)
    return bool(own == 1 and wallet(sandbox) == 3)


def test_a_booking_is_a_session_a_spent_credit_a_message_and_taken_time(sandbox: Sandbox) -> None:
    """And the policy that was agreed to by it."""
    at = in_hours(30)
    lot = grant(sandbox, 2, session_type_id=type_id(sandbox))

    booked = book(sandbox, at, notes="My knees.")

    assert 4 == booked["credits_remaining"] == wallet(sandbox)
    row = session(sandbox, booked["session_id"])
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
    assert str(row["session_type_id"]) == type_id(sandbox)
    assert [("purchase", 2), ("spend", -1)] == lines(sandbox, lot)
    assert ["session_booked"] == messages(sandbox, row["id"])
    assert not booking_violations(sandbox)


def test_a_second_click_finds_the_session_of_the_first(sandbox: Sandbox) -> None:
    """One session and one credit."""
    at = in_hours(30)

    assert book(sandbox, at) == book(sandbox, at)
    assert 2 == wallet(sandbox)


def test_a_cancelled_session_can_be_booked_again(sandbox: Sandbox) -> None:
    """What the second click finds must still stand."""
    at = in_hours(30)
    first = book(sandbox, at)["session_id"]
    sandbox.run("select public.cancel_session(%s)", first)

    assert first != book(sandbox, at)["session_id"]
    assert not booking_violations(sandbox)


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
def test_a_session_that_is_not_offered_cannot_be_booked(
    sandbox: Sandbox, code: str, asked: dict[str, Any]
) -> None:
    """And costs nothing."""
    with sandbox.refused(code):
        book(sandbox, in_hours(30), **asked)
    assert nothing_happened(sandbox)


def test_the_duration_must_be_that_of_the_type(sandbox: Sandbox) -> None:
    """Twenty minutes' credit does not buy an hour, and a class's type no session."""
    with sandbox.refused("duration_not_offered"):
        book(sandbox, in_hours(30), session_type_id=type_id(sandbox, 20), duration_minutes=60)
    with sandbox.refused("class_needed"):
        book(sandbox, in_hours(30), session_type_id=type_id(sandbox, is_group=True))
    assert nothing_happened(sandbox)


def test_without_the_current_waiver_nothing_is_booked(sandbox: Sandbox) -> None:
    """An older version does not count."""
    sandbox.act_as("owner")
    sandbox.run("insert into public.waiver_policy (version, policy_text) values (2, 'Another text.')")

    with sandbox.refused("waiver_required"):
        book(sandbox, in_hours(30))
    sign(sandbox)
    assert book(sandbox, in_hours(30))


@pytest.mark.parametrize(
    ("code", "asked"),
    [
        ("slot_in_past", {"scheduled_at": in_hours(-1)}),
        ("beyond_horizon", {"scheduled_at": in_hours(24 * 366)}),
        ("outside_availability", {"practitioner_id": ROW, "scheduled_at": None}),
    ],
)
def test_only_an_offered_time_is_booked(sandbox: Sandbox, code: str, asked: dict[str, Any]) -> None:
    """The seeded practitioner works on Mondays."""
    sunday = datetime.now(ZoneInfo("America/Toronto")).replace(hour=12, minute=0, second=0, microsecond=0)
    sunday += timedelta(days=(6 - sunday.weekday()) % 7 + 7)

    with sandbox.refused(code):
        book(sandbox, sunday, **{name: value or sunday for name, value in asked.items()})
    assert nothing_happened(sandbox)


@pytest.mark.parametrize("minutes", [-30, 0, 30])
def test_a_time_that_somebody_has_is_taken(sandbox: Sandbox, minutes: int) -> None:
    """Whatever the lengths."""
    at = in_hours(30)
    sign(sandbox, "other")
    grant(sandbox, 1, who="other")
    book(sandbox, at, who="other")

    with sandbox.refused("slot_taken"):
        book(sandbox, at + timedelta(minutes=minutes), duration_minutes=60)
    assert nothing_happened(sandbox)
    assert book(sandbox, at + timedelta(minutes=45))


def test_a_client_without_a_credit_books_nothing(sandbox: Sandbox) -> None:
    """Credits of another kind are none."""
    empty_wallet(sandbox)
    grant(sandbox, 5, session_type_id=type_id(sandbox, 60))

    with sandbox.refused("no_usable_credit"):
        book(sandbox, in_hours(30))
    assert book(sandbox, in_hours(30), duration_minutes=60)


def test_a_paused_practitioner_takes_no_bookings(sandbox: Sandbox) -> None:
    """Nor one that does not exist."""
    sandbox.act_as("owner")
    sandbox.run("update public.practitioners set available = false where id = %s", FREE)

    with sandbox.refused("practitioner_unavailable"):
        book(sandbox, in_hours(30))


def test_a_hold_is_consumed_by_the_booking_of_its_owner(sandbox: Sandbox) -> None:
    """It keeps everybody else out; and its owner may book it although the notice has run out since."""
    at, kind = in_hours(3), type_id(sandbox)
    sign(sandbox, "other")
    grant(sandbox, 1, who="other")
    sandbox.act_as("client")
    (hold,) = sandbox.run("select * from public.hold_slot(%s, %s, %s)", FREE, at, kind)
    with sandbox.refused("slot_taken"):
        book(sandbox, at, who="other")
    sandbox.act_as("owner")
    sandbox.run(
        "update public.practitioner_calendars set minimum_notice_minutes = 600 where practitioner_id = %s",
        FREE,
    )
    with sandbox.refused("too_short_notice"):
        book(sandbox, at + timedelta(hours=1))

    assert book(sandbox, at)
    sandbox.act_as("owner")
    assert "consumed" == sandbox.one("select status from public.session_holds where id = %s", hold["id"])
    assert not booking_violations(sandbox)


@pytest.mark.parametrize("place", [ROW, "Studio - A street", "12 Any Road, Toronto"])
def test_an_in_person_session_has_a_studio_or_an_address(sandbox: Sandbox, place: str) -> None:
    """By the studio's id, as the page writes it, or in words; with a point on the map if there is one."""
    booked = book(
        sandbox,
        in_hours(30),
        session_location="in_person",
        physical_location=place,
        location_coordinates="(-79.4,43.6)",
    )

    row = session(sandbox, booked["session_id"])
    in_words = "Studio - A street" if place == ROW else place
    assert ("in_person", in_words, "(-79.4,43.6)") == (
        row["session_location"],
        row["physical_location"],
        str(row["location_coordinates"]),
    )


def test_a_spent_credit_stays_with_its_session(sandbox: Sandbox) -> None:
    """Nobody moves a session to another lot, or makes one with another's credits."""
    booked = book(sandbox, in_hours(30))
    lot, theirs = grant(sandbox, 1), grant(sandbox, 1, who="other")

    sandbox.act_as("service")
    with sandbox.refused("credit_is_spent"):
        sandbox.run(
            "update public.session_schedules set credit_lot_id = %s where id = %s", lot, booked["session_id"]
        )
    with sandbox.refused("credits_not_found"):
        sandbox.run(
            "insert into public.session_schedules (practitioner_id, client_id, scheduled_at, room_name, credit_lot_id)"
            " values (%s, %s, %s, 'r', %s)",
            FREE,
            CLIENT,
            in_hours(50),
            theirs,
        )


def test_erasing_a_person_leaves_the_ledger(sandbox: Sandbox) -> None:
    """Upcoming sessions are cancelled, remaining credits end, and nothing stands in the way."""
    lot = grant(sandbox, 2, who="other")
    sign(sandbox, "other")
    book(sandbox, in_hours(30), who="other")

    sandbox.act_as("owner")
    sandbox.run("delete from auth.users where email = 'other-client@demo.test'")
    assert [("purchase", 2), ("spend", -1), ("return", 1), ("expiry", -2)] == lines(sandbox, lot)
