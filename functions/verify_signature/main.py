"""Confirm a copy: whether the fingerprint on it is that of a signature, and whether what was signed still holds.

The address of it is printed on every copy: people open it in a browser, and programs get JSON.
"""

from starlette.responses import HTMLResponse

from shared.call import Call
from shared.errors import Refusal
from shared.pages import PAGE_METHODS, Pages, refusal_page
from shared.serving import endpoint
from shared.settings import ServiceSettings
from shared.timezones import zone

from .contract import Verified, VerifySignature, verify_signature_rpc

pages = Pages(__file__)


@endpoint(caller="public", methods=PAGE_METHODS, settings=(ServiceSettings,), page=refusal_page)
async def verify_signature(call: Call[VerifySignature]) -> Verified | HTMLResponse:
    """For whoever holds a copy, signed in or not. A fingerprint has 256 bits: it cannot be guessed."""
    sha256 = call.body.sha256
    is_browser = "text/html" in call.headers.get("accept", "")
    if is_browser and not sha256:
        return _page(sha256)
    try:
        found = await call.service.rpc(verify_signature_rpc, sha256=sha256, ip_address=call.address)
    except Refusal as refused:
        if is_browser and refused.code == "signature_not_found":
            return _page(sha256, status=refused.status)
        raise
    verified = Verified(**found.model_dump())
    return _page(sha256, verified) if is_browser else verified


def _page(sha256: str, verified: Verified | None = None, status: int = 200) -> HTMLResponse:
    return pages.show("verified.html", status=status, sha256=sha256, verified=verified, zone=zone("UTC"))
