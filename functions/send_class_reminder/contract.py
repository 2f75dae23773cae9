"""What reminding takes and gives."""

from uuid import UUID

from pydantic import Field

from shared.database import Rpc
from shared.wire import Input, Output


class SendClassReminder(Input):
    """One session; without it all that are due, which only admins and the platform may ask for."""

    session_id: UUID | None = None


class Reminded(Output):
    """How many reminders were written by this call."""

    reminders_sent: int


class SentReminders(Output):
    """The reply."""

    success: bool = True
    reminders_sent: int = Field(description="Of the sessions of the next 24 hours, each once.")


send_class_reminder_rpc = Rpc(
    "send_class_reminder",
    gives=Reminded,
    refuses=("session_not_found", "session_is_class", "admins_only", "too_many_requests"),
)
