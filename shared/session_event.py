"""A session as mails and calendars show it: one calendar event for life, under the session's id.

Its time is written as wall time in the zone it was booked in, with that zone's rules beside it: a calendar program
needs no rules of its own, which may be older than a government's latest decision. An hour that a clock shows twice is
written in UTC: programs differ in which of the two they take.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator

from . import timezones
from .languages import language
from .languages.catalogue import gettext
from .names import isolated, one_line
from .wire import Output

if TYPE_CHECKING:
    from icalendar import Alarm, Event, Timezone

Method = Literal["REQUEST", "CANCEL", "PUBLISH"]
AROUND = timedelta(days=400)  # how far before and after it the zone's rules go: some programs keep them
COMES = {"cutype": "INDIVIDUAL", "role": "REQ-PARTICIPANT", "partstat": "ACCEPTED", "rsvp": "FALSE"}
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
ALARM_ONLINE, ALARM_IN_PERSON = timedelta(minutes=15), timedelta(hours=1)


class SessionSummary(Output):
    """What a mail or a calendar file may state of a session."""

    id: UUID | None
    status: str | None
    scheduled_at: datetime
    duration_minutes: int
    time_zone: str
    sequence: int | None
    session_type: str | None
    is_group: bool
    class_name: str | None
    is_online: bool
    place: str | None
    practitioner_name: str | None
    client_name: str | None
    free_cancellation_until: datetime | None

    @property
    def name(self) -> str:
        """What it is, in a word or two."""
        if self.class_name:
            return self.class_name
        if self.is_group:
            return gettext("Group class")
        match self.session_type:
            case "standing":
                return gettext("Standing session")
            case "laying":
                return gettext("Laying session")
        return gettext("Session")

    def named(self, other: str | None) -> str:
        """What it is, and with whom: the event's title, and what mails call it."""
        other, name = one_line(other), isolated(one_line(self.name))
        if not other:
            return name
        return gettext("%(session)s with %(counterpart)s") % {"session": name, "counterpart": isolated(other)}

    @property
    def ends_at(self) -> datetime:
        return self.scheduled_at + timedelta(minutes=self.duration_minutes)


def _summary_or_none(value: Any) -> Any:
    """A mail about no session has an object of nulls there: PostgREST writes an absent row so."""
    return None if isinstance(value, dict) and value.get("scheduled_at") is None else value


MaybeSessionSummary = Annotated[SessionSummary | None, BeforeValidator(_summary_or_none)]


class Party(NamedTuple):
    """Somebody an invitation names."""

    email: str
    name: str | None
    sent_by: str | None = None  # the address that writes in their name, where it is another


class Entry(NamedTuple):
    """A session as it is called in its reader's calendar, and where its entry leads."""

    session: SessionSummary
    title: str
    url: str


def calendar_file(
    session: SessionSummary,
    *,
    title: str,
    url: str,
    method: Method = "PUBLISH",
    organizer: Party | None = None,
    attendee: Party | None = None,
) -> bytes:
    """The session as an .ics file. A later version of it has a higher sequence, and takes the place of this one."""
    return calendar_of([Entry(session, title, url)], method=method, organizer=organizer, attendee=attendee)


def calendar_of(
    entries: Sequence[Entry],
    *,
    method: Method = "PUBLISH",
    organizer: Party | None = None,
    attendee: Party | None = None,
    subscribed_as: str | None = None,
) -> bytes:
    """Several as one file, each an entry of its own: that is allowed where nothing is asked of the reader, PUBLISH.

    What a program subscribes to has a name, and each entry is told before it begins: an invitation's alarm is its
    reader's to set.
    """
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", f"-//Sadhu//Sessions//{language()[:2].upper()}")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    if subscribed_as:
        calendar.add("name", subscribed_as)
        calendar.add("x-wr-calname", subscribed_as)
    times = [_times(entry.session) for entry in entries]
    for zone in sorted({each.zone for each in times if each.zone}, key=lambda zone: zone.key):
        within = [each for each in times if each.zone == zone]
        calendar.add_component(
            _rules(
                zone,
                min(each.starts_at for each in within) - AROUND,
                max(each.ends_at for each in within) + AROUND,
            )
        )
    for entry, at in zip(entries, times, strict=True):
        event = _event(entry, at, is_gone=method == "CANCEL")
        if organizer:
            event.add("organizer", f"mailto:{organizer.email}", _named(organizer))
        if attendee:
            # Whoever is told has a place already: nothing is asked of them.
            event.add("attendee", f"mailto:{attendee.email}", {**_named(attendee), **COMES})
        if subscribed_as:
            event.add_component(_alarm(entry))
        calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written


