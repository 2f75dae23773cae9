"""The emulator as a process of its own, a bucket for it to write to, and a receiver for its notifications."""

import asyncio
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import httpx
import imageio_ffmpeg
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from shared.agora.answers import Acquired, Started
from shared.agora.client import Agora
from shared.agora.files import Part, arrange
from shared.agora.notifications import CLOUD_RECORDING, ChannelChanged, Notification, read_notification
from shared.agora.recorder import Mode, Recorder
from shared.agora.settings import AgoraRestSettings, AgoraSettings, RecordingBucketSettings
from shared.agora.start_request import start_request
from shared.agora.tokens import build_token

SPEED = 200  # a minute of Agora's time takes 0.3 s
PROJECT = {
    "AGORA_APP_ID": "970CA35de60c44645bbae8a215061b33",
    "AGORA_APP_CERTIFICATE": "5CFd2fd1755d40ecb72977518be15d3b",
    "AGORA_CUSTOMER_ID": "customer",
    "AGORA_CUSTOMER_SECRET": "customer-secret",
    "AGORA_WEBHOOK_SECRET": "webhook-secret",
    "AGORA_EMULATOR_SPEED": str(SPEED),
}


@dataclass(frozen=True)
class StoredObject:
    """An object of the bucket."""

    key: str
    size: int


@pytest.fixture(scope="session")
def s3() -> Iterator[Any]:
    """A bucket server, as its client."""
    port = free_port()
    command = [sys.executable, "-m", "local.s3_server", str(port)]
    with process(command, {"PYTHONWARNINGS": "ignore"}, output=subprocess.DEVNULL, kill=True):
        until(lambda: is_open(port))
        client = boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name="us-east-1",
            aws_access_key_id="access",
            aws_secret_access_key="secret",
        )
        client.create_bucket(Bucket="recordings")
        yield client
        client.close()


@pytest.fixture(scope="session")
def emulator_url(s3: Any) -> Iterator[str]:
    command = [sys.executable, "-m", "local.agora", "--port", "0"]
    with process(command, {**PROJECT, "RECORDING_S3_ENDPOINT": s3.meta.endpoint_url}) as emulator:
        assert emulator.stdout
        assert b"AGORA_EMULATOR_SEED=" in emulator.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", emulator.stdout.readline().decode())
        assert found
        yield found[0]


@pytest.fixture
async def emulator(emulator_url: str, s3: Any) -> AsyncIterator["Emulator"]:
    """The emulator with nothing in it, and a channel that no other test uses."""
    async with httpx.AsyncClient(base_url=emulator_url) as http:
        stage = Emulator(http, s3, f"session-{uuid4().hex[:8]}", ("recordings", uuid4().hex))
        await stage.control("reset")
        await stage.control("webhook", url="")
        await stage.control("clock", speed=SPEED)
        yield stage


