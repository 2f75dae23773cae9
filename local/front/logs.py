"""The logs of a stack's parts and functions: their last lines, and what they say about one request."""

import re
from pathlib import Path

LOOKED_AT_BYTES = 2 * 1024 * 1024  # of each log, its end
FOUND_LINES = 200
NAME = re.compile(r"[a-z0-9-]+")


def names(folder: Path) -> list[str]:
    """Whose logs there are."""
    return sorted(path.stem for path in folder.glob("*.log"))


def tail(folder: Path, name: str, lines: int = 30) -> list[str]:
    """The last lines of one; none if there is no such log."""
    return _read(folder / f"{name}.log")[-lines:] if NAME.fullmatch(name) else []


def search(folder: Path, words: str) -> list[tuple[str, str]]:
    """Every line in which these words stand, as the id of a request does, with whose it is."""
    found = [
        (name, line) for name in names(folder) for line in _read(folder / f"{name}.log") if words in line
    ]
    return found[-FOUND_LINES:]


def _read(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - LOOKED_AT_BYTES))
            return file.read().decode(errors="replace").splitlines()
    except OSError:
        return []
