"""Where lines leave the process. A server hands them to a writer, so that a pipe that nobody reads holds up no request.

What a pipe takes at once is written at once; the rest waits for a thread. What waits is bounded: lines that find no
place any more are lost, and counted in a line of their own. Until lines are handed over, as under functions-framework,
and in a process that was just forked, they are written by whoever has them to say.
"""

import atexit
import os
import select
import stat
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
    """Writes lines in their order, and whole, if they are short: a pipe may have several writers."""

    def __init__(self, out: int) -> None:
        self._out = out
        self._at_once = _that_never_waits(out)
        self._lines: deque[bytes] = deque()
        self._bytes = 0
        self._lost = 0
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def put(self, line: bytes) -> None:
        """To be written now or soon; never waits."""
        with self._changed:
            if not self._bytes and self._at_once is not None:
                line = self._try(self._at_once, line)
            if not line:
                return
            if self._bytes + len(line) > LIMIT_BYTES:
                self._lost += 1
                return
            self._lines.append(line)
            self._bytes += len(line)
            if self._thread is None:
                self._thread = threading.Thread(target=self._write_on, daemon=True, name="log")
                self._thread.start()
            self._changed.notify_all()

    def drain(self) -> None:
        """Wait until all is written, if somebody reads it."""
        with self._changed:
            self._changed.wait_for(lambda: not self._bytes, PATIENCE_S)

    def _write_on(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._lines)
                line = self._lines.popleft()
            rest = line
            while rest := self._try(self._out, rest):
                select.select([], [self._out], [], PATIENCE_S)  # somebody made it one that does not wait
            with self._changed:
                self._bytes -= len(line)
                if not self._lines and self._lost:
                    told = (LOST % {"lost": self._lost}).encode()
                    self._lost = 0
                    self._lines.append(told)
                    self._bytes += len(told)
                self._changed.notify_all()

    def _try(self, out: int, line: bytes) -> bytes:
        """Write, and give what is left of it; nothing, if whoever read it is gone."""
        try:
            return line[os.write(out, line) :]
        except BlockingIOError:
            return line
        except OSError:
            return b""


def _that_never_waits(out: int) -> int | None:
    """A file as it is; a pipe opened once more: that this opening does not wait is then nobody else's matter."""
    with suppress(OSError):
        kind = os.fstat(out).st_mode
        if stat.S_ISREG(kind):
            return out
        if stat.S_ISFIFO(kind):
            return os.open(f"/proc/self/fd/{out}", os.O_WRONLY | os.O_NONBLOCK)
    return None


_writers: list[Writer] = []  # none, or the one
os.register_at_fork(after_in_child=_writers.clear)  # a thread does not come along


def hand_over() -> None:
    """From now on no line of this process is waited for."""
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
