"""What cancelling a session takes and gives."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from shared.database import Rpc
from shared.wire import Input, Output


class CancelSession(Input):
    """A session, a seat in a class, or a whole class."""

    session_id: UUID
    reason: str | None = Field(None, max_length=1000)
    use_grace: bool = Field(
        False, description="Use the grace cancellation, if it is too late for a free one."
    )


class Cancellation(Output):
    """The row of `session_cancellations`."""

    session_id: UUID
    cancellation_type: str
    hours_before_session: float
    credit_returned: int
    fee_charged: float
    fee_currency: str
    cancelled_at: datetime


class Cancelled(Output):
    """What the cancellation came to."""

    success: bool = True
    session_id: UUID
    cancellation_type: str = Field(description="standard, late, last_minute, grace or emergency.")
    credit_returned: int = Field(description="Credits given back; of a class, to all who had a seat.")
    fee_charged: float = Field(description="Due for a late cancellation, in dollars.")
    currency: str
    hours_before_session: float
    cancelled_at: datetime


cancel_session_rpc = Rpc(
    "cancel_session",
    gives=Cancellation,
    refuses=("session_not_found", "session_not_cancellable", "session_started", "grace_used"),
    remembers=True,
)
