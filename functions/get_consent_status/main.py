"""Tell what the caller has agreed to."""

from pydantic import ValidationError

from shared.call import Call
from shared.errors import BadRequest
from shared.serving import endpoint

from .contract import ConsentStatus, GetConsentStatus, get_consent_status_rpc


@endpoint(caller="user", methods=("POST", "GET"))
async def get_consent_status(call: Call[GetConsentStatus]) -> ConsentStatus:
    """All consents, or the one kind that body or query names; the body counts more."""
    asked = call.body.consent_type or _in_query(call)
    return await call.database.rpc(get_consent_status_rpc, consent_type=asked)


def _in_query(call: Call[GetConsentStatus]) -> str | None:
    try:
        return GetConsentStatus.model_validate(call.query).consent_type
    except ValidationError:
        problem = "is no kind of consent"
        raise BadRequest(
            sentence=f"consent_type: {problem}.", details=[{"field": "consent_type", "problem": problem}]
        ) from None
