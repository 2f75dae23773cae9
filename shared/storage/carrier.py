"""How files travel to the bucket and to storage: whole requests, and answers that are read a MiB at a time.

pyreqwest, which every function has for the Data API: outside Python's lock, and for a third of the processor time that
httpx takes for the same bytes. Nothing is unpacked, redirected, repeated or taken to a proxy. A timeout is one for the
whole call; of an answer that streams it is for its head, and for each MiB of its body.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cache
from typing import NamedTuple

from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import PyreqwestError
from pyreqwest.request import RequestBuilder, StreamRequest
from pyreqwest.response import Response

PART_BYTES = 1024 * 1024
AHEAD_BYTES = 256 * 1024  # is read while nobody asks for more
FOR_EVER = timedelta(days=1)  # where the parts have their own time

Piece = bytes | memoryview
Body = bytes | bytearray | memoryview | None  # is not copied, and must not change


class Lost(Exception):
    """No answer, or not all of it. What was asked may have happened."""


class Reply(NamedTuple):
    """An answer with its body read."""

    status: int
    headers: Mapping[str, str]  # by names in whatever case
    body: bytes

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")


class Stream:
    """An answer of which the head has come. Whoever opened it closes it."""

    def __init__(self, request: StreamRequest, response: Response, timeout_s: float) -> None:
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers
        self._request = request
        self._reader = response.body_reader
        self._timeout_s = timeout_s

    async def parts(self) -> AsyncGenerator[memoryview, None]:
        """The body in parts of a MiB; only the last is smaller. What the caller does between two is not counted."""
        while part := await self.read():
            yield part

    async def read(self) -> memoryview:
        """The next MiB, not copied; less at the end, and then nothing."""
        async with _in_time(self._timeout_s):
            return memoryview(await self._reader.read(PART_BYTES) or b"")

    async def read_all(self) -> bytes:
        """What is left of it; of what is known to be small."""
        try:
            return b"".join([part async for part in self.parts()])
        finally:
            await self.close()

    async def close(self) -> None:
        await self._request.__aexit__(None, None, None)


async def send(
    method: str, url: str, headers: Mapping[str, str], body: Body = None, *, timeout_s: float
) -> Reply:
    """Send one request and read the whole answer. Raises Lost."""
    request = _request(method, url, headers, body).timeout(timedelta(seconds=timeout_s)).build()
    async with _in_time(timeout_s):
        response = await request.send()
        return Reply(response.status, response.headers, bytes(await response.bytes()))


async def open_stream(
    method: str, url: str, headers: Mapping[str, str], body: Body = None, *, timeout_s: float
) -> Stream:
    """Send one request and wait for the head of its answer. Raises Lost, and so does each read."""
    request = _request(method, url, headers, body).timeout(FOR_EVER)
    streamed = request.streamed_read_buffer_limit(AHEAD_BYTES).build_streamed()
    async with _in_time(timeout_s):
        return Stream(streamed, await streamed.__aenter__(), timeout_s)


def _request(method: str, url: str, headers: Mapping[str, str], body: Body) -> RequestBuilder:
    request = _client().request(method, url).headers(dict(headers))
    return request if body is None else request.body_bytes(body)


@cache
def _client() -> Client:
    """It lives as long as the process, and any thread may use it."""
    builder = ClientBuilder().connect_timeout(timedelta(seconds=5)).pool_idle_timeout(timedelta(seconds=60))
    return (
        builder.pool_max_idle_per_host(16)
        .follow_redirects(False)
        .no_proxy()
        .gzip(False)
        .brotli(False)
        .zstd(False)
        .deflate(False)
        .build()
    )


@asynccontextmanager
async def _in_time(seconds: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise Lost(f"Not answered whole within {seconds:g} s.") from error
    except PyreqwestError as error:
        raise Lost(type(error).__name__) from error
