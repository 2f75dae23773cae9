"""Pay for a session or a package: hold what is bought, then send the payer to Stripe."""

from shared.call import Call
from shared.checkouts import Checkout, open_at_stripe
from shared.errors import Refusal
from shared.payments import StripeSettings
from shared.refused_checkouts import address_of_refusal
from shared.serving import endpoint
from shared.settings import PagesSettings, ServiceSettings, SiteSettings

from .contract import CreateSessionPayment, begin_checkout_rpc


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
    site = SiteSettings.read().site
    return await open_at_stripe(
        call,
        await call.database.rpc(begin_checkout_rpc, **wanted),
        email=call.user.email,
        success_url=f"{site}/dashboard?session_booked=true&payment_type={call.body.payment_type}",
        cancel_url=f"{site}/sessions?cancelled=true",
    )
