"""Link the online and the in-person form of a class."""

from shared.call import Call
from shared.serving import endpoint

from .contract import Linked, LinkGroupSessions, link_group_sessions_rpc


@endpoint(caller="user")
async def link_group_sessions(call: Call[LinkGroupSessions]) -> Linked:
    """By an admin. Linking the same two again changes nothing."""
    return Linked(correlation=await call.database.rpc(link_group_sessions_rpc, **call.body.model_dump()))
