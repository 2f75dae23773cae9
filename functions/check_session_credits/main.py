"""Report which credits the caller can use."""

from shared.call import Call
from shared.serving import endpoint

from .contract import CheckSessionCredits, SessionCredits, check_session_credits_rpc


@endpoint(caller="user")
async def check_session_credits(call: Call[CheckSessionCredits]) -> SessionCredits:
    """Sums and lots come from one query, so they always agree."""
    return await call.database.rpc(check_session_credits_rpc)
