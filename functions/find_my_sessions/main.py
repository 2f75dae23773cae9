"""Get the links to one's sessions again: whoever types an address has them sent there, if there are any.

The answer and its time are the same for every address, so that nobody learns from it who has an account.
"""

from starlette.responses import HTMLResponse

from shared.call import Call
from shared.errors import Refusal
from shared.pages import PAGE_METHODS, Pages, refusal_page
from shared.serving import endpoint
from shared.settings import ServiceSettings, SiteSettings

from .contract import FindMySessions, request_session_links_rpc

pages = Pages(__file__)


@endpoint(caller="public", methods=PAGE_METHODS, settings=(ServiceSettings, SiteSettings), page=refusal_page)
async def find_my_sessions(call: Call[FindMySessions]) -> HTMLResponse:
    """A GET shows the form. The secret key is for saying what address the server saw, which bounds how often."""
    site, address = SiteSettings.read().site, call.body.address or ""
    if call.method != "POST":
        return pages.show("find.html", is_asked=False, wrong=None, address="", site=site)
    try:
        await call.service.rpc(request_session_links_rpc, address=address, ip_address=call.address)
    except Refusal as refused:
        if refused.code != "address_not_possible" or "text/html" not in call.headers.get("accept", ""):
            raise
        return pages.show(
            "find.html", status=422, is_asked=False, wrong=refused.sentence, address=address, site=site
        )
    return pages.show("find.html", is_asked=True, wrong=None, address=address.strip(), site=site)
