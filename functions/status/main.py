"""Say how the platform is: 200 while everything gets done, 503 when something is late or broken.

So any monitor that asks an address now and then will do, and an answer that does not come is an alarm as well. It is
for admins, and for whoever shows STATUS_KEY: as a bearer, or as the password of any name, for which a browser asks.
"""

import base64
import binascii
import hmac

from starlette.responses import HTMLResponse, Response

from shared.auth import identify
from shared.call import Call
from shared.database import Database, as_caller
from shared.errors import NotSignedIn
from shared.pages import PAGE_METHODS, PRIVATE, Pages, refusal_page
from shared.serving import endpoint
from shared.settings import MissingSettings, ServiceSettings, Settings
from shared.timezones import zone

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
    found = await (await _database(call)).rpc(ops_status_rpc)
    call.log(problems=[problem.what for problem in found.problems])
    code = 503 if found.problems else 200
    if "text/html" in call.headers.get("accept", ""):
        return _page(found, code)
    return Response(found.model_dump_json(), code, PRIVATE, "application/json")


async def _database(call: Call[None]) -> Database:
    """As whom it is asked: the service for a key, else the admin who is signed in. Raises NotSignedIn."""
    if _shows_key(call.headers.get("authorization", "")):
        return call.service
    try:
        caller = await identify(call.headers)
    except NotSignedIn:
        caller = None
    if caller is None:
        raise NotSignedIn(
            sentence="This page is for admins, and for whoever has its key.",
            headers={"www-authenticate": 'Basic realm="status", charset="UTF-8"'},
        )
    return call.service if caller.is_service else as_caller(caller.token, call.request_id)


def _shows_key(authorization: str) -> bool:
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(given, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return False
    return hmac.compare_digest(given.strip().encode(), StatusSettings.read().status_key.encode())


def _page(found: Status, code: int) -> HTMLResponse:
    return pages.show("status.html", status=code, found=found, zone=zone("UTC"))
