"""What the page after a session takes, and what it shows."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from shared.database import Rpc
from shared.session_event import SessionSummary
from shared.wire import Input, Output


class RateSession(Input):
    """A link's token and, of a form, the stars and what somebody wrote beside them."""

    token: str = Field("", max_length=200)
    stars: int | None = Field(None, ge=1, le=5, description="One to five, of a form.")
    # Whoever writes too much is told so beside what they wrote, by the database; this is where reading it ends.
    words: str = Field("", max_length=5000, description="What somebody adds, in at most 500 characters.")


class Rating(Output):
    """A session, whether it can be rated, and how it was."""

    session: SessionSummary
    time_zone: str
    state: Literal["open", "closed", "not_held"]
    open_until: datetime
    stars: int | None
    words: str | None
    is_hidden: bool


LINK = ("link_not_found", "link_ended", "session_not_found")
read_rating_rpc = Rpc("read_rating", gives=Rating, refuses=LINK)
rate_session_rpc = Rpc(
    "rate_session",
    gives=Rating,
    refuses=(
        *LINK,
        "stars_missing",
        "text_too_long",
        "session_not_held",
        "rating_closed",
        "too_many_requests",
    ),
)
