"""A refund that is decided and recorded is made at Stripe, and what Stripe said of it recorded: under one key, once."""

from typing import Any, Literal
from uuid import UUID

from .call import Call
from .database import Rpc
from .errors import Conflict, Unavailable
from .payment_facts import OBSERVING_REFUSES, PaymentFacts
from .payments import Payments
from .wire import Output

RefundStatus = Literal["pending", "requires_action", "succeeded", "failed", "canceled"]


class RecordedRefund(Output):
    """What Stripe says of it now, and how much of the payment is returned in all; no status: Stripe refused it."""

    status: RefundStatus | None
    refunded_minor: int


record_refund_rpc = Rpc("record_refund", gives=RecordedRefund, refuses=OBSERVING_REFUSES)


async def make_refund(
    call: Call[Any],
    stripe: Payments,
    *,
    refund_id: UUID,
    payment_intent_id: str,
    amount_minor: int,
    stripe_session_id: str,
) -> RecordedRefund:
    """Make it, or find it made. Raises Conflict `refund_refused` once that is recorded, if Stripe never will."""
    try:
        made = await stripe.refund(refund_id, payment_intent_id, amount_minor)
    except Conflict as refused:
        if refused.code == "refund_refused":
            await call.service.rpc(record_refund_rpc, refund_id=refund_id, facts=PaymentFacts())
        raise
    recorded = await call.service.rpc(
        record_refund_rpc,
        refund_id=refund_id,
        stripe_refund_id=made.refunds[0].id,
        facts=await _facts_now(stripe, stripe_session_id, made),
    )
    call.log(stripe_refund_id=made.refunds[0].id, refund_status=recorded.status)
    return recorded


async def _facts_now(stripe: Payments, stripe_session_id: str, made: PaymentFacts) -> PaymentFacts:
    """What Stripe says of the whole payment now; if it does not answer, what it said of the refund."""
    try:
        now = await stripe.fetch(stripe_session_id)
    except Unavailable:
        return made
    listed = {refund.id for refund in now.refunds}
    missing = [refund for refund in made.refunds if refund.id not in listed]
    return now.model_copy(update={"refunds": now.refunds + missing})
