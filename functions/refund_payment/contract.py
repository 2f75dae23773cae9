"""What a refund takes and gives."""

from typing import Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from shared.database import Rpc
from shared.refunds import RefundStatus
from shared.wire import Output, StrictInput


class RefundPayment(StrictInput):
    """Which payment, by its checkout or by the session it paid for, how much of it, and why."""

    checkout_id: UUID | None = None
    session_id: UUID | None = None
    amount_minor: int | None = Field(default=None, gt=0, description="In cents; by default all that is left.")
    reason: str = Field(min_length=1, max_length=500, pattern=r"\S")
    sessions_to_come: Literal["cancel", "keep"] = Field(
        "cancel",
        description="What was booked with this money and is still to come: cancelled once Stripe has returned it,"
        " the newest booking first; or kept, and what was spent stays owed.",
    )

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.checkout_id is None) == (self.session_id is None):
            raise ValueError("Give either checkout_id or session_id")
        return self


class RequestedRefund(Output):
    """A refund that is decided and recorded."""

    refund_id: UUID
    checkout_id: UUID
    amount_minor: int
    currency: Literal["cad", "usd"]
    payment_intent_id: str
    stripe_session_id: str


class Refunded(Output):
    """The reply. A refund that is `pending` or `requires_action` may take days, and any may still fail.

    `refunded_minor` counts all that is returned of the payment, on its way or arrived.
    """

    success: bool = Field(description="False if Stripe says already that it has failed or was canceled.")
    status: RefundStatus
    refund_id: UUID
    checkout_id: UUID
    amount_minor: int
    currency: Literal["cad", "usd"]
    refunded_minor: int


request_refund_rpc = Rpc(
    "request_refund",
    gives=RequestedRefund,
    refuses=(
        "admins_only",
        "second_factor_needed",
        "payment_not_found",
        "own_money",
        "payment_not_refundable",
        "already_refunded",
        "request_in_progress",
        "refund_too_large",
    ),
    remembers=True,
)
