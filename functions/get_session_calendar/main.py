"""A session as a file for one's calendar."""

from shared.call import Call
from shared.downloads import Download
from shared.names import one_line
from shared.serving import endpoint
from shared.session_event import Party, calendar_file
from shared.settings import ContactSettings, PagesSettings

from .contract import GetSessionCalendar, get_session_calendar_rpc


@endpoint(caller="user", methods=("POST", "GET"), settings=(PagesSettings, ContactSettings))
async def get_session_calendar(call: Call[GetSessionCalendar]) -> Download:
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
    return Download("session.ics", content)
