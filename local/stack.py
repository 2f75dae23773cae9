"""A whole stack as one object: for `make up`, which leaves it running, and for tests, which do not.

with Stack(tmp_path) as stack:
    httpx.get(stack.env["SUPABASE_URL"])
"""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TextIO

import psutil

from .config import ROOT, free_base
from .envfile import read_env

PATIENCE = 120


class StackFailed(Exception):
    """The stack did not come up; the message says why."""


class PortTaken(StackFailed):
    """On other ports it might."""


class Stack:
    """A stack in a state directory, on a block of ports; a free one if none is named.

    Tethered to its starter (the default) it ends with it, even a killed one. `env` overrides what functions are
    given; `schedules` calls the scheduled functions when due, which tests rather do themselves.
    """

    def __init__(
        self,
        state: Path,
        port: int | None = None,
        *,
        quiet: bool = True,
        seed: bool = False,
        schedules: bool = False,
        tethered: bool = True,
        env: Mapping[str, str] | None = None,
        on_step: Callable[[str, float], None] | None = None,
    ) -> None:
        self.state = state.resolve()
        self._port = port
        self._options = {"seed": seed, "schedules": schedules, "tethered": tethered, "env": dict(env or {})}
        self._on_step = on_step or (_silent if quiet else _print_step)
        self._supervisor: subprocess.Popen[str] | None = None

    @property
    def env(self) -> dict[str, str]:
        """What `.local/env` says."""
        return read_env(self.state)

    @property
    def pid(self) -> int:
        """The supervisor, the parent of every other process."""
        pid = self._lock_holder()
        if not pid:
            raise StackFailed("The stack does not run")
        return pid

    def is_running(self) -> bool:
        """Whether anything of this stack is alive."""
        return self._lock_holder() is not None

    def start(self) -> "Stack":
        """Start everything, and return when all of it answers."""
        self.state.mkdir(parents=True, exist_ok=True)
        while self._port is None:
            base = free_base()
            try:
                self._start(base)
                self._port = base
                return self
            except PortTaken:
                continue  # another stack was as quick
        self._start(self._port)
        return self

    def _start(self, base: int) -> None:
        order = {"state": str(self.state), "port": base, **self._options}
        hear, tell = os.pipe()
        with (self.state / "supervisor.log").open("a") as log:
            self._supervisor = subprocess.Popen(
                [sys.executable, "-m", "local.supervisor", json.dumps(order), str(tell)],
                cwd=ROOT,
                stdin=subprocess.PIPE if self._options["tethered"] else subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(tell,),
                start_new_session=True,
                text=True,
            )
        os.close(tell)
        try:
            with os.fdopen(hear) as lines:
                self._listen(lines)
        except BaseException:
            self.stop()
            raise

    def _listen(self, lines: TextIO) -> None:
        """Hear the supervisor out, until all is ready."""
        for line in lines:
            match json.loads(line):
                case {"step": step, "seconds": seconds}:
                    self._on_step(step, seconds)
                case {"ready": True}:
                    return
                case {"failed": why, "elsewhere": elsewhere}:
                    raise PortTaken(why) if elsewhere else StackFailed(why)
        raise StackFailed(f"The supervisor ended without a word; see {self.state / 'supervisor.log'}")

    def stop(self) -> None:
        """End everything, and return when nothing is left."""
        deadline = time.monotonic() + PATIENCE
        told = False
        while (pid := self._lock_holder()) is not None:
            if not told and _is_supervisor(pid):  # if it is not, it was killed, and its reaper is at work
                told = True
                os.kill(pid, signal.SIGTERM)
            if self._supervisor:
                self._supervisor.poll()
            if time.monotonic() > deadline:
                raise StackFailed("The stack does not end")
            time.sleep(0.05)
        if self._supervisor:
            if self._supervisor.stdin:
                self._supervisor.stdin.close()
            self._supervisor.wait()

    def __enter__(self) -> "Stack":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.stop()

    def _lock_holder(self) -> int | None:
        """The supervisor's process id while it or its reaper holds the lock; none when the lock is free."""
        try:
            lock = os.open(self.state / "lock", os.O_RDWR)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return None
        except BlockingIOError:
            return int(os.read(lock, 20) or 0)
        finally:
            os.close(lock)


def _is_supervisor(pid: int) -> bool:
    try:
        return "local.supervisor" in psutil.Process(pid).cmdline()
    except psutil.Error:
        return False


def _silent(step: str, seconds: float) -> None:
    pass


def _print_step(step: str, seconds: float) -> None:
    print(f"{step:<20} {seconds:5.1f} s", flush=True)
