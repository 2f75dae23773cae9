"""What the page takes at which somebody pays for what they had no credit for."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from shared.database import Rpc
from shared.languages.catalogue import gettext
from shared.wire import Input, Output


class PaySession(Input):
    """A link's token; without one, the page says where the link is."""

    token: str = Field("", max_length=200)


class SessionToPay(Output):
    """What somebody picked; with a reason, it cannot be had any more."""

    practitioner_id: UUID
    practitioner_name: str | None
    scheduled_at: datetime
    ends_at: datetime
    time_zone: str
    session_type_id: UUID
    name: str
    session_type: str
    duration_minutes: int
    is_group: bool
    session_location: str
    physical_location: str | None
    group_class_id: UUID | None
    has_failed: bool  # a bank did not pay for it; otherwise no credit was good for it
    reason: str | None

    @property
    def place(self) -> str | None:
        return (
            (self.physical_location or gettext("In person")) if self.session_location == "in_person" else None
        )


read_session_to_pay_rpc = Rpc(
    "read_session_to_pay", gives=SessionToPay, refuses=("link_not_found", "link_ended", "nothing_picked")
)
