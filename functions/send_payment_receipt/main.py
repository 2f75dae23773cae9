"""Mail the receipt of a payment to who paid, if that was not done when the payment came."""

from shared.call import Call
from shared.serving import endpoint
from shared.settings import ServiceSettings

from .contract import SendPaymentReceipt, SentReceipt, send_payment_receipt_rpc


@endpoint(caller=("user", "service"), settings=(ServiceSettings,))
async def send_payment_receipt(call: Call[SendPaymentReceipt]) -> SentReceipt:
    """There is one receipt for a payment, however often it is asked for."""
    requested = await call.database.rpc(send_payment_receipt_rpc, **call.body.model_dump())
    return SentReceipt(messageId=requested.mail_id)
