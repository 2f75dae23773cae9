"""What the caller's credits look like."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field

from shared.database import Rpc
from shared.wire import Input, Output


class CheckSessionCredits(Input):
    """Empty: the credits are the caller's."""


class CreditLot(Output):
    """Credits bought together."""

    model_config = ConfigDict(extra="allow", frozen=True)  # the whole row, as it always was

    id: UUID
    credits_remaining: int
    package_id: UUID | None = Field(description="Null: not from a package.")
    session_type_id: UUID | None = Field(description="The one kind of session they are good for.")
    duration_minutes: int | None = Field(
        description="Without a kind: the length they are good for. Null: any session."
    )
    is_group: bool | None = Field(description="With the length: classes, or one-to-one sessions.")
    purchased_at: datetime
    expires_at: datetime | None
    metadata: dict[str, Any] | None


class SessionCredits(Output):
    """The credits the caller can use today, those that end first at the top."""

    user_id: UUID
    total_credits: int
    package_credits: int
    single_credits: int
    credits: list[CreditLot]
    has_credits: bool
    credits_owed: int = Field(
        description="Spent, and their payment went back: until they are settled, nothing new is booked."
    )


check_session_credits_rpc = Rpc("check_session_credits", gives=SessionCredits)
