"""What moving a session takes and gives."""

from datetime import datetime
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.database import Rpc
from shared.wire import Output, StrictInput


class RescheduleSession(StrictInput):
    """A session, or by an admin a whole class, and when it should be instead."""

    session_id: UUID
    scheduled_at: AwareDatetime


class MovedSession(Output):
    """The session as it now stands."""

    id: UUID
    practitioner_id: UUID
    scheduled_at: datetime
    duration_minutes: int
    time_zone: str = Field(description="The practitioner's.")
    local_start: datetime = Field(description="The start on a clock in that zone.")


class Rescheduled(Output):
    """The reply."""

    success: bool = True
    session: MovedSession


reschedule_session_rpc = Rpc(
    "reschedule_session",
    gives=MovedSession,
    refuses=(
        "session_not_found",
        "session_is_fixed",
        "seat_moves_with_its_class",
        "session_not_movable",
        "change_needs_a_yes",
        "too_late_to_move",
        "practitioner_unavailable",
        "slot_in_past",
        "too_short_notice",
        "beyond_horizon",
        "outside_availability",
        "not_a_start",
        "double_booked",
        "slot_taken",
        "too_many_requests",
    ),
    remembers=True,
)
