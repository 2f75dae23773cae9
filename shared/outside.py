"""The client for the world outside: Agora, Stripe, Postmark, the auth service's admin interface, webhooks.

    reply = await outside().post(url, json=body, timeout=15)

A timeout here is one for the whole call, up to the last byte of the answer. httpx counts its timeouts anew for each
read, so that a server which sends a byte now and then is listened to for ever. What may be large is read with
`extensions=STREAMED`: then the time is for the answer's head, and for each MiB of its body.

In a module of its own, because only functions that go outside ship httpx.
"""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from functools import cache

import httpx

WHOLE_S = 10  # where a caller says nothing, or says that it would wait for ever
PART_BYTES = 1024 * 1024
STREAMED = {"is_streamed": True}


@cache
def outside() -> httpx.AsyncClient:
    """The shared client. It lives as long as the process, follows no redirect and never retries by itself."""
    return client_over(carrier(kept=16))


def carrier(kept: int, tls: ssl.SSLContext | None = None) -> httpx.AsyncHTTPTransport:
    """A transport of its own, which keeps so many connections for later calls."""
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=kept)
    return httpx.AsyncHTTPTransport(verify=tls or _tls(), limits=limits, trust_env=False)


def client_over(transport: httpx.AsyncBaseTransport) -> httpx.AsyncClient:
    """A client whose calls end in time, over that transport."""
    timeout = httpx.Timeout(WHOLE_S, connect=3)
    return httpx.AsyncClient(
        transport=_InTime(transport), timeout=timeout, trust_env=False, follow_redirects=False
    )


@cache
def _tls() -> ssl.SSLContext:
    """The certificates of all authorities: 20 ms and some MB, once."""
    return httpx.create_ssl_context(trust_env=False)


class _InTime(httpx.AsyncBaseTransport):
    """Ends each call when its time is over. Raises httpx.ReadTimeout then: what was asked may have happened."""

    def __init__(self, carrier: httpx.AsyncBaseTransport) -> None:
        self._carrier = carrier

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        clock = _Clock(request)
        async with clock:
            response = await self._carrier.handle_async_request(request)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _Body(response.stream, clock)
        return response

    async def aclose(self) -> None:
        await self._carrier.aclose()


class _Body(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream, clock: "_Clock") -> None:
        self._stream = stream
        self._clock = clock

    async def __aiter__(self) -> AsyncIterator[bytes]:
        parts = aiter(self._stream)
        while True:
            async with self._clock:
                part = await anext(parts, None)
            if part is None:
                return
            self._clock.count(len(part))
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Clock:
    """The time that is left to wait for the other side. What the caller does between two parts is not counted."""

    def __init__(self, request: httpx.Request) -> None:
        self._request = request
        self._is_streamed = request.extensions.get("is_streamed", False)
        self._seconds = self._left = request.extensions.get("timeout", {}).get("read") or WHOLE_S
        self._received = 0

    async def __aenter__(self) -> None:
        self._since = time.monotonic()
        self._waiting = asyncio.timeout(self._left)
        await self._waiting.__aenter__()

    async def __aexit__(self, *raised: object) -> None:
        self._left -= time.monotonic() - self._since
        try:
            await self._waiting.__aexit__(*raised)  # type: ignore[arg-type]
        except TimeoutError as error:
            message = f"Not answered whole within {self._seconds} s."
            raise httpx.ReadTimeout(message, request=self._request) from error

    def count(self, received: int) -> None:
        """With each MiB of what is streamed, the time begins anew."""
        self._received += received
        if self._is_streamed and self._received >= PART_BYTES:
            self._received, self._left = 0, self._seconds
