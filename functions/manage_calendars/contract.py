"""What the page about calendars takes, and what it shows."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.database import Rpc
from shared.wire import Input, Output


class ManageCalendars(Input):
    """A link's token and, of a form, which button was pressed, and with what."""

    token: str = Field("", max_length=200)
    press: Literal["make", "end", "add", "remove"] | None = Field(None, description="The button, of a form.")
    feed_id: UUID | None = Field(None, description="Which address of one's own, to end it.")
    calendar_id: UUID | None = Field(None, description="Which other calendar, to remove it.")
    address: str | None = Field(
        None, max_length=2000, description="Of another calendar, to keep its times free."
    )


class Feed(Output):
    """An address that was given to a program."""

    id: UUID
    created_at: datetime
    fetched_at: datetime | None


class BusyCalendar(Output):
    """Another calendar of a practitioner: of its address, only the host."""

    id: UUID
    host: str | None
    read_at: datetime | None
    entries: int
    failing_since: datetime | None
    failure: str | None


class Calendars(Output):
    """Both kinds; and the token of an address that was just made, once."""

    feeds: list[Feed]
    busy_calendars: list[BusyCalendar]
    is_practitioner: bool
    time_zone: str
    made_token: str | None


LINK = ("link_not_found", "link_ended")
read_calendars_rpc = Rpc("read_calendars", gives=Calendars, refuses=LINK)
make_calendar_feed_rpc = Rpc(
    "make_calendar_feed", gives=Calendars, refuses=(*LINK, "too_many_feeds", "too_many_requests")
)
end_calendar_feed_rpc = Rpc("end_calendar_feed", gives=Calendars, refuses=LINK)
add_busy_calendar_rpc = Rpc(
    "add_busy_calendar",
    gives=Calendars,
    refuses=(
        *LINK,
        "practitioners_only",
        "address_not_possible",
        "too_many_calendars",
        "too_many_requests",
    ),
)
remove_busy_calendar_rpc = Rpc("remove_busy_calendar", gives=Calendars, refuses=LINK)
