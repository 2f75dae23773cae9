"""What a welcome takes and gives."""

from uuid import UUID

from pydantic import Field

from shared.database import Rpc
from shared.wire import Input, Output


class SendWelcomeEmail(Input):
    """A new account. Its address and name are those it has: other fields are taken no notice of."""

    user_id: UUID | None = None


class Received(Output):
    """The request was received."""

    success: bool


class Welcomed(Output):
    """The reply: always yes, so that nobody learns from it who has an account."""

    success: bool = True
    messageId: None = Field(None, description="Always null.")


send_welcome_email_rpc = Rpc("send_welcome_email", gives=Received, refuses=("too_many_requests",))
