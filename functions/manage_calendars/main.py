"""Keep one's calendars, by the link in a mail: subscribe to one's sessions, and keep other calendars' times free."""

from starlette.responses import HTMLResponse

from shared.call import Call
from shared.errors import Refusal
from shared.languages.catalogue import gettext
from shared.pages import PAGE_METHODS, Pages, refusal_page, tells_on_page
from shared.serving import endpoint
from shared.settings import PagesSettings, SiteSettings
from shared.timezones import zone

from .contract import (
    Calendars,
    ManageCalendars,
    add_busy_calendar_rpc,
    end_calendar_feed_rpc,
    make_calendar_feed_rpc,
    read_calendars_rpc,
    remove_busy_calendar_rpc,
)

pages = Pages(__file__)


@endpoint(caller="public", methods=PAGE_METHODS, settings=(PagesSettings, SiteSettings), page=refusal_page)
async def manage_calendars(call: Call[ManageCalendars]) -> HTMLResponse:
    """A GET shows; a button's POST makes or ends an address, or adds or removes another calendar."""
    asked, refused = call.body, None
    try:
        shown = await _press(call) if call.method == "POST" else None
    except Refusal as refusal:
        if not tells_on_page(call, refusal):
            raise
        shown, refused = None, refusal
    if shown is None:
        shown = await call.database.rpc(read_calendars_rpc, token=asked.token)
    made = shown.made_token and PagesSettings.read().address("get_calendar_feed", token=shown.made_token)
    page = pages.show(
        "calendars.html",
        status=refused.status if refused else 200,
        calendars=shown,
        address=made,
        # Programs that know the scheme subscribe; a file is only imported, once.
        subscription=made and f"webcal://{made.partition('://')[2]}",
        why_unread=_why_unread,
        refused=refused,
        pressed=asked.press if call.method == "POST" and not refused else None,
        typed=asked.address or "" if refused else "",
        zone=zone(shown.time_zone),
        site=SiteSettings.read().site,
    )
    page.headers.update(refused.headers if refused else {})
    return page


def _why_unread(failure: str | None) -> str:
    """In words, by what the reader of calendars noted; anything else is `unreachable`."""
    failures = {
        "not_a_calendar": gettext("what is there is not a calendar"),
        "too_large": gettext("it is larger than we read"),
        "too_many_entries": gettext("it has more entries than we read"),
        "takes_too_long": gettext("its repetitions take too long to work out"),
        "not_allowed": gettext("it asks for a password, or the address has ended"),
        "not_found": gettext("there is nothing at this address any more"),
        "name_not_found": gettext("its name leads nowhere"),
        "address_not_public": gettext("the address does not lead to the public internet"),
        "not_encrypted": gettext("the address does not begin with https"),
    }
    return failures.get(failure or "", gettext("it does not answer"))


async def _press(call: Call[ManageCalendars]) -> Calendars | None:
    asked = call.body
    match asked.press:
        case "make":
            return await call.database.rpc(make_calendar_feed_rpc, token=asked.token)
        case "end":
            return await call.database.rpc(end_calendar_feed_rpc, token=asked.token, feed_id=asked.feed_id)
        case "add":
            return await call.database.rpc(add_busy_calendar_rpc, token=asked.token, address=asked.address)
        case "remove":
            return await call.database.rpc(
                remove_busy_calendar_rpc, token=asked.token, calendar_id=asked.calendar_id
            )
    return None
