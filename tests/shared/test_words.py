"""Days, clocks, zones and money, in English as they always were, and in French as Canada writes them."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from shared import timezones, words
from shared.languages import languages, spoken
from shared.session_series import WeeklyStart, by_weekday, rule

TORONTO = timezones.zone("America/Toronto")
PI = datetime(2026, 3, 14, 14, 0, tzinfo=UTC)
MIDNIGHT = datetime(2026, 12, 2, 5, 5, tzinfo=UTC)
# A space that no line ends at is written as ~ here.
SAID = {
    "day": {"en": "Saturday, March 14, 2026", "fr-CA": "samedi 14 mars 2026"},
    "short day": {"en": "Sat, Mar 14", "fr-CA": "sam. 14 mars"},
    "plain day": {"en": "Saturday, March 14", "fr-CA": "samedi 14 mars"},
    "clock": {"en": "10:00 AM", "fr-CA": "10~h~00"},
    "midnight": {"en": "12:05 AM", "fr-CA": "0~h~05"},
    "wall clock": {"en": "3:30 PM", "fr-CA": "15~h~30"},
    "moment": {"en": "Saturday, March 14, 2026, 10:00 AM", "fr-CA": "samedi 14 mars 2026 à 10~h~00"},
    "short moment": {"en": "Sat, Mar 14, 10:00 AM", "fr-CA": "sam. 14 mars à 10~h~00"},
    "hours": {"en": "10:00 – 10:45 AM", "fr-CA": "10~h~00 – 10~h~45"},
    "hours of two halves": {"en": "10:00 AM – 1:00 PM", "fr-CA": "10~h~00 – 13~h~00"},
    "no hours": {"en": "10:00 AM", "fr-CA": "10~h~00"},
    "zone": {"en": "EDT, Toronto time", "fr-CA": "HAE, Toronto"},
    "zone in winter": {"en": "EST, Toronto time", "fr-CA": "HNE, Toronto"},
    "zone of its own letters": {"en": "CET, Paris time", "fr-CA": "CET, Paris"},
    "zone without letters": {"en": "Kathmandu time", "fr-CA": "Katmandou"},
    "zone of no city": {"en": "UTC", "fr-CA": "UTC"},
    "city": {"en": "London", "fr-CA": "Londres"},
    "city of two words": {"en": "New York", "fr-CA": "New York"},
    "dollars": {"en": "CA$75.00", "fr-CA": "75,00~$~CA"},
    "thousands": {"en": "US$1,234.50", "fr-CA": "1~234,50~$~US"},
    "other money": {"en": "EUR 0.05", "fr-CA": "0,05~EUR"},
    "owed": {"en": "CA$-5.00", "fr-CA": "-5,00~$~CA"},
    "rule": {"en": "Sundays at 10:00 AM", "fr-CA": "Les dimanches à 10~h~00"},
}


def say(what: str) -> str:
    paris, kathmandu = timezones.zone("Europe/Paris"), timezones.zone("Asia/Kathmandu")
    match what:
        case "day":
            return words.day(PI, TORONTO)
        case "short day":
            return words.short_day(PI, TORONTO)
        case "plain day":
            return words.plain_day(date(2026, 3, 14))
        case "clock":
            return words.clock(PI, TORONTO)
        case "midnight":
            return words.clock(MIDNIGHT, TORONTO)
        case "wall clock":
            return words.wall_clock(time(15, 30))
        case "moment":
            return words.moment(PI, TORONTO)
        case "short moment":
            return words.short_moment(PI, TORONTO)
        case "hours":
            return words.hours(PI, PI + timedelta(minutes=45), TORONTO)
        case "hours of two halves":
            return words.hours(PI, PI + timedelta(hours=3), TORONTO)
        case "no hours":
            return words.hours(PI, PI, TORONTO)
        case "zone":
            return words.zone_name(PI, TORONTO)
        case "zone in winter":
            return words.zone_name(MIDNIGHT, TORONTO)
        case "zone of its own letters":
            return words.zone_name(PI, paris)
        case "zone without letters":
            return words.zone_name(PI, kathmandu)
        case "zone of no city":
            return words.zone_name(PI, timezones.zone("UTC"))
        case "city":
            return words.city(timezones.zone("Europe/London"))
        case "city of two words":
            return words.city(timezones.zone("America/New_York"))
        case "dollars":
            return words.money(7500, "cad")
        case "thousands":
            return words.money(123450, "usd")
        case "other money":
            return words.money(5, "eur")
        case "owed":
            return words.money(-500, "CAD")
    return rule(7, time(10, 0))


@pytest.mark.parametrize("language", ["en", "fr-CA"])
@pytest.mark.parametrize("what", SAID)
def test_it_is_written_as_its_readers_write_it(what: str, language: str) -> None:
    with spoken(language):
        assert SAID[what][language].replace("~", "\u00a0") == say(what).replace("\u202f", "\u00a0")


def test_every_day_and_minute_of_a_year_is_written_in_english_as_before() -> None:
    """What mails have said since the first of them: pages and people's filters know it."""
    for hours in range(0, 366 * 24, 5):
        moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours, minutes=hours % 60)
        local = moment.astimezone(TORONTO)
        assert f"{local:%A, %B} {local.day}, {local.year}" == words.day(moment, TORONTO)
        assert f"{local:%a, %b} {local.day}" == words.short_day(moment, TORONTO)
        assert f"{local.hour % 12 or 12}:{local:%M %p}" == words.clock(moment, TORONTO)


