"""Tell when a kind of session can be booked, with whom, and on request why not at other times."""

from shared.call import Call
from shared.serving import endpoint

from .contract import AvailableSlots, GetAvailableSlots, get_available_slots_rpc


@endpoint(caller="user", methods=("POST", "GET"))
async def get_available_slots(call: Call[GetAvailableSlots]) -> AvailableSlots:
    """What is offered may be gone a moment later: holding a slot decides, and booking it."""
    days = await call.database.rows(get_available_slots_rpc, **call.body.model_dump())
    return AvailableSlots(
        time_zone=call.body.time_zone,
        days=days,
        next_after_practitioner_id=days[0].next_after_practitioner_id if days else None,
    )
