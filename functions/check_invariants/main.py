"""Check what must be true of money, credits, seats and time, and put what is not into the log."""

from shared.call import Call
from shared.serving import endpoint
from shared.settings import ServiceSettings

from .contract import Checked, check_invariants_rpc


@endpoint(caller="service", settings=(ServiceSettings,))
async def check_invariants(call: Call[None]) -> Checked:
    """Every day. Nothing is put right by it: a broken rule is a fault that somebody has to understand first."""
    broken = await call.service.rows(check_invariants_rpc)
    call.log(holds=not broken, broken=[rule.model_dump() for rule in broken])
    return Checked(holds=not broken, broken=broken)
