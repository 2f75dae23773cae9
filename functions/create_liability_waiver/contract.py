"""What signing a waiver takes and gives."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from shared.database import Rpc
from shared.pictures import PngDataUrl
from shared.wire import Input, Output


class CreateLiabilityWaiver(Input):
    """A client signs the waiver they were shown. The address and agent a client reports are accepted and ignored."""

    waiver_text: str = Field(
        min_length=1, max_length=100_000, description="The text exactly as it was shown."
    )
    session_id: UUID | None = None
    waiver_policy_id: UUID | None = None
    waiver_policy_version: int | None = None
    signature_name: str | None = Field(None, min_length=1, max_length=200)
    signature_image: PngDataUrl | None = Field(
        None,
        description="A drawn signature: a PNG as a data URL, at most 256 KiB; it is stored encoded anew.",
    )


class SignedWaiver(Output):
    """The first signature of this waiver, however often it was signed."""

    waiver_id: UUID
    signed_at: datetime


class Signed(SignedWaiver):
    """The reply."""

    success: bool = True


create_liability_waiver_rpc = Rpc(
    "create_liability_waiver",
    gives=SignedWaiver,
    refuses=(
        "account_gone",
        "text_is_blank",
        "waiver_policy_missing",
        "waiver_text_not_current",
        "session_not_found",
    ),
    remembers=True,
)
