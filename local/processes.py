"""The processes of a stack: started, watched, started again when they fall over, and never left behind."""

import asyncio
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import aiohttp
import psutil

from .config import ROOT
from .reaper import Part, end_leftovers, end_within

Check = Callable[[], Awaitable[bool]]


class PartFailed(Exception):
    """A part of the stack ended, or did not answer, while it was being started."""


class Processes:
    """Every process the supervisor starts, each one known to the reaper."""

    def __init__(self, logs: Path, lock: int | None = None) -> None:
        self.logs = logs
        logs.mkdir(parents=True, exist_ok=True)
        self._notes = logs / "processes"
        end_leftovers(self._notes)
        # The lock is inherited: the stack counts as running until the reaper, too, is done.
        with self.log("reaper") as log:
            self._reaper = subprocess.Popen(
                [sys.executable, "-m", "local.reaper"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=(lock,) if lock is not None else (),
                start_new_session=True,
            )
        self._living: dict[int, subprocess.Popen[bytes]] = {}
        self._keepers: list[asyncio.Task[None]] = []

    def spawn(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        env: dict[str, str],
        cwd: Path = ROOT,
        user: str | None = None,
        pass_fds: Sequence[int] = (),
        farewell: signal.Signals = signal.SIGTERM,
    ) -> subprocess.Popen[bytes]:
        """Start a process whose output goes to `log/<name>.log`, and tell the reaper of it."""
        with self.log(name) as log:
            process = subprocess.Popen(
                [str(word) for word in command],
                env=env,
                cwd=cwd,
                **identity(user),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=pass_fds,
                start_new_session=True,
            )
        self._living[process.pid] = process
        self.adopt(process.pid, farewell)
        return process

    def adopt(self, pid: int, farewell: signal.Signals = signal.SIGTERM) -> Part:
        """Tell the reaper of a process that leads a group of its own, whoever started it."""
        part = Part(psutil.Process(pid), farewell)
        self._tell_reaper(f"born {pid} {farewell}")
        with self._notes.open("a") as notes:
            notes.write(f"{pid} {part.process.create_time()} {farewell}\n")
        return part

    async def dismiss(self, part: Part, patience: float) -> None:
        """End an adopted process, kindly first, and tell the reaper to forget it."""
        await asyncio.to_thread(end_within, [part], patience)
        self._tell_reaper(f"dead {part.process.pid}")

    async def keep(self, name: str, command: Sequence[str | Path], *, ready: Check, **how: object) -> None:
        """Start a part, wait until it answers, and from then on start it again whenever it ends."""
        process = self.spawn(name, command, **how)  # type: ignore[arg-type]
        await self._wait_ready(name, process, ready)

        async def watch() -> None:
            nonlocal process
            while True:
                status = await self.ended(process)
                print(f"{name} ended with {status}; starting it again", flush=True)
                await asyncio.sleep(0.5)
                process = self.spawn(name, command, **how)  # type: ignore[arg-type]

        self._keepers.append(asyncio.create_task(watch()))

    async def ended(self, process: subprocess.Popen[bytes]) -> int:
        """Wait for a process to end, and tell the reaper to forget it."""
        while process.poll() is None:  # noqa: ASYNC110 (asyncio's own child watcher would not do beside Popen)
            await asyncio.sleep(0.1)
        self._living.pop(process.pid, None)
        self._tell_reaper(f"dead {process.pid}")
        return process.returncode

    async def end_all(self) -> None:
        """The same end as after `kill -9`: let the reaper hear that we are leaving, then collect what it ends."""
        for keeper in self._keepers:
            keeper.cancel()
        assert self._reaper.stdin
        self._reaper.stdin.close()
        while self._reaper.poll() is None:
            for process in self._living.values():
                process.poll()
            await asyncio.sleep(0.02)
        for process in self._living.values():
            process.wait()  # at once: the reaper goes only when each has ended
        self._notes.unlink(missing_ok=True)

    async def reaper_ended(self) -> None:
        """Without its reaper a stack must not go on."""
        while self._reaper.poll() is None:  # noqa: ASYNC110 (as above)
            await asyncio.sleep(1)

    async def _wait_ready(self, name: str, process: subprocess.Popen[bytes], ready: Check) -> None:
        deadline = time.monotonic() + 60
        while not await ready():
            if process.poll() is not None:
                raise PartFailed(f"{name} ended at once. Its last words:\n{self.tail(name)}")
            if time.monotonic() > deadline:
                raise PartFailed(f"{name} does not answer after a minute. Its last words:\n{self.tail(name)}")
            await asyncio.sleep(0.03)

    def tail(self, name: str, lines: int = 15) -> str:
        text = (self.logs / f"{name}.log").read_text(errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def log(self, name: str) -> BinaryIO:
        """Where the output of this name goes, open to be written on."""
        return (self.logs / f"{name}.log").open("ab")

    def _tell_reaper(self, line: str) -> None:
        assert self._reaper.stdin
        if not self._reaper.stdin.closed:
            self._reaper.stdin.write(f"{line}\n".encode())
            self._reaper.stdin.flush()


def identity(user: str | None) -> dict[str, Any]:
    """How to start a process as somebody else: as that user, in their group, and in no other."""
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}


def answers(client: aiohttp.ClientSession, url: str) -> Check:
    """A check that something at this address answers, with anything but a server error."""

    async def check() -> bool:
        try:
            async with client.get(url) as reply:
                return reply.status < 500
        except (aiohttp.ClientError, OSError):
            return False

    return check