class _Times(NamedTuple):
    """As they are written; without a zone in UTC."""

    starts_at: datetime
    ends_at: datetime
    zone: ZoneInfo | None


def _times(session: SessionSummary) -> _Times:
    zone = timezones.zone(session.time_zone)
    starts_at, ends_at = session.scheduled_at.astimezone(zone), session.ends_at.astimezone(zone)
    if zone.key == "UTC" or _is_ambiguous(starts_at) or _is_ambiguous(ends_at):
        return _Times(starts_at.astimezone(UTC), ends_at.astimezone(UTC), None)
    return _Times(starts_at, ends_at, zone)


def _event(entry: Entry, at: _Times, *, is_gone: bool) -> "Event":
    from icalendar import Event

    session, event = entry.session, Event()
    event.add("uid", str(session.id))
    event.add("sequence", session.sequence or 0)
    event.add("dtstamp", datetime.now(UTC))
    event.add("dtstart", at.starts_at)
    event.add("dtend", at.ends_at)
    event.add("summary", entry.title)
    event.add("description", entry.url)
    event.add("url", entry.url)
    event.add("location", session.place or gettext("Online"))
    event.add("status", "CANCELLED" if "cancelled" == session.status or is_gone else "CONFIRMED")
    event.add("transp", "OPAQUE")
    return event


def _alarm(entry: Entry) -> "Alarm":
    from icalendar import Alarm

    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", entry.title)
    alarm.add("trigger", -(ALARM_ONLINE if entry.session.is_online else ALARM_IN_PERSON))
    return alarm


def _named(party: Party) -> dict[str, str]:
    """Who that address is."""
    named = {"cn": party.name} if party.name else {}
    if party.sent_by and party.sent_by != party.email:
        named["sent-by"] = f"mailto:{party.sent_by}"
    return named


def _is_ambiguous(local: datetime) -> bool:
    """Whether the clock shows this time twice, as in the night in which it is put back."""
    return _offset(local.replace(fold=0)) != _offset(local.replace(fold=1))


def _rules(zone: ZoneInfo, first: datetime, last: datetime) -> "Timezone":
    """The zone's clock between two moments: what it is at first, and each change with the wall time it is made at."""
    from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

    rules = Timezone()
    rules.add("tzid", zone.key)
    before = first.astimezone(zone)
    for moment in (first, *_changes(zone, first.astimezone(UTC), last.astimezone(UTC))):
        after = moment.astimezone(zone)
        observance = TimezoneDaylight() if after.dst() else TimezoneStandard()
        # By the clock that was in force until then, as the format has it: in spring that hour does not exist.
        observance.add(
            "dtstart", (moment.astimezone(UTC) + _offset(before)).replace(tzinfo=None, microsecond=0)
        )
        observance.add("tzoffsetfrom", _offset(before))
        observance.add("tzoffsetto", _offset(after))
        observance.add("tzname", after.tzname() or zone.key)
        rules.add_component(observance)
        before = after
    return rules


def _changes(zone: ZoneInfo, moment: datetime, last: datetime) -> Iterator[datetime]:
    """The minutes at which the zone's clock is changed; no zone does so twice in a day."""
    while moment < last:
        if _offset(moment.astimezone(zone)) != _offset((moment + DAY).astimezone(zone)):
            low, high = (
                0,
                DAY // MINUTE,
            )  # minutes from here at which the clock is still the old one, and the new one
            while high - low > 1:
                middle = (low + high) // 2
                is_new = _offset((moment + middle * MINUTE).astimezone(zone)) != _offset(
                    moment.astimezone(zone)
                )
                low, high = (low, middle) if is_new else (middle, high)
            yield (moment + high * MINUTE).replace(second=0, microsecond=0)
        moment += DAY


def _offset(local: datetime) -> timedelta:
    return local.utcoffset() or timedelta()
