"""The client: what each of Agora's answers becomes, how often it asks, and where. Agora is a real HTTP server here."""

import base64
import json
import re
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from shared.agora.answers import (
    Acquired,
    AlreadyRunning,
    AlreadyStopping,
    Expired,
    Gone,
    NoData,
    Rejected,
    Started,
    Status,
    Stopped,
    TaskConflict,
    TryLater,
    Updated,
)
from shared.agora.client import Agora, Timeouts
from shared.agora.files import RecordedFile
from shared.agora.recorder import Recorder
from shared.agora.settings import AgoraRestSettings

APP_ID = "970CA35de60c44645bbae8a215061b33"
RECORDER = Recorder(channel="session-1", uid=4_000_000_001, mode="mix", resource_id="R", sid="S")
NAMES = {"cname": "session-1", "uid": "4000000001", "resourceId": "R", "sid": "S"}
NO_WORKER = {"code": 404, "reason": "failed to find worker"}
NO_WORKER_UNREASONED = {
    **NAMES,
    "code": 404,
    "serverResponse": {"payload": {"message": "failed to find worker"}},
}
PLAYLIST = RecordedFile("recordings/a/S_session-1.m3u8")


class RecordedSleep(list[float]):
    """A sleep that takes no time and remembers how long it should have."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as client:
        yield client


@pytest.fixture
def waits() -> RecordedSleep:
    return RecordedSleep()


def settings(*urls: str) -> AgoraRestSettings:
    return AgoraRestSettings(
        agora_app_id=APP_ID,
        agora_customer_id="id",
        agora_customer_secret="secret",
        agora_api_urls=",".join(urls),
    )


def respond_with(server: HTTPServer, *answers: tuple[int, Any]) -> list[Request]:
    """Answer with these, one after the other, the last one for ever; gives the requests that came."""
    asked: list[Request] = []

    def answer(request: Request) -> Response:
        status, body = answers[min(len(asked), len(answers) - 1)]
        asked.append(request)
        text = body if isinstance(body, str) else json.dumps(body)
        return Response(text, status, {"X-Request-Id": f"request-{len(asked)}"})

    server.expect_request(re.compile(".*")).respond_with_handler(answer)
    return asked


async def ask(agora: Agora, call: str) -> Any:
    match call:
        case "acquire" | "query":
            return await getattr(agora, call)(RECORDER)
        case "stop":
            return await agora.stop(RECORDER)
        case _:
            return await getattr(agora, call)(RECORDER, {"some": "thing"})


# call, HTTP status, body -> result, and the waits that were made before giving up with it
LATER = "TryLater"
TABLE: list[tuple[str, int, Any, Any, list[float]]] = [
    ("acquire", 200, {"resourceId": "R"}, Acquired("R"), []),
    ("acquire", 200, {**NAMES, "resourceId": "R"}, Acquired("R"), []),
    ("acquire", 400, {"code": 2, "reason": "bad"}, Rejected(400, 2, "bad"), []),
    ("acquire", 400, {"code": 400, "reason": "invalid_appid"}, Rejected(400, 400, "invalid_appid"), []),
    (
        "acquire",
        400,
        {"code": 401, "reason": "invalid_channel_name"},
        Rejected(400, 401, "invalid_channel_name"),
        [],
    ),
    ("acquire", 400, {"code": 405, "reason": "no_active_status"}, Rejected(400, 405, "no_active_status"), []),
    ("acquire", 400, {"code": 406, "reason": "vendor_over_load"}, TryLater(400, 406, "vendor_over_load"), []),
    (
        "acquire",
        500,
        {"code": 501, "reason": "x"},
        TryLater(500, 501, "x", may_have_happened=True),
        [3, 6, 9],
    ),
    ("acquire", 400, {"message": "appid is invalid"}, Rejected(400, None, "appid is invalid"), []),
    ("acquire", 401, {"message": "Unauthorized"}, Rejected(401, None, "Unauthorized"), []),
    ("acquire", 404, {"message": "no Route matched with those values"}, "Rejected", []),
    ("start", 200, {**NAMES}, Started("S"), []),
    ("start", 201, {"code": 7, "reason": "already started"}, AlreadyRunning(None), []),
    ("start", 201, {"code": 7, "sid": "S"}, AlreadyRunning("S"), []),
    ("start", 201, {}, AlreadyRunning(None), []),
    (
        "start",
        206,
        {"code": 65},
        TryLater(206, 65, "", may_have_happened=True, wants_fresh_start=True),
        [3, 6],
    ),
    ("start", 400, {"code": 2, "reason": "bad"}, Rejected(400, 2, "bad"), []),
    ("start", 500, {"code": 2, "reason": "bad"}, Rejected(500, 2, "bad"), []),
    ("start", 400, {"code": 53, "reason": "task conflict"}, TaskConflict(), []),
    ("start", 400, {"code": 433}, Expired(), []),
    ("start", 400, {"code": 1001}, Expired(), []),
    ("start", 400, {"code": 110, "reason": "invalid token"}, Rejected(400, 110, "invalid token"), []),
    ("start", 500, {"code": 502, "reason": "full"}, TryLater(500, 502, "full", wants_fresh_start=True), []),
    (
        "start",
        500,
        {"code": 62},
        TryLater(500, 62, "", may_have_happened=True, wants_fresh_start=True),
        [3, 6, 9],
    ),
    ("start", 500, {"code": 15, "sid": ""}, LATER, [3, 6, 9]),
    ("start", 502, "<html>bad gateway</html>", LATER, [3, 6, 9]),
    ("start", 200, {**NAMES, "sid": ""}, LATER, []),
    ("start", 200, "not Agora", LATER, []),
    ("start", 404, {"message": "no Route matched with those values"}, "Rejected", []),
    ("query", 404, NO_WORKER, Gone(), [5, 10, 15]),
    ("query", 404, "", Gone(), [5, 10, 15]),
    ("query", 404, {"message": "no Route matched with those values"}, "Rejected", []),
    ("query", 400, {"code": 501, "reason": "service exiting"}, AlreadyStopping(), []),
    ("query", 206, {"code": 65}, TryLater(206, 65, "", may_have_happened=True), [3, 6]),
    ("query", 504, {"code": 62}, LATER, [5, 10, 15, 30]),
    ("query", 400, {"code": 432}, "Rejected", []),
    ("update", 200, NAMES, Updated(), []),
    ("update", 404, NO_WORKER, Gone(), [5, 10, 15]),
    ("update_layout", 200, NAMES, Updated(), []),
    ("update_layout", 400, {"code": 1028}, "Rejected", []),
    ("stop", 206, {"code": 435, "reason": "no recorded data"}, NoData(), []),
    ("stop", 206, {"code": 65}, TryLater(206, 65, "", may_have_happened=True), [3, 6]),
    ("stop", 206, {"code": 50}, Stopped("unknown", ()), []),
    ("stop", 206, {}, Stopped("unknown", ()), []),
    ("stop", 504, {"code": 50}, Stopped("unknown", ()), []),
    ("stop", 400, {"code": 49, "reason": "invalid operation"}, AlreadyStopping(), []),
    ("stop", 404, NO_WORKER, Gone(), [5, 10, 15]),
    ("stop", 404, NO_WORKER_UNREASONED, Gone(), [5, 10, 15]),
    ("stop", 504, {"code": 62}, LATER, [5, 10, 15, 30]),
    ("stop", 401, {"message": "Invalid authentication credentials"}, "Rejected", []),
    ("stop", 400, {"code": 2}, "Rejected", []),
    ("stop", 200, {**NAMES, "serverResponse": {}}, Stopped("unknown", ()), []),
    ("stop", 200, {"serverResponse": {"uploadingStatus": "unknow"}}, Stopped("unknown", ()), []),
    (
        "stop",
        200,
        {"serverResponse": {"uploadingStatus": "backuped", "fileList": ""}},
        Stopped("backuped", ()),
        [],
    ),
    (
        "stop",
        200,
        {
            "serverResponse": {
                "uploadingStatus": "uploaded",
                "fileListMode": "string",
                "fileList": PLAYLIST.name,
            }
        },
        Stopped("uploaded", (PLAYLIST,)),
        [],
    ),
    (
        "stop",
        200,
        {
            "serverResponse": {
                "uploadingStatus": "uploaded",
                "fileList": [{"filename": PLAYLIST.name, "uid": "0"}],
            }
        },
        Stopped("uploaded", (PLAYLIST,)),
        [],
    ),
]


@pytest.mark.parametrize(("call", "status", "body", "result", "expected_waits"), TABLE)
async def test_every_answer_has_its_meaning_and_its_retries(
    call, status, body, result, expected_waits, httpserver, http, waits
):
    """Asked again exactly where Agora says that this helps, with Agora's own numbers."""
    asked = respond_with(httpserver, (status, body))

    got = await ask(Agora(settings(httpserver.url_for("")), http, sleep=waits, patience=100), call)

    assert expected_waits == waits
    assert len(asked) == len(expected_waits) + 1
    assert result in (got, type(got).__name__)


