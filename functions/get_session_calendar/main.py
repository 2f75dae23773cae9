"""A session as a file for one's calendar."""

from starlette.responses import Response

from shared.call import Call
from shared.serving import endpoint
from shared.session_event import calendar_file
from shared.settings import PagesSettings

from .contract import GetSessionCalendar, get_session_calendar_rpc


@endpoint(caller="user", methods=("POST", "GET"), settings=(PagesSettings,))
async def get_session_calendar(call: Call[GetSessionCalendar]) -> Response:
    """The same event as in the mails: importing it again updates it, and adds no second one."""
    found = await call.database.rpc(get_session_calendar_rpc, session_id=call.body.session_id)
    session = found.session
    content = calendar_file(
        session,
        title=f"{session.name} with {session.practitioner_name}"
        if session.practitioner_name
        else session.name,
        url=PagesSettings.read().address("manage_session", token=found.link),
    )
    headers = {"content-disposition": 'attachment; filename="session.ics"', "cache-control": "no-store"}
    return Response(content, media_type="text/calendar; charset=utf-8; method=PUBLISH", headers=headers)
