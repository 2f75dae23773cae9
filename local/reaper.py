"""Ends every process of a stack once its supervisor is gone, however it went.

The supervisor holds the other end of our standard input, so even `kill -9` is heard, on any system: the pipe closes.
It tells us lines of `born <pid> <signal it wants to be ended with>` and `dead <pid>`.
"""

import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass
class Part:
    """A process that leads a group of its own."""

    process: psutil.Process
    farewell: signal.Signals

    def send(self, how: signal.Signals) -> None:
        # To PostgreSQL alone: it tells its children itself. To any other with all that it started.
        tell = os.kill if self.farewell == signal.SIGINT else os.killpg
        if self.process.is_running():  # and is still the one we were told of
            try:
                tell(self.process.pid, how)
            except ProcessLookupError:
                pass

    def is_dead(self) -> bool:
        try:
            return not self.process.is_running() or self.process.status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True


def main() -> None:
    # A Ctrl-C meant for the supervisor reaches us too; we are the one who must outlive it.
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)

    living: dict[int, Part] = {}
    for line in sys.stdin:
        match line.split():
            case ["born", pid, farewell] if psutil.pid_exists(int(pid)):
                living[int(pid)] = Part(psutil.Process(int(pid)), signal.Signals(int(farewell)))
            case ["dead", pid]:
                living.pop(int(pid), None)

    end(list(living.values()))


def end_leftovers(notes: Path) -> None:
    """End what a supervisor noted down that was killed together with its reaper."""
    left = []
    for line in notes.read_text().splitlines() if notes.exists() else ():
        pid, born, farewell = line.split()
        if psutil.pid_exists(int(pid)):
            process = psutil.Process(int(pid))
            if abs(process.create_time() - float(born)) < 1:  # or else somebody new has that number
                left.append(Part(process, signal.Signals(int(farewell))))
    end(left)
    notes.unlink(missing_ok=True)


def end(parts: list[Part]) -> None:
    """End all of them, each in its own way, within half a minute."""
    # Order matters: the database goes last, since the others still write to it as they go.
    end_within([part for part in parts if part.farewell != signal.SIGINT], patience=5)
    end_within([part for part in parts if part.farewell == signal.SIGINT], patience=20)


def end_within(parts: list[Part], patience: float) -> None:
    """End all of them at once, kindly; after so many seconds of patience, not."""
    for part in parts:
        part.send(part.farewell)
    deadline = time.monotonic() + patience
    while any(not part.is_dead() for part in parts) and time.monotonic() < deadline:
        time.sleep(0.02)
    for part in parts:
        part.send(signal.SIGKILL)


if __name__ == "__main__":
    main()
