"""Time zones by the rules of the package tzdata, which is pinned; a process whose rules are old does not start.

British Columbia, Alberta, Manitoba and the Northwest Territories left the old clock rules in 2026. Python would prefer
the system's files, which may be years old and an hour wrong there, so those are not looked at. PostgreSQL answers the
same question in `private.list_outdated_time_zones`, for its own rules.
"""

import os
import zoneinfo
from datetime import UTC, datetime
from typing import Annotated

import tzdata  # noqa: F401 - zoneinfo finds it by itself; named, so that every bundle brings it
from pydantic import AfterValidator, Field

zoneinfo.reset_tzpath(to=())

TEN_IN_THE_MORNING = datetime(2026, 12, 1, 10)  # noqa: DTZ001 - wall time, whose zone is the question
# The hour that is in UTC. Toronto has not changed: it shows that the question itself is right.
UTC_HOURS = {
    "America/Vancouver": 17,
    "America/Edmonton": 16,
    "America/Inuvik": 16,
    "America/Winnipeg": 15,
    "America/Toronto": 15,
}


class OutdatedTimeZones(Exception):
    """The function cannot start: it would be an hour wrong in the zones named."""


def misread(zone: str, found: int) -> str:
    """What is wrong with rules by which it is then that hour in UTC."""
    return f"10:00 in {zone} on 2026-12-01 is taken for {found}:00 UTC and is {UTC_HOURS[zone]}:00"


def misread_by_python() -> list[str]:
    """What is wrong with the rules of this process."""
    found = {
        zone: TEN_IN_THE_MORNING.replace(tzinfo=zoneinfo.ZoneInfo(zone)).astimezone(UTC).hour
        for zone in UTC_HOURS
    }
    return [misread(zone, hour) for zone, hour in found.items() if hour != UTC_HOURS[zone]]


def _known(name: str) -> str:
    try:
        zoneinfo.ZoneInfo(name)
    except (
        zoneinfo.ZoneInfoNotFoundError,
        ValueError,
        OSError,
    ):  # unknown, no name at all, a folder of names
        raise ValueError("is not the name of a time zone, such as America/Toronto") from None
    return name


def zone(*names: str | None) -> zoneinfo.ZoneInfo:
    """The first of these zones that is one; else UTC. What a person's browser stored may be anything."""
    for name in names:
        try:
            return zoneinfo.ZoneInfo(_known(name or ""))
        except ValueError:
            continue
    return zoneinfo.ZoneInfo("UTC")


TimeZone = Annotated[str, AfterValidator(_known), Field(max_length=64, examples=["America/Toronto"])]
"""The name of a time zone, in a body."""

# Where a function is served; the doctor asks and goes on.
if os.environ.get("FUNCTION_TARGET") and (wrong := misread_by_python()):
    raise OutdatedTimeZones(f"{'; '.join(wrong)}. Install tzdata 2026.6 or newer.")