@pytest.mark.parametrize(
    ("number", "phase"),
    [
        (0, "starting"),
        (3, "starting"),
        (4, "recording"),
        (5, "recording"),
        (6, "ending"),
        (8, "ending"),
        (20, "crashed"),
    ],
)
async def test_a_query_reports_the_phase(number, phase, httpserver, http):
    """4 and 5 are a recording that runs; 20 is one that ended abnormally."""
    respond_with(httpserver, (200, {"serverResponse": {"status": number, "sliceStartTime": 1700000000123}}))

    got = await Agora(settings(httpserver.url_for("")), http).query(RECORDER)

    assert isinstance(got, Status)
    assert (number, phase, ()) == (got.status, got.phase, got.files)
    assert got.started_at is not None
    assert got.started_at.isoformat() == "2023-11-14T22:13:20.123000+00:00"


async def test_a_start_that_succeeds_at_the_third_attempt_is_started(httpserver, http, waits):
    """Only the log has the two failures."""
    told: dict[str, Any] = {}
    asked = respond_with(httpserver, (206, {"code": 65}), (500, {"code": 62}), (200, NAMES))

    got = await Agora(settings(httpserver.url_for("")), http, sleep=waits, log=told.update).start(
        RECORDER, {}
    )

    assert got == Started("S")
    assert [3, 3] == waits
    assert len({request.path for request in asked}) == 1  # the same resource each time
    assert told["agora_start"]["tries"] == 3
    assert told["agora_start"]["agora_request_id"] == "request-3"


