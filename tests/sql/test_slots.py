"""Slots around every change of the clocks for three years: PostgreSQL offers what Python's rules say is open."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import shared.timezones  # noqa: F401 - from here on Python tells the time by the package tzdata
from tests.sql.conftest import CLIENT, ROW, Sandbox

from .slot_steps import TODAY, ZONE, ZONES, instant

Range = tuple[datetime, datetime]


def changes(zone: ZoneInfo, days: int = 3 * 366) -> Iterator[date]:
    """The dates on which the clocks of a zone change, from next week on: before that there is notice to give."""
    noons = [datetime.combine(TODAY + timedelta(n), time(12), zone) for n in range(7, days)]
    for before, after in pairwise(noons):
        if before.utcoffset() != after.utcoffset():
            yield after.date()


# Every one of them is asked of every zone: also of those that have just stopped changing, where nothing may happen.
CHANGES = sorted({change for zone in ZONE.values() for change in changes(zone)})


def hours(zone: ZoneInfo, on: date, start: int, end: int) -> Range:
    return instant(zone, on, start), instant(zone, on, end)


def covered(wanted: Range, opened: list[Range]) -> bool:
    """Whether some ranges together have no gap in another."""
    start, end = wanted
    for begins, ends in sorted(opened):
        if begins <= start < ends:
            start = ends
    return start >= end


def overlaps(one: Range, other: Range) -> bool:
    return one[0] < other[1] and other[0] < one[1] and one[0] < one[1] and other[0] < other[1]


def merged(ranges: list[Range]) -> list[Range]:
    """The same time, in pieces that neither overlap nor touch."""
    pieces: list[Range] = []
    for begin, end in sorted(each for each in ranges if each[0] < each[1]):
        if pieces and begin <= pieces[-1][1]:
            pieces[-1] = (pieces[-1][0], max(end, pieces[-1][1]))
        else:
            pieces.append((begin, end))
    return pieces


def without(ranges: list[Range], taken: list[Range]) -> list[Range]:
    """What is left of some pieces."""
    for begin, end in taken:
        if begin < end:
            ranges = [
                piece
                for a, b in ranges
                for piece in ((a, min(b, begin)), (max(a, end), b))
                if piece[0] < piece[1]
            ]
    return ranges


class Plan:
    """A practitioner's hours, as Python reads them."""

    def __init__(
        self,
        zone: ZoneInfo,
        weekly: list[tuple[int, int]],
        exceptions: list[tuple[date, int, int, bool]],
        taken: list[Range],
        *,
        is_always_open: bool,
        step: int,
        alignment: str,
    ) -> None:
        self.zone, self.weekly, self.exceptions, self.taken = zone, weekly, exceptions, taken
        self.is_always_open, self.step, self.alignment = is_always_open, timedelta(minutes=step), alignment

    def opened(self, on: date) -> list[Range]:
        """Open exceptions if there are any, else the same hours on every weekday, else the whole day if always."""
        own = [(start, end) for day, start, end, is_open in self.exceptions if day == on and is_open]
        usual = [(0, 1440)] if self.is_always_open else self.weekly
        return merged([hours(self.zone, on, *each) for each in own or usual])

    def closed(self) -> list[Range]:
        return [
            hours(self.zone, day, start, end) for day, start, end, is_open in self.exceptions if not is_open
        ]

    def may_start(self, start: datetime) -> bool:
        """At the opening of a piece of the hours of a date, or at an interval from there or from midnight."""
        on = start.astimezone(self.zone).date()
        for day in (on - timedelta(1), on):
            for begin, end in without(self.opened(day), self.closed()):
                since = begin if self.alignment == "opening" else instant(self.zone, day, 0)
                if begin <= start < end and (start == begin or (start - since) % self.step == timedelta(0)):
                    return True
        return False

    def judge(self, start: datetime, minutes: int) -> str | None:
        """Why a start is not offered, or None."""
        wanted = (start, start + timedelta(minutes=minutes))
        first, last = (at.astimezone(self.zone).date() for at in wanted)
        opened = [each for on in {first, last} for each in self.opened(on)]
        if not covered(wanted, opened) or any(overlaps(wanted, each) for each in self.closed()):
            return "outside_availability"
        if not self.may_start(start):
            return "not_a_start"
        return "slot_taken" if any(overlaps(wanted, each) for each in self.taken) else None

    def starts(self, first: datetime, last: datetime) -> Iterator[datetime]:
        """Every interval from each local midnight, and whatever else may be a start."""
        on = first.astimezone(self.zone).date() - timedelta(1)
        while on <= last.astimezone(self.zone).date():
            start, midnight = instant(self.zone, on, 0), instant(self.zone, on, 1440)
            while start < midnight:
                if first <= start < last:
                    yield start
                start += self.step
            for begin, end in without(self.opened(on), self.closed()):
                for number in range(-((begin - end) // self.step)):
                    if first <= begin + number * self.step < last and self.may_start(
                        begin + number * self.step
                    ):
                        yield begin + number * self.step
            on += timedelta(1)


minute = st.integers(0, 96).map(lambda quarter: quarter * 15) | st.integers(0, 1440)
window = st.tuples(minute, minute).filter(lambda w: w[0] < w[1])


def apart(windows: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Those that do not overlap one before."""
    kept: list[tuple[int, int]] = []
    for start, end in windows:
        if all(end <= begins or ends <= start for begins, ends in kept):
            kept.append((start, end))
    return kept


windows = st.lists(window, max_size=3).map(apart)


def clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def store(sandbox: Sandbox, plan: Plan) -> None:
    """The plan becomes the practitioner's, who is open every weekday alike."""
    sandbox.act_as("owner")
    sandbox.run("delete from public.practitioner_availability where practitioner_id = %s", ROW)
    for start, end in plan.weekly:
        sandbox.run(
            "insert into public.practitioner_availability (practitioner_id, day_of_week, start_time, end_time)"
            " select %s, weekday, %s, %s from generate_series(0, 6) weekday",
            ROW,
            clock(start),
            clock(end),
        )
    # Afterwards: adding hours turns "always" off.
    sandbox.run(
        "update public.practitioner_calendars set time_zone = %s, booking_horizon_days = 1830, is_always_open = %s,"
        " slot_interval_minutes = %s, slot_alignment = %s where practitioner_id = %s",
        plan.zone.key,
        plan.is_always_open,
        plan.step // timedelta(minutes=1),
        plan.alignment,
        ROW,
    )
    for on, start, end, is_open in plan.exceptions:
        sandbox.run(
            "insert into public.availability_exceptions (practitioner_id, on_date, start_time, end_time, is_open)"
            " values (%s, %s, %s, %s, %s)",
            ROW,
            on,
            clock(start),
            clock(end),
            is_open,
        )
    for start, end in plan.taken:
        sandbox.run(
            "insert into public.practitioner_time_off (practitioner_id, starts_at, ends_at) values (%s, %s, %s)",
            ROW,
            start,
            end,
        )


def ask(sandbox: Sandbox, kind: str, first: date, last: date, zone: str, **more: Any) -> list[dict[str, Any]]:
    """Everything that is judged, as the client."""
    sandbox.act_as("client")
    return sandbox.run(
        "select slot.* from public.get_available_slots(%s, %s, %s, %s, practitioner_id => %s, explain => true),"
        " unnest(slots || refused) slot",
        kind,
        first,
        last,
        zone,
        ROW,
    )


@pytest.fixture(scope="session")
def kinds(database: str) -> dict[int, str]:
    """A kind of session of each length."""
    import psycopg

    with psycopg.connect(database) as connection:
        return dict(
            connection.execute(
                "select duration_minutes, min(id::text) from public.session_types where not is_group group by 1"
            ).fetchall()
        )


@pytest.mark.parametrize("change", CHANGES, ids=str)
@pytest.mark.parametrize("zone", ZONES)
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_the_offered_slots_are_what_the_wall_clock_says(
    sandbox: Sandbox, kinds: dict[int, str], zone: str, change: date, data: st.DataObject
) -> None:
    """Around a change, for any hours, exceptions and time off, asked from any of the zones: each start, each reason."""
    day = st.integers(-1, 1).map(lambda n: change + timedelta(n))
    special = {
        (on, is_open): data.draw(windows, f"{'open' if is_open else 'closed'} on {on}")
        for on in data.draw(st.lists(day, max_size=2, unique=True), "exceptions")
        for is_open in data.draw(st.sampled_from([[True], [False], [True, False]]), "kinds")
    }
    start = datetime.combine(change, time(0), UTC) + timedelta(
        minutes=data.draw(st.integers(-600, 2000), "time off")
    )
    plan = Plan(
        ZONE[zone],
        data.draw(windows, "weekly"),
        [(on, *each, is_open) for (on, is_open), those in special.items() for each in those],
        [(start, start + timedelta(minutes=data.draw(st.integers(1, 300))))],
        is_always_open=data.draw(st.booleans(), "always"),
        step=data.draw(st.sampled_from([5, 15, 20, 30, 50, 60]), "interval"),
        alignment=data.draw(st.sampled_from(["midnight", "opening"]), "from"),
    )
    minutes, asker = (
        data.draw(st.sampled_from(sorted(kinds))),
        data.draw(st.sampled_from(ZONES), "asked from"),
    )
    first, last = change - timedelta(1), change + timedelta(1)

    with sandbox.undone():
        store(sandbox, plan)
        judged = ask(sandbox, kinds[minutes], first, last, f"America/{asker}")
        offers = [slot["starts_at"] for slot in judged if slot["reason"] is None]
        beside = timedelta(minutes=data.draw(st.integers(0, 20), "beside"))
        asked = [slot["starts_at"] for slot in judged[data.draw(st.integers(0, 16), "asked") :: 17]]
        asked += [at + beside for at in offers[-20:-10]]
        sandbox.act_as("owner")
        bookable = sandbox.run(
            "select at from unnest(%s::timestamptz[]) at where private.get_unbookable_reason(%s, at, %s, %s) is null",
            asked,
            ROW,
            minutes,
            CLIENT,
        )

    # One by one, as a booking asks.
    assert set(offers) & set(asked) == {row["at"] for row in bookable}
    begin, end = instant(ZONE[asker], first, 0), instant(ZONE[asker], last, 1440)
    expected = {at: plan.judge(at, minutes) for at in plan.starts(begin, end)}
    assert expected == {slot["starts_at"]: slot["reason"] for slot in judged}
    for slot in judged:
        assert slot["local_start"] == slot["starts_at"].astimezone(ZONE[asker]).replace(tzinfo=None)
        assert slot["ends_at"] == slot["starts_at"] + timedelta(minutes=minutes)


@pytest.fixture(autouse=True)
def _half_hours(sandbox: Sandbox) -> None:
    """The seeded calendars take any minute."""
    sandbox.run("update public.practitioner_calendars set slot_interval_minutes = 30")
