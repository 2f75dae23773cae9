"""Book a session with a credit: waiver, time, credit, session and message, all in one transaction."""

from contextlib import suppress

from shared.call import Call
from shared.errors import Refusal
from shared.serving import endpoint

from .contract import Booked, BookSessionWithCredit, book_session_with_credit_rpc, keep_refused_pick_rpc


@endpoint(caller="user", refusals_with_200=True)
async def book_session_with_credit(call: Call[BookSessionWithCredit]) -> Booked:
    """Booking the same time twice is one session and one credit: the second call finds the first one's."""
    try:
        booked = await call.database.rpc(book_session_with_credit_rpc, **call.body.model_dump())
    except Refusal as refusal:
        if refusal.code == "no_usable_credit":
            # The sentence names the page to pay at. A refusal leaves nothing behind, so what was picked is kept now.
            picked = call.body.model_dump(exclude={"is_group", "location_coordinates"})
            with suppress(Refusal):  # what people read is why they cannot book
                await call.database.rpc(keep_refused_pick_rpc, **picked)
        raise
    return Booked(**booked.model_dump())
