"""What reconciling contracts with the clock gives."""

from pydantic import Field

from shared.database import Rpc
from shared.wire import Output


class ReconciledContracts(Output):
    """What a run did."""

    contracts_expiring: int = Field(
        description="Whose practitioner is notified, once, a month before the end."
    )
    contracts_expired: int


reconcile_contracts_rpc = Rpc("reconcile_contracts", gives=ReconciledContracts)
