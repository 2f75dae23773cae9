"""What asking for a confirmation takes and gives."""

from uuid import UUID

from pydantic import Field

from shared.database import Rpc
from shared.wire import Input, Output


class SendBookingConfirmation(Input):
    """A session that the caller books, leads or runs."""

    session_id: UUID


class RequestedMail(Output):
    """The mail: written when the session was booked, or now."""

    mail_id: UUID


class SentConfirmation(Output):
    """The reply."""

    success: bool = True
    messageId: UUID = Field(description="Our name for the mail; `email_logs.metadata` has it as `mail_id`.")


send_booking_confirmation_rpc = Rpc(
    "send_booking_confirmation",
    gives=RequestedMail,
    refuses=(
        "session_not_found",
        "session_is_class",
        "session_not_scheduled",
        "nobody_to_mail",
        "too_many_requests",
    ),
)
