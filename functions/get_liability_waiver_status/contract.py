"""What asking for a waiver's status takes and gives."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from shared.database import Rpc
from shared.wire import Input, Output


class GetLiabilityWaiverStatus(Input):
    """For a session of the caller, or in general."""

    session_id: UUID | None = None


class Waiver(Output):
    """A signature."""

    id: UUID
    signed_at: datetime
    session_id: UUID | None


class WaiverStatus(Output):
    """Whether the caller has signed what they would have to sign today."""

    has_signed: bool
    waiver: Waiver | None
    waiver_policy_version: int | None = Field(
        description="The version that is current; null if there is none."
    )


get_liability_waiver_status_rpc = Rpc(
    "get_liability_waiver_status", gives=WaiverStatus, refuses=("session_not_found",)
)
