"""What a calendar program asks with, and the sessions that it is given."""

from pydantic import Field

from shared.database import Rpc
from shared.session_event import SessionSummary
from shared.wire import Input, Output


class GetCalendarFeed(Input):
    """The token in the address that somebody gave to the program."""

    token: str = Field("", max_length=200)


class FeedSession(Output):
    """A session, and whether whoever's feed it is leads it."""

    session: SessionSummary
    is_led: bool


class CalendarFeed(Output):
    """The sessions; null where the program has this version of them already."""

    version: str
    sessions: list[FeedSession] | None


read_calendar_feed_rpc = Rpc(
    "read_calendar_feed", gives=CalendarFeed, refuses=("link_not_found", "too_many_requests")
)
