"""A session in a calendar: the right hour on both sides of a clock change, read by a library that did not write it."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import vobject

from shared.session_event import Party, SessionSummary, calendar_file


def event_of(starts_at: datetime, zone: str, **more: Any) -> SessionSummary:
    facts = {
        "id": uuid4(),
        "status": "scheduled",
        "scheduled_at": starts_at,
        "duration_minutes": 45,
        "time_zone": zone,
        "sequence": 0,
        "session_type": "standing",
        "is_group": False,
        "class_name": None,
        "is_online": True,
        "place": None,
        "practitioner_name": "Practitioner",
        "client_name": "Client",
        "free_cancellation_until": None,
    }
    return SessionSummary.model_validate(facts | more)


def read(session: SessionSummary, **more: Any) -> Any:
    content = calendar_file(session, title="Session", url="https://site.test/sessions/1", **more)
    vars(vobject.icalendar)["__tzidMap"].clear()  # it would go on with the rules of the file before
    return vobject.readOne(content.decode())


@pytest.mark.parametrize(
    ("zone", "day", "hour"),
    [
        # Either side of the night in which Toronto changes its clocks, and of the one in which Paris does
        ("America/Toronto", (2026, 10, 31), 10),
        ("America/Toronto", (2026, 11, 1), 10),
        ("America/Toronto", (2027, 3, 13), 10),
        ("America/Toronto", (2027, 3, 14), 10),
        ("Europe/Paris", (2027, 3, 27), 10),
        ("Europe/Paris", (2027, 3, 28), 10),
        # The first hour after a change, and one before it
        ("America/Toronto", (2027, 3, 14), 3),
        ("America/Toronto", (2027, 3, 14), 1),
        ("America/Toronto", (2026, 11, 1), 2),
        # Clocks that are not changed any more since 2026
        ("America/Vancouver", (2026, 12, 1), 10),
        ("America/Edmonton", (2027, 3, 20), 10),
        # South of the equator, half an hour off, and without any rule
        ("Australia/Sydney", (2026, 10, 4), 10),
        ("America/St_Johns", (2026, 11, 1), 10),
        ("Asia/Kolkata", (2026, 11, 1), 10),
    ],
)
def test_an_event_opens_at_the_right_hour(zone: str, day: tuple[int, int, int], hour: int) -> None:
    """By the rules that stand in the file itself, under which the reader's program knows the zone."""
    starts_at = datetime(*day, hour, tzinfo=ZoneInfo(zone)).astimezone(UTC)

    calendar = read(event_of(starts_at, zone))

    start, end = calendar.vevent.dtstart, calendar.vevent.dtend
    assert (zone, hour) == (start.params["X-VOBJ-ORIGINAL-TZID"][0], start.value.hour)
    assert calendar.vtimezone.tzid.value == zone
    assert (starts_at, 45 * 60) == (start.value.astimezone(UTC), (end.value - start.value).total_seconds())


def test_an_invitation_names_its_parties_and_nobody_elses() -> None:
    """Hostile names stay names."""
    name = 'Eve"\r\nATTENDEE:mailto:all@stage.test;x=,y'
    session = event_of(datetime(2026, 12, 1, tzinfo=UTC), "America/Toronto", place="Hall; 2, Main Street\\")

    event = read(
        session,
        method="REQUEST",
        organizer=Party("us@site.test", name),
        attendee=Party("you@site.test", None),
    ).vevent

    assert [each.value for each in event.attendee_list] == ["mailto:you@site.test"]
    assert event.organizer.value == "mailto:us@site.test"
    assert event.location.value == "Hall; 2, Main Street\\"


def test_an_unknown_zone_does_not_stop_the_event() -> None:
    """The instant is right all the same."""
    starts_at = datetime(2026, 12, 1, 15, tzinfo=UTC)

    assert starts_at == read(event_of(starts_at, "Mars/Olympus")).vevent.dtstart.value.astimezone(UTC)


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ({}, "Standing session"),
        ({"session_type": "laying"}, "Laying session"),
        ({"session_type": None}, "Session"),
        ({"is_group": True}, "Group class"),
        ({"is_group": True, "class_name": "Evening class"}, "Evening class"),
    ],
)
def test_an_event_has_a_title(facts: dict[str, Any], name: str) -> None:
    """In a word or two."""
    assert event_of(datetime(2026, 12, 1, tzinfo=UTC), "America/Toronto", **facts).name == name
