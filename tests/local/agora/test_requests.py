"""The emulator's doors: what Agora refuses, it refuses; and what it is told to get wrong, it gets wrong."""

import subprocess
import sys
from dataclasses import replace
from typing import Any

import httpx
import pytest

from shared.agora.answers import Acquired, Expired, Gone, Rejected, Started, Stopped, TryLater
from shared.agora.client import Timeouts

from .conftest import PROJECT, Emulator

APP = f"/v1/apps/{PROJECT['AGORA_APP_ID']}/cloud_recording"
LOGIN = httpx.BasicAuth(PROJECT["AGORA_CUSTOMER_ID"], PROJECT["AGORA_CUSTOMER_SECRET"])


@pytest.mark.parametrize(
    ("path", "auth", "status", "message"),
    [
        (f"{APP}/acquire", None, 401, "Unauthorized"),
        (f"{APP}/acquire", httpx.BasicAuth("customer", "wrong"), 401, "Invalid authentication credentials"),
        (f"/v1/apps/{'0' * 32}/cloud_recording/acquire", LOGIN, 400, "appid is invalid"),
        (f"{APP}/aquire", LOGIN, 404, "no Route matched with those values"),
        (f"{APP}/resourceid/R/mode/mix/query", LOGIN, 404, "no Route matched with those values"),
    ],
)
async def test_the_gateway_checks_credentials_first(path, auth, status, message, emulator: Emulator):
    """Its answers have a message and no code."""
    answer = await emulator.http.post(path, json={}, auth=auth)

    assert (status, {"message": message}) == (answer.status_code, answer.json())


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (None, 2),
        ([], 2),
        ({"cname": "c", "uid": "1"}, 2),
        ({"cname": "c", "uid": 1, "clientRequest": {}}, 2),
        ({"cname": "c", "uid": "0", "clientRequest": {}}, 2),
        ({"cname": "c", "uid": "4294967296", "clientRequest": {}}, 2),
        ({"cname": "c", "uid": "one", "clientRequest": {}}, 2),
        ({"cname": "", "uid": "1", "clientRequest": {}}, 401),
        ({"cname": "ü", "uid": "1", "clientRequest": {}}, 401),
        ({"cname": "c" * 64, "uid": "1", "clientRequest": {}}, 401),
        ({"cname": "c", "uid": "1", "clientRequest": {"resourceExpiredHour": 721}}, 2),
    ],
)
async def test_acquire_refuses_bad_input(body, code, emulator: Emulator):
    """A recorder's uid is a text that holds a number, and no zero."""
    answer = await emulator.http.post(f"{APP}/acquire", json=body, auth=LOGIN)

    assert (400, code) == (answer.status_code, answer.json()["code"])


def without(name: str) -> Any:
    return lambda part: {key: value for key, value in part.items() if key != name}


def with_change(**change: Any) -> Any:
    return lambda part: {**part, **change}


@pytest.mark.parametrize(
    ("mode", "part", "change"),
    [
        *[
            ("mix", "storageConfig", without(name))
            for name in ("vendor", "region", "bucket", "accessKey", "secretKey")
        ],
        ("mix", "storageConfig", with_change(vendor=0)),
        ("mix", "storageConfig", with_change(bucket="")),
        ("mix", "storageConfig", with_change(fileNamePrefix=["session_1"])),
        ("mix", "storageConfig", with_change(fileNamePrefix=["a" * 129])),
        ("mix", "storageConfig", without("extensionParams")),
        ("mix", "recordingConfig", without("channelType")),
        ("mix", "recordingConfig", with_change(maxIdleTime=4)),
        ("mix", "recordingConfig", with_change(subscribeVideoUids=[])),
        ("mix", "recordingConfig", with_change(transcodingConfig={"width": 4096, "height": 2160})),
        ("mix", "recordingConfig", with_change(transcodingConfig={"fps": 13})),
        ("mix", "recordingFileConfig", with_change(avFileType=["mp4"])),
        ("individual", "recordingConfig", without("subscribeUidGroup")),
        ("individual", "recordingConfig", with_change(streamMode="best")),
        ("individual", "recordingConfig", with_change(transcodingConfig={"width": 640})),
        ("individual", "recordingFileConfig", with_change(avFileType=["hls", "mp4"])),
    ],
)
async def test_start_refuses_bad_input(mode, part, change, emulator: Emulator):
    """Code 2, with a reason that says which part is wrong; nothing has begun."""
    recorder = await emulator.acquire(mode)
    request = emulator.request(recorder)

    got = await emulator.agora().start(recorder, {**request, part: change(request.get(part, {}))})

    assert isinstance(got, Rejected)
    assert (400, 2) == (got.status, got.code)
    assert got.reason.startswith("Start: ")
    assert (await emulator.http.get("/_control/recordings")).json()["started"] == {}


