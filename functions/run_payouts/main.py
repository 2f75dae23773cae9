"""Pay practitioners: close each period that is over and past its hold, and make a payout of what it is owed."""

import time

from shared.call import Call
from shared.serving import endpoint
from shared.settings import ServiceSettings

from .contract import PayoutRun, run_payouts_rpc

TIME_S = 240  # begin no batch after this; the rest is tomorrow's, or the next call's


@endpoint(caller="service", settings=(ServiceSettings,), is_scheduled=True)
async def run_payouts(call: Call[None]) -> PayoutRun:
    """Every day, though a period ends only every other week; a payout that failed is made again.

    Batch by batch. Wherever it stops, the next run goes on from there; several at once share the work.
    """
    made = closed = 0
    until = time.monotonic() + TIME_S
    while True:
        batch = await call.service.rpc(run_payouts_rpc)
        made, closed = made + batch.payouts_made, closed + batch.periods_closed
        if batch.is_done or time.monotonic() > until:
            break
    run = PayoutRun(
        payouts_made=made,
        periods_closed=closed,
        carried_forward=batch.carried_forward,
        waits_for_admins=batch.waits_for_admins,
        is_done=batch.is_done,
    )
    call.log(**run.model_dump())
    return run
