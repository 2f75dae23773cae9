"""See the fees that are owed, and pay one at Stripe, by the link in the mails about them.

Nothing is charged by itself: whoever owes a fee opens the payment here, for exactly what is owed.
"""

from starlette.responses import HTMLResponse

from shared.call import Call
from shared.checkouts import Checkout, open_at_stripe
from shared.errors import Refusal
from shared.pages import PAGE_METHODS, Pages, refusal_page, tells_on_page
from shared.payments import StripeSettings
from shared.serving import endpoint
from shared.settings import PagesSettings, ServiceSettings, SiteSettings
from shared.timezones import zone

from .contract import BegunFeeCheckout, PayFee, pay_fee_rpc, read_fees_to_pay_rpc

pages = Pages(__file__)


@endpoint(
    caller="public",
    methods=PAGE_METHODS,
    settings=(ServiceSettings, StripeSettings, SiteSettings, PagesSettings),
    page=refusal_page,
)
async def pay_fee(call: Call[PayFee]) -> HTMLResponse:
    """A GET shows; a form's POST opens the payment and leads on to it. The secret key records what Stripe answered."""
    asked = call.body
    if not asked.token:
        return pages.show("without_link.html", back=asked.back, site=SiteSettings.read().site)
    if call.method != "POST" or asked.fee is None:
        return await _list(call)
    try:
        begun = await call.database.rpc(pay_fee_rpc, token=asked.token, fee_id=asked.fee)
        return _lead_on(begun, await _open(call, begun))
    except Refusal as refused:
        if not tells_on_page(call, refused):
            raise
        return await _list(call, refused)


async def _open(call: Call[PayFee], begun: BegunFeeCheckout) -> Checkout:
    """Stripe leads back to where no link is needed: what stands in its addresses, it reads."""
    address = PagesSettings.read().address
    return await open_at_stripe(
        call,
        begun,
        email=begun.email,
        success_url=address("pay_fee", back="paid"),
        cancel_url=address("pay_fee", back="left"),
    )


def _lead_on(begun: BegunFeeCheckout, checkout: Checkout) -> HTMLResponse:
    """By a link: a page of ours sends forms to nobody else."""
    return pages.show("to_the_payment.html", begun=begun, checkout=checkout)


async def _list(call: Call[PayFee], refused: Refusal | None = None) -> HTMLResponse:
    shown = await call.database.rpc(read_fees_to_pay_rpc, token=call.body.token)
    page = pages.show(
        "fees.html",
        status=refused.status if refused else 200,
        shown=shown,
        zone=zone(shown.time_zone),
        refused=refused,
        token=call.body.token,
        site=SiteSettings.read().site,
    )
    page.headers.update(refused.headers if refused else {})
    return page
