"""Record that somebody agrees to something, or withdraws it."""

from shared.call import Call
from shared.serving import endpoint
from shared.settings import ServiceSettings

from .contract import ConsentRecorded, RecordConsent, record_consent_rpc


@endpoint(caller="user", settings=(ServiceSettings,))
async def record_consent(call: Call[RecordConsent]) -> ConsentRecorded:
    """Write the caller's decision with the address and agent the server saw; the database keeps every one of them.

    Withdrawing the consent to be recorded stops what is being recorded, and has what was recorded erased.
    """
    consent = await call.service.rpc(
        record_consent_rpc,
        user_id=call.user.id,
        consent_type=call.body.consent_type,
        consented=call.body.consented,
        version=call.body.version,
        metadata=call.body.metadata,
        ip_address=call.address,
        user_agent=call.agent,
    )
    message = "Your consent was recorded." if call.body.consented else "Your consent was withdrawn."
    return ConsentRecorded(consent=consent, message=message)
