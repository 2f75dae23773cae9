"""Steps on a terminal: a live line while one is going on, a plain line with its time once it is done.

Only the standard library, since this also runs before anything is installed.
"""

import os
import sys
import threading
import time
from types import TracebackType

WHEEL = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


class ProgressLine:
    """A live line for a step while it runs; nothing where the output is no terminal."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._detail = ""
        self._began = time.monotonic()
        self._over = threading.Event()
        self._writing = threading.Lock()
        self._is_terminal = sys.stdout.isatty()
        self._thread = threading.Thread(target=self._turn, daemon=True)

    def __enter__(self) -> "ProgressLine":
        if self._is_terminal:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._over.set()
        if self._is_terminal:
            self._thread.join()
            sys.stdout.write("\r\033[K")
        if kind is None and self._label:
            self.done(self._label, time.monotonic() - self._began)
        sys.stdout.flush()

    def detail(self, text: str) -> None:
        """Show this behind the label from now on, such as `12 of 80`."""
        self._detail = text

    def done(self, label: str, seconds: float) -> None:
        """Print the line of a finished step, which stays."""
        with self._writing:
            clear = "\r\033[K" if self._is_terminal else ""
            print(f"{clear}{_green('✓')} {label:<24} {seconds:6.1f} s", flush=True)

    def _turn(self) -> None:
        turn = 0
        while not self._over.wait(0.1):
            turn += 1
            spent = time.monotonic() - self._began
            line = (
                f"{WHEEL[turn % len(WHEEL)]} {self._label or 'Starting':<24} {spent:6.1f} s  {self._detail}"
            )
            with self._writing:
                sys.stdout.write(f"\r\033[K{line}")
                sys.stdout.flush()


def _green(text: str) -> str:
    return text if "NO_COLOR" in os.environ or not sys.stdout.isatty() else f"\033[32m{text}\033[0m"
