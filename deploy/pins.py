"""A function's requirements.txt: what its requirements.in needs, at the versions and hashes of the one lock.

*Who needs it* is decided per function, *which version* once, in the lock at the root. What a package needs in
turn is read from the packages installed here, for the runtime of deploy.yaml and not for this machine.
"""

import importlib.metadata
import re
from collections.abc import Iterable, Sequence
from functools import cache

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .functions import ROOT, Function, chosen

RUNTIME = {
    "implementation_name": "cpython",
    "implementation_version": "3.11.0",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "python_full_version": "3.11.0",
    "python_version": "3.11",
    "sys_platform": "linux",
}
HEADING = "# Made by `python -m deploy pins` from requirements.in and the lock at the root.\n"


def write(names: Sequence[str]) -> None:
    """Write the pins of the named functions, or of all."""
    for function in chosen(names):
        (function.folder / "requirements.txt").write_text(pinned(function))


def pinned(function: Function) -> str:
    """The text of a function's requirements.txt."""
    lock = _lock()
    wanted = closure(required(function))
    missing = sorted(wanted - lock.keys())
    if missing:
        raise SystemExit(f"{function.name} needs {', '.join(missing)}, which the lock does not have.")
    return HEADING + "".join(lock[name] for name in sorted(wanted))


def required(function: Function) -> list[Requirement]:
    """What a function's requirements.in names."""
    lines = (function.folder / "requirements.in").read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def closure(requirements: Iterable[Requirement]) -> set[str]:
    """The names of some packages and of everything they need on the runtime."""
    seen: set[tuple[str, str]] = set()
    waiting = [package for requirement in requirements for package in _packages(requirement)]
    while waiting:
        package = waiting.pop()
        if package not in seen:
            seen.add(package)
            waiting += _needed_by(*package)
    return {name for name, _ in seen}


def _packages(requirement: Requirement, wanted_by_extra: str = "") -> list[tuple[str, str]]:
    """The package that is required, by itself and with each extra; none if the runtime does without."""
    if requirement.marker and not requirement.marker.evaluate({**RUNTIME, "extra": wanted_by_extra}):
        return []
    return [(canonicalize_name(requirement.name), extra) for extra in ("", *requirement.extras)]


@cache
def _needed_by(name: str, extra: str) -> list[tuple[str, str]]:
    """What an installed package needs in turn, by itself or with an extra."""
    needs = importlib.metadata.requires(name) or []
    return [package for need in needs for package in _packages(Requirement(need), extra)]


@cache
def _lock() -> dict[str, str]:
    """The lock's entries, verbatim, by name; a name has several where the version depends on the machine."""
    entries: dict[str, str] = {}
    for entry in re.findall(
        r"^\w.*(?:\n\s+--hash.*)+\n", (ROOT / "requirements.txt").read_text(), re.MULTILINE
    ):
        name = canonicalize_name(entry.partition("==")[0])
        entries[name] = entries.get(name, "") + entry
    return entries
