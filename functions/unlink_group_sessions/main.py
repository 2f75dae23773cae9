"""Part two linked classes."""

from shared.call import Call
from shared.serving import endpoint

from .contract import Unlinked, UnlinkGroupSessions, unlink_group_sessions_rpc


@endpoint(caller="user")
async def unlink_group_sessions(call: Call[UnlinkGroupSessions]) -> Unlinked:
    """By an admin. Parting what is not linked is fine."""
    parted = await call.database.rpc(unlink_group_sessions_rpc, session_id=call.body.session_id)
    return Unlinked(session_id=parted.session_id)
