"""What the reconciler claims, and what it reports."""

from typing import Literal
from uuid import UUID

from shared.database import Rpc
from shared.payment_facts import OBSERVING_REFUSES
from shared.wire import Output

Task = Literal["look", "close", "give_up", "refund"]


class DueCheckout(Output):
    """A checkout to ask Stripe about now; no task when none is due."""

    task: Task | None
    checkout_id: UUID | None
    stripe_session_id: str | None
    # Of a payment that is to be given back.
    refund_id: UUID | None
    payment_intent_id: str | None
    amount_minor: int | None


class ObservedCheckout(Output):
    """Its status after Stripe's answer."""

    id: UUID
    status: str


class AppliedEvents(Output):
    """How many waiting events were tried and found their payment, and how many old events were deleted."""

    tried: int
    applied: int
    forgotten: int


class ReconciledPayments(Output):
    """The reply: how many events were applied, and how many checkouts were asked about, by their status then."""

    success: bool = True
    events: int
    checkouts: dict[str, int]


claim_checkout_check_rpc = Rpc("claim_checkout_check", gives=DueCheckout)
observe_checkout_rpc = Rpc("observe_checkout", gives=ObservedCheckout, refuses=OBSERVING_REFUSES)
apply_waiting_events_rpc = Rpc("apply_waiting_stripe_events", gives=AppliedEvents, refuses=OBSERVING_REFUSES)
