"""Say how the platform is: 200 while everything gets done, 503 when something is late or broken.

So any monitor that asks an address now and then will do, and an answer that does not come is an alarm as well. It is
for admins, and for whoever shows STATUS_KEY: as a bearer, or as the password of any name, for which a browser asks.
"""

import base64
import binascii
import hmac
from uuid import UUID

from starlette.responses import Response

from shared.call import Call
from shared.errors import NotSignedIn
from shared.pages import PAGE_METHODS, PRIVATE, Pages, refusal_page
from shared.serving import endpoint
from shared.settings import MissingSettings, ServiceSettings, Settings
from shared.tokens import identify

from .contract import Status, ops_status_rpc

KEY_LENGTH = 32  # nobody guesses it, so that guessing needs no limit
pages = Pages(__file__)


class StatusSettings(Settings):
    """What a monitor shows."""

    status_key: str

    def __post_init__(self) -> None:
        if len(self.status_key) < KEY_LENGTH:
            raise MissingSettings(f"STATUS_KEY must have {KEY_LENGTH} characters or more, made by chance.")


@endpoint(
    caller="public", methods=PAGE_METHODS, settings=(ServiceSettings, StatusSettings), page=refusal_page
)
async def status(call: Call[None]) -> Status | Response:
    """One statement, which changes nothing."""
    found = await call.service.rpc(ops_status_rpc, admin_id=await _find_admin(call))
    call.log(problems=[problem.what for problem in found.problems])
    code = 503 if found.problems else 200
    if "text/html" in call.headers.get("accept", ""):
        return pages.show("status.html", status=code, found=found)
    return Response(found.model_dump_json(), code, PRIVATE, "application/json")


async def _find_admin(call: Call[None]) -> UUID | None:
    """The person on whose behalf it is asked; None for whoever shows a key. Raises NotSignedIn."""
    if _shows_key(call.headers.get("authorization", "")):
        return None
    try:
        caller = await identify(call.headers)
    except NotSignedIn:
        caller = None
    if caller is None:
        raise NotSignedIn(
            sentence="This page is for admins, and for whoever has its key.",
            headers={"www-authenticate": 'Basic realm="status", charset="UTF-8"'},
        )
    return caller.id


def _shows_key(authorization: str) -> bool:
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(given, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return False
    return hmac.compare_digest(given.strip().encode(), StatusSettings.read().status_key.encode())
