"""What a run of payouts gives."""

from pydantic import Field

from shared.database import Rpc
from shared.wire import Output


class PayoutRun(Output):
    """What a run did."""

    payouts_made: int = Field(description="Each is a practitioner's, in one currency, and pending.")
    periods_closed: int
    carried_forward: int = Field(description="Balances below nought, which the next earnings go to.")
    waits_for_admins: bool = Field(
        description="Nothing was paid: it is so much that two admins have to approve it first."
    )


class PayoutBatch(PayoutRun):
    """One batch of a run, done whole or not at all."""

    is_done: bool


run_payouts_rpc = Rpc("run_payouts", gives=PayoutBatch, refuses=("too_many_requests_wait",))
