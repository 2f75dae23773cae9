"""What asking about a cancellation takes and gives."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from shared.database import Rpc
from shared.wire import Output, StrictInput


class QuoteCancellation(StrictInput):
    """A session, a seat in a class, or a whole class."""

    session_id: UUID
    use_grace: bool = Field(False, description="As it would be with the grace cancellation.")


class CancellationQuote(Output):
    """What cancelling right now would come to."""

    session_id: UUID
    cancellation_type: str = Field(description="standard, late, last_minute, grace or emergency.")
    credit_returned: int = Field(description="Credits given back; of a class, to all who have a seat.")
    fee_charged: float = Field(description="Due for a late cancellation, in dollars.")
    currency: str
    hours_before_session: float
    free_until: datetime = Field(description="Until then a client cancels and moves free of charge.")
    grace_available: bool = Field(description="Whether use_grace would save the credit.")
    cancellation_policy_version: UUID | None
    no_credit_because: str | None = Field(
        description="Why none comes back: last_minute, credit_ended, price_returned or nothing_paid."
    )
    credit_expires_at: datetime | None = Field(
        description="Until when a credit that comes back can be used; null: always, or none comes back."
    )


quote_cancellation_rpc = Rpc(
    "quote_cancellation",
    gives=CancellationQuote,
    refuses=("session_not_found", "session_not_cancellable", "session_started", "grace_used"),
)
