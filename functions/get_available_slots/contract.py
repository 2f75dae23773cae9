"""What asking for slots takes and gives."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.database import Rpc
from shared.timezones import TimeZone
from shared.wire import Output, StrictInput


class GetAvailableSlots(StrictInput):
    """Which kind of session, where, between which dates of the caller's own calendar, with whom or with anybody."""

    session_type_id: UUID
    from_date: date
    until_date: date = Field(description="The last day, at most two months after the first.")
    time_zone: TimeZone
    practitioner_id: UUID | None = None
    session_location: Literal["online", "in_person"] = "online"
    explain: bool = Field(
        False, description="Also give the starts that are not offered, each with its reason."
    )
    after_practitioner_id: UUID | None = Field(
        None, description="With anybody: what the answer before gave as next_after_practitioner_id."
    )


class Slot(Output):
    """A start that can be booked, and with whom."""

    starts_at: datetime
    ends_at: datetime
    local_start: datetime = Field(description="On the caller's clock; without an offset.")
    practitioner_ids: list[UUID]
    group_class_id: UUID | None = Field(description="The class, for a kind of group session.")
    seats_left: int | None = Field(description="Of the class.")


class RefusedSlot(Slot):
    """A start that is not offered."""

    reason: str = Field(
        description="slot_in_past, too_short_notice, beyond_horizon, outside_availability, not_a_start, slot_taken, "
        "double_booked, already_joined, class_full or practitioner_unavailable."
    )


class Day(Output):
    """A day on the caller's clock on which there is something."""

    on_date: date
    slots: list[Slot]
    refused: list[RefusedSlot] = Field(description="Empty unless an explanation was asked for.")
    next_after_practitioner_id: UUID | None = Field(exclude=True)


class AvailableSlots(Output):
    """The reply."""

    time_zone: str
    days: list[Day]
    next_after_practitioner_id: UUID | None = Field(
        description="More than a hundred practitioners: where the next hundred begin; null after the last."
    )


get_available_slots_rpc = Rpc(
    "get_available_slots",
    gives=Day,
    refuses=("session_type_not_found", "range_not_possible", "time_zone_rules_outdated"),
)
