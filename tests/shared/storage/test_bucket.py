"""Agora's bucket: listed whole, read in ranges, streamed one version at a time."""

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from shared.agora.settings import RecordingBucketSettings
from shared.storage.bucket import Bucket, BucketUnavailable, SourceChanged
from tests.cast import Stage

SMALL_BYTES = 1024 * 1024
DATA = bytes(range(256)) * (SMALL_BYTES * 3 // 256) + b"and a rest"


@pytest.fixture
def settings(stage: Stage) -> RecordingBucketSettings:
    return RecordingBucketSettings.from_environment(stage.env)


@pytest.fixture
def bucket(settings: RecordingBucketSettings) -> Bucket:
    return Bucket(settings)


@pytest.fixture
def folder() -> str:
    return f"test{uuid4().hex}/"


@pytest.fixture
def put(settings: RecordingBucketSettings) -> Callable[[str, bytes], Any]:
    """Store an object, as Agora does."""
    client = boto3.client(
        "s3",
        endpoint_url=settings.recording_s3_endpoint,
        region_name=settings.recording_s3_region,
        aws_access_key_id=settings.recording_s3_access_key,
        aws_secret_access_key=settings.recording_s3_secret_key,
        config=Config(s3={"addressing_style": "path"}),
    )
    return lambda key, data: client.put_object(Bucket=settings.recording_s3_bucket, Key=key, Body=data)


async def test_a_folder_is_listed(bucket: Bucket, folder: str, put: Callable[..., Any]) -> None:
    """In the order of the keys, and nothing beside it."""
    for name in ("b.ts", "a.ts", "sub/c.ts"):
        put(f"{folder}{name}", b"x" * 5)
    put(f"{folder[:-1]}beside/d.ts", b"x")

    listed = await bucket.list(folder)

    assert [(stored.key, stored.size) for stored in listed] == [
        (f"{folder}{name}", 5) for name in ("a.ts", "b.ts", "sub/c.ts")
    ]
    assert await bucket.list(f"{folder}none") == []


async def test_a_folder_is_listed_past_the_first_page(
    settings: RecordingBucketSettings, httpserver: HTTPServer
) -> None:
    """A long recording has more slices than one answer holds."""

    def page(request: Request) -> Response:
        is_first = "continuation-token" not in request.args
        more = (
            "<IsTruncated>true</IsTruncated><NextContinuationToken>n</NextContinuationToken>"
            if is_first
            else ""
        )
        entry = f'<Contents><Key>f/{1 if is_first else 2}.ts</Key><Size>5</Size><ETag>"e"</ETag></Contents>'
        return Response(f"<ListBucketResult>{more}{entry}</ListBucketResult>", content_type="application/xml")

    httpserver.expect_request(f"/{settings.recording_s3_bucket}").respond_with_handler(page)
    paged = replace(settings, recording_s3_endpoint=httpserver.url_for("").rstrip("/"))

    assert [stored.key for stored in await Bucket(paged).list("f/")] == ["f/1.ts", "f/2.ts"]


async def test_an_object_streams_in_small_chunks(
    bucket: Bucket, folder: str, put: Callable[..., Any]
) -> None:
    """All of it, and never much of it at once."""
    put(f"{folder}a.mp4", DATA)
    (source,) = await bucket.list(folder)

    chunks = [chunk async for chunk in bucket.stream(source)]

    assert b"".join(chunks) == DATA
    assert max(map(len, chunks)) <= SMALL_BYTES
    assert source.size == len(DATA)


async def test_a_stream_that_is_left_early_leaves_nothing_open(
    bucket: Bucket, folder: str, put: Callable[..., Any]
) -> None:
    """And the next stream is whole."""
    put(f"{folder}a.mp4", DATA)
    (source,) = await bucket.list(folder)
    async with aclosing(bucket.stream(source)) as chunks:
        await anext(chunks)

    assert b"".join([chunk async for chunk in bucket.stream(source)]) == DATA


async def test_an_empty_object_is_an_empty_stream(
    bucket: Bucket, folder: str, put: Callable[..., Any]
) -> None:
    """No range of it exists."""
    put(f"{folder}a.ts", b"")
    (source,) = await bucket.list(folder)

    assert [chunk async for chunk in bucket.stream(source)] == []


async def test_a_range_is_read(bucket: Bucket, folder: str, put: Callable[..., Any]) -> None:
    """Shorter where the object ends."""
    put(f"{folder}a.mp4", b"0123456789")

    assert await bucket.read(f"{folder}a.mp4", 2, 3) == b"234"
    assert await bucket.read(f"{folder}a.mp4", 8, 100) == b"89"
    assert await bucket.read(f"{folder}a.mp4") == b"0123456789"


async def test_another_version_of_an_object_is_refused(
    bucket: Bucket, folder: str, put: Callable[..., Any]
) -> None:
    """Replaced, or removed."""
    put(f"{folder}a.mp4", b"one")
    (source,) = await bucket.list(folder)
    put(f"{folder}a.mp4", b"two")

    with pytest.raises(SourceChanged):
        [chunk async for chunk in bucket.stream(source)]
    with pytest.raises(SourceChanged):
        await bucket.read(f"{folder}none")


async def test_a_missing_bucket_is_unavailable(stage: Stage) -> None:
    """Nothing listens there; or there is no bucket of that name."""
    nobody = RecordingBucketSettings.from_environment(
        {**stage.env, "RECORDING_S3_ENDPOINT": "http://127.0.0.1:9"}
    )
    with pytest.raises(BucketUnavailable):
        await Bucket(nobody).list("x")
