"""A consent, as the functions that write and read it give it out."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from .wire import Output

ConsentType = Literal[
    "data_processing", "marketing", "session_recording", "data_sharing", "third_party_sharing", "analytics"
]


class Consent(Output):
    """A row of `user_consents`: what stands now."""

    id: UUID
    user_id: UUID
    consent_type: ConsentType
    consented: bool
    consent_date: datetime
    ip_address: str | None
    user_agent: str | None
    version: str | None
    revoked_at: datetime | None
    revoked_ip_address: str | None
    metadata: Any
    created_at: datetime
    updated_at: datetime
