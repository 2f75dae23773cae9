"""When somebody's other calendar says that they are busy: its entries, repetitions worked out, as times.

Run as a program of its own, which is given a calendar and prints the times: what a stranger's file makes a parser do
is unknown, and a process can be ended when it takes too long or too much. Its imports are made there.
"""

import json
import resource
import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from shared import timezones

if TYPE_CHECKING:
    from icalendar import Calendar

ENTRIES = 5000
MEMORY_BYTES = 384 * 1024 * 1024
SECONDS = 10  # of a processor
# Exit codes
NOT_A_CALENDAR, TOO_MANY = 3, 4


def busy_times(
    calendar: "Calendar", zone: ZoneInfo, first: datetime, last: datetime
) -> Iterator[dict[str, str]]:
    """Each time between the two that an entry takes. An entry that is shown as free, or cancelled, takes none."""
    # RFC 5545's recurrences, and what the programs of this world make of them.
    import recurring_ical_events  # type: ignore[import-untyped]

    event: Any
    for event in recurring_ical_events.of(calendar, skip_bad_series=True).after(first):
        start: date = event["DTSTART"].dt
        starts_at, ends_at = _moment(start, zone), _end(event, start, zone)
        if starts_at >= last:
            return
        is_free = str(event.get("TRANSP", "OPAQUE")).upper() == "TRANSPARENT"
        if is_free or str(event.get("STATUS", "")).upper() == "CANCELLED" or ends_at <= max(first, starts_at):
            continue
        yield {
            "uid": str(event.get("UID", ""))[:255],
            "starts_at": max(first, starts_at).isoformat(),
            "ends_at": min(last, ends_at).isoformat(),
        }


def _moment(value: date, zone: ZoneInfo) -> datetime:
    """A day is one of the practitioner's, and a time without a zone is on their clock."""
    if not isinstance(value, datetime):
        value = datetime.combine(value, time())
    return value if value.tzinfo else value.replace(tzinfo=zone)


def _end(event: Any, start: date, zone: ZoneInfo) -> datetime:
    """By its end, its duration, or the day that it is."""
    if "DTEND" in event:
        return _moment(event["DTEND"].dt, zone)
    if "DURATION" in event:
        return _moment(start + event["DURATION"].dt, zone)
    return _moment(start if isinstance(start, datetime) else start + timedelta(days=1), zone)


def main(zone: ZoneInfo, first: datetime, last: datetime) -> None:
    """Reads standard input; exits with NOT_A_CALENDAR or TOO_MANY where that is so."""
    from icalendar import Calendar

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    try:
        calendar = Calendar.from_ical(sys.stdin.buffer.read())
    except ValueError:
        sys.exit(NOT_A_CALENDAR)
    if calendar.name != "VCALENDAR":
        sys.exit(NOT_A_CALENDAR)
    try:
        found = list(islice(busy_times(calendar, zone, first, last), ENTRIES + 1))
    except MemoryError:
        sys.exit(TOO_MANY)
    if len(found) > ENTRIES:
        sys.exit(TOO_MANY)
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(timezones.zone(sys.argv[1]), *map(datetime.fromisoformat, sys.argv[2:]))
