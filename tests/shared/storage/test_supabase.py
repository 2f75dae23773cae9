"""Storage over HTTP: uploads that go on where they broke off, and what each answer means."""

import re
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from shared.outside import outside
from shared.storage import supabase
from shared.storage.supabase import CHUNK_BYTES, RESUMABLE, Storage, StorageRefused, StorageUnavailable
from tests.cast import Stage
from tests.shared.conftest import SECRET_KEY, Environment

UPLOAD = f"{RESUMABLE}/one"
DATA = bytes(range(256)) * (8 * 1024 * 1024 // 256)  # a chunk and a third


class Tus:
    """A resumable upload in memory; `stumbles` are answers given instead of taking the next chunk."""

    def __init__(self, server: HTTPServer) -> None:
        self.data = bytearray()
        self.lengths: list[int] = []
        self.stumbles: list[Response | int] = []
        server.expect_request(RESUMABLE, "POST").respond_with_data(
            status=201, headers={"location": f"http://inside.storage.test:5000{UPLOAD}"}
        )
        server.expect_request(UPLOAD, "HEAD").respond_with_handler(self._head)
        server.expect_request(UPLOAD, "PATCH").respond_with_handler(self._patch)

    def _head(self, request: Request) -> Response:
        return Response(headers={"upload-offset": str(len(self.data))})

    def _patch(self, request: Request) -> Response:
        stumble = self.stumbles.pop(0) if self.stumbles else None
        if isinstance(stumble, Response):
            return stumble
        assert int(request.headers["upload-offset"]) == len(self.data)
        self.lengths.append(request.content_length or 0)
        self.data += request.data[:stumble]
        status = 204 if stumble is None else 503  # a number: so many bytes arrive, and the answer does not
        return Response(status=status, headers={"upload-offset": str(len(self.data))})


@pytest.fixture
def tus(project: HTTPServer) -> Tus:
    return Tus(project)


@pytest.fixture
async def storage(
    project: HTTPServer, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Storage]:
    """Storage that is not waited for."""
    environment(SUPABASE_SECRET_KEY=SECRET_KEY)
    monkeypatch.setattr(supabase, "WAITS_S", (0.0, 0.0))
    outside.cache_clear()
    yield Storage("recordings")
    await outside().aclose()
    outside.cache_clear()


async def pieces(data: bytes, length: int = 100_000) -> AsyncIterator[bytes]:
    for start in range(0, len(data), length):
        yield data[start : start + length]


async def send(storage: Storage, offset: int = 0) -> list[int]:
    upload = await storage.begin_upload("a/b.mp4", len(DATA), "video/mp4")
    return [reached async for reached in storage.send(upload, offset, len(DATA), pieces(DATA[offset:]))]


async def test_an_upload_goes_in_chunks_of_the_only_size_that_hosted_storage_takes(
    storage: Storage, tus: Tus
) -> None:
    """However the bytes come; only the last chunk is shorter."""
    reached = await send(storage)

    assert tus.data == DATA
    assert tus.lengths == [CHUNK_BYTES, len(DATA) - CHUNK_BYTES]
    assert reached == [CHUNK_BYTES, len(DATA)]


async def test_an_upload_continues_at_the_offset_of_storage(storage: Storage, tus: Tus) -> None:
    """At any byte, and then in whole chunks again."""
    tus.data += DATA[:12345]

    await send(storage, offset=12345)

    assert tus.data == DATA
    assert tus.lengths == [CHUNK_BYTES, len(DATA) - CHUNK_BYTES - 12345]


@pytest.mark.parametrize("arrived", [0, 1, 700_000, CHUNK_BYTES])
async def test_a_lost_answer_is_asked_for(storage: Storage, tus: Tus, arrived: int) -> None:
    """What arrived counts, and nothing is sent twice or left out."""
    tus.stumbles = [arrived]

    await send(storage)

    assert tus.data == DATA


@pytest.mark.parametrize("status", [409, 423, 429, 500, 503])
async def test_a_temporary_failure_is_waited_for(storage: Storage, tus: Tus, status: int) -> None:
    """A lock that a killed upload left, too many requests, a restart."""
    tus.stumbles = [Response(status=status), Response(status=status)]

    await send(storage)

    assert tus.data == DATA


async def test_retries_end_with_the_message_of_storage(storage: Storage, tus: Tus) -> None:
    tus.stumbles = [Response(f"no. {n}", status=503) for n in range(3)]

    with pytest.raises(StorageUnavailable) as failure:
        await send(storage)

    assert failure.value.details == "Storage answered 503: no. 2"


@pytest.mark.parametrize("status", [400, 401, 403, 413, 507])
async def test_a_refusal_is_not_repeated(storage: Storage, tus: Tus, status: int) -> None:
    """Too large, full, or a key that is not good: asking again changes nothing."""
    tus.stumbles = [Response("because", status=status)]

    with pytest.raises(StorageRefused) as failure:
        await send(storage)

    assert failure.value.details == f"Storage answered {status}: because"
    assert tus.lengths == []


async def test_an_upload_that_storage_forgot_is_reported_as_none(
    storage: Storage, project: HTTPServer
) -> None:
    """After a day, or once it is an object."""
    for status in (404, 410):
        project.expect_oneshot_request(f"{RESUMABLE}/gone", "HEAD").respond_with_data(status=status)

        assert await storage.offset(f"{RESUMABLE}/gone") is None


async def test_an_upload_is_addressed_at_our_own_origin(storage: Storage, tus: Tus) -> None:
    """Behind a gateway storage names a host that only it can reach; and the secret key goes nowhere else."""
    assert await storage.begin_upload("a/b.mp4", 5, "video/mp4") == UPLOAD


@pytest.mark.parametrize("location", ["", "http://elsewhere.test/", "/storage/v1/object/x"])
async def test_an_address_that_is_no_upload_is_refused(
    storage: Storage, project: HTTPServer, location: str
) -> None:
    """Nothing is sent there."""
    project.expect_request(RESUMABLE, "POST").respond_with_data(status=201, headers={"location": location})

    with pytest.raises(StorageUnavailable):
        await storage.begin_upload("a", 5, "video/mp4")


async def test_a_signed_address_is_complete(storage: Storage, project: HTTPServer) -> None:
    """Storage gives a path relative to itself."""
    project.expect_request(
        re.compile("/storage/v1/object/sign/recordings/a b.mp4"), "POST", json={"expiresIn": 60}
    ).respond_with_json({"signedURL": "/object/sign/recordings/a%20b.mp4?token=t"})

    signed = await storage.sign("a b.mp4", 60)

    assert signed == project.url_for("/storage/v1/object/sign/recordings/a%20b.mp4?token=t")


async def test_an_unreachable_storage_is_unavailable(storage: Storage, project: HTTPServer) -> None:
    """After a few attempts."""
    project.stop()  # type: ignore[no-untyped-call]
    try:
        with pytest.raises(StorageUnavailable):
            await storage.offset(UPLOAD)
        with pytest.raises(StorageUnavailable):
            async for _ in storage.read("a"):
                pass
    finally:
        project.start()  # type: ignore[no-untyped-call]


async def test_the_real_storage_behaves_like_this_double(stage: Stage, environment: Environment) -> None:
    """The whole way once: begun, sent, read back, signed, deleted; a shorter chunk in the middle is refused."""
    names = ("SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY", "SUPABASE_SECRET_KEY")
    environment(**{name: stage.env[name] for name in names})
    outside.cache_clear()
    storage = Storage("session-recordings")
    path = f"test/{uuid4()}.mp4"

    upload = await storage.begin_upload(path, len(DATA), "video/mp4")
    with pytest.raises(StorageRefused):
        await storage._append(upload, 0, memoryview(DATA)[:1000])
    async for _ in storage.send(upload, 0, len(DATA), pieces(DATA)):
        pass
    stored = b"".join([piece async for piece in storage.read(path)])
    played = await outside().get(await storage.sign(path, 60))
    await storage.delete(path, f"{path}.none")

    assert stored == DATA == played.content
    with pytest.raises(StorageRefused):
        await storage.sign(path, 60)
    await outside().aclose()
    outside.cache_clear()
