"""A session as messages and calendars tell of it: one event for life, under the session's id.

Its time is written as wall time in the zone it was booked in, with that zone's rules beside it: a calendar program
needs no rules of its own, which may be older than a government's latest decision.
"""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple
from uuid import UUID

from pydantic import BeforeValidator

from . import timezones
from .wire import Output

if TYPE_CHECKING:
    from icalendar import Calendar

Method = Literal["REQUEST", "CANCEL", "PUBLISH"]
NAMES = {"standing": "Standing session", "laying": "Laying session"}
AROUND = timedelta(days=400)  # how far before and after it the zone's rules are told: some programs keep them


class ToldSession(Output):
    """The facts of a session that a message may tell."""

    id: UUID | None
    status: str | None
    scheduled_at: datetime
    duration_minutes: int
    time_zone: str
    sequence: int | None
    practice: str | None
    is_group: bool
    class_name: str | None
    is_online: bool
    place: str | None
    practitioner_name: str | None
    client_name: str | None
    free_until: datetime | None

    @property
    def name(self) -> str:
        """What it is, in a word or two."""
        return (
            self.class_name
            or ("Group class" if self.is_group else None)
            or NAMES.get(self.practice or "", "Session")
        )

    @property
    def ends_at(self) -> datetime:
        return self.scheduled_at + timedelta(minutes=self.duration_minutes)


def _told_or_none(value: Any) -> Any:
    """A message that is about no session still has the row of it, without a time."""
    return None if isinstance(value, dict) and value.get("scheduled_at") is None else value


MaybeToldSession = Annotated[ToldSession | None, BeforeValidator(_told_or_none)]


class Party(NamedTuple):
    """Somebody an invitation names."""

    email: str
    name: str | None


def calendar_file(
    session: ToldSession,
    *,
    title: str,
    url: str,
    method: Method = "PUBLISH",
    organizer: Party | None = None,
    attendee: Party | None = None,
) -> bytes:
    """The session as an .ics file. A later version of it has a higher sequence, and takes the place of this one."""
    from icalendar import Calendar, Event, Timezone, vText

    zone = timezones.zone(session.time_zone)
    starts_at, ends_at = session.scheduled_at.astimezone(zone), session.ends_at.astimezone(zone)
    calendar = Calendar()
    calendar.add("prodid", "-//Sadhu//Sessions//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    rules = Timezone.from_tzid(
        zone.key, first_date=(starts_at - AROUND).date(), last_date=(ends_at + AROUND).date()
    )
    rules.pop("comment", None)  # "only works from … to …" worries whoever reads it
    calendar.add_component(rules)

    event = Event()
    event.add("uid", str(session.id))
    event.add("sequence", session.sequence or 0)
    event.add("dtstamp", datetime.now(UTC))
    event.add("dtstart", starts_at)
    event.add("dtend", ends_at)
    event.add("summary", title)
    event.add("description", url)
    event.add("url", url)
    event.add("location", session.place or "Online")
    event.add("status", "CANCELLED" if session.status == "cancelled" else "CONFIRMED")
    event.add("transp", "OPAQUE")
    for role, party in (("organizer", organizer), ("attendee", attendee)):
        if party:
            event.add(role, f"mailto:{party.email}", {"cn": vText(party.name)} if party.name else {})
    calendar.add_component(event)
    return _written(calendar)


def _written(calendar: "Calendar") -> bytes:
    written: bytes = calendar.to_ical()
    return written
