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
    waiting = [(requirement, "") for requirement in requirements]
    while waiting:
        requirement, wanted_by_extra = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({**RUNTIME, "extra": wanted_by_extra}):
            continue
        for extra in ("", *requirement.extras):
            package = (canonicalize_name(requirement.name), extra)
            if package not in seen:
                seen.add(package)
                needs = importlib.metadata.requires(requirement.name) or []
                waiting += [(Requirement(need), extra) for need in needs]
    return {name for name, _ in seen}


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
