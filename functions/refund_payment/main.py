"""Refund a payment: decide and record it, make it at Stripe, and apply what follows from any refund."""

from shared.call import Call
from shared.outside import outside
from shared.payments import Payments, StripeSettings
from shared.refunds import make_refund
from shared.serving import endpoint
from shared.settings import ServiceSettings

from .contract import Refunded, RefundPayment, request_refund_rpc


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
    recorded = await make_refund(
        call,
        Payments(StripeSettings.read(), outside(), log=call.log),
        refund_id=refund.refund_id,
        payment_intent_id=refund.payment_intent_id,
        amount_minor=refund.amount_minor,
        stripe_session_id=refund.stripe_session_id,
    )
    return Refunded(
        success=recorded.status not in ("failed", "canceled"),
        status=recorded.status or "pending",
        refund_id=refund.refund_id,
        checkout_id=refund.checkout_id,
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        refunded_minor=recorded.refunded_minor,
    )
