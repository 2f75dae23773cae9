"""For an admin: find somebody else to lead a session, by the link in a mail. Give it to one, or ask several."""

from datetime import UTC, datetime

from starlette.responses import HTMLResponse

from shared.call import Call
from shared.errors import Refusal
from shared.pages import PAGE_METHODS, Pages, refusal_page, tells_on_page
from shared.serving import endpoint
from shared.settings import SiteSettings
from shared.timezones import zone

from .contract import (
    FindSubstitute,
    Substitution,
    ask_substitutes_rpc,
    give_to_substitute_rpc,
    read_substitution_rpc,
)

pages = Pages(__file__)
HOURS = (2, 6, 12, 24, 48)  # in which they are asked to answer, as far as there is so much time


@endpoint(caller="public", methods=PAGE_METHODS, settings=(SiteSettings,), page=refusal_page)
async def find_substitute(call: Call[FindSubstitute]) -> HTMLResponse:
    """A GET shows; a form's POST gives the session away, or asks, and shows what came of it."""
    asked = call.body
    if call.method != "POST" or asked.act is None:
        return _page(await call.database.rpc(read_substitution_rpc, token=asked.token))
    try:
        return _page(await _act(call), done=asked.act)
    except Refusal as refused:
        if not tells_on_page(call, refused):
            raise
        return _page(await call.database.rpc(read_substitution_rpc, token=asked.token), refused=refused)


async def _act(call: Call[FindSubstitute]) -> Substitution:
    asked = call.body
    if asked.act == "give":
        return await call.database.rpc(
            give_to_substitute_rpc,
            token=asked.token,
            practitioner_id=asked.practitioner[0] if len(asked.practitioner) == 1 else None,
            outside_hours=asked.outside_hours,
        )
    return await call.database.rpc(
        ask_substitutes_rpc, token=asked.token, practitioner_ids=asked.practitioner, hours=asked.hours
    )


def _page(shown: Substitution, *, done: str | None = None, refused: Refusal | None = None) -> HTMLResponse:
    now = datetime.now(UTC)
    hours_left = (shown.answer_until - now).total_seconds() / 3600 if shown.answer_until else 0
    page = pages.show(
        "substitute.html",
        status=refused.status if refused else 200,
        shown=shown,
        session=shown.session,
        zone=zone(shown.time_zone),
        choices=[hours for hours in HOURS if hours < hours_left],
        done=done,
        refused=refused,
        site=SiteSettings.read().site,
    )
    page.headers.update(refused.headers if refused else {})
    return page
