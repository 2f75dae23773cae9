"""The client: what each of Agora's answers becomes, and what is asked. Agora is a real HTTP server here."""

import base64
import json
from typing import Any

import pytest

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
)
from shared.agora.client import Agora
from shared.agora.files import RecordedFile

from .client_steps import APP_ID, NAMES, NO_WORKER, RECORDER, respond_with, settings

NO_WORKER_UNREASONED = {
    **NAMES,
    "code": 404,
    "serverResponse": {"payload": {"message": "failed to find worker"}},
}
PLAYLIST = RecordedFile("recordings/a/S_session-1.m3u8")


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


async def test_a_request_has_the_form_that_agora_wants(httpserver, http):
    """Basic authentication, string uids, the mode in the path, the same names on every call."""
    asked = respond_with(httpserver, (200, {**NAMES, "serverResponse": {"status": 5}}))
    agora = Agora(settings(httpserver.url_for("") + "/"), http)

    for call in ("acquire", "start", "query", "stop"):
        await ask(agora, call)

    base = f"/v1/apps/{APP_ID}/cloud_recording"
    running = f"{base}/resourceid/R/sid/S/mode/mix"
    assert [
        ("POST", f"{base}/acquire"),
        ("POST", f"{base}/resourceid/R/mode/mix/start"),
        ("GET", f"{running}/query"),
        ("POST", f"{running}/stop"),
    ] == [(request.method, request.path) for request in asked]
    login = "Basic " + base64.b64encode(b"id:secret").decode()
    assert {login} == {request.headers["Authorization"] for request in asked}
    bodies = [json.loads(request.data) for request in asked if request.method == "POST"]
    assert {("session-1", "4000000001")} == {(body["cname"], body["uid"]) for body in bodies}
    assert bodies[0]["clientRequest"] == {}
    assert bodies[-1]["clientRequest"] == {"async_stop": False}


async def test_keys_never_appear_in_the_log(httpserver, http):
    """A start carries the bucket's keys and the token: neither is among the facts."""
    told: dict[str, Any] = {}
    respond_with(httpserver, (400, {"code": 2, "reason": "Start: bad"}))
    request = {"token": "007token", "storageConfig": {"secretKey": "bucket-secret"}}

    await Agora(settings(httpserver.url_for("")), http, log=told.update).start(RECORDER, request)

    assert told["agora_start"]["code"] == 2
    assert not {"007token", "bucket-secret", "secret"} & set(json.dumps(told).replace('"', " ").split())
