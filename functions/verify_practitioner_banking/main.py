"""Verify a practitioner's bank account: an admin has looked at it, and it is not their own."""

from shared.call import Call
from shared.serving import endpoint

from .contract import VerifiedBanking, VerifyPractitionerBanking, verify_practitioner_banking_rpc


@endpoint(caller="user")
async def verify_practitioner_banking(call: Call[VerifyPractitionerBanking]) -> VerifiedBanking:
    """For admins. Verifying twice changes nothing: the admin who verified it first stays named."""
    account = await call.database.rpc(verify_practitioner_banking_rpc, **call.body.model_dump())
    return VerifiedBanking(**account.model_dump())
