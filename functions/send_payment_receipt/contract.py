"""What asking for a receipt takes and gives."""

from uuid import UUID

from pydantic import Field

from shared.database import Rpc
from shared.wire import Input, Output


class SendPaymentReceipt(Input):
    """A payment by either of its names. The receipt goes to who paid: other fields are taken no notice of."""

    payment_intent_id: str | None = Field(None, max_length=255)
    checkout_session_id: str | None = Field(None, max_length=255, description="Stripe's name, or ours.")


class RequestedMail(Output):
    """The mail with the receipt."""

    mail_id: UUID


class SentReceipt(Output):
    """The reply."""

    success: bool = True
    messageId: UUID = Field(description="Our name for the mail; `email_logs.metadata` has it as `mail_id`.")


send_payment_receipt_rpc = Rpc(
    "send_payment_receipt",
    gives=RequestedMail,
    refuses=("payment_not_found", "nobody_to_mail", "too_many_requests"),
)
