"""What exporting earnings takes, and an earned session as the database gives it."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.database import Rpc
from shared.wire import Output, StrictInput


class ExportEarnings(StrictInput):
    """Which sessions: those between two days of the practitioner's own calendar, both included."""

    from_date: date | None = Field(None, description="By default from the first session on.")
    until_date: date | None = Field(None, description="By default until the last one.")
    practitioner_id: UUID | None = Field(None, description="By default the caller. Admins say whose.")
    format: Literal["csv", "xlsx"] = "csv"


class EarnedSession(Output):
    """A seat that was held, or that its client forfeited; amounts in cents."""

    session_id: UUID
    local_start: datetime = Field(description="On the practitioner's clock; without an offset.")
    time_zone: str
    duration_minutes: int
    session_type_name: str | None
    class_name: str | None
    client_name: str | None
    paid_with: Literal["payment", "credit", "given_credit"]
    is_forfeited: bool
    currency: str
    price_minor: int
    returned_minor: int
    share_minor: int
    status: Literal["pending", "disputed", "paid_out", "refunded"]
    paid_out_at: datetime | None
    next_cursor: str


begin_earnings_export_rpc = Rpc(
    "begin_earnings_export",
    gives=EarnedSession,
    refuses=(
        "practitioners_only",
        "practitioner_not_found",
        "second_factor_needed",
        "cursor_unknown",
        "too_many_requests",
    ),
)
earnings_sessions_rpc = Rpc(
    "earnings_sessions",
    gives=EarnedSession,
    refuses=("practitioners_only", "practitioner_not_found", "second_factor_needed", "cursor_unknown"),
)
