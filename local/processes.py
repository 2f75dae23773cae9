"""The processes of a stack: started, watched, started again when they fall over, and never left behind."""

import asyncio
import os
import pwd
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import aiohttp
import psutil

from .config import ROOT
from .members import describe, end_parts, end_within, parts, tag

Check = Callable[[], Awaitable[bool]]
LONGEST_PAUSE = 10


class PartFailed(Exception):
    """A part of the stack ended, or did not answer, while it was being started."""


class Ending(Exception):
    """The stack is being stopped: nothing starts any more."""


class Processes:
    """Every process the supervisor starts, tagged as the stack's."""

    def __init__(self, state: Path, lock: int | None = None) -> None:
        self._state = state
        self.logs = state / "log"
        self.logs.mkdir(parents=True, exist_ok=True)
        end_parts(state)  # of a supervisor that was killed together with its reaper
        self._lock = lock
        self._living: dict[int, subprocess.Popen[bytes]] = {}
        self._keepers: list[asyncio.Task[None]] = []
        self._checks: dict[str, Check] = {}
        self._starting = threading.Lock()  # functions are started by threads
        self._is_ending = False
        self._reaper = self._start_reaper()

    def spawn(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        env: dict[str, str],
        cwd: Path = ROOT,
        user: str | None = None,
        pass_fds: Sequence[int] = (),
    ) -> subprocess.Popen[bytes]:
        """Start a process that leads a group of its own; its output goes to `log/<name>.log`."""
        with self._starting, self.log(name) as log:
            if self._is_ending:
                raise Ending
            process = subprocess.Popen(
                [str(word) for word in command],
                env={**env, **tag(self._state)},
                cwd=cwd,
                **identity(user),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=pass_fds,
                start_new_session=True,
            )
            self._living[process.pid] = process
        return process

    async def dismiss(self, process: psutil.Process, patience: float) -> None:
        """End a process, kindly first."""
        await asyncio.to_thread(end_within, [process], patience)

    async def keep(
        self, name: str, command: Sequence[str | Path], *, ready: Check, patience: float = 60, **how: Any
    ) -> None:
        """Start a part, wait until it answers, and from then on start it again whenever it ends."""

        def spawn() -> subprocess.Popen[bytes]:
            return self.spawn(name, command, **how)

        for pause in (1, 1, None):  # of a killed one something may be in the way for a moment
            process = spawn()
            if await self._is_ready(name, process, ready, patience):
                break
            if pause is None:
                raise PartFailed(f"{name} ended at once. Its last words:\n{self.tail(name)}")
            await asyncio.sleep(pause)
        self._checks[name] = ready
        self._keepers.append(asyncio.create_task(self._watch(name, process, spawn)))

    def keep_reaper(self) -> None:
        """Start the reaper again whenever it ends: it remembers nothing, so any new one knows as much."""

        async def watch() -> None:
            while True:
                status = await self._ended(self._reaper)
                print(f"reaper ended with {status}; starting it again", flush=True)
                self._reaper = self._start_reaper()

        self._keepers.append(asyncio.create_task(watch()))

    def names(self) -> list[str]:
        """The parts that are kept running."""
        return list(self._checks)

    async def silent(self) -> list[str]:
        """The parts that do not answer just now."""
        answers = await asyncio.gather(*(ready() for ready in self._checks.values()))
        return [name for name, answer in zip(self._checks, answers, strict=True) if not answer]

    async def end_all(self) -> None:
        """End every part, then let the reaper go. It does the same if we are killed meanwhile."""
        with self._starting:
            self._is_ending = True
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.to_thread(end_parts, self._state)
        for part in parts(self._state):
            print(f"does not end: {describe(part)}", flush=True)
        assert self._reaper.stdin
        self._reaper.stdin.close()
        for process in (*self._living.values(), self._reaper):
            await asyncio.to_thread(_bury, process)

    def tail(self, name: str, lines: int = 15) -> str:
        text = (self.logs / f"{name}.log").read_text(errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def log(self, name: str) -> BinaryIO:
        """Where the output of this name goes, open to be written on."""
        return (self.logs / f"{name}.log").open("ab")

    def _start_reaper(self) -> subprocess.Popen[bytes]:
        # The lock is inherited: no other supervisor begins until the reaper, too, is done.
        with self.log("reaper") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "local.reaper", str(self._state)],
                cwd=ROOT,
                env={**os.environ, **tag(self._state)},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=(self._lock,) if self._lock is not None else (),
                start_new_session=True,
            )

    async def _watch(
        self, name: str, process: subprocess.Popen[bytes], spawn: Callable[[], subprocess.Popen[bytes]]
    ) -> None:
        pause = 0.5
        while True:
            began = time.monotonic()
            status = await self._ended(process)
            # One that falls over again and again is not started twice a second for ever.
            pause = 0.5 if time.monotonic() - began > 60 else min(pause * 1.5, LONGEST_PAUSE)
            print(f"{name} ended with {status}; starting it again", flush=True)
            await asyncio.sleep(pause)
            try:
                process = spawn()
            except OSError as error:  # its program is just being installed anew; the dead one ends again
                print(f"{name} does not start: {error}", flush=True)

    async def _ended(self, process: subprocess.Popen[bytes]) -> int:
        while process.poll() is None:  # noqa: ASYNC110 (asyncio's own child watcher would not do beside Popen)
            await asyncio.sleep(0.1)
        self._living.pop(process.pid, None)
        return process.returncode

    async def _is_ready(
        self, name: str, process: subprocess.Popen[bytes], ready: Check, patience: float
    ) -> bool:
        """Wait until it answers; not if it ends instead."""
        deadline = time.monotonic() + patience
        while not await ready():
            if process.poll() is not None:
                return False
            if time.monotonic() > deadline:
                raise PartFailed(
                    f"{name} does not answer after {patience:.0f} s. Its last words:\n{self.tail(name)}"
                )
            await asyncio.sleep(0.03)
        return True


def identity(user: str | None) -> dict[str, Any]:
    """How to start a process as somebody else: as that user, in their group, and in no other."""
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}


def answers(client: aiohttp.ClientSession, url: str) -> Check:
    """A check that something at this address answers soon, with anything but a server error."""
    soon = aiohttp.ClientTimeout(total=5)

    async def check() -> bool:
        try:
            async with client.get(url, timeout=soon) as reply:
                return reply.status < 500
        except (aiohttp.ClientError, OSError):
            return False

    return check


def _bury(process: subprocess.Popen[bytes]) -> None:
    """It has ended already, or will at once; whatever does not is left to the system."""
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
