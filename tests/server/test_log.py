"""Lines of the log, on a pipe as platforms give one: nobody reads it, nobody reads it in time, or nobody is left."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.log_writer import LIMIT_BYTES, Writer

from .served import SETTINGS, folder_of, free_port

PIPE_BYTES = 64 * 1024


class Piped:
    """A server whose log is a pipe."""

    def __init__(self, folder: Path, **env: str) -> None:
        self.port = free_port()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "server"],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOST": "127.0.0.1", "PORT": str(self.port), **SETTINGS, **env},
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        assert self.process.stdout
        self.pipe = self.process.stdout
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=10)
        until = time.monotonic() + 30
        while time.monotonic() < until:
            with suppress(httpx.TransportError):
                self.client.get("/healthz").raise_for_status()
                return
            time.sleep(0.05)
        raise AssertionError("It did not start.")

    def ask(self, number: int, size: int = 0) -> None:
        """Raises if there is no answer; each leaves a line with its number, of that size at least."""
        reply = self.client.get(
            "/functions/v1/hold",
            params={"what": "log", "text": "x" * size},
            headers={"x-request-id": f"n{number}"},
        )
        reply.raise_for_status()

    def ask_until_more_than(self, size: int) -> int:
        """Ask until more has been said than that many bytes; how often it was."""
        each = 4000
        times = size // each + 20
        for number in range(times):
            self.ask(number, each)
        return times

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.pipe.read().splitlines() if line.startswith(b"{")]

    def close(self) -> None:
        self.client.close()
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.pipe.close()


def numbers(lines: list[dict[str, Any]]) -> list[str]:
    return [line["request_id"] for line in lines if line["message"].startswith("hold 200")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_of(tmp_path_factory.mktemp("log"), hold={})


@pytest.fixture(params=["one", "all"])
def piped(folder: Path, request: pytest.FixtureRequest) -> Iterator[Piped]:
    """One function; or all of them behind their router, who share the pipe."""
    env = {"FUNCTION_TARGET": "hold"} if request.param == "one" else {}
    piped = Piped(folder, **env)
    yield piped
    piped.close()


def test_a_full_pipe_holds_up_no_request_and_nothing_is_lost(piped: Piped) -> None:
    """Requests are answered meanwhile, and whoever reads at last reads every line, in its order, to the end."""
    asked = piped.ask_until_more_than(3 * PIPE_BYTES)
    piped.process.send_signal(signal.SIGTERM)
    lines = piped.lines()

    assert piped.process.wait(10) == 0
    assert [f"n{number}" for number in range(asked)] == numbers(lines)


def test_what_waits_is_bounded_and_what_is_lost_is_counted(piped: Piped) -> None:
    asked = piped.ask_until_more_than(LIMIT_BYTES + 3 * PIPE_BYTES)
    piped.process.send_signal(signal.SIGTERM)
    lines = piped.lines()

    told = numbers(lines)
    (lost,) = [line["lost"] for line in lines if line.get("code") == "log_lines_lost"]
    assert lost > 0 and asked == len(told) + lost
    assert told == [f"n{number}" for number in range(len(told))]


def test_told_to_end_it_does_so_though_nobody_reads(piped: Piped) -> None:
    piped.ask_until_more_than(2 * PIPE_BYTES)
    began = time.monotonic()
    piped.process.send_signal(signal.SIGTERM)

    assert piped.process.wait(9) == 0
    assert time.monotonic() - began < 9


def test_the_line_of_the_last_answer_is_there(piped: Piped) -> None:
    """Told to end while a request is under way: it is answered, and its line is the last."""
    waiting = threading.Thread(
        target=lambda: httpx.get(
            f"http://127.0.0.1:{piped.port}/functions/v1/hold",
            params={"what": "wait", "seconds": 1},
            headers={"x-request-id": "last"},
            timeout=10,
        )
    )
    waiting.start()
    time.sleep(0.5)
    piped.process.send_signal(signal.SIGTERM)
    lines = piped.lines()
    waiting.join()

    assert ["last"] == numbers(lines)
    assert piped.process.wait(10) == 0


def test_who_read_it_may_be_gone(piped: Piped) -> None:
    """A broken pipe is nothing that a caller hears of."""
    piped.pipe.close()

    for number in range(5):
        piped.ask(number)
    piped.process.send_signal(signal.SIGTERM)
    assert piped.process.wait(10) == 0


def test_what_is_written_at_once_and_what_waits_keep_their_order() -> None:
    """Whether the pipe can be opened again or not; lines are shorter and longer than it takes at once."""
    for at_once in (True, False):
        end, out = os.pipe()
        writer = Writer(out)
        if not at_once:
            writer._at_once = None
        lines = [b"%d %s\n" % (number, b"x" * (number * 37 % 9000)) for number in range(100)]
        for line in lines:
            writer.put(line)
        read = b""
        while read.count(b"\n") < len(lines):
            read += os.read(end, 100_000)

        assert b"".join(lines) == read
        assert os.get_blocking(out), "others who have this pipe did not ask for it"
        writer.drain()
        os.close(end)
