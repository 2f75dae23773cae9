"""Sign the current waiver by the link in a mail: whoever paid for a session has not always been asked for it."""

from starlette.responses import HTMLResponse

from shared.call import Call
from shared.pages import PAGE_METHODS, Pages, refusal_page
from shared.serving import endpoint
from shared.settings import ServiceSettings, SiteSettings
from shared.timezones import zone

from .contract import SignWaiver, read_waiver_to_sign_rpc, sign_waiver_rpc

pages = Pages(__file__)


@endpoint(caller="public", methods=PAGE_METHODS, settings=(ServiceSettings, SiteSettings), page=refusal_page)
async def sign_waiver(call: Call[SignWaiver]) -> HTMLResponse:
    """A GET shows; a form's POST signs, with the address and agent the server saw."""
    if call.method == "POST" and call.body.version is not None:
        found = await call.service.rpc(
            sign_waiver_rpc,
            token=call.body.token,
            version=call.body.version,
            text_sha256=call.body.text_sha256,
            signature_name=call.body.signature_name or "",
            ip_address=call.address,
            user_agent=call.agent,
        )
    else:
        found = await call.database.rpc(read_waiver_to_sign_rpc, token=call.body.token)
    return pages.show("waiver.html", waiver=found, zone=zone(found.time_zone), site=SiteSettings.read().site)
