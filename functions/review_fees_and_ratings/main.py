"""See which fees are owed and what was said of sessions, by the link in an admin's mail; forgive one, hide another.

Each decision has a reason, and is refused where the admin's own money or name is decided about.
"""

from starlette.responses import HTMLResponse

from shared.call import Call
from shared.errors import Refusal
from shared.pages import PAGE_METHODS, Pages, refusal_page, tells_on_page
from shared.serving import endpoint
from shared.settings import SiteSettings
from shared.timezones import zone

from .contract import (
    FeesAndRatings,
    ReviewFeesAndRatings,
    forgive_fee_by_link_rpc,
    hide_rating_by_link_rpc,
    read_fees_and_ratings_rpc,
)

pages = Pages(__file__)


@endpoint(caller="public", methods=PAGE_METHODS, settings=(SiteSettings,), page=refusal_page)
async def review_fees_and_ratings(call: Call[ReviewFeesAndRatings]) -> HTMLResponse:
    """A GET shows; a form's POST does what its button says."""
    asked = call.body
    if not asked.token:
        return pages.show("without_link.html", site=SiteSettings.read().site)
    if call.method != "POST" or asked.act is None:
        return _show(call, await _read(call))
    try:
        return _show(call, await _decide(call), done=asked.act)
    except Refusal as refused:
        if not tells_on_page(call, refused):
            raise
        return _show(call, await _read(call), refused=refused)


async def _read(call: Call[ReviewFeesAndRatings]) -> FeesAndRatings:
    return await call.database.rpc(read_fees_and_ratings_rpc, token=call.body.token, find=call.body.find)


async def _decide(call: Call[ReviewFeesAndRatings]) -> FeesAndRatings:
    asked = call.body
    if asked.act == "forgive":
        return await call.database.rpc(
            forgive_fee_by_link_rpc, token=asked.token, fee_id=asked.id, reason=asked.reason, find=asked.find
        )
    return await call.database.rpc(
        hide_rating_by_link_rpc,
        token=asked.token,
        rating_id=asked.id,
        reason=asked.reason,
        is_hidden=asked.act == "hide",
        find=asked.find,
    )


def _show(
    call: Call[ReviewFeesAndRatings],
    shown: FeesAndRatings,
    *,
    done: str | None = None,
    refused: Refusal | None = None,
) -> HTMLResponse:
    page = pages.show(
        "review.html",
        status=refused.status if refused else 200,
        shown=shown,
        zone=zone(shown.time_zone),
        done=done,
        refused=refused,
        token=call.body.token,
        find=call.body.find.strip(),
        site=SiteSettings.read().site,
    )
    page.headers.update(refused.headers if refused else {})
    return page
