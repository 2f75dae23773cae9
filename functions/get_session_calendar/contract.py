"""What a session's calendar file takes."""

from uuid import UUID

from shared.database import Rpc
from shared.session_event import SessionSummary
from shared.wire import Input, Output


class GetSessionCalendar(Input):
    """A session that the caller books, leads or runs."""

    session_id: UUID


class CalendarSession(Output):
    """The session, as it is now, and the token of a link to its page."""

    session: SessionSummary
    link: str


get_session_calendar_rpc = Rpc(
    "get_session_calendar", gives=CalendarSession, refuses=("session_not_found", "too_many_requests")
)
