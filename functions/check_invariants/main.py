"""Check what must be true of money, credits, seats and time, and fail if anything is not."""

from shared.call import Call
from shared.errors import Unavailable
from shared.serving import endpoint
from shared.settings import ServiceSettings

from .contract import Checked, check_invariants_rpc


@endpoint(caller="service", settings=(ServiceSettings,), is_scheduled=True)
async def check_invariants(call: Call[None]) -> Checked:
    """Every day. Nothing is put right by it: a broken rule is a fault that somebody has to understand first.

    It fails, so that whoever watches runs and not words notices: 503, with the rules as its details.
    """
    broken = await call.service.rows(check_invariants_rpc)
    told = [rule.model_dump() for rule in broken]
    call.log(holds=not broken, broken=told)
    if broken:
        raise Unavailable(
            "invariants_broken",
            f"{len(broken)} rules do not hold: {broken[0].rule}.",
            details=told,
            hint="Find out why before anything is put right; the runbook has a section on it.",
        )
    return Checked(holds=True, broken=[])
