"""List everybody who signed up, for admins."""

from shared.call import Call
from shared.serving import endpoint

from .contract import ListUsers, UserList, list_users_rpc


@endpoint(caller="user")
async def list_users(call: Call[ListUsers]) -> UserList:
    """Newest first, with their roles; a page, or as many as are ever given at once."""
    return await call.database.rpc(list_users_rpc, **call.body.model_dump())
