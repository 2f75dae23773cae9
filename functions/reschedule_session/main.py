"""Move a session to another time; credit, price and place stay as they are."""

from shared.call import Call
from shared.serving import endpoint

from .contract import Rescheduled, RescheduleSession, reschedule_session_rpc


@endpoint(caller="user")
async def reschedule_session(call: Call[RescheduleSession]) -> Rescheduled:
    """By the client while cancelling is free of charge, by the practitioner and admins as long as it has not begun."""
    return Rescheduled(session=await call.database.rpc(reschedule_session_rpc, **call.body.model_dump()))
