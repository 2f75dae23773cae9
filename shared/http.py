"""The hot path to the network: the Data API and the key set. Files go by `storage/carrier.py`, others by `outside.py`.

pyreqwest, because it is the fastest kept client and costs 4 ms to import. It lives as long as the process, never
retries by itself, and its timeout is one for the whole call.
"""

from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any, NamedTuple

from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import PyreqwestError, RequestTimeoutError

from .errors import Unavailable


class Reply(NamedTuple):
    """An answer with its body read."""

    status: int
    body: Any  # bytes-like; handed to a JSON parser as it is
    headers: Mapping[str, str]  # by names in whatever case


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
        return Reply(response.status, await response.bytes(), response.headers)
    except RequestTimeoutError as error:
        raise Unavailable("timed_out", status=504) from error
    except PyreqwestError as error:
        raise Unavailable() from error
