"""What the page takes on which admins decide about fees and ratings, and what it shows."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.database import Rpc
from shared.wire import Input, Output


class ReviewFeesAndRatings(Input):
    """A link's token, what to look for, and of a form what to do; without a token, how to get a link."""

    token: str = Field("", max_length=200)
    find: str = Field("", max_length=100, description="A name, or a word of a rating.")
    act: Literal["forgive", "hide", "show"] | None = Field(None, description="What to do, of a form.")
    id: UUID | None = Field(None, description="The fee or the rating that it is done to.")
    reason: str = Field("", max_length=1000, description="Why, as the audit log keeps it.")


class FeeToReview(Output):
    """A fee that is owed."""

    id: UUID
    full_name: str | None
    is_own: bool = Field(description="Whether the admin owes it, about which another one decides.")
    because: Literal["late_cancellation", "no_show"]
    amount_minor: int
    currency: Literal["cad", "usd"]
    owed_since: datetime
    session_name: str | None
    practitioner_name: str | None
    scheduled_at: datetime
    is_being_paid: bool = Field(description="Whether a bank takes its time with it.")


class RatingToReview(Output):
    """A rating, without whose it is."""

    id: UUID
    stars: int
    words: str | None
    given_at: datetime
    practitioner_name: str | None
    is_own: bool = Field(description="Whether it is about the admin.")
    session_name: str | None
    scheduled_at: datetime
    is_hidden: bool
    decision_reason: str | None = Field(description="Why it was hidden, or shown again.")


class FeesAndRatings(Output):
    """The oldest fees that are owed, and the newest ratings."""

    fees: list[FeeToReview]
    has_more_fees: bool
    ratings: list[RatingToReview]
    has_more_ratings: bool
    time_zone: str


BY_LINK = ("link_not_found", "link_ended", "second_factor_needed", "text_too_long")
read_fees_and_ratings_rpc = Rpc("read_fees_and_ratings", gives=FeesAndRatings, refuses=BY_LINK)
forgive_fee_by_link_rpc = Rpc(
    "forgive_fee_by_link",
    gives=FeesAndRatings,
    refuses=(
        *BY_LINK,
        "admins_only",
        "reason_missing",
        "fee_not_found",
        "own_money",
        "fee_paid",
        "fee_not_owed",
    ),
)
hide_rating_by_link_rpc = Rpc(
    "hide_rating_by_link",
    gives=FeesAndRatings,
    refuses=(*BY_LINK, "admins_only", "reason_missing", "rating_not_found", "not_about_oneself"),
)
