"""Apply the clock to contracts: those past their end expire, and a month before it their practitioner is notified."""

import time

from shared.call import Call
from shared.serving import endpoint
from shared.settings import ServiceSettings

from .contract import ReconciledContracts, reconcile_contracts_rpc

TIME_S = 40  # begin no batch after this; the rest is the next call's


@endpoint(caller="service", settings=(ServiceSettings,), is_scheduled=True)
async def reconcile_contracts(call: Call[None]) -> ReconciledContracts:
    """Every hour. Late is harmless: a contract past its end is not live, whether or not this has run."""
    expiring = expired = 0
    until = time.monotonic() + TIME_S
    while time.monotonic() < until:
        batch = await call.service.rpc(reconcile_contracts_rpc)
        if not batch.contracts_expiring and not batch.contracts_expired:
            break
        expiring, expired = expiring + batch.contracts_expiring, expired + batch.contracts_expired
    return ReconciledContracts(contracts_expiring=expiring, contracts_expired=expired)
