"""Recommend an action to a client."""

from shared.call import Call
from shared.serving import endpoint

from .contract import CreateActionRecommendation, Recommended, recommend


@endpoint(caller="user")
async def create_action_recommendation(call: Call[CreateActionRecommendation]) -> Recommended:
    """Only a practitioner, and only for somebody they have a session with or were assigned to."""
    return Recommended(recommendation=await call.database.rpc(recommend, **call.body.model_dump()))
