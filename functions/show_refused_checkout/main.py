"""Say why a payment could not begin: for who is led here by the checkout page, which shows no reason itself."""

from starlette.responses import HTMLResponse

from shared.call import Call
from shared.errors import NotFound
from shared.languages.catalogue import gettext
from shared.pages import Pages, refusal_page
from shared.refused_checkouts import reasons
from shared.serving import endpoint
from shared.settings import SiteSettings

from .contract import ShowRefusedCheckout

pages = Pages(__file__)


@endpoint(caller="public", methods=("GET", "HEAD"), settings=(SiteSettings,), page=refusal_page)
async def show_refused_checkout(call: Call[ShowRefusedCheckout]) -> HTMLResponse:
    """The reason in our own words: nothing that stands in an address is shown."""
    reason = reasons(gettext).get(call.body.code)
    if reason is None:
        raise NotFound(
            "reason_not_found", "This page is not known.", hint="Please start again on the website."
        )
    return pages.show(
        "refused_checkout.html",
        reason=reason,
        back=f"{SiteSettings.read().site}/{call.body.back}",
        can_wait=call.body.code == "class_full",
    )
