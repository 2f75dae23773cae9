"""Answer another time that one's practitioner proposes, or a change that somebody else made, by a link in a mail."""

from datetime import UTC, datetime

from starlette.responses import HTMLResponse

from shared.call import Call
from shared.errors import Refusal
from shared.pages import PAGE_METHODS, Pages, refusal_page, tells_on_page
from shared.serving import endpoint
from shared.settings import SiteSettings
from shared.timezones import zone
from shared.words import as_it_was

from .contract import AnswerableChange, AnswerChange, answer_change_rpc, read_change_rpc

pages = Pages(__file__)


@endpoint(caller="public", methods=PAGE_METHODS, settings=(SiteSettings,), page=refusal_page)
async def answer_change(call: Call[AnswerChange]) -> HTMLResponse:
    """A GET shows; a form's POST answers, and shows what that came to."""
    if call.method != "POST" or call.body.accepts is None:
        return _page(await call.database.rpc(read_change_rpc, token=call.body.token))
    try:
        answered = await call.database.rpc(
            answer_change_rpc,
            token=call.body.token,
            accepts=call.body.accepts,
            proposal_id=call.body.proposal,
            sequence=call.body.sequence,
        )
        return _page(answered.shown, outcome=answered.outcome)
    except Refusal as refused:
        if not tells_on_page(call, refused):
            raise
        return _page(await call.database.rpc(read_change_rpc, token=call.body.token), refused=refused)


def _page(
    shown: AnswerableChange, *, outcome: str | None = None, refused: Refusal | None = None
) -> HTMLResponse:
    reader = zone(shown.time_zone)
    page = pages.show(
        "change.html",
        status=refused.status if refused else 200,
        shown=shown,
        session=shown.session,
        zone=reader,
        agreed=as_it_was(shown.agreed or {}, reader),
        outcome=outcome,
        refused=refused,
        now=datetime.now(UTC),
        site=SiteSettings.read().site,
    )
    page.headers.update(refused.headers if refused else {})
    return page
