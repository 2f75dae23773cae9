"""What paying takes and gives."""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.checkouts import BegunCheckout, Currency
from shared.database import Rpc
from shared.wire import Input


class CreateSessionPayment(Input):
    """What to pay for: one session at a time of a practitioner's, or a package of credits.

    The checkout page and the wallet send less each; what is missing for what they buy is refused by SQL, which also
    knows every price. For a package, the time that was picked is ignored.
    """

    payment_type: Literal["single", "package_5", "package_10"]
    currency: Currency | None = Field(default=None, description="By default the caller's preference.")
    session_type_id: UUID | None = None
    duration_minutes: int | None = Field(
        default=None, ge=1, le=1440, description="Must be that of the session type."
    )
    session_type: Literal["standing", "laying"] | None = None
    is_group: bool | None = None
    practitioner_id: UUID | None = None
    scheduled_at: AwareDatetime | None = None
    session_location: Literal["online", "in_person"] | None = None
    physical_location: str | None = Field(default=None, max_length=500)
    group_class_id: UUID | None = Field(default=None, description="The class to join.")
    group_session_id: UUID | None = Field(
        default=None, description="The same, as the pages' addresses name it."
    )
    notes: str | None = Field(default=None, max_length=2000)
    cancellation_policy_agreed: bool | None = None
    cancellation_policy_version: UUID | None = None


begin_checkout_rpc = Rpc(
    "begin_checkout",
    gives=BegunCheckout,
    refuses=(
        "account_needed",
        "request_in_progress",
        "credits_owed",
        "session_type_not_found",
        "duration_not_offered",
        "package_not_found",
        "cancellation_policy_not_agreed",
        "cancellation_policy_not_current",
        "studio_not_found",
        "location_missing",
        "coordinates_off_the_map",
        "class_not_found",
        "type_not_of_class",
        "class_not_open",
        "class_over",
        "already_joined",
        "class_full",
        "class_needed",
        "nothing_to_hold",
        "too_many_holds",
        "hold_lapsed",
        "practitioner_unavailable",
        "slot_in_past",
        "too_short_notice",
        "beyond_horizon",
        "outside_availability",
        "not_a_start",
        "double_booked",
        "slot_taken",
        "too_many_requests",
    ),
    remembers=True,
)
