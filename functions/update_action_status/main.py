"""Mark a recommended action as done, or as open again."""

from shared.call import Call
from shared.serving import endpoint

from .contract import UpdateActionStatus, Updated, update_action_status_rpc


@endpoint(caller="user")
async def update_action_status(call: Call[UpdateActionStatus]) -> Updated:
    """Only the client it was recommended to. The time of completion is the database's."""
    return Updated(recommendation=await call.database.rpc(update_action_status_rpc, **call.body.model_dump()))
