"""A private bucket of Supabase Storage, as the service: resumable upload (TUS 1.0.0), reading back, signed links.

An own client of TUS, for two reasons: `tuspy` blocks (it is built on requests) and its asynchronous half adds aiohttp;
and neither it nor any other lets the caller decide what a broken-off upload may go on with.
"""

import asyncio
import base64
import json
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from urllib.parse import quote, urlsplit

from shared.errors import Unavailable
from shared.settings import ServiceSettings, SupabaseSettings

from . import carrier
from .carrier import Body, Lost, Piece, Reply

CHUNK_BYTES = 6 * 1024 * 1024  # hosted storage takes no other size, but for the last chunk
RESUMABLE = "/storage/v1/upload/resumable"
WAITS_S = (0.5, 1, 2, 4)  # a lock of a killed upload lasts a few seconds
CHUNK_TIMEOUT_S = 60  # for a chunk on its way there, for a MiB on its way back
TIMEOUT_S = 15
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
        if response.status != 201 or not address.startswith(RESUMABLE + "/"):
            raise _failure(response)
        return address

    async def offset(self, upload: str) -> int | None:
        """How many bytes of an upload storage has; None if it knows nothing of it any more."""
        response = await self._ask("HEAD", upload, self._tus)
        if response.status in (404, 410):
            return None
        offset = response.headers.get("upload-offset", "")
        if not response.is_success or not offset.isdigit():
            raise _failure(response)
        return int(offset)

    async def send(
        self, upload: str, offset: int, size: int, pieces: AsyncIterator[Piece]
    ) -> AsyncIterator[int]:
        """Send an upload's bytes from `offset` to `size`; gives the offset reached, after each chunk.

        `pieces` are the bytes from `offset` on, in any lengths. What an interrupted chunk left counts: storage is
        asked how far it got, and is sent what comes after that.
        """
        source = _Source(pieces)
        chunk = await source.take(min(CHUNK_BYTES, size - offset))
        while offset < size:
            # The next chunk is fetched while this one is sent, which is not copied and so never changed.
            end = offset + len(chunk)
            ahead = asyncio.create_task(source.take(min(CHUNK_BYTES, size - end)))
            try:
                reached = await self._append(upload, offset, chunk)
                following = await ahead
            finally:
                ahead.cancel()
            if reached < end:
                source.put_back(chunk[reached - offset :] + following)
                following = await source.take(min(CHUNK_BYTES, size - reached))
            chunk, offset = following, reached
            yield offset

    async def _append(self, upload: str, offset: int, chunk: bytearray | memoryview) -> int:
        """Add a chunk, and return how far the upload is now: to the chunk's end, or into it."""
        headers = {
            **self._tus,
            "content-type": "application/offset+octet-stream",
            "upload-offset": str(offset),
        }
        for wait in (*WAITS_S, None):
            response = await self._try("PATCH", upload, headers, chunk, CHUNK_TIMEOUT_S)
            if response is not None and response.status == 204:
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

    async def read(self, path: str) -> AsyncGenerator[memoryview, None]:
        """What is stored under a path, piece by piece. Raises StorageUnavailable if it is not there."""
        url = self._url(f"/storage/v1/object/{self._key(path)}")
        try:
            stream = await carrier.open_stream("GET", url, self._headers, timeout_s=CHUNK_TIMEOUT_S)
            try:
                if stream.status != 200:
                    raise _failure(Reply(stream.status, stream.headers, bytes(await stream.read())))
                async for part in stream.parts():
                    yield part
            finally:
                await stream.close()
        except Lost as error:
            raise StorageUnavailable(details=str(error)) from error

    async def sign(self, path: str, seconds: int, *, save_as: str = "") -> str:
        """An address that opens one object without headers, for a while. It cannot be revoked: keep it short.

        With a name to `save_as`, a browser saves it instead of showing it.
        """
        response = await self._ask(
            "POST", f"/storage/v1/object/sign/{self._key(path)}", self._headers, {"expiresIn": seconds}
        )
        signed = json.loads(response.body).get("signedURL") if response.is_success else None
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
            {"prefix": folder, "limit": 1000, "offset": 0},
        )
        if not response.is_success:
            raise _failure(response)
        return [f"{folder}/{entry['name']}" for entry in json.loads(response.body)]

    async def delete(self, *paths: str) -> None:
        """Remove objects; those that are not there are no error."""
        response = await self._ask(
            "DELETE", f"/storage/v1/object/{self._bucket}", self._headers, {"prefixes": list(paths)}
        )
        if not response.is_success:
            raise _failure(response)

    def _url(self, path: str) -> str:
        return self._origin + path

    def _key(self, path: str) -> str:
        return f"{self._bucket}/{quote(path)}"

    async def _ask(self, method: str, path: str, headers: Mapping[str, str], asked: object = None) -> Reply:
        """Ask until there is an answer that time will not change."""
        body = None
        if asked is not None:
            headers, body = {**headers, "content-type": "application/json"}, json.dumps(asked).encode()
        response, until = None, time.monotonic() + ASKS_FOR_S
        for wait in (*WAITS_S, None):
            response = await self._try(method, path, headers, body, TIMEOUT_S)
            if response is not None and not _is_temporary(response):
                return response
            if wait is None or time.monotonic() + wait > until:
                break
            await asyncio.sleep(wait)
        raise StorageUnavailable(details=_words(response))

    async def _try(
        self, method: str, path: str, headers: Mapping[str, str], body: Body, timeout_s: float
    ) -> Reply | None:
        """One request; None if there was no answer."""
        try:
            return await carrier.send(method, self._url(path), headers, body, timeout_s=timeout_s)
        except Lost:
            return None


class _Source:
    """Pieces of any length, cut anew."""

    def __init__(self, pieces: AsyncIterator[Piece]) -> None:
        self._pieces = pieces
        self._left = memoryview(b"")

    async def take(self, count: int) -> bytearray:
        """Exactly so many of the next bytes. Written where they stay: joined later, they would be held twice."""
        taken, at = bytearray(count), 0
        while at < count:
            piece = self._left or memoryview(await anext(self._pieces))
            end = min(at + len(piece), count)
            taken[at:end], self._left = piece[: end - at], piece[end - at :]
            at = end
        return taken

    def put_back(self, data: bytearray) -> None:
        """In front of what is next."""
        self._left = memoryview(data + self._left)


def _is_temporary(response: Reply) -> bool:
    """Whether this answer may be another one in a moment: locked, out of step, too many, a stumble."""
    return response.status in (409, 423, 429) or (response.status >= 500 and response.status != 507)


def _failure(response: Reply) -> StorageUnavailable | StorageRefused:
    if response.status in (400, 404) and NOT_FOUND.search(response.text):
        return ObjectMissing(details=_words(response), hint="Please tell us, so that we can look for it.")
    kind = StorageUnavailable if _is_temporary(response) or response.is_success else StorageRefused
    return kind(details=_words(response))


def _words(response: Reply | None) -> str:
    if response is None:
        return "Storage did not answer."
    return f"Storage answered {response.status}: {response.text[:200]}"


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
