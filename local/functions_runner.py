"""The functions: each in its own process, forked by its first request, with the environment it was granted.

A change to its source, to `shared/` or to `deploy.yaml` is picked up by the next request.
"""

import asyncio
import socket
import threading
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil

from .config import ROOT, Config, Port
from .deploy_yaml import DEPLOY_YAML, Function, functions
from .forkserver_client import ForkFailed, ForkServerClient
from .members import is_dead
from .processes import Ending, Processes

LAST_PORT = 99


class FunctionFailed(Exception):
    """It has no process, and its request no answer."""


@dataclass
class Running:
    """A function's process, and the sources it was started from."""

    process: psutil.Process
    port: int
    sources: int


class FunctionsRunner:
    """Knows which functions there are, and where each one listens."""

    def __init__(self, config: Config, processes: Processes, env: dict[str, str], root: Path = ROOT) -> None:
        self._root = root
        self._config = config
        self._processes = processes
        self._env = env
        self._running: dict[str, Running] = {}
        self._forkserver = ForkServerClient(partial(processes.spawn, "forkserver"), root)
        self._forked_from = 0  # the newest change in `shared/` when the fork server was started
        self._one_at_a_time = threading.Lock()
        self._is_closed = False
        self._ending: set[asyncio.Task[None]] = set()
        self._locks: dict[str, asyncio.Lock] = {}
        self._listed: tuple[float, dict[str, Function]] = (0, {})
        self._looked_at: dict[Path, tuple[float, int]] = {}

    async def close(self) -> None:
        """No function starts after this; those that run end with the stack."""
        await asyncio.to_thread(self._close)

    def find(self, name: str) -> Function | None:
        changed = (self._root / DEPLOY_YAML).stat().st_mtime
        if changed != self._listed[0] or name not in self._listed[1]:
            self._listed = (changed, functions(self._root))
        return self._listed[1].get(name)

    async def address(self, function: Function) -> str:
        """Where this function listens; starts it, or starts it anew, if need be."""
        async with self._locks.setdefault(function.name, asyncio.Lock()):
            sources = self._sources(function)
            running = self._running.get(function.name)
            if running is None or running.sources != sources or is_dead(running.process):
                try:
                    self._running[function.name] = await asyncio.to_thread(self._start, function, sources)
                except (Ending, ForkFailed, OSError, psutil.NoSuchProcess) as error:
                    raise FunctionFailed from error
                if running:
                    ending = asyncio.create_task(
                        self._processes.dismiss(running.process, patience=function.timeout)
                    )
                    self._ending.add(ending)
                    ending.add_done_callback(self._ending.discard)
        return f"http://127.0.0.1:{self._running[function.name].port}"

    def _close(self) -> None:
        with self._one_at_a_time:  # a thread that is just starting one would start a fork server after us
            self._is_closed = True
            self._forkserver.close()

    def _start(self, function: Function, sources: int) -> Running:
        env = {name: self._env[name] for name in function.granted if name in self._env}
        # The socket listens before the process is there: a request waits for it, and is cut off if it never comes.
        with self._one_at_a_time, self._free_socket() as listener, self._processes.log(function.name) as log:
            if self._is_closed:
                raise Ending
            shared = self._newest(self._root / "shared")
            if shared != self._forked_from:
                self._forkserver.close()
                self._forked_from = shared
            pid = self._forkserver.fork(function.target, env, listener, log)
            return Running(psutil.Process(pid), listener.getsockname()[1], sources)

    def _free_socket(self) -> socket.socket:
        for port in range(self._config.port(Port.FUNCTIONS), self._config.base + LAST_PORT + 1):
            try:
                return socket.create_server(("127.0.0.1", port), backlog=1024)
            except OSError:
                continue
        return socket.create_server(("127.0.0.1", 0), backlog=1024)  # more functions than ports of this block

    def _sources(self, function: Function) -> int:
        """The newest change among a function's files."""
        changed = (self._root / DEPLOY_YAML).stat().st_mtime_ns
        return max(changed, self._newest(function.folder), self._newest(self._root / "shared"))

    def _newest(self, folder: Path) -> int:
        """The newest change in a folder; looked up at most a few times a second."""
        looked_at, newest = self._looked_at.get(folder, (0.0, 0))
        if time.monotonic() - looked_at > 0.25:
            newest = max((path.stat().st_mtime_ns for path in folder.rglob("*.py")), default=0)
            self._looked_at[folder] = (time.monotonic(), newest)
        return newest
