"""Who may see the front page, which shows the demo's keys: this machine. Who may press its buttons: the page itself.

Any page in a browser may send a form to an address of this machine, and a name of theirs may lead here (DNS rebinding).
So the name that was asked for must be ours, a button says which origin it is on, and shows what only our page knows.
"""

import hmac
import ipaddress
import secrets

from aiohttp import web

OWN_NAMES = ("127.0.0.1", "localhost")


class Guard:
    """Of one stack, from its start to its end."""

    def __init__(self, port: int) -> None:
        self._hosts = {f"{name}:{port}" for name in OWN_NAMES}
        self.token = secrets.token_urlsafe(32)

    def may_look(self, request: web.Request) -> bool:
        """Whether somebody on this machine asks, by a name of this machine."""
        return request.host in self._hosts and ipaddress.ip_address(request.remote or "::").is_loopback

    async def admit(self, request: web.Request) -> dict[str, str]:
        """The fields of a form of ours. Raises 403."""
        is_ours = request.headers.get("Origin") == f"http://{request.host}"
        if not self.may_look(request) or not is_ours:
            raise web.HTTPForbidden(text="Only the front page itself may do this.")
        fields = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        if not hmac.compare_digest(fields.pop("token", "").encode(), self.token.encode()):
            raise web.HTTPForbidden(
                text="The stack was started again meanwhile. Go back and load the page anew."
            )
        return fields
