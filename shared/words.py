"""Times, money and what was changed, as people read them."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from .names import one_line

CURRENCIES = {"cad": "CA$", "usd": "US$"}


class Timed(Protocol):
    """Something that starts."""

    @property
    def starts_at(self) -> datetime: ...


def day(moment: datetime, zone: ZoneInfo) -> str:
    """Saturday, March 14, 2026."""
    local = moment.astimezone(zone)
    return f"{local:%A, %B} {local.day}, {local.year}"


def short_day(moment: datetime, zone: ZoneInfo) -> str:
    """Sat, Mar 14."""
    local = moment.astimezone(zone)
    return f"{local:%a, %b} {local.day}"


def by_day(times: Iterable[Timed], zone: ZoneInfo) -> list[tuple[str, list[Timed]]]:
    """What starts on each day of the reader's, under the day's name; the times are in order."""
    days = groupby(times, lambda each: day(each.starts_at, zone))
    return [(name, list(each)) for name, each in days]


def clock(moment: datetime, zone: ZoneInfo) -> str:
    """10:00 AM."""
    local = moment.astimezone(zone)
    return f"{local.hour % 12 or 12}:{local:%M %p}"


def hours(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """10:00 – 10:45 AM; with both halves of the day where they differ."""
    first, last = clock(start, zone), clock(end, zone)
    if first == last:
        return first
    if first[-2:] == last[-2:]:
        first = first[:-3]
    return f"{first} – {last}"


def zone_name(moment: datetime, zone: ZoneInfo) -> str:
    """EST, Toronto time."""
    letters = moment.astimezone(zone).strftime("%Z")
    city = zone.key.rpartition("/")[2].replace("_", " ")
    if city == "UTC":
        return "UTC"
    return f"{letters}, {city} time" if letters.isalpha() else f"{city} time"


def money(amount_minor: int | float, currency: str) -> str:
    """CA$75.00."""
    sign = CURRENCIES.get(currency.lower(), f"{currency.upper()} ")
    return f"{sign}{amount_minor / 100:,.2f}"


def as_it_was(was: dict[str, Any], zone: ZoneInfo) -> list[str]:
    """What about a session is different now, each as it was; by the names that the database gives them."""
    said = []
    if "scheduled_at" in was:
        at = datetime.fromisoformat(was["scheduled_at"])
        said.append(f"{day(at, zone)} at {clock(at, zone)} ({zone_name(at, zone)})")
    if "duration_minutes" in was:
        said.append(f"{was['duration_minutes']} minutes long")
    if "place" in was:
        said.append("online" if was["place"] == "Online" else f"at {one_line(was['place'], 200)}")
    if "practitioner" in was:
        said.append(f"with {one_line(was['practitioner'], 200)}")
    if "class_name" in was:
        said.append(f"called “{one_line(was['class_name'], 200)}”")
    return said
