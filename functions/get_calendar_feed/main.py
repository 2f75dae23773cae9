"""Somebody's sessions as a calendar to subscribe to, by an address that is theirs alone and that they can end."""

from starlette.responses import Response

from shared.call import Call
from shared.languages import language
from shared.languages.catalogue import gettext
from shared.pages import PRIVATE, refusal_page
from shared.serving import endpoint
from shared.session_event import Entry, calendar_of
from shared.settings import PagesSettings

from .contract import FeedSession, GetCalendarFeed, read_calendar_feed_rpc


@endpoint(caller="public", methods=("GET", "HEAD"), settings=(PagesSettings,), page=refusal_page)
async def get_calendar_feed(call: Call[GetCalendarFeed]) -> Response:
    """Programs ask every hour or so: with the version they have, and are told when nothing has changed (304)."""
    known = call.headers.get("if-none-match", "").removeprefix("W/").strip('"')
    feed = await call.database.rpc(read_calendar_feed_rpc, token=call.body.token, known_version=known[:64])
    headers = {
        **PRIVATE,
        "cache-control": "private, no-cache",
        "content-language": language(),
        "etag": f'"{feed.version}"',
    }
    if feed.sessions is None:
        return Response(status_code=304, headers=headers)
    url = PagesSettings.read().address("find_my_sessions")
    content = calendar_of(
        [Entry(each.session, each.session.named(_other(each)), url) for each in feed.sessions],
        subscribed_as=gettext("Practice sessions"),
    )
    return Response(content, headers=headers, media_type="text/calendar; charset=utf-8")


def _other(each: FeedSession) -> str | None:
    """Whom it is with; a class has no one client."""
    return each.session.client_name if each.is_led else each.session.practitioner_name
