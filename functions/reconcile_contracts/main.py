"""Apply the clock to contracts: those past their end expire, and a month before it their practitioner is notified."""

from shared.call import Call
from shared.serving import endpoint
from shared.settings import ServiceSettings

from .contract import ReconciledContracts, reconcile_contracts_rpc


@endpoint(caller="service", settings=(ServiceSettings,))
async def reconcile_contracts(call: Call[None]) -> ReconciledContracts:
    """Every hour. Late is harmless: a contract past its end is not live, whether or not this has run."""
    return await call.service.rpc(reconcile_contracts_rpc)
