"""Manage a session by the link in its mails: what cancelling returns right now, cancelling, a calendar file."""

from starlette.responses import Response

from shared.call import Call
from shared.pages import PAGE_METHODS, Pages, refusal_page
from shared.serving import endpoint
from shared.session_event import calendar_file
from shared.settings import PagesSettings, SiteSettings
from shared.timezones import zone

from .contract import ManagedSession, ManageSession, cancel_managed_session_rpc, read_managed_session_rpc

pages = Pages(__file__)


@endpoint(caller="public", methods=PAGE_METHODS, settings=(SiteSettings, PagesSettings), page=refusal_page)
async def manage_session(call: Call[ManageSession]) -> Response:
    """A GET shows; a form's POST does what its button says, and shows what came of it."""
    done = None
    if call.method == "POST" and call.body.act == "cancel":
        done = await call.database.rpc(
            cancel_managed_session_rpc,
            token=call.body.token,
            reason=call.body.reason,
            use_grace=call.body.use_grace,
        )
    found = await call.database.rpc(read_managed_session_rpc, token=call.body.token)
    if call.body.file:
        return _calendar(call.body.token, found)
    return pages.show(
        "session.html",
        session=found.session,
        zone=zone(found.time_zone),
        role=found.caller_role,
        quote=found.quote,
        done=done,
        token=call.body.token,
        site=SiteSettings.read().site,
    )


def _calendar(token: str, found: ManagedSession) -> Response:
    """The same event as in the mails: importing it again updates it, and adds no second one."""
    session = found.session
    other = session.client_name if found.caller_role == "practitioner" else session.practitioner_name
    content = calendar_file(
        session,
        title=f"{session.name} with {other}" if other else session.name,
        url=PagesSettings.read().address("manage_session", token=token),
    )
    headers = {"content-disposition": 'attachment; filename="session.ics"', "cache-control": "no-store"}
    return Response(content, media_type="text/calendar; charset=utf-8; method=PUBLISH", headers=headers)
