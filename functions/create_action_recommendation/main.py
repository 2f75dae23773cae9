"""Recommend an action to a client."""

from shared.call import Call
from shared.serving import endpoint

from .contract import CreateActionRecommendation, Recommended, create_action_recommendation_rpc


@endpoint(caller="user")
async def create_action_recommendation(call: Call[CreateActionRecommendation]) -> Recommended:
    """Only a practitioner, and only for somebody they have a session with or were assigned to."""
    return Recommended(
        recommendation=await call.database.rpc(create_action_recommendation_rpc, **call.body.model_dump())
    )
