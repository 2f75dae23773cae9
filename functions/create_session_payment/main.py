"""Pay for a session or a package: hold what is bought, then send the payer to Stripe."""

from shared.call import Call
from shared.errors import Conflict, Refusal
from shared.outside import outside
from shared.payment_facts import PaymentFacts
from shared.payments import Order, Payments, StripeSettings
from shared.refused_checkouts import address_of_refusal
from shared.serving import endpoint
from shared.settings import PagesSettings, ServiceSettings, SiteSettings

from .contract import (
    BegunCheckout,
    Checkout,
    CreateSessionPayment,
    begin_checkout_rpc,
    observe_checkout_rpc,
    open_checkout_rpc,
)


def _refusal_url(call: Call[CreateSessionPayment], refused: Refusal) -> str | None:
    """The checkout page and the wallet follow an address and show no sentence; the wallet knows no practitioner."""
    return address_of_refusal(refused.code, to_wallet=call.body.practitioner_id is None)


@endpoint(
    caller="user",
    settings=(ServiceSettings, StripeSettings, SiteSettings, PagesSettings),
    refusal_url=_refusal_url,
)
async def create_session_payment(call: Call[CreateSessionPayment]) -> Checkout:
    """Open a checkout page for what is requested, at the price that our database has for it.

    Asking again gets the same page as long as it is open. The time stays held until that page closes; if Stripe does
    not answer, nothing is held.
    """
    wanted = call.body.model_dump(exclude={"group_session_id"})
    wanted["group_class_id"] = call.body.group_class_id or call.body.group_session_id
    checkout = await call.database.rpc(begin_checkout_rpc, **wanted)
    call.log(checkout_id=checkout.checkout_id, again=checkout.url is not None)
    if checkout.url:
        return Checkout(url=checkout.url, checkout_id=checkout.checkout_id, expires_at=checkout.expires_at)

    stripe = Payments(StripeSettings.read(), outside(), log=call.log)
    try:
        for superseded in checkout.supersedes:
            await _close(stripe, superseded)
        page = await stripe.open(_order(checkout, call))
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
    """Two open pages for one time would let somebody pay twice."""
    facts = await stripe.close(stripe_session_id)
    if facts.session_status == "complete":
        raise Conflict(
            "already_paid",
            "You have paid for this already.",
            hint="It appears among your sessions in a moment.",
        )


def _order(checkout: BegunCheckout, call: Call[CreateSessionPayment]) -> Order:
    site = SiteSettings.read().site
    return Order(
        checkout_id=checkout.checkout_id,
        description=checkout.description,
        amount_minor=checkout.amount_minor,
        currency=checkout.currency,
        expires_at=checkout.expires_at,
        email=call.user.email,
        success_url=f"{site}/dashboard?session_booked=true&payment_type={call.body.payment_type}",
        cancel_url=f"{site}/sessions?cancelled=true",
    )
