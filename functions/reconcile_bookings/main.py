"""Write down what the clock alone changes: credits that lapse or soon will, and wall times under new clock rules."""

import time
from collections import Counter

from shared.call import Call
from shared.serving import endpoint
from shared.settings import ServiceSettings

from .contract import ReconciledBookings, reconcile_bookings_rpc

TIME_S = 40  # begin no batch after this; the rest is the next call's


@endpoint(caller="service", settings=(ServiceSettings,), is_scheduled=True)
async def reconcile_bookings(call: Call[None]) -> ReconciledBookings:
    """Every hour. Late is harmless: what has lapsed is not usable, whether or not this has run.

    Batch by batch, the nearest sessions first. A session whose time is taken is tried again as long as others move: one
    of them may be what is in its way.
    """
    done: Counter[str] = Counter()
    until = time.monotonic() + TIME_S
    while await _pass(call, done, until):
        pass
    return ReconciledBookings(
        lots_expired=done["expired"],
        lots_ending=done["ending"],
        sessions_moved=done["moved"],
        sessions_stuck=done["stuck"],
    )


async def _pass(call: Call[None], done: Counter[str], until: float) -> bool:
    """From the nearest session to the last. Whether another pass may help."""
    done["stuck"], moved_before = 0, done["moved"]
    after: dict[str, object] = {}
    while time.monotonic() < until:
        batch = await call.service.rpc(reconcile_bookings_rpc, **after)
        after = {"after_start": batch.next_start, "after_id": batch.next_id}
        done += Counter(
            expired=batch.lots_expired,
            ending=batch.lots_ending,
            moved=batch.sessions_moved,
            stuck=batch.sessions_stuck,
        )
        if batch.is_done:
            return done["stuck"] > 0 and done["moved"] > moved_before
    return False
