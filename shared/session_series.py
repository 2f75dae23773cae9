"""A series as its two pages show it: a date each, with what stands in its way and what is free near it."""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, Field

from .languages.catalogue import gettext
from .wire import Output
from .words import wall_clock


def listed(value: Any) -> Any:
    """A form's choice of one name comes alone, and several as a list."""
    return [value] if isinstance(value, str) else value


# What is put in the place of dates, each as `date=time`, or as `date=` for one that is left out.
Replacement = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d=\S{0,40}$")]
Replacements = Annotated[list[Replacement], BeforeValidator(listed), Field(max_length=52)]


def as_replacements(given: list[str]) -> dict[str, str | None]:
    """By date, as the database takes them."""
    return {day: at or None for day, _, at in (each.partition("=") for each in given)}


class SeriesDate(Output):
    """A date: with a session, or the reason why there is none and the nearest free times of its week."""

    on_date: date
    starts_at: datetime
    ends_at: datetime
    previous_starts_at: datetime | None
    session_id: UUID | None
    reason: str | None
    sentence: str | None
    alternatives: list[datetime]


class SeriesPlan(Output):
    """What was asked for, and what comes of it."""

    series_id: UUID | None
    practitioner_id: UUID
    practitioner_name: str | None
    session_type_id: UUID | None
    session_type_name: str | None
    duration_minutes: int | None
    session_location: str
    place: str | None
    first_date: date
    at_time: time
    time_zone: str
    reader_time_zone: str
    sessions: int
    possible: int
    credits: int | None
    needs_waiver: bool
    is_done: bool
    dates: list[SeriesDate]

    @property
    def rule(self) -> str:
        """Tuesdays at 10:00 AM, by the practitioner's clock."""
        return rule(self.first_date.isoweekday(), self.at_time)


class WeeklyStart(Output):
    """A time of the week, and in how many of the coming weeks it is free."""

    weekday: int
    at_time: time
    first_date: date
    free: int
    weeks: int

    @property
    def first(self) -> str:
        """The first one, as a form has it."""
        return f"{self.first_date}T{self.at_time:%H:%M}"

    @property
    def clock(self) -> str:
        return wall_clock(self.at_time)


def rule(weekday: int, at: time) -> str:
    return gettext("%(days)s at %(clock)s") % {"days": _each(weekday), "clock": wall_clock(at)}


def by_weekday(starts: Iterable[WeeklyStart]) -> list[tuple[str, list[WeeklyStart]]]:
    """The times of each day of the week, under its name."""
    days: dict[int, list[WeeklyStart]] = {}
    for each in starts:
        days.setdefault(each.weekday, []).append(each)
    return [(_each(weekday), times) for weekday, times in days.items()]


def _each(weekday: int) -> str:
    """Mondays, of 1."""
    days = (
        gettext("Mondays"),
        gettext("Tuesdays"),
        gettext("Wednesdays"),
        gettext("Thursdays"),
        gettext("Fridays"),
        gettext("Saturdays"),
        gettext("Sundays"),
    )
    return days[weekday - 1]
