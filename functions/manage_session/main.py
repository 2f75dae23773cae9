"""Manage a session by the link in its mails: what cancelling returns right now, cancelling, moving, a calendar file.

Whoever leads it says here that they are late, that somebody did not come, or that somebody else must lead it; they move
it, or ask for another time.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.responses import Response

from shared.call import Call
from shared.downloads import saved_as
from shared.errors import Refusal
from shared.names import one_line
from shared.pages import PAGE_METHODS, Pages, refusal_page, tells_on_page
from shared.serving import endpoint
from shared.session_event import Party, calendar_file
from shared.settings import ContactSettings, PagesSettings, SiteSettings
from shared.timezones import zone

from .contract import (
    Cancelled,
    ManagedSession,
    ManageSession,
    Offers,
    announce_delay_rpc,
    ask_for_substitute_rpc,
    cancel_managed_session_rpc,
    lead_anyway_rpc,
    move_managed_session_rpc,
    propose_managed_time_rpc,
    read_managed_session_rpc,
    read_session_offers_rpc,
    report_absence_rpc,
)

pages = Pages(__file__)


@dataclass(frozen=True)
class View:
    """What is shown: the session; times to move it to; what was just done, or why it was not."""

    shown: ManagedSession
    offers: Offers | None = None
    done: str | None = None
    cancelled: Cancelled | None = None
    refused: Refusal | None = None


@endpoint(
    caller="public",
    methods=PAGE_METHODS,
    settings=(SiteSettings, PagesSettings, ContactSettings),
    page=refusal_page,
)
async def manage_session(call: Call[ManageSession]) -> Response:
    """A GET shows; a form's POST does what its button says, and shows what came of it."""
    if call.method != "POST" or call.body.act is None:
        view = await _look(call)
        return _calendar(call.body.token, view.shown) if call.body.file else _page(call, view)
    try:
        return _page(call, await _act(call))
    except Refusal as refused:
        if not tells_on_page(call, refused):
            raise
        return _page(call, await _look(call, refused))


async def _look(call: Call[ManageSession], refused: Refusal | None = None) -> View:
    token = call.body.token
    if call.body.show or (refused and call.body.act in ("move", "propose")):
        offers = await call.database.rpc(read_session_offers_rpc, token=token, day=call.body.day)
        return View(offers.shown, offers, refused=refused)
    return View(await call.database.rpc(read_managed_session_rpc, token=token), refused=refused)


async def _act(call: Call[ManageSession]) -> View:
    asked = call.body
    match asked.act:
        case "cancel":
            cancelled = await call.database.rpc(
                cancel_managed_session_rpc,
                token=asked.token,
                reason=asked.reason,
                use_grace=asked.use_grace,
                shown_credit=asked.shown_credit,
                shown_fee=asked.shown_fee,
            )
            return View(cancelled.shown, done="cancel", cancelled=cancelled)
        case "move":
            shown = await call.database.rpc(
                move_managed_session_rpc,
                token=asked.token,
                starts_at=asked.starts_at,
                class_id=asked.class_id,
            )
        case "propose":
            shown = await call.database.rpc(
                propose_managed_time_rpc, token=asked.token, starts_at=asked.starts_at
            )
        case "substitute":
            shown = await call.database.rpc(ask_for_substitute_rpc, token=asked.token)
        case "lead":
            shown = await call.database.rpc(lead_anyway_rpc, token=asked.token)
        case "delay":
            shown = await call.database.rpc(announce_delay_rpc, token=asked.token, minutes=asked.minutes)
        case _:
            shown = await call.database.rpc(report_absence_rpc, token=asked.token, person=asked.person)
    return View(shown, done=asked.act)


def _page(call: Call[ManageSession], view: View) -> Response:
    page = pages.show(
        "times.html" if view.offers and view.offers.offers is not None else "session.html",
        status=view.refused.status if view.refused else 200,
        session=view.shown.session,
        zone=zone(view.shown.time_zone),
        role=view.shown.caller_role,
        shown=view.shown,
        quote=view.shown.quote,
        offers=view.offers,
        done=view.done,
        cancelled=view.cancelled,
        refused=view.refused,
        minutes=call.body.minutes,
        now=datetime.now(UTC),
        token=call.body.token,
        site=SiteSettings.read().site,
    )
    page.headers.update(view.refused.headers if view.refused else {})
    return page


def _calendar(token: str, found: ManagedSession) -> Response:
    """The same event as in the mails: importing it again updates it, and adds no second one."""
    session = found.session
    other = session.client_name if found.caller_role == "practitioner" else session.practitioner_name
    content = calendar_file(
        session,
        title=session.named(other),
        url=PagesSettings.read().address("manage_session", token=token),
        organizer=Party(ContactSettings.read().support_email, one_line(session.practitioner_name)),
    )
    # A browser and a calendar program fetch it by themselves, and go by its type.
    return Response(
        content, media_type="text/calendar; charset=utf-8; method=PUBLISH", headers=saved_as("session.ics")
    )
