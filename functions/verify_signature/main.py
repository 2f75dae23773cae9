"""Confirm a copy: whether the fingerprint on it is that of a signature, and whether what was signed still holds."""

from shared.call import Call
from shared.serving import endpoint
from shared.settings import ServiceSettings

from .contract import Verified, VerifySignature, verify_signature_rpc


@endpoint(caller="public", methods=("GET", "POST"), settings=(ServiceSettings,))
async def verify_signature(call: Call[VerifySignature]) -> Verified:
    """For whoever holds a copy, signed in or not. A fingerprint has 256 bits: it cannot be guessed."""
    found = await call.service.rpc(verify_signature_rpc, sha256=call.body.sha256, ip_address=call.address)
    return Verified(**found.model_dump())
