"""What listing payments takes and gives."""

from datetime import datetime
from uuid import UUID

from pydantic import ConfigDict, Field

from shared.database import Rpc
from shared.wire import Input, Output


class ListPayments(Input):
    """Which payments: the newest, or a page."""

    status: str = Field(
        "all", max_length=20, description="all, or pending, completed, paid_out, failed, refunded."
    )
    currency: str = Field("all", max_length=20, description="all, or cad, usd.")
    page_size: int | None = Field(None, ge=1, le=1000, description="At most so many; by default 5,000.")
    cursor: str | None = Field(
        None, max_length=100, description="Where the page before said the next one starts."
    )


class PaidSession(Output):
    """What was paid for."""

    id: UUID
    scheduled_at: datetime
    duration_minutes: int
    status: str


class PaidPractitioner(Output):
    """Who earned it."""

    name: str | None = Field(description="Null if the practitioner is gone.")


class Payer(Output):
    """Who paid."""

    email: str | None = Field(description="Null if the account is gone.")


class ListedPayment(Output):
    """A payment, in dollars as the pages have always read it."""

    model_config = ConfigDict(extra="allow", frozen=True)  # the whole row, as it always was

    id: UUID
    session_id: UUID
    practitioner_id: UUID
    client_id: UUID
    total_amount: float
    practitioner_share: float
    platform_share: float
    currency: str
    stripe_payment_intent_id: str | None
    status: str
    paid_out_at: datetime | None
    created_at: datetime
    updated_at: datetime
    session: PaidSession | None
    practitioner: PaidPractitioner
    client: Payer


class PaymentList(Output):
    """The reply, newest first."""

    payments: list[ListedPayment]
    next_cursor: str | None = Field(description="Where the next page starts; null after the last one.")


list_payments_rpc = Rpc("list_payments", gives=PaymentList, refuses=("admins_only", "second_factor_needed"))
