"""Refund a payment: decide and record it, make it at Stripe, and apply what follows from any refund."""

from shared.call import Call
from shared.errors import Conflict
from shared.outside import outside
from shared.payment_facts import PaymentFacts
from shared.payments import Payments, StripeSettings
from shared.serving import endpoint
from shared.settings import ServiceSettings

from .contract import Refunded, RefundPayment, record_refund_rpc, request_refund_rpc


@endpoint(caller="user", settings=(ServiceSettings, StripeSettings))
async def refund_payment(call: Call[RefundPayment]) -> Refunded:
    """Refund a payment, or a part of it. For admins.

    Credits, shares and the session follow at once. If Stripe does not answer, asking again for the same is the same
    refund; what Stripe refuses has changed nothing.
    """
    refund = await call.database.rpc(request_refund_rpc, **call.body.model_dump())
    call.log(refund_id=refund.refund_id, checkout_id=refund.checkout_id)
    stripe = Payments(StripeSettings.read(), outside(), log=call.log)
    try:
        stripe_refund_id = await stripe.refund(
            refund.refund_id, refund.payment_intent_id, refund.amount_minor
        )
    except Conflict as refused:
        if refused.code == "refund_refused":
            await call.service.rpc(record_refund_rpc, refund_id=refund.refund_id, facts=PaymentFacts())
        raise
    recorded = await call.service.rpc(
        record_refund_rpc,
        refund_id=refund.refund_id,
        stripe_refund_id=stripe_refund_id,
        facts=await stripe.fetch(refund.stripe_session_id),
    )
    return Refunded(
        refund_id=refund.refund_id,
        checkout_id=refund.checkout_id,
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        refunded_minor=recorded.refunded_minor,
    )
