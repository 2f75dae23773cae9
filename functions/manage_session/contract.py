"""What the page about a session takes, and what it shows."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field

from shared.database import Rpc
from shared.session_event import SessionSummary
from shared.wire import Input, Output


class ManageSession(Input):
    """A link's token and, of a form, what to do."""

    token: str = Field("", max_length=200)
    file: Literal["calendar"] | None = Field(
        None, description="The session as a calendar file, not as a page."
    )
    show: Literal["times"] | None = Field(None, description="Times to which it can be moved.")
    day: date | None = Field(None, description="The first day of which times are shown.")
    act: Literal["cancel", "move", "propose", "delay", "absence", "substitute", "lead"] | None = Field(
        None, description="What to do, of a form."
    )
    reason: str | None = Field(None, max_length=1000)
    use_grace: bool = False
    shown_credit: int | None = Field(
        None, ge=0, le=1000, description="To cancel: what the page said comes back."
    )
    shown_fee: float | None = Field(
        None, ge=0, le=100000, description="To cancel: the fee that the page said."
    )
    starts_at: datetime | None = Field(None, description="To move: when it starts.")
    class_id: UUID | None = Field(None, description="To move from a class: the one to join.")
    minutes: int | None = Field(None, ge=1, le=60, description="How late whoever leads it is.")
    person: UUID | None = Field(None, description="Who did not come.")


class Quote(Output):
    """What cancelling right now would come to."""

    cancellation_type: str
    credit_returned: int
    fee_charged: float
    currency: str
    free_until: datetime
    grace_available: bool
    no_credit_because: str | None
    credit_expires_at: datetime | None


class Participant(Output):
    """Somebody who booked, for whoever leads it. Attended is null while nobody knows."""

    user_id: UUID
    name: str | None
    attended: bool | None


def _none_unless(key: str) -> BeforeValidator:
    """PostgREST writes an absent row inside a row as an object of nulls."""
    return BeforeValidator(
        lambda value: None if isinstance(value, dict) and value.get(key) is None else value
    )


class ManagedSession(Output):
    """A session, for the person whom the link was sent to. The last fields are for whoever leads it."""

    session: SessionSummary
    time_zone: str
    caller_role: Literal["client", "practitioner", "admin"]
    quote: Annotated[Quote | None, _none_unless("cancellation_type")]
    no_show_fee: float | None = Field(description="Due of whoever does not come, in dollars of the quote.")
    can_move: bool
    is_seat: bool
    proposed_scheduled_at: datetime | None = Field(description="The time that the client is asked for.")
    answer_until: datetime | None
    participants: list[Participant] | None
    seats: int | None
    delays: list[int] | None = Field(description="By how many minutes it can be told to start late.")
    no_shows_from: datetime | None = Field(description="From when on somebody can be said to be absent.")
    no_show_pays: bool | None = Field(description="Whether the credit of whoever does not come is used.")
    can_ask_for_substitute: bool | None
    substitute_wanted_at: datetime | None = Field(description="When they asked for one.")
    away_because: Literal["time_off", "closed_hours", "other_calendar"] | None = Field(
        description="Why its time is not theirs to lead it, as long as they have not said that they do."
    )


class OfferedTime(Output):
    """When it could be instead; of a class, which."""

    starts_at: datetime
    ends_at: datetime
    class_id: UUID | None
    class_name: str | None
    practitioner_name: str | None
    seats_left: int | None
    needs_yes: bool = Field(description="Whether the client must agree to it first.")


class Offers(Output):
    """Times to move to, a few days of them; null where it cannot be moved."""

    shown: ManagedSession
    offers: list[OfferedTime] | None
    from_day: date | None
    until_day: date | None
    earlier_day: date | None
    later_day: date | None


class Cancelled(Output):
    """What the cancellation came to."""

    cancellation_type: str
    credit_returned: int
    fee_charged: float
    currency: str
    shown: ManagedSession


CANCEL = ("session_not_found", "session_not_cancellable", "session_started")
LINK = ("link_not_found", "link_ended", "grace_used")  # the last by the quote, which each of them shows
LEADS = ("practitioners_only", "session_over", "too_many_requests")
read_managed_session_rpc = Rpc("read_managed_session", gives=ManagedSession, refuses=LINK)
read_session_offers_rpc = Rpc("read_session_offers", gives=Offers, refuses=LINK)
cancel_managed_session_rpc = Rpc(
    "cancel_managed_session",
    gives=Cancelled,
    refuses=(*LINK, *CANCEL, "terms_have_changed"),
)
move_managed_session_rpc = Rpc(
    "move_managed_session",
    gives=ManagedSession,
    refuses=(
        *LINK,
        *CANCEL,  # of the seat that is left for another
        "class_not_found",
        "not_your_booking",
        "time_missing",
        "class_missing",
        "too_late_to_move",
        "slot_taken",
        "class_full",
        "change_needs_a_yes",
    ),
)
propose_managed_time_rpc = Rpc(
    "propose_managed_time",
    gives=ManagedSession,
    refuses=(
        *LINK,
        *LEADS,
        "session_not_found",
        "time_missing",
        "class_asks_nobody",
        "session_not_movable",
        "nothing_to_change",
        "slot_in_past",
        "beyond_horizon",
        "slot_taken",
    ),
)
ask_for_substitute_rpc = Rpc(
    "ask_for_substitute",
    gives=ManagedSession,
    refuses=(*LINK, *LEADS, "session_started", "seat_follows_its_class"),
)
lead_anyway_rpc = Rpc(
    "lead_anyway", gives=ManagedSession, refuses=(*LINK, "practitioners_only", "session_over")
)
announce_delay_rpc = Rpc(
    "announce_delay", gives=ManagedSession, refuses=(*LINK, *LEADS, "minutes_missing", "delay_not_possible")
)
report_absence_rpc = Rpc(
    "report_absence",
    gives=ManagedSession,
    refuses=(
        *LINK,
        *LEADS,
        "person_not_in_session",
        "grace_not_over",
        "session_not_begun",
        # by the same rules as an attendance that is set elsewhere
        "session_not_found",
        "session_cancelled",
        "not_about_oneself",
        "reason_missing",
        "text_too_long",
        "times_not_possible",
    ),
)
