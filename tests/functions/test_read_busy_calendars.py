"""Practitioners' other calendars: what they hold cannot be booked, and failing opens no time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tests.cast import Stage
from tests.page_scene import PageScene


class OtherCalendar(PageScene):
    """A practitioner who has a calendar elsewhere, and gave its address."""

    def __init__(self, stage: Stage, server: HTTPServer) -> None:
        super().__init__(stage)
        self.body, self.status = "", 200
        server.expect_request("/private/basic.ics").respond_with_handler(self._answer)
        self.url = server.url_for("/private/basic.ics")
        reply = stage.rest("POST", "rpc/add_busy_calendar", as_=self.practitioner, json={"address": self.url})
        reply.raise_for_status()

    def _answer(self, request: Request) -> Response:
        return Response(self.body, self.status, content_type="text/calendar")

    def holds(self, *events: str) -> None:
        lines = ("\r\n".join(["BEGIN:VEVENT", event, "END:VEVENT"]) for event in events)
        self.body = "\r\n".join(
            ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//EN", *lines, "END:VCALENDAR"]
        )

    def read(self) -> dict[str, int]:
        """It becomes due, and is read."""
        self.stage.execute(
            "update private.busy_calendars set next_attempt_at = case when practitioner_id = %s then now()"
            " else now() + interval '1 day' end, lease_until = null",
            self.practitioner.practitioner_id,
        )
        reply = self.stage.invoke_as_service("read-busy-calendars")
        assert reply.status_code == 200, reply.text
        calendars: dict[str, int] = reply.json()["calendars"]
        return calendars

    def kept(self) -> list[tuple[datetime, datetime]]:
        rows = self.stage.owner.execute(
            "select lower(during) as since, upper(during) as until from private.busy_times"
            " where practitioner_id = %s order by during",
            (self.practitioner.practitioner_id,),
        ).fetchall()
        return [(row["since"], row["until"]) for row in rows]

    def state(self) -> Any:
        return self.stage.owner.execute(
            "select * from private.busy_calendars where practitioner_id = %s",
            (self.practitioner.practitioner_id,),
        ).fetchone()

    def try_booking(self) -> httpx.Response:
        return self.stage.invoke("book-session-with-credit", self.from_booking_page(), as_=self.client)


@pytest.fixture
def other(stage: Stage, httpserver: HTTPServer) -> Iterator[OtherCalendar]:
    scene = OtherCalendar(stage, httpserver)
    yield scene
    stage.execute("delete from private.busy_calendars")


def utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def event(since: datetime, minutes: int = 60, *more: str, uid: str = "one@example.org") -> str:
    until = since + timedelta(minutes=minutes)
    return "\r\n".join([f"UID:{uid}", f"DTSTART:{utc(since)}", f"DTEND:{utc(until)}", *more])


def test_what_is_elsewhere_cannot_be_booked_until_it_is_gone(other: OtherCalendar) -> None:
    """Neither offered nor taken; its practitioner's time, as any other."""
    other.holds(event(other.starts_at))
    assert {"read": 1} == other.read()

    taken = other.try_booking()
    other.holds(event(other.starts_at + timedelta(days=1)))
    other.read()
    booked = other.try_booking()

    assert "slot_taken" == taken.json()["code"]
    assert booked.json()["success"], booked.text


def test_repetitions_all_days_and_floating_times_are_the_practitioners(other: OtherCalendar) -> None:
    """Weekly on the wall clock, but for a day; a day is a day of theirs; free and cancelled entries take nothing."""
    zone = "America/Toronto"
    other.stage.execute(
        "update public.practitioner_calendars set time_zone = %s where practitioner_id = %s",
        zone,
        other.practitioner.practitioner_id,
    )
    monday = (other.starts_at + timedelta(days=7 - other.starts_at.weekday())).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    day = f"{monday:%Y%m%d}"
    other.holds(
        f"UID:a\r\nDTSTART;TZID={zone}:{day}T100000\r\nDURATION:PT30M\r\nRRULE:FREQ=WEEKLY;COUNT=3"
        f"\r\nEXDATE;TZID={zone}:{monday + timedelta(days=7):%Y%m%d}T100000",
        f"UID:b\r\nDTSTART;VALUE=DATE:{monday + timedelta(days=1):%Y%m%d}",
        f"UID:c\r\nDTSTART:{day}T120000\r\nDURATION:PT15M",
        f"UID:d\r\nDTSTART;VALUE=DATE:{day}\r\nTRANSP:TRANSPARENT",
        f"UID:e\r\nDTSTART:{day}T150000\r\nDURATION:PT15M\r\nSTATUS:CANCELLED",
    )
    assert {"read": 1} == other.read()

    local = other.stage.owner.execute(
        "select to_char(lower(during) at time zone %s, 'Dy HH24:MI') || upper(during) - lower(during) as time"
        " from private.busy_times where practitioner_id = %s order by during",
        (zone, other.practitioner.practitioner_id),
    ).fetchall()

    assert ["Mon 10:0000:30:00", "Mon 12:0000:15:00", "Tue 00:001 day", "Mon 10:0000:30:00"] == [
        row["time"].replace("24:00:00", "1 day") for row in local
    ]


