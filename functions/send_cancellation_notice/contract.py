"""What asking for a cancellation notice takes and gives."""

from uuid import UUID

from pydantic import Field

from shared.database import Rpc
from shared.wire import Input, Output


class SendCancellationNotice(Input):
    """A session that was cancelled, or moved. What came back is known here: other fields are taken no notice of."""

    session_id: UUID
    is_reschedule: bool = False


class RequestedMail(Output):
    """The mail about it."""

    mail_id: UUID


class SentNotice(Output):
    """The reply."""

    success: bool = True
    messageId: UUID = Field(description="Our name for the mail; `email_logs.metadata` has it as `mail_id`.")


send_cancellation_notice_rpc = Rpc(
    "send_cancellation_notice",
    gives=RequestedMail,
    refuses=(
        "session_not_found",
        "session_is_class",
        "session_not_cancelled",
        "session_not_moved",
        "nobody_to_mail",
        "too_many_requests",
    ),
)
