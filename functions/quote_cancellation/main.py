"""Tell what cancelling would give back and cost right now."""

from shared.call import Call
from shared.serving import endpoint

from .contract import CancellationQuote, QuoteCancellation, quote_cancellation_rpc


@endpoint(caller="user", methods=("POST", "GET"))
async def quote_cancellation(call: Call[QuoteCancellation]) -> CancellationQuote:
    """The cancellation itself asks the same function, so the answer holds as long as the clock lets it."""
    return await call.database.rpc(quote_cancellation_rpc, **call.body.model_dump())
