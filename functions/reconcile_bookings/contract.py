"""What keeping bookings true to the clock gives."""

from uuid import UUID

from pydantic import Field

from shared.database import Rpc
from shared.wire import Output


class ReconciledBookings(Output):
    """What there was to do."""

    lots_expired: int = Field(description="Credits that lapsed.")
    lots_ending: int = Field(description="Credits about to lapse, whose owner is told.")
    sessions_moved: int = Field(
        description="After a change of clock rules, to the instant of their wall time."
    )
    sessions_stuck: int = Field(description="Whose new time is taken: somebody has to move them.")


class Batch(ReconciledBookings):
    """One batch of it, and the session it ended with."""

    next_start: str | None  # only handed back: a time of any year
    next_id: UUID | None
    is_done: bool


reconcile_bookings_rpc = Rpc("reconcile_bookings", gives=Batch)
