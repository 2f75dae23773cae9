"""What the page takes on which somebody books a session every week, and what it shows."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field, NaiveDatetime

from shared.database import Rpc
from shared.session_series import Replacements, SeriesPlan, WeeklyStart, as_replacements
from shared.wire import Input, Output


class BookSeries(Input):
    """A link's token; with whom, for what and where; then the first start, and how many."""

    token: str = Field("", max_length=200)
    act: Literal["plan", "book"] | None = Field(None, description="Of a form: show each date, or book them.")
    practitioner: UUID | None = Field(None, description="With whom.")
    find: str | None = Field(None, max_length=100, description="A name, or a part of it, to choose among.")
    page: int = Field(1, ge=1, le=1000, description="Of those to choose among, fifty to a page.")
    kind: UUID | None = Field(None, description="Of session, by its id.")
    place: Literal["online"] | UUID = Field("online", description="Online, or a studio's id.")
    start: NaiveDatetime | None = Field(None, description="The first one, by the practitioner's clock.")
    sessions: int | None = Field(None, ge=1, le=52, description="How many weeks.")
    instead: Replacements = Field([], description="Of dates: another time, or none.")
    key: str | None = Field(None, max_length=100, description="Of this booking: pressed twice, it is one.")

    def as_asked(self) -> dict[str, Any]:
        """The rule, as the database takes it."""
        return {
            "token": self.token,
            "practitioner_id": self.practitioner,
            "session_type_id": self.kind,
            "first_date": self.start and self.start.date(),
            "at_time": self.start and self.start.time(),
            "sessions": self.sessions,
            "session_location": "online" if self.place == "online" else "in_person",
            "physical_location": None if self.place == "online" else str(self.place),
            "replacements": as_replacements(self.instead),
        }


class Choice(Output):
    """Somebody with whom it could be."""

    id: UUID
    name: str


class SeriesKind(Output):
    """A kind of session that credits are good for."""

    id: UUID
    name: str
    duration_minutes: int
    credits: int


class Studio(Output):
    """Where they could meet."""

    id: UUID
    name: str
    address: str
    city: str | None


class SeriesChoices(Output):
    """What there is to choose from, and the times of the week for what is chosen by now."""

    practitioners: list[Choice]
    kinds: list[SeriesKind]
    studios: list[Studio]
    practitioner_id: UUID | None
    session_type_id: UUID | None
    time_zone: str | None
    starts: list[WeeklyStart]
    is_more: bool = Field(description="Whether there is another page of practitioners.")


class SeriesQuote(Output):
    """Each date, and the token of a link to the waiver, if it is not signed."""

    plan: SeriesPlan
    waiver_token: str | None


LINK = ("link_not_found", "link_ended")
# What is in the way of one date is told beside it; the rest is about the whole of what was asked for.
ABOUT_A_DATE = (
    "beyond_horizon",
    "coordinates_off_the_map",
    "double_booked",
    "not_a_start",
    "outside_availability",
    "slot_in_past",
    "slot_taken",
    "too_short_notice",
)
ASKED = (
    *LINK,
    *ABOUT_A_DATE,
    "account_needed",
    "time_missing",
    "date_not_possible",
    "time_not_possible",
    "sessions_not_possible",
    "location_not_possible",
    "text_too_long",
    "session_type_not_found",
    "class_needed",
    "practitioner_unavailable",
    "location_missing",
    "studio_not_found",
    "replacement_not_possible",
    "too_many_requests",
    "idempotency_key_reused",
    "waiver_required",
    "no_usable_credit",
    "credits_owed",
    "series_not_possible",
)
read_series_choices_rpc = Rpc("read_series_choices", gives=SeriesChoices, refuses=(*LINK, "text_too_long"))
quote_series_rpc = Rpc("quote_series_by_link", gives=SeriesQuote, refuses=ASKED)
book_series_rpc = Rpc("book_series_by_link", gives=SeriesPlan, refuses=ASKED)
