"""Where lines leave the process. A server hands them to a thread, so that a pipe that nobody reads holds up no request.

What waits is bounded: lines that find no place any more are lost, and counted in a line of their own. Until lines are
handed over, as under functions-framework, and in a process that was just forked, they are written at once.
"""

import atexit
import os
import select
import sys
import threading
from collections import deque
from contextlib import suppress

LIMIT_BYTES = 1024 * 1024  # some thousand lines
PATIENCE_S = 1.0  # for the last lines, when the process ends; a platform kills after ten
LOST = (
    '{"severity":"ERROR","message":"%(lost)d log lines are lost","code":"log_lines_lost","lost":%(lost)d}\n'
)


class Writer:
    """Writes lines in their order, one by one: a pipe may have several writers, and a short line arrives whole."""

    def __init__(self, out: int) -> None:
        self._out = out
        self._lines: deque[bytes] = deque()
        self._bytes = 0
        self._lost = 0
        self._changed = threading.Condition()
        threading.Thread(target=self._write_on, daemon=True, name="log").start()

    def put(self, line: bytes) -> None:
        """To be written soon; never waits."""
        with self._changed:
            if self._bytes + len(line) > LIMIT_BYTES:
                self._lost += 1
                return
            self._lines.append(line)
            self._bytes += len(line)
            self._changed.notify_all()

    def drain(self) -> None:
        """Wait until all is written, if somebody reads it."""
        with self._changed:
            self._changed.wait_for(lambda: not self._bytes, PATIENCE_S)

    def _write_on(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._bytes)
                line = self._lines.popleft()
            self._write(line)
            with self._changed:
                self._bytes -= len(line)
                if not self._lines and self._lost:
                    told = (LOST % {"lost": self._lost}).encode()
                    self._lost = 0
                    self._lines.append(told)
                    self._bytes += len(told)
                self._changed.notify_all()

    def _write(self, line: bytes) -> None:
        with suppress(OSError):  # whoever read it is gone: the next line finds out as cheaply
            while line:
                try:
                    line = line[os.write(self._out, line) :]
                except BlockingIOError:  # somebody who shares it made it so
                    select.select([], [self._out], [], PATIENCE_S)


_writers: list[Writer] = []  # none, or the one
os.register_at_fork(after_in_child=_writers.clear)  # a thread does not come along


def hand_over() -> None:
    """From now on a thread writes, in this process."""
    if not _writers:
        sys.stdout.flush()
        _writers.append(Writer(sys.stdout.fileno()))
        atexit.register(drain)


def put(line: str) -> None:
    """One line, without its end."""
    if _writers:
        _writers[0].put(line.encode(errors="backslashreplace") + b"\n")
    else:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def drain() -> None:
    """Wait for the last lines, before the process ends."""
    for writer in _writers:
        writer.drain()
