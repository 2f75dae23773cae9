"""What verifying a signature takes and gives."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from shared.database import Rpc
from shared.wire import Input, Output


class VerifySignature(Input):
    """The fingerprint that is printed on a copy; the blanks and line ends that come along with it do not count."""

    sha256: Annotated[str, AfterValidator(lambda text: "".join(text.split()))] = Field(
        "", max_length=200, description="64 hexadecimal digits."
    )


class VerifiedSignature(Output):
    """What anybody may know: nothing that the copy does not say, and nobody's name."""

    kind: Literal["contract", "waiver"]
    version: str
    signed_at: datetime
    text_sha256: str = Field(description="Of the text that was signed, to compare with the copy's.")
    status: Literal["valid", "expired", "revoked", "superseded"] = Field(
        description="Superseded is a waiver that a newer version has replaced."
    )
    expires_at: datetime | None
    ended_at: datetime | None = Field(description="When it was revoked, or written down as expired.")


class Verified(VerifiedSignature):
    """The reply. A fingerprint that is not known is refused."""

    verified: bool = True


verify_signature_rpc = Rpc(
    "verify_signature", gives=VerifiedSignature, refuses=("signature_not_found", "too_many_requests")
)
