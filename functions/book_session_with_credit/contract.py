"""What booking a session with a credit takes and gives."""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, model_serializer

from shared.database import Rpc
from shared.wire import Input, Output


class Coordinates(Input):
    """Where on the map."""

    longitude: float = Field(ge=-180, le=180, allow_inf_nan=False)
    latitude: float = Field(ge=-90, le=90, allow_inf_nan=False)

    @model_serializer
    def _as_point(self) -> str:
        """As PostgreSQL writes a point."""
        return f"({self.longitude},{self.latitude})"


class BookSessionWithCredit(Input):
    """A one-to-one session with a practitioner, to be paid with one credit of the caller."""

    practitioner_id: UUID
    scheduled_at: AwareDatetime
    duration_minutes: int = Field(gt=0, le=1440, description="Must be the session type's.")
    session_type_id: UUID | None = Field(
        None, description="Without it: the type of that duration and practice."
    )
    session_type: Literal["standing", "laying"] = "standing"
    is_group: bool = Field(False, description="A class is joined, not booked.")
    session_location: Literal["online", "in_person"] = "online"
    physical_location: str | None = Field(
        None, max_length=500, description="In person: a studio's id, 'Name - Address', or an address."
    )
    location_coordinates: Coordinates | None = None
    notes: str | None = Field(None, max_length=4000)


class BookedSession(Output):
    """The session, and what is left in the caller's wallet."""

    session_id: UUID
    credits_remaining: int = Field(description="All credits the caller can still use.")


class Booked(BookedSession):
    """The reply."""

    success: bool = True


class KeptPick(Output):
    """What was picked is kept."""

    pay_at: str | None


keep_refused_pick_rpc = Rpc("keep_refused_pick", gives=KeptPick, refuses=("too_many_requests",))
book_session_with_credit_rpc = Rpc(
    "book_session_with_credit",
    gives=BookedSession,
    refuses=(
        "account_needed",
        "session_type_not_found",
        "class_needed",
        "duration_not_offered",
        "waiver_required",
        "location_missing",
        "studio_not_found",
        "coordinates_off_the_map",
        "practitioner_unavailable",
        "slot_in_past",
        "too_short_notice",
        "beyond_horizon",
        "outside_availability",
        "not_a_start",
        "double_booked",
        "slot_taken",
        "no_usable_credit",
        "credits_owed",
        "too_many_requests",
    ),
    remembers=True,
)
