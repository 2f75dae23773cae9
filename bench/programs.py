"""A server under measurement: started on a port of its own, asked, weighed, and killed with all that it started."""

import http.client
import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from local.config import ROOT
from local.processes import Processes

from .image import Image

BENCH = ROOT / "bench"
PATIENCE_S = 20
DENO = "node_modules/@deno/*/deno"


@dataclass(frozen=True)
class Server:
    """How a server is started; `PORT` in its command stands for the port."""

    name: str
    command: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)
    folder: Path = ROOT
    path: str = "/"


@dataclass(frozen=True)
class Running:
    """A started server."""

    pid: int
    port: int
    started: float
    path: str = "/"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.path}"

    def post(
        self, headers: dict[str, str], body: str = "{}", patience_s: float = PATIENCE_S
    ) -> tuple[int, Any]:
        """Ask it, as soon as it listens; its status and what it says."""
        deadline = self.started + PATIENCE_S
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=patience_s)
            try:
                connection.request("POST", self.path, body, {"content-type": "application/json", **headers})
                reply = connection.getresponse()
                return reply.status, json.loads(reply.read())
            except ConnectionError:
                if time.perf_counter() > deadline:
                    raise
                time.sleep(0.001)
            finally:
                connection.close()

    def processes(self) -> list[psutil.Process]:
        """It and its children: functions-framework serves from one, all functions in one container from several."""
        first = psutil.Process(self.pid)
        return [first, *first.children(recursive=True)]

    def memory_mb(self) -> float:
        """What would be free without it: a page that its processes share counts once."""
        return float(sum(process.memory_full_info().pss for process in self.processes()) / 1e6)


@contextmanager
def running(server: Server, processes: Processes) -> Iterator[Running]:
    """The server, started now; afterwards nothing of it is left, whatever happened."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [word.replace("PORT", str(port)) for word in server.command]
    env = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **server.env, "PORT": str(port)}
    started = time.perf_counter()
    process = processes.spawn(server.name, command, env=env, cwd=server.folder)
    try:
        yield Running(process.pid, port, started, server.path)
    finally:
        # The group, not the process: the framework's own child would live on, and slow down all that follows.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def function(name: str, env: dict[str, str], image: Image) -> Server:
    """One of ours, started as it is in production; a process of its own."""
    own = {"FUNCTION_TARGET": name.replace("-", "_"), "HOST": "127.0.0.1"}
    return Server(name, (str(image.python), "-m", "server"), {**env, **own}, image.app)


def all_functions(name: str, env: dict[str, str], image: Image) -> Server:
    """All of ours behind one port; the function of that name is asked."""
    command = (str(image.python), "-m", "server")
    path = f"/functions/v1/{name}"
    return Server("all-functions", command, {**env, "HOST": "127.0.0.1"}, image.app, path)


def framework(source: Path, image: Image) -> Server:
    """A function of functions-framework."""
    command = ("-m", "functions_framework", "--asgi", "--host", "127.0.0.1", "--port", "PORT")
    target = ("--target", source.stem, "--source", str(source))
    return Server(source.stem, (str(image.framework), *command, *target))


def deno(name: str, source: Path, env: dict[str, str], cache: Path) -> Server:
    """A Deno function; what it imports is installed beforehand, and its compiled code is kept in the cache."""
    binary = next(BENCH.glob(DENO))
    options = (
        "run",
        "--no-prompt",
        "--allow-net",
        "--allow-env",
        "--cached-only",
        "--node-modules-dir=manual",
    )
    own = {"DENO_DIR": str(cache), "DENO_NO_UPDATE_CHECK": "1", "NO_COLOR": "1"}
    return Server(name, (str(binary), *options, str(source)), {**env, **own})
