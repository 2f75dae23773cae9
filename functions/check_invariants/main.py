"""Check what must be true of money, credits, seats and time, and fail if anything is not."""

import time

from shared.call import Call
from shared.errors import Unavailable
from shared.serving import endpoint
from shared.settings import ServiceSettings

from .contract import BrokenRule, Checked, advance_invariant_round_rpc, check_invariants_rpc

TIME_S = 240  # begin no pieces after this; the next call goes on with the round


@endpoint(caller="service", settings=(ServiceSettings,), is_scheduled=True)
async def check_invariants(call: Call[None]) -> Checked:
    """Every day. Nothing is put right by it: a broken rule is a fault that somebody has to understand first.

    Piece by piece, to the end of a round that began in this call, if there is time: then all of it was looked at.

    What waits for a person is told, and fails nothing. A broken rule does, so that whoever watches runs and not words
    notices: 503, with the rules as its details.
    """
    began = is_complete = False
    until = time.monotonic() + TIME_S
    while time.monotonic() < until:
        pieces = await call.service.rpc(advance_invariant_round_rpc)
        began, is_complete = began or pieces.begins, is_complete or pieces.is_complete
        if began and pieces.is_complete:
            break
    found = await call.service.rows(check_invariants_rpc)
    broken = [BrokenRule(**one.model_dump(exclude={"waits"})) for one in found if not one.waits]
    waiting = [BrokenRule(**one.model_dump(exclude={"waits"})) for one in found if one.waits]
    told = [rule.model_dump() for rule in broken]
    call.log(
        holds=not broken, is_complete=is_complete, broken=told, waiting=[one.model_dump() for one in waiting]
    )
    if broken:
        raise Unavailable(
            "invariants_broken",
            f"{len(broken)} rules do not hold: {broken[0].rule}.",
            details=told,
            hint="Find out why before anything is put right; the runbook has a section on it.",
        )
    return Checked(holds=True, is_complete=is_complete, broken=[], waiting=waiting)
