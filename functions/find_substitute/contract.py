"""What the page on which a substitute is found takes, and what it shows."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field

from shared.database import Rpc
from shared.session_event import SessionSummary
from shared.wire import Input, Output

# A form sends one ticked box as one value.
Several = BeforeValidator(lambda value: value if isinstance(value, list) else [value])


class FindSubstitute(Input):
    """A link's token and, of a form, whom to give it to or whom to ask."""

    token: str = Field("", max_length=200)
    act: Literal["give", "ask"] | None = Field(None, description="What to do, of a form.")
    practitioner: Annotated[list[UUID], Several] = Field(
        [], max_length=200, description="Whom: one to give it to, several to ask."
    )
    outside_hours: bool = Field(False, description="Give it although it is outside their hours.")
    hours: int | None = Field(None, ge=1, le=336, description="So long they may answer.")


class Candidate(Output):
    """A practitioner who is free then."""

    practitioner_id: UUID
    name: str | None
    is_in_hours: bool
    is_asked: bool


class Asked(Output):
    """What somebody was asked, and said."""

    name: str | None
    status: Literal["open", "accepted", "taken", "declined", "expired", "withdrawn"]
    answer_until: datetime
    ended_at: datetime | None


class Substitution(Output):
    """The session, who could lead it, and who was asked."""

    session: SessionSummary
    time_zone: str
    is_open: bool
    is_seat: bool
    seats_taken: int | None
    candidates: list[Candidate] | None
    unable: int | None = Field(description="How many others cannot: busy, paused, or without a contract.")
    asked: list[Asked]
    answer_until: datetime | None = Field(description="The latest moment to answer until.")


LINK = ("link_not_found", "link_ended")
CANNOT = (
    "admins_only",
    "session_not_found",
    "outside_availability",
    "practitioner_not_found",
    "practitioner_leads_it",
    "practitioner_unavailable",
    "practitioner_takes_part",
    "slot_taken",
    "session_started",
    "seat_follows_its_class",
    "practitioners_missing",
)
read_substitution_rpc = Rpc("read_substitution", gives=Substitution, refuses=LINK)
give_to_substitute_rpc = Rpc("give_to_substitute", gives=Substitution, refuses=(*LINK, *CANNOT))
ask_substitutes_rpc = Rpc("ask_substitutes", gives=Substitution, refuses=(*LINK, *CANNOT, "deadline_past"))
