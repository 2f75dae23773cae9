"""The seam to the network: one pooled client for the hot path, one for everything else.

`send` is the hot path (the Data API, the key set): pyreqwest, because it is the fastest kept client and costs 4 ms
to import. `outside` is httpx, for Agora, storage and the rest; it is imported only by functions that go there.
Both live as long as the process, never retry by themselves, and always have a timeout.
"""

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import PyreqwestError, RequestTimeoutError

from .errors import Unavailable

if TYPE_CHECKING:
    import httpx


class Reply(NamedTuple):
    """An answer with its body read."""

    status: int
    body: Any  # bytes-like; handed to a JSON parser as it is


@cache
def _client() -> Client:
    return (
        ClientBuilder()
        .connect_timeout(timedelta(seconds=2))
        .timeout(timedelta(seconds=15))
        .pool_idle_timeout(timedelta(seconds=60))
        .follow_redirects(False)
        .no_proxy()
        .build()
    )


async def send(
    method: str, url: str, headers: dict[str, str], body: bytes | None = None, timeout_s: int = 15
) -> Reply:
    """Send one request and read the whole answer. Raises Unavailable (503, or 504 on a timeout)."""
    request = _client().request(method, url).headers(headers)
    if timeout_s != 15:
        request = request.timeout(timedelta(seconds=timeout_s))
    if body is not None:
        request = request.body_bytes(body)
    try:
        response = await request.build().send()
        return Reply(response.status, await response.bytes())
    except RequestTimeoutError as error:
        raise Unavailable("timed_out", status=504) from error
    except PyreqwestError as error:
        raise Unavailable() from error


@cache
def outside() -> "httpx.AsyncClient":
    """The shared client for the outside world. Callers set their own timeouts where the default does not fit."""
    import httpx

    return httpx.AsyncClient(
        timeout=httpx.Timeout(10, connect=3),
        limits=httpx.Limits(max_connections=64, max_keepalive_connections=16),
        trust_env=False,
        follow_redirects=False,
    )
