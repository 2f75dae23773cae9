"""What the page takes on which a series is managed, and what it shows."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field

from shared.database import Rpc
from shared.session_event import SessionSummary
from shared.session_series import Replacements, SeriesPlan, WeeklyStart, as_replacements, listed
from shared.wire import Input, Output

# What the page said of sessions, each as `id=credits,fee`.
SaidTerms = Annotated[str, Field(pattern=r"^[0-9a-f-]{36}=\d{1,4},\d{1,6}(\.\d{1,2})?$")]
ShownTerms = Annotated[list[SaidTerms], BeforeValidator(listed), Field(max_length=400)]


class ManageSeries(Input):
    """A link's token, and from which session on; of a form, what to do with it and all that follow."""

    token: str = Field("", max_length=200)
    act: Literal["plan", "move", "cancel"] | None = Field(
        None, description="Of a form: show where each would go, move, or cancel."
    )
    session: UUID | None = Field(None, description="This one and all that follow it.")
    show: Literal["times"] | None = Field(None, description="The free times of the week.")
    starts_at: datetime | None = Field(None, description="Of that session, for moving it.")
    instead: Replacements = Field([], description="Of dates: another time, or none.")
    reason: str | None = Field(None, max_length=500)
    shown_terms: ShownTerms = Field([], description="To cancel: what the page said of each, credits and fee.")

    def as_move(self) -> dict[str, Any]:
        return {
            "token": self.token,
            "session_id": self.session,
            "starts_at": self.starts_at,
            "replacements": as_replacements(self.instead),
        }

    def as_cancellation(self) -> dict[str, Any]:
        said = (each.partition("=") for each in self.shown_terms)
        return {
            "token": self.token,
            "session_id": self.session,
            "reason": self.reason,
            "shown_terms": {
                session: [int(terms.split(",")[0]), terms.split(",")[1]] for session, _, terms in said
            },
        }


class Terms(Output):
    """What cancelling one returns right now."""

    cancellation_type: str
    credit_returned: int
    fee_charged: Decimal
    currency: str | None
    free_until: datetime
    no_credit_because: str | None


class SeriesSession(Output):
    """One that is to come."""

    session: SessionSummary
    quote: Terms
    on_date: date


class ManagedSeries(Output):
    """A series, and what of it is to come."""

    series_id: UUID
    practitioner_name: str | None
    session_type_name: str | None
    caller_role: Literal["client", "practitioner"]
    time_zone: str
    reader_time_zone: str
    sessions: list[SeriesSession]
    past: int


class SeriesTimes(Output):
    """Times of the week to which it could move."""

    shown: ManagedSeries
    starts: list[WeeklyStart]


class SeriesMove(Output):
    """Each date of a move, and the series as it stands."""

    plan: SeriesPlan
    shown: ManagedSeries


class FeeDue(Output):
    """What is due together, in one currency."""

    amount_minor: int
    currency: str


class SeriesCancelled(Output):
    """What came of cancelling, and what is left."""

    cancelled: int
    credits_returned: int
    fees: list[FeeDue]
    shown: ManagedSeries


LINK = ("link_not_found", "link_ended", "grace_used")
NAMED = (*LINK, "session_not_found", "series_not_found", "nothing_to_come", "too_many_requests")
MOVES = (*NAMED, "time_missing", "shift_too_long", "replacement_not_possible", "series_not_possible")
read_managed_series_rpc = Rpc("read_managed_series", gives=ManagedSeries, refuses=LINK)
read_series_times_rpc = Rpc("read_series_times", gives=SeriesTimes, refuses=(*LINK, "session_not_found"))
quote_series_move_rpc = Rpc("quote_series_move_by_link", gives=SeriesMove, refuses=MOVES)
move_series_rpc = Rpc("move_series_by_link", gives=SeriesMove, refuses=MOVES)
cancel_series_rpc = Rpc(
    "cancel_series_by_link",
    gives=SeriesCancelled,
    refuses=(*NAMED, "text_too_long", "session_not_cancellable", "terms_have_changed", "terms_not_readable"),
)
