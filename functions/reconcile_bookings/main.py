"""Write down what the clock alone changes: credits that lapse, and wall times under new clock rules."""

from shared.call import Call
from shared.serving import endpoint
from shared.settings import ServiceSettings

from .contract import ReconciledBookings, reconcile_bookings_rpc


@endpoint(caller="service", settings=(ServiceSettings,))
async def reconcile_bookings(call: Call[None]) -> ReconciledBookings:
    """Every hour. Late is harmless: what has lapsed is not usable, whether or not this has run."""
    return await call.service.rpc(reconcile_bookings_rpc)
