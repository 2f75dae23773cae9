"""Time zones by the rules of the package tzdata, which is pinned; a process whose rules are old does not start.

British Columbia, Alberta, Manitoba and the Northwest Territories left the old clock rules in 2026. Python would prefer
the system's files, which may be years old and an hour wrong there, so those are not used. PostgreSQL is tested
likewise by `private.has_outdated_rules`, for its own rules.
"""

import os
import zoneinfo
from datetime import UTC, datetime
from typing import Annotated

import tzdata  # noqa: F401 - zoneinfo finds it by itself; named, so that every bundle brings it
from pydantic import AfterValidator, Field

zoneinfo.reset_tzpath(to=())

TEN_IN_THE_MORNING = datetime(2026, 12, 1, 10)  # noqa: DTZ001 - wall time, in each of the zones below
# Its hour in UTC. Toronto's rules have not changed: it shows that the test itself is right.
UTC_HOURS = {
    "America/Vancouver": 17,
    "America/Edmonton": 16,
    "America/Inuvik": 16,
    "America/Winnipeg": 15,
    "America/Toronto": 15,
}


class OutdatedTimeZones(Exception):
    """The function cannot start: it would be an hour wrong in the zones named."""


def describe_outdated_zone(zone: str, found: int) -> str:
    """The problem of rules by which ten in the morning is that hour in UTC."""
    return f"10:00 in {zone} on 2026-12-01 is taken for {found}:00 UTC and is {UTC_HOURS[zone]}:00"


def list_outdated_zones() -> list[str]:
    """The problems of this process's own rules."""
    found = {
        zone: TEN_IN_THE_MORNING.replace(tzinfo=zoneinfo.ZoneInfo(zone)).astimezone(UTC).hour
        for zone in UTC_HOURS
    }
    return [describe_outdated_zone(zone, hour) for zone, hour in found.items() if hour != UTC_HOURS[zone]]


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
if os.environ.get("FUNCTION_TARGET") and (problems := list_outdated_zones()):
    raise OutdatedTimeZones(f"{'; '.join(problems)}. Install tzdata 2026.6 or newer.")
