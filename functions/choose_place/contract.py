"""What the page about a session's place takes, and what it shows."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.database import Rpc
from shared.session_event import SessionSummary
from shared.wire import Input, Output


class ChoosePlace(Input):
    """A link's token and, of a form, the place."""

    token: str = Field("", max_length=200)
    place: Literal["online"] | UUID | None = Field(None, description="Online, or a studio's id, of a form.")


class Studio(Output):
    """Where the practitioner can be met."""

    id: UUID
    name: str
    address: str
    city: str | None
    is_chosen: bool


class Place(Output):
    """A session, and where it could be."""

    session: SessionSummary
    time_zone: str
    can_choose: bool
    choose_until: datetime
    studios: list[Studio]


REFUSALS = ("link_not_found", "link_ended")
read_place_rpc = Rpc("read_place", gives=Place, refuses=REFUSALS)
choose_place_rpc = Rpc(
    "choose_place",
    gives=Place,
    refuses=(
        *REFUSALS,
        "too_late_to_choose",
        "studio_not_found",
        "practitioner_unavailable",
        "slot_in_past",
        "too_short_notice",
        "not_a_start",
        "double_booked",
        "beyond_horizon",
        "outside_availability",
        "slot_taken",
        "too_many_requests",
    ),
)
