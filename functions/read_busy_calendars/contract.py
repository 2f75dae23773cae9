"""What a reader claims, what it found, and what a run replies."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.database import Rpc
from shared.wire import Output

Outcome = Literal["read", "failed"]


class ClaimedCalendar(Output):
    """A calendar to read now, and between which times; no id when none is due."""

    calendar_id: UUID | None
    lease_id: UUID | None
    address: str | None
    time_zone: str | None
    from_time: datetime | None
    until_time: datetime | None


class KeptTimes(Output):
    """How many stretches of time are kept free by it."""

    kept: int


class NotedFailure(Output):
    """It is noted, and tried again."""

    success: bool


class ReadBusyCalendars(Output):
    """The reply: how many were read, and how many could not be."""

    success: bool = True
    calendars: dict[Outcome, int]


claim_busy_calendar_rpc = Rpc("claim_busy_calendar", gives=ClaimedCalendar)
keep_busy_times_rpc = Rpc("keep_busy_times", gives=KeptTimes, refuses=("too_many_entries", "lease_lost"))
note_busy_failure_rpc = Rpc("note_busy_failure", gives=NotedFailure, refuses=("lease_lost",))
