"""Sign a contract: the database stores the evidence, which signs the contract."""

from shared.call import Call
from shared.pictures import written_anew
from shared.serving import endpoint
from shared.settings import ServiceSettings

from .contract import SignedContract, SignPractitionerContract, sign_practitioner_contract_rpc


@endpoint(caller="user", settings=(ServiceSettings,))
async def sign_practitioner_contract(call: Call[SignPractitionerContract]) -> SignedContract:
    """Record the practitioner's signature with the address and agent the server saw.

    Signing again returns the first signature. The service writes it, because evidence is only what a server saw.
    """
    body = call.body
    signed = await call.service.rpc(
        sign_practitioner_contract_rpc,
        user_id=call.user.id,
        contract_id=body.contract_id,
        shown_sha256=body.text_sha256,
        signature_name=body.signature_name,
        signature_image=await written_anew(body.signature_image, "signature_image"),
        ip_address=call.address,
        user_agent=call.agent,
    )
    return SignedContract(contract_id=signed.id, **signed.model_dump(exclude={"id"}))
