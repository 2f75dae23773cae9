"""What a run of payouts gives."""

from pydantic import Field

from shared.database import Rpc
from shared.wire import Output


class PayoutRun(Output):
    """What a run did, or one batch of it, which is done whole or not at all."""

    payouts_made: int = Field(description="Each is a practitioner's, in one currency, and pending.")
    periods_closed: int
    carried_forward: int = Field(description="Balances below nought, which the next earnings go to.")
    waits_for_admins: bool = Field(
        description="Nothing was paid: it is so much that two admins have to approve it first."
    )
    is_done: bool = Field(description="Nothing is left; else the next run goes on from here.")


run_payouts_rpc = Rpc("run_payouts", gives=PayoutRun, refuses=("too_many_requests_wait",))
