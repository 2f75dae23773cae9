"""A private bucket of Supabase Storage, as the service: resumable upload (TUS 1.0.0), reading back, signed links.

An own client of TUS, for two reasons: `tuspy` blocks (it is built on requests) and its asynchronous half adds aiohttp;
and neither it nor any other lets the caller decide what a broken-off upload may go on with.
"""

import asyncio
import base64
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from urllib.parse import quote, urlsplit

import httpx

from shared.errors import Unavailable
from shared.outside import STREAMED, outside
from shared.settings import ServiceSettings, SupabaseSettings

CHUNK_BYTES = 6 * 1024 * 1024  # hosted storage takes no other size, but for the last chunk
PIECE_BYTES = 256 * 1024
RESUMABLE = "/storage/v1/upload/resumable"
WAITS_S = (0.5, 1, 2, 4)  # a lock of a killed upload lasts a few seconds
CHUNK_TIMEOUT = httpx.Timeout(60, connect=5)  # for a chunk on its way there, for a MiB on its way back
TIMEOUT = httpx.Timeout(15, connect=5)
NOT_FOUND = re.compile(r'"(statusCode|error)": *"(404|not_found)"')  # in an answer with status 400
ASKS_FOR_S = 25  # begins no further try after this


class StorageUnavailable(Unavailable):
    """Storage did not answer, or not in order, however often we asked."""

    code = "storage_unavailable"


class StorageRefused(Unavailable):
    """Storage said no: it is full, the file is too large, or our key is not good."""

    code = "storage_refused"


class ObjectMissing(StorageRefused):
    """Storage has nothing under this path."""

    code = "object_missing"
    sentence = "The file is missing from our storage."


