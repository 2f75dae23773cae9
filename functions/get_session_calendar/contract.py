"""What a session's calendar file takes."""

from uuid import UUID

from shared.database import Rpc
from shared.session_event import ToldSession
from shared.wire import Input, Output


class GetSessionCalendar(Input):
    """A session that the caller books, leads or runs."""

    session_id: UUID


class SessionToKeep(Output):
    """The session, as it is now."""

    session: ToldSession


get_session_calendar_rpc = Rpc("get_session_calendar", gives=SessionToKeep, refuses=("session_not_found",))