@pytest.mark.parametrize("amount", [0, 1, 99, 100, 999_99, 1_000_00, 123_456_789, 19.99 * 100, 1.1 * 3 * 100])
def test_money_is_written_in_english_as_before(amount: float) -> None:
    assert f"CA${amount / 100:,.2f}" == words.money(amount, "cad")


@pytest.mark.parametrize("language", languages())
def test_every_zone_has_a_name(language: str) -> None:
    """Of all that a person may have: it never fails, and is never empty."""
    with spoken(language):
        for zone in map(
            ZoneInfo, ("America/St_Johns", "Etc/GMT+5", "Pacific/Kiritimati", "America/Indiana/Knox")
        ):
            name = words.zone_name(PI, zone)
            assert name and "_" not in name and "%" not in name


class Starts(NamedTuple):
    """Something at a time."""

    starts_at: datetime


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("en", ["Saturday, March 14, 2026", "Sunday, March 15, 2026"]),
        ("fr-CA", ["samedi 14 mars 2026", "dimanche 15 mars 2026"]),
    ],
)
def test_times_stand_under_their_days(language: str, names: list[str]) -> None:
    times = [Starts(PI), Starts(PI + timedelta(hours=1)), Starts(PI + timedelta(days=1))]
    with spoken(language):
        found = words.by_day(times, TORONTO)
    assert [(names[0], times[:2]), (names[1], times[2:])] == found


@pytest.mark.parametrize(
    ("language", "names", "clock"),
    [
        ("en", ["Mondays", "Thursdays"], "9:00 AM"),
        ("fr-CA", ["Les lundis", "Les jeudis"], "9\u00a0h\u00a000"),
    ],
)
def test_times_of_the_week_stand_under_its_days(language: str, names: list[str], clock: str) -> None:
    starts = [
        WeeklyStart(weekday=weekday, at_time=time(9), first_date=date(2026, 3, 16), free=1, weeks=2)
        for weekday in (1, 4)
    ]
    with spoken(language):
        assert [(name, [clock]) for name in names] == [
            (name, [each.clock for each in times]) for name, times in by_weekday(starts)
        ]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            [
                "Saturday, March 14, 2026 at 10:00 AM (EDT, Toronto time)",
                "45 minutes long",
                "online",
                "with A % B",
                "called “Morning”",
            ],
        ),
        (
            "fr-CA",
            [
                "le samedi 14 mars 2026 à 10~h~00 (HAE, Toronto)",
                "durée de 45 minutes",
                "en ligne",
                "avec A % B",
                "sous le nom «~Morning~»",
            ],
        ),
    ],
)
def test_what_was_changed_is_said_as_it_was(language: str, said: list[str]) -> None:
    was = {
        "scheduled_at": PI.isoformat(),
        "duration_minutes": 45,
        "place": "Online",
        "practitioner": "A % B",
        "class_name": "Morning",
    }
    with spoken(language):
        assert [each.replace("~", "\u00a0") for each in said] == words.as_it_was(was, TORONTO)
