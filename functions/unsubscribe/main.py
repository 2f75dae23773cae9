"""Switch off a kind of mail by the link that is in it: one request, no sign-in (RFC 8058).

Mail programs send the POST by themselves. A browser that follows the link gets a page with one button first, because
scanners follow every link of a mail and must not decide anything.
"""

import hashlib

from starlette.responses import HTMLResponse

from shared.call import Call
from shared.pages import PAGE_METHODS, Pages, refusal_page
from shared.serving import endpoint
from shared.settings import ServiceSettings, SiteSettings

from .contract import unsubscribe_rpc

pages = Pages(__file__)


@endpoint(caller="public", methods=PAGE_METHODS, settings=(ServiceSettings, SiteSettings), page=refusal_page)
async def unsubscribe(call: Call[None]) -> HTMLResponse:
    """A GET changes nothing; a POST unsubscribes from this kind of mail."""
    token_sha256 = hashlib.sha256(call.query.get("token", "").encode()).hexdigest()
    choice = await call.service.rpc(
        unsubscribe_rpc,
        token_sha256=token_sha256,
        opts_out=call.method == "POST",
        ip_address=call.address,
    )
    return pages.show(
        "choice.html",
        category=choice.category,
        is_opted_out=choice.is_opted_out,
        site=SiteSettings.read().site,
    )
