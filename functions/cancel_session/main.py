"""Cancel a session, a seat or a class; the policy decides what comes back."""

from shared.call import Call
from shared.serving import endpoint

from .contract import Cancelled, CancelSession, cancel_session_rpc


@endpoint(caller="user")
async def cancel_session(call: Call[CancelSession]) -> Cancelled:
    """By the client, the practitioner or an admin. Cancelling again tells what the first cancellation came to."""
    done = await call.database.rpc(cancel_session_rpc, **call.body.model_dump())
    return Cancelled(**done.model_dump(exclude={"fee_currency"}), currency=done.fee_currency)
