"""Sign a waiver: the database compares the text with the current policy and stores the evidence."""

from shared.call import Call
from shared.pictures import written_anew
from shared.serving import endpoint
from shared.settings import ServiceSettings

from .contract import CreateLiabilityWaiver, Signed, create_liability_waiver_rpc


@endpoint(caller="user", settings=(ServiceSettings,))
async def create_liability_waiver(call: Call[CreateLiabilityWaiver]) -> Signed:
    """Record the caller's signature with the address and agent the server saw.

    Signing again returns the first signature. The service writes it, because evidence is only what a server saw.
    """
    body = call.body
    signed = await call.service.rpc(
        create_liability_waiver_rpc,
        user_id=call.user.id,
        session_id=body.session_id,
        waiver_text=body.waiver_text,
        waiver_policy_id=body.waiver_policy_id,
        waiver_policy_version=body.waiver_policy_version,
        signature_name=body.signature_name,
        signature_image=await written_anew(body.signature_image, "signature_image"),
        ip_address=call.address,
        user_agent=call.agent,
    )
    return Signed(**signed.model_dump())