async def test_retries_after_too_many_requests_are_spread(httpserver, http, waits):
    """After a 429 everybody waits at least the number, and not everybody the same."""
    respond_with(httpserver, (429, {"message": "API rate limit exceeded"}))

    got = await Agora(settings(httpserver.url_for("")), http, sleep=waits).acquire(RECORDER)

    assert got == TryLater(429, None, "API rate limit exceeded")
    assert all(number <= wait <= 2 * number for number, wait in zip((1, 3, 6), waits, strict=True))


async def test_retries_end_when_the_time_of_the_function_does(httpserver, http, waits):
    """A function with ten seconds left does not sleep for fifteen."""
    respond_with(httpserver, (404, NO_WORKER))

    got = await Agora(settings(httpserver.url_for("")), http, sleep=waits, patience=12).stop(RECORDER)

    assert got == Gone()
    assert [5] == waits


async def test_without_retries_agora_is_asked_once(httpserver, http, waits):
    """A status page wants what is known now."""
    asked = respond_with(httpserver, (404, NO_WORKER))

    assert (
        await Agora(settings(httpserver.url_for("")), http, sleep=waits, patience=0).query(RECORDER) == Gone()
    )
    assert len(asked) == 1


async def test_a_request_has_the_form_that_agora_wants(httpserver, http):
    """Basic authentication, string uids, the mode in the path, the same names on every call."""
    asked = respond_with(httpserver, (200, {**NAMES, "serverResponse": {"status": 5}}))
    agora = Agora(settings(httpserver.url_for("") + "/"), http)

    for call in ("acquire", "start", "query", "update", "update_layout", "stop"):
        await ask(agora, call)

    base = f"/v1/apps/{APP_ID}/cloud_recording"
    running = f"{base}/resourceid/R/sid/S/mode/mix"
    assert [
        ("POST", f"{base}/acquire"),
        ("POST", f"{base}/resourceid/R/mode/mix/start"),
        ("GET", f"{running}/query"),
        ("POST", f"{running}/update"),
        ("POST", f"{running}/updateLayout"),
        ("POST", f"{running}/stop"),
    ] == [(request.method, request.path) for request in asked]
    login = "Basic " + base64.b64encode(b"id:secret").decode()
    assert {login} == {request.headers["Authorization"] for request in asked}
    bodies = [json.loads(request.data) for request in asked if request.method == "POST"]
    assert {("session-1", "4000000001")} == {(body["cname"], body["uid"]) for body in bodies}
    assert bodies[0]["clientRequest"] == {}
    assert bodies[-1]["clientRequest"] == {"async_stop": False}


