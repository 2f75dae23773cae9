"""A checkout that is begun becomes a page to pay on: what our database decided, opened at Stripe, and recorded.

begun = await call.database.rpc(begin_checkout_rpc, ...)
checkout = await open_at_stripe(call, begun, email=..., success_url=..., cancel_url=...)
"""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from .call import Call
from .database import Rpc
from .errors import Conflict, Refusal
from .outside import outside
from .payment_facts import OBSERVING_REFUSES, PaymentFacts
from .payments import Order, Payments, StripeSettings
from .wire import Output

Currency = Literal["cad", "usd"]


class BegunCheckout(Output):
    """A checkout that is decided and recorded. With a `url` it is open already, and the caller has asked before."""

    checkout_id: UUID
    description: str
    amount_minor: int
    currency: Currency
    expires_at: datetime
    url: str | None
    supersedes: list[str]


class Checkout(Output):
    """The reply: where to pay, and until when."""

    url: str
    checkout_id: UUID
    expires_at: datetime


class ObservedCheckout(Output):
    """Its status after the facts were applied."""

    status: str


open_checkout_rpc = Rpc("open_checkout", gives=Checkout, refuses=("checkout_not_found", "checkout_lapsed"))
observe_checkout_rpc = Rpc("observe_checkout", gives=ObservedCheckout, refuses=OBSERVING_REFUSES)


async def open_at_stripe(
    call: Call[Any], checkout: BegunCheckout, *, email: str | None, success_url: str, cancel_url: str
) -> Checkout:
    """Open its page, once the pages that it supersedes are closed. One that is open already is given again."""
    call.log(checkout_id=checkout.checkout_id, again=checkout.url is not None)
    if checkout.url:
        return Checkout(url=checkout.url, checkout_id=checkout.checkout_id, expires_at=checkout.expires_at)

    stripe = Payments(StripeSettings.read(), outside(), log=call.log)
    order = Order(
        checkout_id=checkout.checkout_id,
        description=checkout.description,
        amount_minor=checkout.amount_minor,
        currency=checkout.currency,
        expires_at=checkout.expires_at,
        email=email,
        success_url=success_url,
        cancel_url=cancel_url,
    )
    try:
        for superseded in checkout.supersedes:
            await _close(stripe, superseded)
        page = await stripe.open(order)
    except Conflict:
        raise  # the same attempt is running, or the money of the one before is on its way: what is held stays held
    except Refusal:
        failed = PaymentFacts(session_status="unopened")
        await call.service.rpc(observe_checkout_rpc, checkout_id=checkout.checkout_id, facts=failed)
        raise
    return await call.service.rpc(
        open_checkout_rpc,
        checkout_id=checkout.checkout_id,
        stripe_session_id=page.stripe_session_id,
        url=page.url,
    )


async def _close(stripe: Payments, stripe_session_id: str) -> None:
    """Two open pages for one time, or one fee, would let somebody pay twice."""
    facts = await stripe.close(stripe_session_id)
    if facts.session_status == "complete":
        raise Conflict(
            "already_paid",
            "You have paid for this already.",
            hint="It appears among your sessions in a moment.",
        )
