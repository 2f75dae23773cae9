"""Times, money and what was changed, as people read them in the language that is spoken.

The patterns are messages of the catalogue, since a language's way of writing a day is its translators' to say; names of
days and months, and how numbers are grouped, are Babel's. Patterns: https://babel.pocoo.org/en/latest/dates.html
"""

from collections.abc import Iterable
from datetime import date, datetime, time
from itertools import groupby
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from babel.core import Locale
from babel.dates import format_date, format_datetime, format_time, get_timezone_name
from babel.numbers import format_decimal

from .languages import ENGLISH, language
from .languages.catalogue import gettext, pgettext
from .names import one_line


class Timed(Protocol):
    """Something that starts."""

    @property
    def starts_at(self) -> datetime: ...


def locale() -> Locale:
    """Babel's, of the language that is spoken."""
    return Locale.parse(language(), sep="-")


def day(moment: datetime, zone: ZoneInfo) -> str:
    """Saturday, March 14, 2026; samedi 14 mars 2026."""
    return _written(moment, zone, pgettext("pattern of a day", "EEEE, MMMM d, y"))


def short_day(moment: datetime, zone: ZoneInfo) -> str:
    """Sat, Mar 14; sam. 14 mars."""
    return _written(moment, zone, pgettext("pattern of a short day", "EEE, MMM d"))


def plain_day(of: date) -> str:
    """Saturday, March 14, of a year that is known; samedi 14 mars."""
    return format_date(of, pgettext("pattern of a day without its year", "EEEE, MMMM d"), locale())


def short_month(moment: datetime, zone: ZoneInfo) -> str:
    """Mar; mars. As it stands above the day's number."""
    return _written(moment, zone, "LLL")


def day_on_paper(at: date) -> str:
    """14 March 2026; 14 mars 2026, 1er mars 2026. Of a moment, in the zone it is given in."""
    if at.day == 1:
        return format_date(at, pgettext("pattern of a month's first day on paper", "d MMMM y"), locale())
    return format_date(at, pgettext("pattern of a day on paper", "d MMMM y"), locale())


def month(of: date) -> str:
    """March; mars."""
    return format_date(of, "LLLL", locale())


def by_day(times: Iterable[Timed], zone: ZoneInfo) -> list[tuple[str, list[Timed]]]:
    """What starts on each day of the reader's, under the day's name; the times are in order."""
    days = groupby(times, lambda each: day(each.starts_at, zone))
    return [(name, list(each)) for name, each in days]


def clock(moment: datetime, zone: ZoneInfo) -> str:
    """10:00 AM; 10 h 00."""
    return _written(moment, zone, _clock_pattern())


def wall_clock(at: time) -> str:
    """The same of a time of the day, wherever it is."""
    return format_time(at, _clock_pattern(), locale=locale())


def moment(at: datetime, zone: ZoneInfo) -> str:
    """Saturday, March 14, 2026, 10:00 AM; samedi 14 mars 2026 à 10 h 00."""
    return pgettext("moment", "%(day)s, %(clock)s") % {"day": day(at, zone), "clock": clock(at, zone)}


def short_moment(at: datetime, zone: ZoneInfo) -> str:
    """Sat, Mar 14, 10:00 AM; sam. 14 mars à 10 h 00."""
    return pgettext("moment", "%(day)s, %(clock)s") % {"day": short_day(at, zone), "clock": clock(at, zone)}


def hours(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """10:00 – 10:45 AM; with both halves of the day where they differ, or where the language has no halves."""
    first, last = clock(start, zone), clock(end, zone)
    if first == last:
        return first
    half = first[-3:]
    if half in (" AM", " PM") and half == last[-3:]:
        first = first[:-3]
    return f"{first} – {last}"


def zone_name(moment: datetime, zone: ZoneInfo) -> str:
    """EST, Toronto time; HNE, Toronto."""
    if zone.key.rpartition("/")[2] == "UTC":
        return "UTC"
    where, letters = city(zone), _letters(moment, zone)
    if not letters.isalpha():
        return pgettext("time zone", "%(city)s time") % {"city": where}
    return pgettext("time zone", "%(letters)s, %(city)s time") % {"letters": letters, "city": where}


def city(zone: ZoneInfo) -> str:
    """By which a zone is called: London, Londres."""
    ours = {} if language() == ENGLISH else locale().time_zones.get(zone.key, {})
    return str(ours.get("city") or zone.key.rpartition("/")[2].replace("_", " "))


def money(amount_minor: int | float, currency: str) -> str:
    """CA$75.00; 75,00 $ CA."""
    amount = format_decimal(amount_minor / 100, "#,##0.00", locale())
    match currency.lower():
        case "cad":
            return pgettext("money", "CA$%(amount)s") % {"amount": amount}
        case "usd":
            return pgettext("money", "US$%(amount)s") % {"amount": amount}
    return pgettext("money", "%(currency)s %(amount)s") % {"currency": currency.upper(), "amount": amount}


def _clock_pattern() -> str:
    return pgettext("pattern of a clock", "h:mm a")


def _written(moment: datetime, zone: ZoneInfo, pattern: str) -> str:
    return format_datetime(moment, pattern, zone, locale())


def _letters(moment: datetime, zone: ZoneInfo) -> str:
    """EST, by which the zone calls itself in English; HNE where the language has letters of its own."""
    local = moment.astimezone(zone)
    own = "" if language() == ENGLISH else get_timezone_name(local, "short", locale=locale())
    return own if own.isalpha() else local.strftime("%Z")


def as_it_was(was: dict[str, Any], zone: ZoneInfo) -> list[str]:
    """What about a session is different now, each as it was; by the names that the database gives them."""
    said = []
    if "scheduled_at" in was:
        at = datetime.fromisoformat(was["scheduled_at"])
        moment = {"day": day(at, zone), "clock": clock(at, zone), "zone": zone_name(at, zone)}
        said.append(gettext("%(day)s at %(clock)s (%(zone)s)") % moment)
    if "duration_minutes" in was:
        said.append(gettext("%(minutes)s minutes long") % {"minutes": was["duration_minutes"]})
    if was.get("place") == "Online":
        said.append(gettext("online"))
    elif was.get("place") == "In person":
        said.append(gettext("in person"))
    elif "place" in was:
        said.append(gettext("at %(place)s") % {"place": one_line(was["place"], 200)})
    if was.get("practitioner") == "another practitioner":
        said.append(gettext("with another practitioner"))
    elif "practitioner" in was:
        said.append(gettext("with %(practitioner)s") % {"practitioner": one_line(was["practitioner"], 200)})
    if "class_name" in was:
        said.append(gettext("called “%(name)s”") % {"name": one_line(was["class_name"], 200)})
    return said
