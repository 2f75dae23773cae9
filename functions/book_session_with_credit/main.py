"""Book a session with a credit: waiver, time, credit, session and message, all in one transaction."""

from shared.call import Call
from shared.serving import endpoint

from .contract import Booked, BookSessionWithCredit, book_session_with_credit_rpc


@endpoint(caller="user", refusals_with_200=True)
async def book_session_with_credit(call: Call[BookSessionWithCredit]) -> Booked:
    """Booking the same time twice is one session and one credit: the second call finds the first one's."""
    booked = await call.database.rpc(book_session_with_credit_rpc, **call.body.model_dump())
    return Booked(**booked.model_dump())
