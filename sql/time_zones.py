"""The embedded PostgreSQL tells the time by rules as old as its build: here it is given those of Python's tzdata.

PostgreSQL reads `share/timezone` beside its programs, no setting leads it elsewhere, and its build may be older than
the newest change of a clock somewhere. One package then decides for both.
"""

import os
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path


class TimeZonesAreFixed(Exception):
    """The rules beside PostgreSQL's programs are old and cannot be replaced."""


def renew(binaries: Path) -> None:
    """Make PostgreSQL's rules those of the package tzdata. A server that runs meanwhile finds each file whole."""
    target = binaries.parent / "share" / "timezone"
    try:
        _renew(files("tzdata") / "zoneinfo", target)
    except OSError as error:
        raise TimeZonesAreFixed(
            f"{target} is not as new as the package tzdata and cannot be written ({error}); make it writable once"
        ) from error


def _renew(source: Traversable, target: Path) -> None:
    for entry in source.iterdir():
        path = target / entry.name
        if entry.is_dir():
            _renew(entry, path)
            continue
        rules = entry.read_bytes()
        if not rules.startswith(b"TZif") or (path.exists() and path.read_bytes() == rules):
            continue
        path.parent.mkdir(exist_ok=True)
        # Hidden, so that nobody takes the half-written file for a time zone.
        new = path.with_name(f".{path.name}.{os.getpid()}")
        new.write_bytes(rules)
        new.chmod(0o644)
        new.replace(path)
