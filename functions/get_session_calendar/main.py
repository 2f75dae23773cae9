"""A session as a file for one's calendar."""

from starlette.responses import Response

from shared.call import Call
from shared.names import one_line
from shared.serving import endpoint
from shared.session_event import Party, calendar_file
from shared.settings import ContactSettings, PagesSettings

from .contract import GetSessionCalendar, get_session_calendar_rpc


@endpoint(caller="user", methods=("POST", "GET"), settings=(PagesSettings, ContactSettings))
async def get_session_calendar(call: Call[GetSessionCalendar]) -> Response:
    """The same event as in the mails: importing it again updates it, and adds no second one."""
    found = await call.database.rpc(get_session_calendar_rpc, session_id=call.body.session_id)
    session = found.session
    practitioner = one_line(session.practitioner_name)
    content = calendar_file(
        session,
        title=session.named(practitioner),
        url=PagesSettings.read().address("manage_session", token=found.link),
        organizer=Party(ContactSettings.read().support_email, practitioner),
    )
    headers = {"content-disposition": 'attachment; filename="session.ics"', "cache-control": "no-store"}
    return Response(content, media_type="text/calendar; charset=utf-8; method=PUBLISH", headers=headers)
