"""What the page of the classes to come takes, and what it shows."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.database import Rpc
from shared.languages.catalogue import gettext
from shared.legal_texts import LegalText, in_readers_language
from shared.wire import Input, Output


class FindClasses(Input):
    """A link's token, a class, and of a form what to do; without a link, the address that it is sent to."""

    token: str = Field("", max_length=200)
    class_id: UUID | None = Field(None, description="The class to look at.")
    act: Literal["wait", "leave", "take", "pay", "move_up"] | None = Field(
        None, description="What to do, of a form."
    )
    entry_id: UUID | None = Field(None, description="Of an admin: who is to be the first of those who wait.")
    reason: str | None = Field(None, max_length=500, description="Why they overtake the others.")
    version: int | None = Field(None, description="Of the waiver that was shown.")
    text_sha256: str | None = Field(None, max_length=64, description="Of the language in which it was shown.")
    signature_name: str | None = Field(None, max_length=200)
    address: str | None = Field(None, max_length=320)


class ComingClass(Output):
    """A class, its seats and its list, and what of them is the reader's."""

    class_id: UUID
    class_name: str | None
    practitioner_name: str | None
    scheduled_at: datetime
    ends_at: datetime
    time_zone: str
    session_location: str
    physical_location: str | None
    max_participants: int
    free_seats: int = Field(description="Neither taken, nor held for others, nor waited for.")
    waiting: int
    takes_waiting: bool = Field(description="Whether it is early enough to wait for a seat.")
    is_joined: bool
    my_status: Literal["waiting", "kept"] | None
    my_place: int | None
    kept_until: datetime | None

    @property
    def name(self) -> str:
        return self.class_name or gettext("Group class")

    @property
    def place(self) -> str | None:
        return (
            (self.physical_location or gettext("In person")) if self.session_location == "in_person" else None
        )


class ComingClasses(Output):
    """Those of the next ninety days; the reader's time zone, if it is known."""

    classes: list[ComingClass]
    time_zone: str | None


class WaitingPerson(Output):
    """Of a waiting list, as admins see it."""

    entry_id: UUID
    full_name: str | None
    status: Literal["waiting", "kept"]
    place: int | None
    kept_until: datetime | None
    place_reason: str | None = Field(description="Why they were moved up, if they were.")


class FoundClass(Output):
    """One class, and what taking a seat in it needs. A waiver is there to be signed first."""

    shown: ComingClass
    time_zone: str
    has_credit: bool
    practitioner_id: UUID
    session_type_id: UUID | None
    session_type: str | None
    duration_minutes: int
    waiver_version: int | None
    waiver_body: str | None
    signer_name: str | None
    waiver_texts: list[LegalText] | None = Field(None, description="The waiver in all its languages.")
    waiting_people: list[WaitingPerson] | None = Field(description="For admins, in their order.")

    @property
    def waiver(self) -> LegalText:
        """That is to be signed, in the reader's language."""
        return in_readers_language(self.waiver_texts or [])

    # What its payment needs to know, by the names of the website's checkout.
    @property
    def is_group(self) -> bool:
        return True

    @property
    def scheduled_at(self) -> datetime:
        return self.shown.scheduled_at

    @property
    def session_location(self) -> str:
        return self.shown.session_location

    @property
    def physical_location(self) -> str | None:
        return self.shown.physical_location

    @property
    def group_class_id(self) -> UUID:
        return self.shown.class_id


class Asked(Output):
    """Whether the address was written down; null where it was asked too often."""

    success: bool | None


LINK = ("link_not_found", "link_ended")
read_coming_classes_rpc = Rpc("read_coming_classes", gives=ComingClasses, refuses=LINK)
read_coming_class_rpc = Rpc("read_coming_class", gives=FoundClass, refuses=(*LINK, "class_not_found"))
wait_for_class_rpc = Rpc(
    "wait_for_class",
    gives=FoundClass,
    refuses=(
        *LINK,
        "account_needed",
        "too_many_requests",
        "class_not_found",
        "class_not_open",
        "class_over",
        "already_joined",
        "double_booked",
        "practitioner_unavailable",
        "waiting_list_over",
        "seats_are_free",
        "waiting_list_full",
        "too_many_waiting_lists",
    ),
)
move_up_by_link_rpc = Rpc(
    "move_up_by_link",
    gives=FoundClass,
    refuses=(
        *LINK,
        "admins_only",
        "text_too_long",
        "reason_missing",
        "entry_not_found",
        "not_waiting",
        "class_not_found",
    ),
)
take_class_seat_rpc = Rpc(
    "take_class_seat",
    gives=FoundClass,
    refuses=(
        *LINK,
        "account_gone",
        "too_many_requests",
        "signature_missing",
        "waiver_text_not_current",
        "waiver_policy_missing",
        "waiver_required",
        "session_not_found",
        "class_not_found",
        "class_not_open",
        "class_over",
        "class_full",
        "already_joined",
        "double_booked",
        "no_usable_credit",
        "practitioner_unavailable",
    ),
)
request_class_links_rpc = Rpc(
    "request_class_links", gives=Asked, refuses=("address_not_possible", "too_many_requests")
)
