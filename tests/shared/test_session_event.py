"""A session in a calendar: the right hour on both sides of a clock change, read by libraries that did not write it."""

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo, available_timezones

import pytest
import vobject
from dateutil.tz import tzical
from icalendar import Calendar

from shared.session_event import Party, SessionSummary, calendar_file

DAYS = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(365)]


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


def changes(zone: ZoneInfo) -> Iterator[datetime]:
    """The hours of 2026 after which a zone's clock is another."""
    for day in DAYS:
        if _offset(day, zone) != _offset(day + timedelta(days=1), zone):
            yield next(
                hour
                for hour in (day + timedelta(hours=n) for n in range(24))
                if _offset(hour, zone) != _offset(hour + timedelta(hours=1), zone)
            )


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta | None:
    return moment.astimezone(zone).utcoffset()


def instants(content: bytes) -> tuple[datetime, datetime]:
    """Start and end of the only event of a file, by the rules that it brings and no others."""
    text = re.sub("\r\n ", "", content.decode())
    zones = tzical(io.StringIO(text)) if "BEGIN:VTIMEZONE" in text else None
    event, found = text[text.index("BEGIN:VEVENT") :], []
    for name in ("DTSTART", "DTEND"):
        line = re.search(f"^{name}(;TZID=([^:]+))?:([0-9T]+)(Z?)\r$", event, re.MULTILINE)
        assert line and bool(line[2]) != bool(line[4])
        zone = zones.get(line[2]) if zones and line[2] else UTC
        local = datetime.strptime(line[3], "%Y%m%dT%H%M%S")  # noqa: DTZ007 - a wall time, in its zone
        found.append(local.replace(tzinfo=zone).astimezone(UTC))
    return found[0], found[1]


def test_around_every_change_of_every_clock_the_instant_is_right() -> None:
    """In all zones there are: before it, at both ends of the doubled hour, and after it."""
    kinds = {}
    for key in sorted(available_timezones()):
        zone = ZoneInfo(key)
        hours = tuple(changes(zone)) or (datetime(2026, 7, 1, tzinfo=UTC),)
        kinds[hours, hours[0].astimezone(zone).utcoffset()] = key

    for (hours, _), key in kinds.items():
        for starts_at in (
            hour + timedelta(minutes=minutes) for hour in hours for minutes in (-15, 10, 75, 150)
        ):
            session = event_of(starts_at, key)
            content = calendar_file(session, title="Session", url="https://site.test/sessions/1")

            assert (starts_at, session.ends_at) == instants(content), (key, starts_at)
    assert len(kinds) > 40


@pytest.mark.parametrize(
    ("zone", "starts_at", "minutes"),
    [
        ("America/Toronto", datetime(2026, 11, 1, 5, 30, tzinfo=UTC), 45),  # the first 01:30
        ("America/Toronto", datetime(2026, 11, 1, 6, 30, tzinfo=UTC), 45),  # the second
        ("America/Toronto", datetime(2026, 11, 1, 4, 30, tzinfo=UTC), 45),  # it ends at the first 01:15
        ("Europe/Paris", datetime(2026, 10, 25, 0, 15, tzinfo=UTC), 60),
        (
            "Australia/Lord_Howe",
            datetime(2027, 4, 3, 15, 10, tzinfo=UTC),
            20,
        ),  # half an hour is doubled there
    ],
)
def test_an_hour_that_comes_twice_is_in_utc(zone: str, starts_at: datetime, minutes: int) -> None:
    """Which of the two a wall time means, programs do not agree on; no zone is left to interpret."""
    session = event_of(starts_at, zone, duration_minutes=minutes)
    content = calendar_file(session, title="Session", url="https://site.test/sessions/1")

    assert b"TZID" not in content and b"VTIMEZONE" not in content
    assert f"DTSTART:{starts_at:%Y%m%dT%H%M%SZ}".encode() in content
    assert f"DTEND:{session.ends_at:%Y%m%dT%H%M%SZ}".encode() in content


def test_who_is_invited_has_said_yes() -> None:
    """Nothing is asked of them; what they write anyway arrives where it is read, whoever sends the mail."""
    session = event_of(datetime(2026, 12, 1, 15, tzinfo=UTC), "America/Toronto")
    content = calendar_file(
        session,
        title="Session",
        url="https://site.test/sessions/1",
        method="REQUEST",
        organizer=Party("support@site.test", "Practitioner", sent_by="noreply@site.test"),
        attendee=Party("you@site.test", "A, Client"),
    )

    (event,) = Calendar.from_ical(content).walk("VEVENT")
    organizer, attendee = event["organizer"], event["attendee"]
    assert ("mailto:support@site.test", "mailto:noreply@site.test", "Practitioner") == (
        organizer,
        organizer.params["SENT-BY"],
        organizer.params["CN"],
    )
    assert ("mailto:you@site.test", "A, Client", "ACCEPTED", "FALSE") == (
        attendee,
        attendee.params["CN"],
        attendee.params["PARTSTAT"],
        attendee.params["RSVP"],
    )


def test_the_title_keeps_a_name_together_and_apart() -> None:
    """Joiners stay, what turns the direction goes, and a name from right to left moves nothing beside it."""
    session = event_of(datetime(2026, 12, 1, tzinfo=UTC), "America/Toronto")

    assert "Standing session with \u0d9a\u0dca\u200d\u0dbb" == session.named("\u0d9a\u0dca\u200d\u0dbb")
    assert "Standing session with \u2068علی\u200cرضا\u2069" == session.named("\u202eعلی\u200cرضا\u2069")
    assert "Standing session" == session.named(" \u200d")


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
