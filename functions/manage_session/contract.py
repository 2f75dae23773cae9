"""What the page about a session takes, and what it shows."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from shared.database import Rpc
from shared.session_event import SessionSummary
from shared.wire import Input, Output


class ManageSession(Input):
    """A link's token and, of a form, what to do."""

    token: str = Field("", max_length=200)
    file: Literal["calendar"] | None = Field(
        None, description="The session as a calendar file, not as a page."
    )
    act: Literal["cancel"] | None = Field(None, description="What to do, of a form.")
    reason: str | None = Field(None, max_length=1000)
    use_grace: bool = False


class Quote(Output):
    """What cancelling right now would come to."""

    cancellation_type: str
    credit_returned: int
    fee_charged: float
    currency: str
    free_until: datetime
    grace_available: bool


def _none_if_over(value: Any) -> Any:
    """PostgREST writes an absent row inside a row as an object of nulls."""
    return None if isinstance(value, dict) and value.get("cancellation_type") is None else value


class ManagedSession(Output):
    """A session, for the person whom the link was sent to."""

    session: SessionSummary
    time_zone: str
    caller_role: Literal["client", "practitioner", "admin"]
    quote: Annotated[Quote | None, BeforeValidator(_none_if_over)]


class Cancelled(Output):
    """What the cancellation came to."""

    cancellation_type: str
    credit_returned: int
    fee_charged: float
    currency: str


read_managed_session_rpc = Rpc(
    "read_managed_session", gives=ManagedSession, refuses=("link_not_found", "link_ended")
)
cancel_managed_session_rpc = Rpc(
    "cancel_managed_session",
    gives=Cancelled,
    refuses=("link_not_found", "link_ended", "session_not_cancellable", "session_started", "grace_used"),
)
