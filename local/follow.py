"""`make logs`: what all parts and functions say, in the order of time; before each line its time (UTC) and its name."""

import re
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from .config import ROOT
from .deploy_yaml import functions

SHOWN_LINES = 20  # of what was said before, from each
SHOWN_BYTES = 64 * 1024
PAUSE_S = 0.3
TIMES = (
    (re.compile(r'"time":"(\d{4}-\d\d-\d\dT[\d:.]+)Z"'), "%Y-%m-%dT%H:%M:%S.%f"),  # our functions
    (re.compile(r"^(\d{4}-\d\d-\d\d [\d:.]+) UTC"), "%Y-%m-%d %H:%M:%S.%f"),  # PostgreSQL
    (re.compile(r"(\d\d/\w{3}/\d{4}:[\d:]+) \+0000"), "%d/%b/%Y:%H:%M:%S"),  # PostgREST
)
Line = tuple[datetime, str, str]


class Log:
    """One file, from where it was last read. A line that is still being written waits for its end."""

    def __init__(self, path: Path) -> None:
        self.name = path.stem
        self._path = path
        self._read_to = 0

    def earlier(self) -> list[Line]:
        """The last lines of what is there already."""
        facts = self._path.stat()
        self._read_to = max(0, facts.st_size - SHOWN_BYTES)
        return list(self._timed(datetime.fromtimestamp(facts.st_mtime, UTC)))[-SHOWN_LINES:]

    def later(self) -> list[Line]:
        """What came since."""
        return list(self._timed(datetime.now(UTC)))

    def _timed(self, otherwise: datetime) -> Iterator[Line]:
        at = None
        for line in self._lines():
            at = said_at(line) or at or otherwise  # as the line before, of which it is a part
            yield at, self.name, line

    def _lines(self) -> list[str]:
        try:
            with self._path.open("rb") as file:
                size = file.seek(0, 2)
                file.seek(self._read_to if self._read_to <= size else 0)  # it was emptied
                content = file.read()
                whole = content.rfind(b"\n") + 1
                self._read_to = file.tell() - len(content) + whole
        except FileNotFoundError:
            return []
        return content[:whole].decode(errors="replace").splitlines()


def follow(state: Path, only: str | None) -> None:
    """Print until interrupted: of all, or of one function or part."""
    if only and not (_log(state, only).exists() or only in functions(ROOT)):
        sys.exit(f"There is no function and no part {only}.")
    logs: dict[Path, Log] = {}
    while True:
        lines: list[Line] = []
        for path in [_log(state, only)] if only else [*state.glob("log/*.log"), state / "supervisor.log"]:
            if path in logs:
                lines += logs[path].later()
            elif path.exists():
                logs[path] = Log(path)
                lines += logs[path].earlier()
        for at, name, text in sorted(lines, key=lambda line: line[0]):
            print(f"{at:%H:%M:%S}.{at.microsecond // 1000:03}  {name:<28} {text}")
        sys.stdout.flush()
        time.sleep(PAUSE_S)


def said_at(line: str) -> datetime | None:
    """The time that a line itself gives, in UTC."""
    for pattern, form in TIMES:
        if found := pattern.search(line):
            try:
                return datetime.strptime(found[1], form).replace(tzinfo=UTC)
            except ValueError:
                return None
    return None


def _log(state: Path, name: str) -> Path:
    return state / "log" / f"{name}.log"