async def test_a_resource_is_for_one_recorder_and_five_minutes(emulator: Emulator):
    """Unknown, somebody else's, too old."""
    agora, recorder = emulator.agora(), await emulator.acquire()
    request = emulator.request(recorder)

    assert await agora.start(replace(recorder, resource_id="unknown"), request) == Expired()
    other = await agora.start(replace(recorder, uid=4_000_000_002), request)
    assert isinstance(other, Rejected)
    assert other.code == 432
    await emulator.control("clock", speed=1_000_000)
    assert await agora.start(recorder, request) == Expired()


@pytest.mark.parametrize(
    ("fault", "result"),
    [
        ({"status": 206, "code": 65, "times": 1}, Started),
        ({"status": 206, "code": 65, "times": None}, TryLater),
        ({"status": 500, "code": 62, "times": 2}, Started),
        ({"status": 429, "body": {"message": "API rate limit exceeded"}, "times": 1}, Started),
        ({"status": 400, "code": 2, "reason": "Start: bad"}, Rejected),
        ({"reset": True}, Started),
        ({"delay_seconds": 0.05}, Started),
    ],
)
async def test_ordered_faults_spoil_the_answers(fault, result, emulator: Emulator):
    """The fault strikes as often as it was ordered; then Agora answers rightly."""
    recorder = await emulator.acquire()
    await emulator.fault("start", **fault)

    got = await emulator.agora().start(recorder, emulator.request(recorder))

    assert isinstance(got, result)


async def test_a_fault_may_happen_after_the_work_is_done(emulator: Emulator):
    """The recording runs although the answer says otherwise: one recording, however often it is asked for."""
    recorder = await emulator.acquire()
    await emulator.fault("start", status=500, code=62, perform=True, times=None)

    got = await emulator.agora().start(recorder, emulator.request(recorder))

    assert isinstance(got, TryLater)
    assert got.may_have_happened
    assert (await emulator.http.get("/_control/recordings")).json()["started"] == {emulator.channel: 1}
    asked = (await emulator.http.get("/_control/requests")).json()
    assert asked["by_channel"][emulator.channel] == {"acquire": 1, "start": 4}


async def test_a_fault_may_be_a_missing_answer(emulator: Emulator):
    """The client gives up after its own time, and says that it does not know."""
    recorder = await emulator.start()
    await emulator.fault("stop", silent_seconds=5, perform=True, times=None)

    got = await emulator.agora(timeouts=Timeouts(read_stop=0.1), patience=0).stop(recorder)

    assert isinstance(got, TryLater)
    assert got.may_have_happened
    await emulator.reaches(lambda seen: seen["state"] == "exited")


async def test_a_fault_affects_only_its_channel(emulator: Emulator):
    """So that tests do not disturb each other."""
    await emulator.fault("acquire", channel="another", status=400, code=2)

    assert isinstance(await emulator.agora().acquire(emulator.recorder()), Acquired)


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"on": "lunch"},
        {"on": "start", "stauts": 206},
        {"on": "recording", "status": 206},
        {"on": "notification"},
        "on",
    ],
)
async def test_an_unknown_fault_is_refused(fault, emulator: Emulator):
    """A typo in a test must not make it pass."""
    answer = await emulator.http.post("/_control/faults", json=fault)

    assert answer.status_code == 400
    assert answer.json()["error"]


async def test_a_reset_forgets_everything(emulator: Emulator):
    """Recordings, resources, faults, counts."""
    recorder = await emulator.start()
    await emulator.fault("any", status=500, times=None)

    await emulator.control("reset")

    assert await emulator.agora(patience=0).query(recorder) == Gone()
    asked = (await emulator.http.get("/_control/requests")).json()
    assert asked["counts"] == {"query": 1}


async def test_a_stop_needs_only_the_names_of_the_recording(emulator: Emulator):
    """Asynchronous stops answer at once, and know nothing of the files."""
    recorder = await emulator.start()

    assert await emulator.agora().stop(recorder, wait_for_upload=False) == Stopped("unknown", ())
    await emulator.reaches(lambda seen: seen["upload"] == "uploaded")


def test_a_missing_setting_is_named():
    """The emulator does not start with half a project."""
    command = [sys.executable, "-m", "local.agora", "--port", "0"]

    ended = subprocess.run(
        command, env={"AGORA_APP_ID": "a"}, capture_output=True, text=True, check=False, timeout=30
    )

    assert ended.returncode != 0
    assert "AGORA_APP_CERTIFICATE" in ended.stderr
    assert "AGORA_CUSTOMER_SECRET" in ended.stderr
