"""Say whether one takes over a session that one was offered, by the link in its mail. The first yes has it."""

from babel.numbers import format_decimal
from starlette.responses import HTMLResponse

from shared.call import Call
from shared.errors import Refusal
from shared.pages import PAGE_METHODS, Pages, refusal_page, tells_on_page
from shared.serving import endpoint
from shared.settings import SiteSettings
from shared.timezones import zone
from shared.words import locale

from .contract import AnswerOffer, OfferedSession, answer_offer_rpc, read_offer_rpc

pages = Pages(__file__)


@endpoint(caller="public", methods=PAGE_METHODS, settings=(SiteSettings,), page=refusal_page)
async def answer_offer(call: Call[AnswerOffer]) -> HTMLResponse:
    """A GET shows; a form's POST answers, and shows what that came to."""
    if call.method != "POST" or call.body.accepts is None:
        return _page(await call.database.rpc(read_offer_rpc, token=call.body.token))
    try:
        shown = await call.database.rpc(
            answer_offer_rpc,
            token=call.body.token,
            accepts=call.body.accepts,
            offer_id=call.body.offer,
            sequence=call.body.sequence,
        )
        return _page(shown, is_answered=True)
    except Refusal as refused:
        if not tells_on_page(call, refused):
            raise
        return _page(await call.database.rpc(read_offer_rpc, token=call.body.token), refused=refused)


def _page(
    shown: OfferedSession, *, is_answered: bool = False, refused: Refusal | None = None
) -> HTMLResponse:
    percent = shown.pay_percent
    page = pages.show(
        "offer.html",
        percent=None if percent is None else format_decimal(percent, locale=locale()),
        status=refused.status if refused else 200,
        shown=shown,
        session=shown.session,
        zone=zone(shown.time_zone),
        is_answered=is_answered,
        refused=refused,
        site=SiteSettings.read().site,
    )
    page.headers.update(refused.headers if refused else {})
    return page
