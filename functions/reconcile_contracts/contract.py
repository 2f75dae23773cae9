"""What keeping contracts true to the clock gives."""

from pydantic import Field

from shared.database import Rpc
from shared.wire import Output


class ReconciledContracts(Output):
    """What there was to do."""

    contracts_expiring: int = Field(description="Whose practitioner is told, once, a month before the end.")
    contracts_expired: int


reconcile_contracts_rpc = Rpc("reconcile_contracts", gives=ReconciledContracts)
