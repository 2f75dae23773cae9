"""What signing a contract takes and gives."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from shared.database import Rpc
from shared.pictures import PngDataUrl
from shared.wire import Output, StrictInput


class SignPractitionerContract(StrictInput):
    """A practitioner signs the contract they were shown."""

    contract_id: UUID | None = Field(
        None, description="By default the newest that is pending, else the newest that is signed."
    )
    text_sha256: str | None = Field(
        None,
        pattern="^[0-9a-f]{64}$",
        description="SHA-256 of the text that was shown; another text is refused.",
    )
    signature_name: str | None = Field(None, min_length=1, max_length=200)
    signature_image: PngDataUrl | None = Field(
        None,
        description="A drawn signature: a PNG as a data URL, at most 256 KiB; it is stored encoded anew.",
    )


class ContractSignature(Output):
    """The first signature of this contract, however often it was signed."""

    id: UUID
    contract_version: str
    signed_at: datetime
    text_sha256: str
    evidence_sha256: str


class SignedContract(Output):
    """The reply."""

    success: bool = True
    contract_id: UUID
    contract_version: str
    signed_at: datetime
    text_sha256: str
    evidence_sha256: str = Field(
        description="The fingerprint of the signature, which verify-signature confirms."
    )


sign_practitioner_contract_rpc = Rpc(
    "sign_practitioner_contract",
    gives=ContractSignature,
    refuses=(
        "text_is_blank",
        "contract_not_found",
        "contract_text_not_current",
        "contract_not_pending",
        "contract_expired",
    ),
    remembers=True,
)
