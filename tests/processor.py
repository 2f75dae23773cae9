"""`process-recording` in a process of a test's own, which may be killed, and whose memory is watched."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import httpx
import psutil
import pytest

from tests.cast import Stage
from tests.recording_scene import unknown_id


class Processor:
    """The function, and what it starts."""

    def __init__(self, stage: Stage, **env: str) -> None:
        self._key = stage.env["SUPABASE_SECRET_KEY"]
        with socket.create_server(("127.0.0.1", 0)) as listener, Path(os.devnull).open("wb") as log:
            self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            pid = stage.forkserver.fork("process_recording", {**stage.env, **env}, listener, log)
            self.process = psutil.Process(pid)

    def post(self, recording_id: Any) -> dict[str, Any]:
        """Ask it to process a recording, and wait as long as that takes."""
        headers = {"apikey": self._key, "authorization": f"Bearer {self._key}"}
        reply = httpx.post(self.url, json={"recording_id": str(recording_id)}, headers=headers, timeout=120)
        return dict(reply.raise_for_status().json())

    def kill(self) -> None:
        """As the kernel does: without a word."""
        self.process.kill()

    @classmethod
    def ready(cls, stage: Stage, **env: str) -> Self:
        """One that has answered once."""
        processor = cls(stage, **env)
        with pytest.raises(httpx.HTTPStatusError):
            processor.post(unknown_id())
        return processor

    def memory(self) -> int:
        """What it and its children hold."""
        held = 0
        for process in (self.process, *self.process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                held += process.memory_info().rss
        return held

    @contextmanager
    def above_idle(self) -> Iterator[list[int]]:
        """How far its memory rises above what it is now; known at the end."""
        idle, above, is_over = self.memory(), [0], threading.Event()

        def watch() -> None:
            while not is_over.wait(0.02):
                above[0] = max(above[0], self.memory() - idle)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield above
        finally:
            is_over.set()
            watcher.join()