@dataclass
class Emulator:
    """What a test does with the emulator."""

    http: httpx.AsyncClient
    s3: Any
    channel: str
    prefix: tuple[str, str]

    def agora(self, **how: Any) -> Agora:
        settings = AgoraRestSettings.from_environment({**PROJECT, "AGORA_API_URLS": str(self.http.base_url)})
        return Agora(settings, self.http, sleep=lambda seconds: asyncio.sleep(seconds / SPEED), **how)

    async def control(self, what: str, **body: Any) -> Any:
        return (await self.http.post(f"/_control/{what}", json=body)).raise_for_status().json()

    async def in_order(self) -> None:
        """Tell everything as it happens: for tests of what is told."""
        await self.control("order", shuffled=False)

    async def join(self, uid: int, **how: Any) -> None:
        await self.control(f"channels/{self.channel}/join", uid=uid, **how)

    async def leave(self, uid: int, reason: int) -> None:
        await self.control(f"channels/{self.channel}/leave", uid=uid, reason=reason)

    async def fault(self, on: str, **fault: Any) -> None:
        await self.control("faults", on=on, **fault)

    def recorder(self, mode: Mode = "mix", uid: int = 4_000_000_001) -> Recorder:
        return Recorder(channel=self.channel, uid=uid, mode=mode)

    def request(self, recorder: Recorder, **change: Any) -> dict[str, Any]:
        """A good request to record, with parts of it changed."""
        bucket = RecordingBucketSettings.from_environment(
            {
                "RECORDING_S3_ENDPOINT": self.s3.meta.endpoint_url,
                "RECORDING_S3_BUCKET": "recordings",
                "RECORDING_S3_REGION": "us-east-1",
                "RECORDING_S3_ACCESS_KEY": "access",
                "RECORDING_S3_SECRET_KEY": "secret",
                "RECORDING_S3_VENDOR": "11",
                "RECORDING_S3_REGION_CODE": "0",
            }
        )
        project = AgoraSettings.from_environment(PROJECT)
        token = build_token(project, recorder.channel, recorder.uid, "subscriber", 3600)
        return {**start_request(recorder, token, bucket, self.prefix, people=2), **change}

    async def acquire(self, mode: Mode = "mix", **who: Any) -> Recorder:
        recorder = self.recorder(mode, **who)
        got = await self.agora().acquire(recorder)
        assert isinstance(got, Acquired)
        return replace(recorder, resource_id=got.resource_id)

    async def start(self, mode: Mode = "mix", **change: Any) -> Recorder:
        """Start a recording that is accepted."""
        recorder = await self.acquire(mode)
        got = await self.agora().start(recorder, self.request(recorder, **change))
        assert isinstance(got, Started)
        return replace(recorder, sid=got.sid)

    async def seen(self) -> dict[str, Any]:
        """The newest recording of the channel."""
        answer = await self.http.get("/_control/recordings", params={"channel": self.channel})
        recordings: list[dict[str, Any]] = answer.json()["recordings"]
        return recordings[-1]

    async def reaches(self, wanted: Callable[[dict[str, Any]], Any], seconds: float = 10) -> dict[str, Any]:
        """Wait until the recording is as wanted."""
        deadline = time.monotonic() + seconds
        while not wanted(seen := await self.seen()):
            assert time.monotonic() < deadline, seen
            await asyncio.sleep(0.01)
        return seen

    def objects(self) -> list[StoredObject]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket="recordings", Prefix="/".join(self.prefix)
        )
        return [StoredObject(one["Key"], one["Size"]) for page in pages for one in page.get("Contents", [])]

    def parts(self, sid: str) -> tuple[Part, ...]:
        return arrange(self.objects(), sid)

    def text(self, key: str) -> str:
        body: bytes = self.s3.get_object(Bucket="recordings", Key=key)["Body"].read()
        return body.decode()

    def download(self, key: str, folder: Path) -> Path:
        path = folder / key.rpartition("/")[2]
        self.s3.download_file("recordings", key, str(path))
        return path


class Receiver:
    """A webhook that writes down what comes, and answers what it is told to."""

    def __init__(self, server: HTTPServer) -> None:
        self.url = server.url_for("/hook")
        self.requests: list[tuple[bytes, dict[str, str]]] = []
        self.answers: list[int] = []
        server.expect_request("/hook", method="POST").respond_with_handler(self._receive)

    def _receive(self, request: Request) -> Response:
        self.requests.append((request.get_data(), dict(request.headers)))
        return Response('{"success":true}', self.answers.pop(0) if self.answers else 200)

    @property
    def notifications(self) -> list[Notification]:
        return [read_notification(body) for body, _ in self.requests]

    @property
    def of_recordings(self) -> list[Notification]:
        return [one for one in self.notifications if one.product == CLOUD_RECORDING]

    @property
    def changes(self) -> list[tuple[str, int, bool]]:
        """What channel events say: the change, of whom, and whether it is the recorder."""
        events = [one.event for one in self.notifications]
        return [(one.change, one.uid, one.is_recorder) for one in events if isinstance(one, ChannelChanged)]

    @property
    def types(self) -> list[int]:
        return [notification.type for notification in self.notifications]

    async def hears(self, wanted: Callable[[], Any], seconds: float = 10) -> None:
        deadline = time.monotonic() + seconds
        while not wanted():
            assert time.monotonic() < deadline, self.types
            await asyncio.sleep(0.01)


@pytest.fixture
async def receiver(emulator: Emulator, httpserver: HTTPServer) -> Receiver:
    receiver = Receiver(httpserver)
    await emulator.control("webhook", url=receiver.url)
    return receiver


@dataclass(frozen=True)
class Film:
    """What a player would make of a file."""

    seconds: float
    codecs: set[str]


def watch(path: Path) -> Film:
    """Decode the whole file, which fails on any damage, and tell what is in it."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-xerror", "-i", str(path), "-f", "null", "-"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    length = re.search(r"Duration: (\d+):(\d+):([\d.]+)", told)
    assert length
    hours, minutes, seconds = map(float, length.groups())
    codecs = set(re.findall(r"(?:Video|Audio): (\w+)", told.partition("Stream mapping")[0]))
    return Film(hours * 3600 + minutes * 60 + seconds, codecs)


@contextmanager
def process(
    command: list[str], environment: dict[str, str], *, output: int = subprocess.PIPE, kill: bool = False
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends with the block."""
    environment = {"PATH": os.environ["PATH"], **environment}
    with subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT) as running:
        try:
            yield running
        finally:
            running.kill() if kill else running.terminate()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(wanted: Callable[[], Any], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not wanted():
        assert time.monotonic() < deadline
        time.sleep(0.02)
