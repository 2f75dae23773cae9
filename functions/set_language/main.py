"""Keep in which language somebody reads: pages, mails and notifications. Each page by mail has the choice at its foot.

Whose preference it is, the token says, of whichever page; so a link that is nobody's in particular sets nobody's.
"""

from starlette.responses import HTMLResponse, RedirectResponse, Response

from shared.call import Call
from shared.pages import PAGE_METHODS, Pages, refusal_page
from shared.serving import endpoint
from shared.settings import SiteSettings

from .contract import SetLanguage, set_language_by_link_rpc

pages = Pages(__file__)


@endpoint(caller="public", methods=PAGE_METHODS, settings=(SiteSettings,), page=refusal_page)
async def set_language(call: Call[SetLanguage]) -> Response:
    """A form's POST keeps it and leads back to the page, which speaks it then. A GET changes nothing."""
    chosen = call.body
    if call.method != "POST" or not (chosen.language and chosen.back):
        return _explain()
    await call.database.rpc(set_language_by_link_rpc, token=chosen.token, language=chosen.language)
    # Relative: whatever it says, it stays among the pages beside this one.
    return RedirectResponse(chosen.back, 303, {"cache-control": "no-store"})


def _explain() -> HTMLResponse:
    return pages.show("language.html", site=SiteSettings.read().site)