async def test_a_dead_domain_is_left_for_the_other_one(httpserver, http, waits):
    """Once more the same, then the next one; and later calls begin where the last one succeeded."""
    asked = respond_with(httpserver, (200, NAMES))
    agora = Agora(settings(f"http://127.0.0.1:{closed_port()}", httpserver.url_for("")), http, sleep=waits)

    assert await agora.acquire(RECORDER) == Acquired("R")
    assert [1, 3] == waits
    assert await agora.start(RECORDER, {}) == Started("S")
    assert [1, 3] == waits
    assert len(asked) == 2


async def test_without_any_connection_nothing_was_done(http, waits):
    """If no connection came about, nothing can have happened."""
    agora = Agora(settings(f"http://127.0.0.1:{closed_port()}"), http, sleep=waits)

    got = await agora.start(RECORDER, {})

    assert [1, 3, 6] == waits
    assert isinstance(got, TryLater)
    assert (0, False) == (got.status, got.may_have_happened)


async def test_a_start_without_an_answer_stays_open(http, waits):
    """A request that was sent and not answered may have begun a recording."""
    with listener(answer=b"") as url:
        timeouts = Timeouts(connect=1, read=0.05, read_stop=0.05)
        got = await Agora(settings(url), http, sleep=waits, timeouts=timeouts).start(RECORDER, {})

    assert isinstance(got, TryLater)
    assert (0, "ReadTimeout", True) == (got.status, got.reason, got.may_have_happened)


async def test_a_broken_connection_is_retried(http, waits):
    """Hanging up in the middle of an answer is like not answering."""
    with listener(answer=b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", hang_up=True) as url:
        got = await Agora(settings(url), http, sleep=waits).stop(RECORDER)

    assert [1, 3, 6] == waits
    assert isinstance(got, TryLater)
    assert got.may_have_happened


async def test_an_attempt_that_may_have_arrived_is_not_forgotten(httpserver, http, waits):
    """A first attempt that may have arrived counts, even if the last one surely did not."""
    respond_with(httpserver, (500, {"code": 62}), (500, {"code": 502}))

    got = await Agora(settings(httpserver.url_for("")), http, sleep=waits).start(RECORDER, {})

    assert isinstance(got, TryLater)
    assert (502, True) == (got.code, got.may_have_happened)


async def test_keys_never_appear_in_the_log(httpserver, http):
    """A start carries the bucket's keys and the token: neither is among the facts."""
    told: dict[str, Any] = {}
    respond_with(httpserver, (400, {"code": 2, "reason": "Start: bad"}))
    request = {"token": "007token", "storageConfig": {"secretKey": "bucket-secret"}}

    await Agora(settings(httpserver.url_for("")), http, log=told.update).start(RECORDER, request)

    assert told["agora_start"]["code"] == 2
    assert not {"007token", "bucket-secret", "secret"} & set(json.dumps(told).replace('"', " ").split())


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def listener(answer: bytes, hang_up: bool = False) -> Iterator[str]:
    """A server that takes every request and sends these bytes, complete or not."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with ExitStack() as held:
                while True:
                    try:
                        connection, _ = server.accept()
                    except OSError:
                        return
                    held.enter_context(connection)
                    connection.recv(65536)
                    connection.sendall(answer)
                    if hang_up:
                        connection.close()

        serving = threading.Thread(target=serve)
        serving.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        serving.join()
