"""The way to addresses that people give us: to those of the public internet, and to nothing inside our own network.

An admin writes a webhook receiver's address, a practitioner that of a calendar, and its name is somebody else's to
point wherever they like. So the name is
resolved here, every address of it is judged, and the connection goes to an address that was judged: asked a second
time, the same name might lead elsewhere. Host and certificate stay those of the name; no redirect is followed.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from functools import cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpx

from shared.outside import carrier, client_over
from shared.settings import Settings

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[list[Address]]]

# Only here are addresses given out to the public, so everything reserved, local or multicast is elsewhere.
PUBLIC = IPv6Network("2000::/3")
DOCUMENTATION = IPv6Network("3fff::/20")  # in there, and newer than the Python that we run on
NAT64 = IPv6Network(
    "64:ff9b::/96"
)  # the last four bytes are an IPv4 address, as in ::ffff:0:0/96 and 2002::/16


class EgressSettings(Settings):
    """`yes` lets calls go to this very machine, without TLS: the local stack's, and never production's."""

    calls_to_loopback: str = ""


class ReceiverRefused(httpx.RequestError):
    """Nothing was sent; the message is the reason."""


@cache
def receivers() -> httpx.AsyncClient:
    """The client that goes to such addresses."""
    return client_over(ToReceivers(is_loopback_allowed=EgressSettings.read().calls_to_loopback == "yes"))


async def resolve(host: str, port: int) -> list[Address]:
    """Every address of a name; the system also reads 127.1, 0x7f000001 and the like as it will when connecting."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ReceiverRefused("name_not_found") from error
    return [ip_address(address[0]) for *_, address in found]


class ToReceivers(httpx.AsyncBaseTransport):
    """Sends a request to the first address of its receiver that takes it, if all of them may be sent to."""

    def __init__(
        self,
        *,
        is_loopback_allowed: bool = False,
        resolve: Resolve = resolve,
        over: httpx.AsyncBaseTransport | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        # No connection is kept: the next receiver at the same address may have another name and certificate.
        self._carrier = over or carrier(kept=0, tls=tls)
        self._is_loopback_allowed = is_loopback_allowed
        self._resolve = resolve

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        if url.userinfo:
            raise ReceiverRefused("password_in_address")
        name = url.raw_host.decode("ascii")
        addresses = await self._resolve(name, url.port or (443 if url.scheme == "https" else 80))
        for address in addresses:
            self._judge(address, url.scheme)
        for address in addresses[:-1]:
            try:
                return await self._send(request, name, address)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue  # a machine without IPv6 comes to the receiver's IPv4 address so
        return await self._send(request, name, addresses[-1])

    def _judge(self, address: Address, scheme: str) -> None:
        if self._is_loopback_allowed and address.is_loopback:
            return
        if not is_public(address):
            raise ReceiverRefused("address_not_public")
        if scheme != "https":
            raise ReceiverRefused("not_encrypted")

    async def _send(self, request: httpx.Request, name: str, address: Address) -> httpx.Response:
        return await self._carrier.handle_async_request(
            httpx.Request(
                request.method,
                request.url.copy_with(host=str(address)),
                headers=request.headers,  # with the name as its Host
                stream=request.stream,
                extensions={**request.extensions, "sni_hostname": name.rstrip(".")},
            )
        )

    async def aclose(self) -> None:
        await self._carrier.aclose()


def is_public(address: Address) -> bool:
    """Whether an address is the public internet's, and so is the IPv4 address that it may stand for."""
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast
    inner = address.ipv4_mapped or address.sixtofour
    if address in NAT64:
        inner = IPv4Address(int(address) & 0xFFFF_FFFF)
    if inner is not None:
        return is_public(inner)
    return (
        address in PUBLIC and address.is_global and address.scope_id is None and address not in DOCUMENTATION
    )
