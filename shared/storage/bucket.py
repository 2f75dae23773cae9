"""Agora's bucket: list a folder, read a range, stream an object from any byte on, delete what is to go.

botocore speaks to every S3-compatible storage and signs, pages and retries as each expects. It blocks, so each step
runs in a thread; what it signed goes by our own carrier, because botocore's counts its time anew for each read.
It takes a third of a second and eight megabytes to import, so only whoever asks the bucket does, and only then.
"""

from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from anyio import from_thread, to_thread

from shared.agora.settings import RecordingBucketSettings
from shared.errors import Unavailable

from . import carrier
from .carrier import Lost, Reply, Stream

if TYPE_CHECKING:
    from botocore.awsrequest import AWSResponse

Result = TypeVar("Result")

LARGEST_TEXT_BYTES = 8 * 1024 * 1024
TIMEOUT_S = 30  # for an answer; of an object for its head, and for each MiB


class BucketUnavailable(Unavailable):
    """The bucket did not answer, or refused our key."""

    code = "bucket_unavailable"


class SourceChanged(Exception):
    """The object is not there any more, or another version of it is."""


@dataclass(frozen=True, slots=True)
class BucketObject:
    """An object of a listing. Size is in bytes; the ETag names the version."""

    key: str
    size: int
    etag: str


class Bucket:
    """The bucket of the settings."""

    def __init__(self, settings: RecordingBucketSettings, timeout_s: float = TIMEOUT_S) -> None:
        from botocore.config import Config
        from botocore.session import get_session

        self._name = settings.recording_s3_bucket
        self._timeout_s = timeout_s
        self._client = get_session().create_client(
            "s3",
            endpoint_url=settings.recording_s3_endpoint,
            region_name=settings.recording_s3_region,
            aws_access_key_id=settings.recording_s3_access_key,
            aws_secret_access_key=settings.recording_s3_secret_key,
            config=Config(
                s3={"addressing_style": "path"},  # every S3-compatible storage understands it
                retries={"mode": "standard", "max_attempts": 3},
            ),
        )
        self._client.meta.events.register("before-send.s3", self._carry)

    async def list(self, folder: str) -> list[BucketObject]:
        """Every object whose key begins with `folder`, sorted by key."""

        def collect() -> list[BucketObject]:
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._name, Prefix=folder)
            return [
                BucketObject(entry["Key"], entry["Size"], entry["ETag"])
                for page in pages
                for entry in page.get("Contents", ())
            ]

        return await _in_thread(collect)

    async def delete(self, keys: Iterable[str]) -> None:
        """Remove objects; those that are not there are no error."""

        def remove() -> None:
            # One by one: not every S3-compatible storage takes a list, or the checksum that goes with it.
            for key in keys:
                self._client.delete_object(Bucket=self._name, Key=key)

        await _in_thread(remove)

    async def read(self, key: str, start: int = 0, length: int = LARGEST_TEXT_BYTES) -> bytes:
        """Some bytes of an object, fewer where it ends. Raises SourceChanged if it is gone."""
        bytes_range = f"bytes={start}-{start + length - 1}"

        def fetch() -> bytes:
            body: bytes = self._client.get_object(Bucket=self._name, Key=key, Range=bytes_range)[
                "Body"
            ].read()
            return body

        return await _in_thread(fetch)

    def _carry(self, request: Any, **_: object) -> "AWSResponse":
        """Carry a request of botocore's, which waits for it in its thread."""
        from botocore.awsrequest import AWSResponse
        from botocore.exceptions import HTTPClientError

        try:
            reply = from_thread.run(self._send, request)
        except Lost as error:
            raise HTTPClientError(error=error) from error  # which botocore tries again
        return AWSResponse(request.url, reply.status, dict(reply.headers), _Body(reply))

    async def _send(self, request: Any) -> Reply | Stream:
        headers = {
            name: value.decode() if isinstance(value, bytes) else value
            for name, value in request.headers.items()
        }
        carry = carrier.open_stream if request.stream_output else carrier.send
        return await carry(request.method, request.url, headers, request.body, timeout_s=self._timeout_s)

    async def stream(self, source: BucketObject) -> AsyncGenerator[memoryview, None]:
        """This version of an object in small pieces. Raises SourceChanged if the object was replaced or removed."""
        found = await _in_thread(
            lambda: self._client.get_object(Bucket=self._name, Key=source.key, IfMatch=source.etag)["Body"]
        )
        stream: Stream = found._raw_stream.reply  # our own, in botocore's cover, which only a thread can read
        try:
            async for part in stream.parts():
                yield part
        except Lost as error:
            raise BucketUnavailable(details=str(error)) from error
        finally:
            await stream.close()


class _Body:
    """An answer's body as botocore reads it, whole, in its thread."""

    def __init__(self, reply: Reply | Stream) -> None:
        self.reply = reply

    def stream(self) -> Iterator[bytes]:
        yield self.read()

    def read(self, _: int | None = None) -> bytes:
        return self.reply.body if isinstance(self.reply, Reply) else from_thread.run(self.reply.read_all)


@cache
def recording_bucket() -> Bucket:
    """Agora's bucket, by the settings of this process. Its client takes 70 ms to make, and any thread may use it."""
    return Bucket(RecordingBucketSettings.read())


async def _in_thread(step: Callable[[], Result]) -> Result:
    from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

    try:
        return await to_thread.run_sync(step, abandon_on_cancel=True)
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if status in (404, 412, 416):
            raise SourceChanged(f"The bucket answered {status}.") from error
        raise BucketUnavailable(details=f"The bucket answered {status}.") from error
    except (BotoCoreError, HTTPClientError, Lost) as error:
        raise BucketUnavailable(details=type(error).__name__) from error
