"""What the page about somebody else's change takes, and what it shows."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from shared.database import Rpc
from shared.session_event import SessionSummary
from shared.wire import Input, Output


class AnswerChange(Input):
    """A link's token and, of a form, the answer and what it is to."""

    token: str = Field("", max_length=200)
    accepts: bool | None = None
    proposal: int | None = Field(None, ge=0, lt=2**63, description="Of a proposed time, which was shown.")
    sequence: int | None = Field(None, ge=0, lt=2**31, description="Of the session as it was shown.")


class AnswerableChange(Output):
    """The session, and what there is to answer about it; or how that ended."""

    session: SessionSummary
    time_zone: str
    state: Literal[
        "proposed",
        "changed",
        "accepted",
        "declined",
        "expired",
        "withdrawn",
        "agreed",
        "cancelled",
        "over",
        "as_agreed",
    ]
    proposal_id: int | None
    proposed_scheduled_at: datetime | None
    proposed_is_free: bool | None
    answer_until: datetime | None
    agreed: dict[str, Any] | None = Field(description="What was agreed and is different now.")
    changed_by: Literal["client", "practitioner", "admin", "platform"] | None
    comes_back: Literal["credit", "payment", "nothing"] | None = Field(
        description="What leaving returns: the credit, what was paid as a credit, or nothing."
    )
    usual_free_until: datetime | None = Field(description="Until when leaving is free by the usual terms.")


class Answered(Output):
    """What the answer came to, and what there is to see now."""

    outcome: Literal["moved", "kept", "agreed", "cancelled"]
    shown: AnswerableChange


LINK = ("link_not_found", "link_ended")
read_change_rpc = Rpc("read_change", gives=AnswerableChange, refuses=(*LINK, "grace_used"))
answer_change_rpc = Rpc(
    "answer_change",
    gives=Answered,
    refuses=(
        *LINK,
        "session_not_found",
        "grace_used",
        "answer_missing",
        "question_changed",
        "answer_too_late",
        "nothing_to_answer",
        "slot_taken",
    ),
)
