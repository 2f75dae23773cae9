"""What signing a waiver takes and gives."""

import base64
import binascii
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from shared.database import Rpc
from shared.wire import Input, Output

IMAGE_LIMIT_BYTES = 256 * 1024
PNG_PREFIX = "data:image/png;base64,"
PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


def png_of(data_url: str) -> bytes:
    """The picture inside a data URL. Raises ValueError with a sentence if it is not a PNG of at most 256 KiB."""
    if not data_url.startswith(PNG_PREFIX):
        raise ValueError("must be a PNG image as a data URL")
    try:
        image = base64.b64decode(data_url.removeprefix(PNG_PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("is not valid base64") from None
    if not image.startswith(PNG_MAGIC):
        raise ValueError("is not a PNG image")
    if len(image) > IMAGE_LIMIT_BYTES:
        raise ValueError("must be at most 256 KiB")
    return image


def _checked(data_url: str) -> str:
    png_of(data_url)
    return data_url


class CreateLiabilityWaiver(Input):
    """A client signs the waiver they were shown. The address and agent a client reports are accepted and ignored."""

    waiver_text: str = Field(
        min_length=1, max_length=100_000, description="The text exactly as it was shown."
    )
    session_id: UUID | None = None
    waiver_policy_id: UUID | None = None
    waiver_policy_version: int | None = None
    signature_name: str | None = Field(None, min_length=1, max_length=200)
    signature_image: Annotated[str, AfterValidator(_checked)] | None = Field(
        None, description="A drawn signature: a PNG as a data URL, at most 256 KiB."
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
    refuses=("waiver_policy_missing", "waiver_text_not_current", "session_not_found"),
    remembers=True,
)
