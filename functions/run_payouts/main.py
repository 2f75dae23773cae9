"""Pay practitioners: close each period that is over and past its hold, and make a payout of what it is owed."""

from shared.call import Call
from shared.serving import endpoint
from shared.settings import ServiceSettings

from .contract import RanPayouts, run_payouts_rpc


@endpoint(caller="service", settings=(ServiceSettings,))
async def run_payouts(call: Call[None]) -> RanPayouts:
    """Every day, which a fortnight's end is one of; a payout that failed is made again.

    Batch by batch. Wherever it ends, the next run goes on from there; several at once share the work.
    """
    made = closed = 0
    while True:
        batch = await call.service.rpc(run_payouts_rpc)
        made, closed = made + batch.payouts_made, closed + batch.periods_closed
        if batch.is_done:
            break
    call.log(payouts_made=made, periods_closed=closed, carried_forward=batch.carried_forward)
    return RanPayouts(payouts_made=made, periods_closed=closed, carried_forward=batch.carried_forward)
