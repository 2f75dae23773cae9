"""Resumable uploads: what was cut off goes on, and what is finished is an object like any other."""

import hashlib
import http.client
import os
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import psutil
import pytest
from tusclient.client import TusClient

from local.stack import Stack

from .conftest import resident

CHUNK = 6 * 1024 * 1024
TUS = {"Tus-Resumable": "1.0.0"}
OFFSET = {**TUS, "Content-Type": "application/offset+octet-stream"}


@pytest.fixture(scope="module")
def service(stack: Stack) -> Iterator[httpx.Client]:
    """The service, at the stack's storage."""
    headers = {"apikey": stack.env["SUPABASE_SECRET_KEY"]}
    with httpx.Client(
        base_url=f"{stack.env['SUPABASE_URL']}/storage/v1", headers=headers, timeout=60
    ) as client:
        yield client


@pytest.fixture
def bucket(service: httpx.Client) -> str:
    """A private bucket that takes video, up to 700 MiB of it."""
    name = f"videos-{uuid4().hex[:8]}"
    limits = {"file_size_limit": 700 * 1024 * 1024, "allowed_mime_types": ["video/mp4"]}
    service.post("/bucket", json={"id": name, "name": name, "public": False, **limits}).raise_for_status()
    return name


def create(client: httpx.Client, bucket: str, name: str, size: int, **headers: str) -> httpx.Response:
    described = {"bucketName": bucket, "objectName": name, "contentType": "video/mp4", "cacheControl": "3600"}
    metadata = ",".join(f"{key} {b64encode(value.encode()).decode()}" for key, value in described.items())
    headers = {**TUS, "Upload-Length": str(size), "Upload-Metadata": metadata, **headers}
    return client.post("/upload/resumable", headers=headers)


def send(client: httpx.Client, url: str, content: bytes, offset: int) -> httpx.Response:
    return client.patch(url, headers={**OFFSET, "Upload-Offset": str(offset)}, content=content)


def reached(client: httpx.Client, url: str) -> int:
    return int(client.head(url, headers=TUS).headers["Upload-Offset"])


def open_signed(client: httpx.Client, bucket: str, name: str, **headers: str) -> httpx.Response:
    signed = client.post(f"/object/sign/{bucket}/{name}", json={"expiresIn": 60}).raise_for_status().json()
    return httpx.get(f"{client.base_url}{signed['signedURL'].lstrip('/')}", headers=headers)


def test_an_upload_cut_off_within_a_chunk_continues_where_it_stopped(
    service: httpx.Client, bucket: str
) -> None:
    """The bytes that arrived are kept, and the finished object is the source, whole and in parts."""
    content = os.urandom(2 * CHUNK + 1234)
    url = create(service, bucket, "session/part 1.mp4", len(content)).headers["Location"]
    assert send(service, url, content[:CHUNK], 0).status_code == 204

    cut_off(url, dict(service.headers), content[CHUNK : 2 * CHUNK], after=2 * 1024 * 1024)
    offset = reached(service, url)
    assert CHUNK <= offset <= CHUNK + 2 * 1024 * 1024
    while offset < len(content):
        sent = send(service, url, content[offset : offset + CHUNK], offset)
        # What was on its way when we asked may have arrived since. Then one asks again, as every client does.
        offset = int(sent.headers["Upload-Offset"]) if sent.status_code == 204 else reached(service, url)

    whole = open_signed(service, bucket, "session/part%201.mp4")
    assert hashlib.sha256(whole.content).digest() == hashlib.sha256(content).digest()
    assert whole.headers["Content-Type"] == "video/mp4"
    listed = service.post(f"/object/list/{bucket}", json={"prefix": ""}).json()
    assert [(entry["name"], entry["metadata"]["size"]) for entry in listed] == [
        ("session/part 1.mp4", len(content))
    ]
    part = open_signed(service, bucket, "session/part%201.mp4", Range="bytes=6291000-6292000")
    assert (part.status_code, part.content) == (206, content[6291000:6292001])
    assert part.headers["Content-Range"] == f"bytes 6291000-6292000/{len(content)}"
    beyond = open_signed(service, bucket, "session/part%201.mp4", Range=f"bytes={len(content)}-")
    assert beyond.status_code == 416


def cut_off(url: str, headers: dict[str, str], chunk: bytes, after: int) -> None:
    """Announce a chunk, send only its beginning, and go."""
    where = urlsplit(url)
    assert where.hostname
    connection = http.client.HTTPConnection(where.hostname, where.port)
    connection.putrequest("PATCH", where.path)
    described = {**OFFSET, "apikey": headers["apikey"], "Upload-Offset": str(CHUNK)}
    for name, value in {**described, "Content-Length": str(len(chunk))}.items():
        connection.putheader(name, value)
    connection.endheaders()
    connection.send(chunk[:after])
    time.sleep(0.2)
    connection.close()