class Storage:
    """One bucket. Paths are keys in it."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket
        self._origin = SupabaseSettings.read().supabase_url.rstrip("/")
        key = ServiceSettings.read().key
        self._headers = {"apikey": key, "authorization": f"Bearer {key}"}
        self._tus = {**self._headers, "tus-resumable": "1.0.0"}

    async def begin_upload(self, path: str, size: int, content_type: str) -> str:
        """Open an upload and return its address: whoever has that can go on with it for a day.

        What is stored under the path already stays until the upload is whole, and is then replaced.
        """
        described = {"bucketName": self._bucket, "objectName": path, "contentType": content_type}
        response = await self._ask(
            "POST",
            RESUMABLE,
            {
                **self._tus,
                "upload-length": str(size),
                "upload-metadata": ",".join(f"{name} {_base64(value)}" for name, value in described.items()),
                "x-upsert": "true",
            },
        )
        location = response.headers.get("location", "")
        address: str = urlsplit(location).path
        if response.status_code != 201 or not address.startswith(RESUMABLE + "/"):
            raise _failure(response)
        return address

    async def offset(self, upload: str) -> int | None:
        """How many bytes of an upload storage has; None if it knows nothing of it any more."""
        response = await self._ask("HEAD", upload, self._tus)
        if response.status_code in (404, 410):
            return None
        offset = response.headers.get("upload-offset", "")
        if not response.is_success or not offset.isdigit():
            raise _failure(response)
        return int(offset)

    async def send(
        self, upload: str, offset: int, size: int, pieces: AsyncIterator[bytes]
    ) -> AsyncIterator[int]:
        """Send an upload's bytes from `offset` to `size`; gives the offset reached, after each chunk.

        `pieces` are the bytes from `offset` on, in any lengths. What an interrupted chunk left counts: storage is
        asked how far it got, and is sent what comes after that.
        """
        held = await _take(pieces, min(CHUNK_BYTES, size - offset))
        while offset < size:
            sent = min(CHUNK_BYTES, size - offset)
            # The next chunk is fetched while this one is sent.
            missing = min(CHUNK_BYTES, size - offset - sent) - (len(held) - sent)
            ahead = asyncio.create_task(_take(pieces, missing))
            try:
                with memoryview(held)[:sent] as chunk:  # not a copy, and released before `held` is cut
                    reached = await self._append(upload, offset, chunk)
                del held[: reached - offset]
                held += await ahead
            finally:
                ahead.cancel()
            offset = reached
            yield offset

    async def _append(self, upload: str, offset: int, chunk: memoryview) -> int:
        """Add a chunk, and return how far the upload is now: to the chunk's end, or into it."""
        headers = {
            **self._tus,
            "content-type": "application/offset+octet-stream",
            "content-length": str(len(chunk)),
            "upload-offset": str(offset),
        }
        for wait in (*WAITS_S, None):
            response = await self._try("PATCH", upload, headers, _in_pieces(chunk))
            if response is not None and response.status_code == 204:
                return offset + len(chunk)
            if response is not None and not _is_temporary(response):
                raise _failure(response)
            if wait is None:
                break
            await asyncio.sleep(wait)
            reached = await self.offset(upload) or 0
            if offset < reached <= offset + len(chunk):
                return reached
        raise StorageUnavailable(details=_words(response))

    async def read(self, path: str) -> AsyncGenerator[bytes, None]:
        """What is stored under a path, piece by piece. Raises StorageUnavailable if it is not there."""
        request = outside().build_request(
            "GET",
            self._url(f"/storage/v1/object/{self._key(path)}"),
            headers=self._headers,
            timeout=CHUNK_TIMEOUT,
            extensions=STREAMED,
        )
        try:
            response = await outside().send(request, stream=True)
            try:
                if response.status_code != 200:
                    await response.aread()
                    raise _failure(response)
                async for piece in response.aiter_raw():  # as they come: nobody needs them of one size
                    yield piece
            finally:
                await response.aclose()
        except httpx.TransportError as error:
            raise StorageUnavailable(details=type(error).__name__) from error

    async def sign(self, path: str, seconds: int, *, save_as: str = "") -> str:
        """An address that opens one object without headers, for a while. It cannot be revoked: keep it short.

        With a name to `save_as`, a browser saves it instead of showing it.
        """
        response = await self._ask(
            "POST", f"/storage/v1/object/sign/{self._key(path)}", self._headers, json={"expiresIn": seconds}
        )
        signed = response.json().get("signedURL") if response.is_success else None
        if not isinstance(signed, str):
            raise _failure(response)
        saved = f"&download={quote(save_as, safe='')}" if save_as else ""
        return self._url(f"/storage/v1{signed}{saved}")

    async def list(self, folder: str) -> list[str]:
        """The paths of some objects in a folder, at most a thousand; none if it is empty."""
        response = await self._ask(
            "POST",
            f"/storage/v1/object/list/{self._bucket}",
            self._headers,
            json={"prefix": folder, "limit": 1000, "offset": 0},
        )
        if not response.is_success:
            raise _failure(response)
        return [f"{folder}/{entry['name']}" for entry in response.json()]

    async def delete(self, *paths: str) -> None:
        """Remove objects; those that are not there are no error."""
        response = await self._ask(
            "DELETE", f"/storage/v1/object/{self._bucket}", self._headers, json={"prefixes": list(paths)}
        )
        if not response.is_success:
            raise _failure(response)

    def _url(self, path: str) -> str:
        return self._origin + path

    def _key(self, path: str) -> str:
        return f"{self._bucket}/{quote(path)}"

    async def _ask(
        self, method: str, path: str, headers: Mapping[str, str], json: object = None
    ) -> httpx.Response:
        """Ask until there is an answer that time will not change."""
        response, until = None, time.monotonic() + ASKS_FOR_S
        for wait in (*WAITS_S, None):
            response = await self._try(method, path, headers, json=json)
            if response is not None and not _is_temporary(response):
                return response
            if wait is None or time.monotonic() + wait > until:
                break
            await asyncio.sleep(wait)
        raise StorageUnavailable(details=_words(response))

    async def _try(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        content: AsyncIterator[bytes] | None = None,
        json: object = None,
    ) -> httpx.Response | None:
        """One request; None if there was no answer."""
        timeout = CHUNK_TIMEOUT if content else TIMEOUT
        try:
            return await outside().request(
                method, self._url(path), headers=dict(headers), content=content, json=json, timeout=timeout
            )
        except httpx.TransportError:
            return None


async def _take(pieces: AsyncIterator[bytes], count: int) -> bytearray:
    """At least so many of the next bytes, less than a piece more."""
    taken = bytearray()
    while len(taken) < count:
        taken += await anext(pieces)
    return taken


async def _in_pieces(chunk: memoryview) -> AsyncIterator[bytes]:
    """A body that its request does not keep: a finished request waits for the garbage collector, with all it holds."""
    for start in range(0, len(chunk), PIECE_BYTES):
        yield bytes(chunk[start : start + PIECE_BYTES])


def _is_temporary(response: httpx.Response) -> bool:
    """Whether this answer may be another one in a moment: locked, out of step, too many, a stumble."""
    return response.status_code in (409, 423, 429) or (
        response.status_code >= 500 and response.status_code != 507
    )


def _failure(response: httpx.Response) -> StorageUnavailable | StorageRefused:
    if response.status_code in (400, 404) and NOT_FOUND.search(response.text):
        return ObjectMissing(details=_words(response), hint="Please tell us, so that we can look for it.")
    kind = StorageUnavailable if _is_temporary(response) or response.is_success else StorageRefused
    return kind(details=_words(response))


def _words(response: httpx.Response | None) -> str:
    if response is None:
        return "Storage did not answer."
    return f"Storage answered {response.status_code}: {response.text[:200]}"


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
