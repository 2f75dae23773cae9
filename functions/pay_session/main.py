"""Pay for a session that no credit was good for, or a bank did not pay: shows it, and leads to the site's checkout."""

from starlette.responses import HTMLResponse

from shared.call import Call
from shared.languages.catalogue import gettext
from shared.pages import PAGE_METHODS, Pages, refusal_page
from shared.refused_checkouts import reasons
from shared.serving import endpoint
from shared.settings import SiteSettings
from shared.site_checkout import checkout_address
from shared.timezones import zone

from .contract import PaySession, read_session_to_pay_rpc

pages = Pages(__file__)


@endpoint(caller="public", methods=PAGE_METHODS, settings=(SiteSettings,), page=refusal_page)
async def pay_session(call: Call[PaySession]) -> HTMLResponse:
    """The short address in a refusal has no link: who opens it is told that the link is in their mail."""
    site = SiteSettings.read().site
    if not call.body.token:
        return pages.show("look_into_your_mail.html", site=site)
    picked = await call.database.rpc(read_session_to_pay_rpc, token=call.body.token)
    return pages.show(
        "pay.html",
        session=picked,
        zone=zone(picked.time_zone),
        reason=reasons(gettext).get(picked.reason) if picked.reason else None,
        checkout=checkout_address(picked, site),
        site=site,
    )
