"""The functions: each in its own process, started by its first request, with the environment it was granted.

A change to its source, to `shared/` or to `deploy.yaml` is picked up by the next request.
"""

import asyncio
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from .config import ROOT, Config, Port
from .manifest import MANIFEST, Function, functions
from .processes import Processes

LAST_PORT = 99


@dataclass
class Running:
    """A function's process, and the sources it was started from."""

    process: subprocess.Popen[bytes]
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
        self._ending: set[asyncio.Task[None]] = set()
        self._locks: dict[str, asyncio.Lock] = {}
        self._manifest: tuple[float, dict[str, Function]] = (0, {})
        self._looked_at: dict[str, tuple[float, int]] = {}

    def find(self, name: str) -> Function | None:
        changed = (self._root / MANIFEST).stat().st_mtime
        if changed != self._manifest[0] or name not in self._manifest[1]:
            self._manifest = (changed, functions(self._root))
        return self._manifest[1].get(name)

    async def address(self, function: Function) -> str:
        """Where this function listens; starts it, or starts it anew, if need be."""
        async with self._locks.setdefault(function.name, asyncio.Lock()):
            sources = self._sources(function)
            running = self._running.get(function.name)
            if running is None or running.sources != sources or running.process.poll() is not None:
                self._running[function.name] = self._start(function, sources)
                if running:
                    ending = asyncio.create_task(
                        self._processes.end(running.process, patience=function.timeout)
                    )
                    self._ending.add(ending)
                    ending.add_done_callback(self._ending.discard)
        return f"http://127.0.0.1:{self._running[function.name].port}"

    def _start(self, function: Function, sources: int) -> Running:
        # The socket listens before the process is there: a request waits for it, and is cut off if it never comes.
        with self._free_socket() as listener:
            fd = listener.fileno()
            # -P: our own folder stays off its path, where local/stripe.py would be taken for Stripe's package.
            program = ROOT / "local" / "serve_function.py"
            command: list[str | Path] = [sys.executable, "-P", program, str(fd), function.target]
            env = {
                "PATH": os.environ["PATH"],
                "LANG": "C.UTF-8",
                "PYTHONPATH": str(self._root),
                "PYTHONUNBUFFERED": "1",
                "FUNCTION_TARGET": function.target,  # by which it knows to read its settings at start
                **{name: self._env[name] for name in function.granted if name in self._env},
            }
            process = self._processes.spawn(function.name, command, env=env, cwd=self._root, pass_fds=(fd,))
            return Running(process, listener.getsockname()[1], sources)

    def _free_socket(self) -> socket.socket:
        for port in range(self._config.port(Port.FUNCTIONS), self._config.base + LAST_PORT + 1):
            try:
                return socket.create_server(("127.0.0.1", port), backlog=1024)
            except OSError:
                continue
        raise RuntimeError("no port is left for another function")

    def _sources(self, function: Function) -> int:
        """The newest change among a function's files; looked up at most a few times a second."""
        looked_at, newest = self._looked_at.get(function.name, (0.0, 0))
        if time.monotonic() - looked_at > 0.25:
            files = [
                self._root / MANIFEST,
                *function.folder.rglob("*.py"),
                *(self._root / "shared").rglob("*.py"),
            ]
            newest = max(path.stat().st_mtime_ns for path in files)
            self._looked_at[function.name] = (time.monotonic(), newest)
        return newest
