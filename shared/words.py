"""Times and money as people read them."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import Protocol
from zoneinfo import ZoneInfo

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
