"""List what was paid, for admins."""

from shared.call import Call
from shared.serving import endpoint

from .contract import ListPayments, PaymentList, list_payments_rpc


@endpoint(caller="user")
async def list_payments(call: Call[ListPayments]) -> PaymentList:
    """Newest first, each with its session, practitioner and payer; a page, or as many as are ever given."""
    return await call.database.rpc(list_payments_rpc, **call.body.model_dump())
