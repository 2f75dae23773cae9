"""What a client can hold up: a body that drips is given up, and SIGTERM ends a process in time, whoever hangs on it."""

import ast
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from deploy.functions import ROOT
from shared.admission import BODY_TIME_S
from shared.ending import ENDS_WITHIN_S

PLATFORM_KILLS_AFTER_S = 10
# A function of ours as any other, but for what it does: it waits in a thread, or sends its answer for ever.
FUNCTION = """
import time
import asyncio
from typing import Any
from starlette.responses import Response, StreamingResponse
from shared.call import Call
from shared.serving import endpoint
from shared.workers import run_workers

async def work():
    while True:
        await asyncio.sleep(1)
        yield

async def for_ever():
    while True:
        yield b"." * 100_000

@endpoint(caller="public", methods=("GET", "POST"))
async def hold(call: Call[Any]) -> Response:
    match call.query.get("what"):
        case "thread":
            await asyncio.to_thread(time.sleep, 60)
        case "work":
            await run_workers(work, workers=3, seconds=60)
        case "answer":
            return StreamingResponse(for_ever())
    return Response("done")
"""
SERVERS = {
    "by functions-framework": [str(Path(sys.executable).with_name("functions-framework")), "--asgi"],
    "as image, bundles and local stack serve": [
        sys.executable,
        "-c",
        "import os, socket; from local.serve_function import serve;"
        "serve('hold', socket.create_server(('127.0.0.1', int(os.environ['PORT'])), backlog=64).detach())",
    ],
}


class Served:
    """A real process, and raw connections to it."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.process, self.port, self.log = process, port, log

    def connect(self, sent: bytes = b"") -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=BODY_TIME_S + 10)
        connection.sendall(sent)
        return connection

    def ask(self, what: str) -> socket.socket:
        return self.connect(f"GET /?what={what} HTTP/1.1\r\nhost: x\r\n\r\n".encode())


@pytest.fixture(params=SERVERS)
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    """The function in a process of its own, as it is started here or there."""
    source = tmp_path / "functions" / "hold" / "main.py"
    source.parent.mkdir(parents=True)
    source.write_text(FUNCTION)
    with running(SERVERS[request.param], tmp_path, source) as served:
        yield served


@contextmanager
def running(command: list[str], folder: Path, source: Path) -> Iterator[Served]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    env = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PORT": str(port),
        "HOST": "127.0.0.1",
        "FUNCTION_TARGET": "hold",
        "FUNCTION_SOURCE": str(source),
        "SUPABASE_URL": "http://127.0.0.1:9",
        "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_x",
    }
    with (folder / "log").open("w") as log:
        # In a group of its own: functions-framework serves in a child, which must not outlive the test.
        process = subprocess.Popen(
            command, cwd=folder, env=env, stdout=log, stderr=log, start_new_session=True
        )
    served = Served(process, port, folder / "log")
    try:
        until = time.monotonic() + 30
        while time.monotonic() < until and process.poll() is None:
            try:
                with served.ask("nothing") as client:
                    assert client.recv(1000).startswith(b"HTTP/1.1 200")
                break
            except OSError:
                time.sleep(0.05)
        yield served
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_a_body_that_drips_is_answered_with_408_and_its_connection_closed(served: Served) -> None:
    """A byte each second, for ever; others are answered meanwhile."""
    slow = served.connect(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n")
    chunked = served.connect(b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
    began = time.monotonic()
    for _ in range(BODY_TIME_S - 2):
        time.sleep(1)
        slow.sendall(b"x")
        chunked.sendall(b"1\r\nx\r\n")
    with served.ask("nothing") as other:
        assert other.recv(1000).startswith(b"HTTP/1.1 200")

    for connection in (slow, chunked):
        answer = b""
        while received := connection.recv(10_000):  # up to the end of the connection
            answer += received
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 408")
        assert (json.loads(body)["code"], b"connection: close" in head) == ("body_too_slow", True)
        connection.close()
    assert BODY_TIME_S - 1 < time.monotonic() - began < BODY_TIME_S + 5


@pytest.mark.parametrize("what", ["head", "body", "thread", "answer", "idle"])
def test_sigterm_ends_a_process_in_time_whatever_a_client_does(served: Served, what: str) -> None:
    """Half a head; half a body; a handler that waits in a thread; an answer that nobody reads; a kept connection."""
    match what:
        case "head":
            client = served.connect(b"POST / HTTP/1.1\r\nhost: ")
        case "body":
            client = served.connect(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nx")
        case "idle":
            client = served.ask("nothing")
            assert client.recv(1000)
        case _:
            client = served.ask(what)
    time.sleep(1)
    began = time.monotonic()
    served.process.send_signal(signal.SIGTERM)
    while served.process.poll() is None and time.monotonic() - began < PLATFORM_KILLS_AFTER_S:
        time.sleep(0.1)
        if what in ("head", "body"):
            try:
                client.sendall(b"x")
            except OSError:
                pass  # closed

    took = time.monotonic() - began
    assert served.process.poll() is not None, f"not ended after {took:.1f} s"
    assert took < ENDS_WITHIN_S + 1 < PLATFORM_KILLS_AFTER_S
    assert ("cut_off" in served.log.read_text()) == (what in ("body", "thread", "answer"))
    client.close()


def test_a_request_that_ends_by_itself_is_answered_after_sigterm(served: Served) -> None:
    """What was begun is finished, where that takes no longer than the process has."""
    client = served.connect(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{")
    time.sleep(1)
    served.process.send_signal(signal.SIGTERM)
    time.sleep(1)
    client.sendall(b"}")
    answer = client.recv(10_000)
    client.close()

    assert answer.startswith(b"HTTP/1.1 200")
    assert served.process.wait(5) in (0, -signal.SIGTERM)


def test_after_sigterm_workers_begin_nothing_more(served: Served) -> None:
    """What each is at is finished, and the scheduler hears of it."""
    client = served.ask("work")
    time.sleep(2)
    served.process.send_signal(signal.SIGTERM)
    answer = client.recv(10_000)
    client.close()

    assert answer.startswith(b"HTTP/1.1 200")
    assert served.process.wait(5) in (0, -signal.SIGTERM)
    assert "cut_off" not in served.log.read_text()


def test_bodies_are_read_in_one_place() -> None:
    """Where they have a limit and a deadline. No function ever sees the request itself."""
    readers = {
        str(file.relative_to(ROOT)): body_readers(file)
        for folder in ("functions", "shared")
        for file in (ROOT / folder).rglob("*.py")
        if "starlette.requests" in file.read_text()
    }

    passed_on = {"shared/serving.py": set(), "shared/inspection.py": set()}
    assert readers == {"shared/admission.py": {"request.stream"}, **passed_on}


def body_readers(file: Path) -> set[str]:
    """What in a file reads the body of a request."""
    return {
        ast.unparse(node)
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr in ("body", "form", "json", "stream", "receive", "_receive")
        and ast.unparse(node.value).endswith("request")
    }
