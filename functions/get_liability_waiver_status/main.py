"""Report whether the caller has signed the current waiver."""

from shared.call import Call
from shared.serving import endpoint

from .contract import GetLiabilityWaiverStatus, WaiverStatus, get_liability_waiver_status_rpc


@endpoint(caller="user", methods=("POST", "GET"))
async def get_liability_waiver_status(call: Call[GetLiabilityWaiverStatus]) -> WaiverStatus:
    """A session's own waiver counts for that session, a general one of the current version counts everywhere."""
    return await call.database.rpc(get_liability_waiver_status_rpc, session_id=call.body.session_id)