def test_an_ordinary_client_uploads_as_to_the_hosted_platform(
    stack: Stack, bucket: str, tmp_path: Path
) -> None:
    """tuspy, with the chunk size that the platform asks for."""
    source = tmp_path / "source.mp4"
    source.write_bytes(os.urandom(CHUNK + 1))
    key = stack.env["SUPABASE_SECRET_KEY"]
    client = TusClient(
        f"{stack.env['SUPABASE_URL']}/storage/v1/upload/resumable",
        headers={"apikey": key, "Authorization": f"Bearer {key}"},
    )
    metadata = {"bucketName": bucket, "objectName": "a.mp4", "contentType": "video/mp4"}

    with source.open("rb") as stream:
        client.uploader(file_stream=stream, chunk_size=CHUNK, metadata=metadata).upload()

    headers = {"apikey": key}
    stored = httpx.get(f"{stack.env['SUPABASE_URL']}/storage/v1/object/{bucket}/a.mp4", headers=headers)
    assert stored.content == source.read_bytes()


def test_a_second_upload_replaces_the_object_only_on_request(service: httpx.Client, bucket: str) -> None:
    """Without x-upsert an existing object stays; with it, the last to finish wins."""
    first = create(service, bucket, "a.mp4", 3).headers["Location"]
    send(service, first, b"one", 0).raise_for_status()

    assert create(service, bucket, "a.mp4", 3).status_code == 409
    second = create(service, bucket, "a.mp4", 5, **{"x-upsert": "true"}).headers["Location"]
    send(service, second, b"other", 0).raise_for_status()

    assert open_signed(service, bucket, "a.mp4").content == b"other"


def test_a_chunk_of_another_size_is_refused(service: httpx.Client, bucket: str) -> None:
    """What the hosted platform would not take is not taken here."""
    url = create(service, bucket, "a.mp4", 2 * CHUNK).headers["Location"]

    assert send(service, url, bytes(CHUNK - 1), 0).status_code == 400
    assert reached(service, url) == 0


def test_size_and_type_are_checked_before_the_first_byte(service: httpx.Client, bucket: str) -> None:
    """The bucket's limits hold for resumable uploads too."""
    assert create(service, bucket, "a.mp4", 701 * 1024 * 1024).status_code == 413
    metadata = {"bucketName": bucket, "objectName": "a.txt", "contentType": "text/plain"}
    described = ",".join(f"{key} {b64encode(value.encode()).decode()}" for key, value in metadata.items())
    headers = {**TUS, "Upload-Length": "3", "Upload-Metadata": described}
    assert service.post("/upload/resumable", headers=headers).status_code == 415
    assert create(service, "no-such-bucket", "a.mp4", 3).status_code == 404


def test_a_person_who_may_not_insert_the_object_may_not_upload_it(stack: Stack, bucket: str) -> None:
    """Row-level security on storage.objects decides, as for any upload."""
    headers = {"apikey": stack.env["SUPABASE_PUBLISHABLE_KEY"]}
    with httpx.Client(base_url=f"{stack.env['SUPABASE_URL']}/storage/v1", headers=headers) as anybody:
        assert create(anybody, bucket, "a.mp4", 3).status_code == 403


def test_a_large_file_passes_in_constant_memory(stack: Stack, service: httpx.Client, bucket: str) -> None:
    """Neither the gateway nor storage ever holds more than a little of what passes through, up or down."""
    size = 25 * CHUNK
    supervisor = stack.pid
    everyone = [supervisor, *(child.pid for child in psutil.Process(supervisor).children())]
    before = {pid: resident(pid) for pid in everyone}
    peak: dict[int, int] = dict(before)
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            for pid in everyone:
                peak[pid] = max(peak[pid], resident(pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        url = create(service, bucket, "large.mp4", size).headers["Location"]
        for offset in range(0, size, CHUNK):
            send(service, url, bytes(CHUNK), offset).raise_for_status()
        with service.stream("GET", f"/object/{bucket}/large.mp4") as reply:
            received = sum(len(piece) for piece in reply.iter_raw())
    finally:
        over.set()
        watcher.join()

    assert received == size
    assert {pid: peak[pid] - before[pid] for pid in everyone if peak[pid] - before[pid] > 75} == {}
