"""The emulator's time: as fast as it is told, so that tests need not wait for what takes Agora minutes."""

import asyncio
import time


class Clock:
    """Seconds that pass `speed` times as fast as real ones. A change of speed also holds for those asleep."""

    def __init__(self, speed: float = 1) -> None:
        self.speed = speed
        self._since, self._already = time.monotonic(), 0.0
        self._changed = asyncio.Event()

    def now(self) -> float:
        return self._already + (time.monotonic() - self._since) * self.speed

    def set_speed(self, speed: float) -> None:
        self._already, self._since, self.speed = self.now(), time.monotonic(), speed
        self._changed.set()
        self._changed = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        until = self.now() + seconds
        while (left := until - self.now()) > 0:
            try:
                await asyncio.wait_for(self._changed.wait(), left / self.speed)
            except TimeoutError:
                continue
