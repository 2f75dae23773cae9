"""A whole stack as one object: for `make up`, which leaves it running, and for tests, which do not.

with Stack(tmp_path) as stack:
    httpx.get(stack.env["SUPABASE_URL"])
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TextIO

import psutil

from .config import ROOT, free_base
from .envfile import read_env
from .members import describe, end_parts, end_within, is_steward, members, tag

PATIENCE = 45  # a database that is given its time, and everything else before


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
        for process in members(self.state):
            if is_steward(process, "local.supervisor"):
                return process.pid
        raise StackFailed("The stack does not run")

    def is_running(self) -> bool:
        """Whether anything of this stack is alive."""
        return bool(members(self.state))

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
                env={**os.environ, **tag(self.state)},
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
        """End everything within a minute or so, whatever of it was killed, and return when nothing is left."""
        for process in members(self.state):
            if is_steward(process, "local.supervisor"):
                with suppress(psutil.Error):
                    process.terminate()
        # They see to it: the supervisor or, if that was killed, its reaper. If both were, or do not end, we do.
        deadline = time.monotonic() + PATIENCE
        while (stewards := self._stewards()) and time.monotonic() < deadline:
            time.sleep(0.05)
        end_within(stewards, patience=0)
        end_parts(self.state)
        if self._supervisor:
            if self._supervisor.stdin:
                self._supervisor.stdin.close()
            self._supervisor.poll()
        if left := members(self.state):
            raise StackFailed(f"Does not end: {', '.join(map(describe, left))}")

    def __enter__(self) -> "Stack":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.stop()

    def _stewards(self) -> list[psutil.Process]:
        if self._supervisor:
            self._supervisor.poll()
        return [one for one in members(self.state) if is_steward(one)]


def _silent(step: str, seconds: float) -> None:
    pass


def _print_step(step: str, seconds: float) -> None:
    print(f"{step:<20} {seconds:5.1f} s", flush=True)
