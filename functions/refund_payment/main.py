"""Refund a payment: decide and record it, make it at Stripe, and apply what follows from any refund."""

from shared.call import Call
from shared.errors import Conflict, Unavailable
from shared.outside import outside
from shared.payment_facts import PaymentFacts
from shared.payments import Payments, StripeSettings
from shared.serving import endpoint
from shared.settings import ServiceSettings

from .contract import Refunded, RefundPayment, record_refund_rpc, request_refund_rpc


@endpoint(caller="user", settings=(ServiceSettings, StripeSettings))
async def refund_payment(call: Call[RefundPayment]) -> Refunded:
    """Refund a payment, or a part of it. For admins.

    The reply says what Stripe said. Credits and shares follow at once, sessions to come when Stripe has returned the
    money; all of it comes back if the refund fails. If Stripe does not answer, asking again for the same is the same
    refund; what Stripe refuses has changed nothing.
    """
    asked = call.body.model_dump(exclude={"sessions_to_come"})
    refund = await call.database.rpc(
        request_refund_rpc, keeps_sessions=call.body.sessions_to_come == "keep", **asked
    )
    call.log(refund_id=refund.refund_id, checkout_id=refund.checkout_id)
    stripe = Payments(StripeSettings.read(), outside(), log=call.log)
    try:
        made = await stripe.refund(refund.refund_id, refund.payment_intent_id, refund.amount_minor)
    except Conflict as refused:
        if refused.code == "refund_refused":
            await call.service.rpc(record_refund_rpc, refund_id=refund.refund_id, facts=PaymentFacts())
        raise
    recorded = await call.service.rpc(
        record_refund_rpc,
        refund_id=refund.refund_id,
        stripe_refund_id=made.refunds[0].id,
        facts=await _facts_now(stripe, refund.stripe_session_id, made),
    )
    call.log(stripe_refund_id=made.refunds[0].id, refund_status=recorded.status)
    return Refunded(
        success=recorded.status not in ("failed", "canceled"),
        status=recorded.status or "pending",
        refund_id=refund.refund_id,
        checkout_id=refund.checkout_id,
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        refunded_minor=recorded.refunded_minor,
    )


async def _facts_now(stripe: Payments, stripe_session_id: str, made: PaymentFacts) -> PaymentFacts:
    """What Stripe says of the whole payment now; if it does not answer, what it said of the refund."""
    try:
        now = await stripe.fetch(stripe_session_id)
    except Unavailable:
        return made
    listed = {refund.id for refund in now.refunds}
    missing = [refund for refund in made.refunds if refund.id not in listed]
    return now.model_copy(update={"refunds": now.refunds + missing})
