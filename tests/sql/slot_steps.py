"""Times of the wall, in the zones whose clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import shared.timezones  # noqa: F401 - from here on Python tells the time by the package tzdata

ZONES = ["Toronto", "Vancouver", "Edmonton", "Winnipeg", "New_York", "St_Johns"]
ZONE = {name: ZoneInfo(f"America/{name}") for name in ZONES}
TODAY = datetime.now(UTC).date()


@cache  # a hundred thousand times, and mostly the same
def instant(zone: ZoneInfo, on: date, minute: int) -> datetime:
    """A wall time; in the hour that comes twice the second one, in the hour that is skipped by the rules before."""
    wall = datetime.combine(on, time(0)) + timedelta(minutes=minute)
    first, second = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    skipped = first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wall
    return (first if skipped else second).astimezone(UTC)
