"""What asking for one's consents takes and gives."""

from uuid import UUID

from pydantic import Field

from shared.consents import Consent, ConsentType
from shared.database import Rpc
from shared.wire import Input, Output


class GetConsentStatus(Input):
    """One kind of consent, or all. The kind may also stand in the query, where it always had to."""

    consent_type: ConsentType | None = None


class ConsentStatus(Output):
    """The caller's consents, and what follows from them."""

    user_id: UUID
    consents: list[Consent]
    has_consent: bool | None = Field(description="Of the kind that was asked for; null if none was.")
    consent_status: dict[ConsentType, bool] = Field(description="Of all kinds.")


get_consent_status_rpc = Rpc("get_consent_status", gives=ConsentStatus)
