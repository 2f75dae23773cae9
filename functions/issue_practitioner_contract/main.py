"""Issue a contract: a version of the text, to one practitioner or to all, once each."""

from shared.call import Call
from shared.serving import endpoint

from .contract import Issued, IssuePractitionerContract, issue_practitioner_contract_rpc


@endpoint(caller="user")
async def issue_practitioner_contract(call: Call[IssuePractitionerContract]) -> Issued:
    """Offer the contract to whoever does not have this version yet. For admins.

    Issuing again changes nothing, and notifies nobody.
    """
    body = call.body
    issued = await call.database.rpc(
        issue_practitioner_contract_rpc,
        practitioner_id=body.practitioner_id,
        template_version=body.template_version,
        expires_at=body.expires_at,
    )
    call.log(issued=len(issued.issued), replaced=issued.replaced)
    return Issued(**issued.model_dump())
