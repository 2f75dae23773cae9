"""Agora's bucket: list a folder, read a range, stream an object from any byte on, delete what is to go.

botocore speaks to every S3-compatible storage and signs, pages and retries as each expects. It blocks, so each step
runs in a thread; it takes a third of a second to import, so only functions that read the bucket import this module.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.session import get_session

from shared.agora.settings import RecordingBucketSettings
from shared.errors import Unavailable

Result = TypeVar("Result")

CHUNK_BYTES = 1024 * 1024
LARGEST_TEXT_BYTES = 8 * 1024 * 1024


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

    def __init__(self, settings: RecordingBucketSettings) -> None:
        self._name = settings.recording_s3_bucket
        self._client = get_session().create_client(
            "s3",
            endpoint_url=settings.recording_s3_endpoint,
            region_name=settings.recording_s3_region,
            aws_access_key_id=settings.recording_s3_access_key,
            aws_secret_access_key=settings.recording_s3_secret_key,
            config=Config(
                s3={"addressing_style": "path"},  # every S3-compatible storage understands it
                connect_timeout=3,
                read_timeout=30,
                retries={"mode": "standard", "max_attempts": 3},
            ),
        )

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

    async def stream(self, source: BucketObject) -> AsyncGenerator[bytes, None]:
        """This version of an object in chunks of 1 MiB or less.

        The next chunk is fetched while the caller works on this one: two are in memory, never more.
        Raises SourceChanged if the object was replaced or removed.
        """
        body = await _in_thread(
            lambda: self._client.get_object(Bucket=self._name, Key=source.key, IfMatch=source.etag)["Body"]
        )
        try:
            ahead = asyncio.ensure_future(_in_thread(lambda: body.read(CHUNK_BYTES)))
            while chunk := await ahead:
                ahead = asyncio.ensure_future(_in_thread(lambda: body.read(CHUNK_BYTES)))
                yield chunk
        finally:
            ahead.cancel()
            await asyncio.to_thread(body.close)


@cache
def recording_bucket() -> Bucket:
    """Agora's bucket, by the settings of this process. Its client takes 70 ms to make, and any thread may use it."""
    return Bucket(RecordingBucketSettings.read())


async def _in_thread(step: Callable[[], Result]) -> Result:
    try:
        return await asyncio.to_thread(step)
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if status in (404, 412, 416):
            raise SourceChanged(f"The bucket answered {status}.") from error
        raise BucketUnavailable(details=f"The bucket answered {status}.") from error
    except (BotoCoreError, HTTPClientError) as error:
        raise BucketUnavailable(details=type(error).__name__) from error