def test_an_invitation_to_a_session_of_ours_takes_no_second_time(other: OtherCalendar) -> None:
    """It stays movable: its copy elsewhere is not in its way."""
    session = other.book()
    other.holds(event(other.starts_at, uid=session), event(other.starts_at + timedelta(hours=30)))

    other.read()

    assert [other.starts_at + timedelta(hours=30)] == [since for since, _ in other.kept()]


@pytest.mark.parametrize(
    ("body", "status", "failure"),
    [
        ("<html>Sign in</html>", 200, "not_a_calendar"),
        ("", 200, "not_a_calendar"),
        ("", 404, "not_found"),
        ("", 401, "not_allowed"),
        ("", 500, "unreachable"),
        ("", 302, "unreachable"),
        ("x" * (5 * 1024 * 1024 + 1), 200, "too_large"),
        (
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:x\r\nDTSTART:{today}T000000Z\r\n"
            "DURATION:PT1M\r\nRRULE:FREQ=MINUTELY\r\nEND:VEVENT\r\nEND:VCALENDAR",
            200,
            "too_many_entries",
        ),
    ],
)
def test_an_address_that_fails_opens_no_time(
    other: OtherCalendar, body: str, status: int, failure: str
) -> None:
    """What was last read stays; the reason is noted, and it is tried again."""
    other.holds(event(other.starts_at))
    other.read()

    other.body, other.status = body.replace("{today}", f"{datetime.now(UTC):%Y%m%d}"), status
    assert {"failed": 1} == other.read()

    state = other.state()
    assert (failure, True) == (state["failure"], state["failing_since"] is not None)
    assert state["next_attempt_at"] > datetime.now(UTC)
    assert "slot_taken" == other.try_booking().json()["code"]


def test_who_gave_it_is_told_once_after_a_day_and_again_after_it_was_read(other: OtherCalendar) -> None:
    other.status = 404
    other.read()
    other.send()
    assert not told(other)

    for _ in range(2):
        other.stage.execute(
            "update private.busy_calendars set failing_since = now() - interval '25 hours'"
            " where practitioner_id = %s",
            other.practitioner.practitioner_id,
        )
        other.read()
        other.read()
        other.send()
        mail = told(other)[-1]["TextBody"]
        assert "127.0.0.1" in mail and "basic.ics" not in mail and "/manage-calendars?token=" in mail
        other.holds()
        other.status = 200
        other.read()
        assert other.state()["failure"] is None
        other.status = 404
        other.read()
    assert 2 == len(told(other))


def told(scene: OtherCalendar) -> list[dict[str, Any]]:
    return [mail for mail in scene.mails_to(scene.practitioner) if "cannot be read" in mail["Subject"]]


def test_it_never_leaves_for_our_own_network(other: OtherCalendar) -> None:
    """But for this machine, which the local stack allows."""
    other.stage.execute(
        "update private.busy_calendars set address = 'https://10.0.0.1/basic.ics' where practitioner_id = %s",
        other.practitioner.practitioner_id,
    )

    assert {"failed": 1} == other.read()
    assert "address_not_public" == other.state()["failure"]


def test_a_removed_calendar_keeps_nothing_free(other: OtherCalendar) -> None:
    other.holds(event(other.starts_at))
    other.read()
    calendar = str(other.state()["id"])
    other.stage.rest(
        "POST", "rpc/remove_busy_calendar", as_=other.practitioner, json={"calendar_id": calendar}
    ).raise_for_status()

    assert not other.kept() and other.try_booking().json()["success"]
