"""What the page about a session to take over takes, and what it shows."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from shared.database import Rpc
from shared.session_event import SessionSummary
from shared.wire import Input, Output


class AnswerOffer(Input):
    """A link's token and, of a form, the answer and what it is to."""

    token: str = Field("", max_length=200)
    accepts: bool | None = None
    offer: int | None = Field(None, ge=0, lt=2**63, description="Which offer was shown.")
    sequence: int | None = Field(None, ge=0, lt=2**31, description="Of the session as it was shown.")


class OfferedSession(Output):
    """The session, without its client's name, and what became of the offer."""

    session: SessionSummary
    time_zone: str
    state: Literal["open", "accepted", "taken", "declined", "expired", "withdrawn"]
    reason: (
        Literal[
            "practitioner_leads_it",
            "practitioner_unavailable",
            "practitioner_takes_part",
            "slot_taken",
            "outside_availability",
        ]
        | None
    ) = Field(description="Of an open one, why it could not be taken now; outside one's hours it can be.")
    offer_id: int
    answer_until: datetime
    seats_taken: int | None = Field(description="Of a class, how many have booked it.")
    pay_percent: float | None = Field(description="The practitioner's part of what was paid for it.")


LINK = ("link_not_found", "link_ended")
read_offer_rpc = Rpc("read_offer", gives=OfferedSession, refuses=LINK)
answer_offer_rpc = Rpc(
    "answer_offer",
    gives=OfferedSession,
    refuses=(
        *LINK,
        "answer_missing",
        "question_changed",
        "offer_answered",
        "offer_taken",
        "offer_withdrawn",
        "offer_expired",
        "offer_not_found",
        "session_not_found",
        "session_started",
        "seat_follows_its_class",
        "practitioner_not_found",
        "outside_availability",
        "practitioner_leads_it",
        "practitioner_unavailable",
        "practitioner_takes_part",
        "slot_taken",
    ),
)
