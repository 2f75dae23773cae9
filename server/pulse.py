"""How the process of a function tells the keeper that it is alive: a number in memory that both see.

Positive while requests are under way: when its loop last went round. Negative: since when it has had nothing to do.
A loop that is blocked cannot say so, whatever holds it; that is why somebody else looks.
"""

import asyncio
import struct
import time
from mmap import mmap

BEAT_S = 1
SIZE = 8


class Pulse:
    """One function's number among those of all."""

    def __init__(self, memory: mmap, place: int) -> None:
        self._memory = memory
        self._at = place * SIZE
        self._under_way = 0
        self._next: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """It is being started, for somebody who waits."""
        self._write(time.monotonic())

    def begin(self) -> None:
        """A request has come."""
        self._under_way += 1
        if self._under_way == 1:
            self._beat()

    def end(self) -> None:
        """A request has its answer."""
        self._under_way -= 1
        self.rest()

    def rest(self) -> None:
        """There is nothing to do from now on, if there is not."""
        if self._under_way:
            return
        if self._next:
            self._next.cancel()
        self._write(-time.monotonic())

    def blocked_s(self) -> float:
        """How long its loop has not gone round though it has work."""
        beat = self._read()
        return time.monotonic() - beat if beat > 0 else 0

    def idle_s(self) -> float:
        """How long it has had nothing to do."""
        beat = self._read()
        return time.monotonic() + beat if beat < 0 else 0

    def _beat(self) -> None:
        self._write(time.monotonic())
        self._next = asyncio.get_running_loop().call_later(BEAT_S, self._beat)

    def _read(self) -> float:
        return float(struct.unpack_from("d", self._memory, self._at)[0])

    def _write(self, value: float) -> None:
        struct.pack_into("d", self._memory, self._at, value)
