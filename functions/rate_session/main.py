"""Rate a session that one had, by the link in the mail after it."""

from starlette.responses import HTMLResponse

from shared.call import Call
from shared.errors import Refusal
from shared.pages import PAGE_METHODS, Pages, refusal_page, tells_on_page
from shared.serving import endpoint
from shared.settings import SiteSettings
from shared.timezones import zone

from .contract import RateSession, Rating, rate_session_rpc, read_rating_rpc

pages = Pages(__file__)


@endpoint(caller="public", methods=PAGE_METHODS, settings=(SiteSettings,), page=refusal_page)
async def rate_session(call: Call[RateSession]) -> HTMLResponse:
    """A GET shows; a form's POST rates, or changes what was said before."""
    asked = call.body
    if call.method != "POST":
        return _page(await call.database.rpc(read_rating_rpc, token=asked.token))
    # As the browser counted them: a form sends each line's end as two characters.
    words = asked.words.replace("\r\n", "\n")
    try:
        rated = await call.database.rpc(rate_session_rpc, token=asked.token, stars=asked.stars, words=words)
        return _page(rated, is_done=True)
    except Refusal as refused:
        if not tells_on_page(call, refused):
            raise
        shown = await call.database.rpc(read_rating_rpc, token=asked.token)
        if shown.state == "open":  # what was typed is not lost
            shown = shown.model_copy(update={"stars": asked.stars or shown.stars, "words": words})
        return _page(shown, refused=refused)


def _page(rating: Rating, *, is_done: bool = False, refused: Refusal | None = None) -> HTMLResponse:
    page = pages.show(
        "rating.html",
        status=refused.status if refused else 200,
        rating=rating,
        session=rating.session,
        zone=zone(rating.time_zone),
        is_done=is_done,
        refused=refused,
        site=SiteSettings.read().site,
    )
    page.headers.update(refused.headers if refused else {})
    return page
