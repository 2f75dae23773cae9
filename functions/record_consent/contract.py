"""What recording a consent takes and gives."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import to_json

from shared.consents import Consent, ConsentType
from shared.database import Rpc
from shared.wire import Input, Output

METADATA_LIMIT_BYTES = 8 * 1024


def _small(metadata: dict[str, Any]) -> dict[str, Any]:
    if len(to_json(metadata)) > METADATA_LIMIT_BYTES:
        raise ValueError("must be at most 8 KiB")
    return metadata


class RecordConsent(Input):
    """Somebody agrees to something, or does not any more. An address in the body is ignored: the server has its own."""

    consent_type: ConsentType
    consented: bool = Field(description="False withdraws; true agrees, also after a withdrawal.")
    version: str = Field("1.0", min_length=1, max_length=50, description="Of the text that was shown.")
    metadata: Annotated[dict[str, Any], AfterValidator(_small)] = Field(default_factory=dict)


class ConsentRecorded(Output):
    """The reply."""

    success: bool = True
    consent: Consent
    message: str


record_consent_rpc = Rpc("record_consent", gives=Consent, refuses=("too_many_requests",), remembers=True)
