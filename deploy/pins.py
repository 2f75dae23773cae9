"""A bundle's requirements.txt: what its function imports and all that this needs, as the one lock has it.

*Who needs it* is said by the imports, *which version* by the lock. What no import shows is said once: an extra by
requirements.in (`pyjwt[crypto]`), a package by deploy.yaml. What a package needs in turn is read from the packages
installed here, for the runtime of deploy.yaml and not for this machine.
"""

import importlib.metadata
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .functions import ROOT, Function, functions
from .imports import modules, server_modules

# Where a bundle runs, but for its Python, which deploy.yaml says.
MACHINE = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "sys_platform": "linux",
}
HEADING = "# What the code imports and all that this needs, at the versions and hashes of the one lock.\n"
FRAMEWORK = "functions-framework"
REMEDY = "Name its package in requirements.in, then `make lock` and `make install`."


def pinned(function: Function) -> str:
    """The text of a function's requirements.txt. Exits with a sentence if the lock does not have all of it."""
    needs = ((f"{function.name} {reason}", package) for reason, package in _needs(function))
    return _entries(needs, function.python)


def pinned_for_image(python: str) -> str:
    """The same for all functions and the server, which takes the place of functions-framework there."""
    needs = {package: reason for each in functions().values() for reason, package in _needs(each)}
    needs |= {package: "the server" for module in server_modules() if (package := package_of(module))}
    del needs[FRAMEWORK]
    return _entries(((reason, package) for package, reason in needs.items()), python)


def pinned_alone(package: str, python: str) -> str:
    """The entries of one package and of what it needs."""
    return _entries([("the image", package)], python)


def _entries(needs: Iterable[tuple[str, str]], python: str) -> str:
    lock = _lock()
    wanted: set[str] = set()
    for reason, package in needs:
        needed = _closure(package, python)
        if missing := sorted(needed - lock.keys()):
            raise SystemExit(f"{reason}, but requirements.txt has no {', '.join(missing)}. {REMEDY}")
        wanted |= needed
    return HEADING + "".join(lock[name] for name in sorted(wanted))


def _needs(function: Function) -> Iterator[tuple[str, str]]:
    """The packages that a function needs itself, each with the reason."""
    for module in sorted(modules(function)):
        package = package_of(module)
        if package is None:
            raise SystemExit(f"{function.name} imports {module}, which no installed package has. {REMEDY}")
        yield f"imports {module} from the package {package}", package
    for package in function.packages:
        yield f"lists the package {package} in deploy.yaml", package


def package_of(module: str) -> str | None:
    """The installed package that brings a module."""
    packages = _installed().get(module)
    return canonicalize_name(packages[0]) if packages else None


@cache
def _installed() -> Mapping[str, list[str]]:
    return importlib.metadata.packages_distributions()


def _closure(package: str, python: str) -> set[str]:
    """The name of a package and of everything it needs on the runtime, with the extras of requirements.in."""
    seen: set[tuple[str, str]] = set()
    waiting = _packages(_named().get(package, Requirement(package)), python)
    while waiting:
        each = waiting.pop()
        if each not in seen:
            seen.add(each)
            waiting += _needed_by(*each, python)
    return {name for name, _ in seen}


def _packages(requirement: Requirement, python: str, wanted_by_extra: str = "") -> list[tuple[str, str]]:
    """The package that is required, by itself and with each extra; none if the runtime does without."""
    exactly = dict.fromkeys(("implementation_version", "python_full_version"), f"{python}.0")
    runtime = {**MACHINE, **exactly, "python_version": python, "extra": wanted_by_extra}
    if requirement.marker and not requirement.marker.evaluate(runtime):
        return []
    return [(canonicalize_name(requirement.name), extra) for extra in ("", *requirement.extras)]


@cache
def _needed_by(name: str, extra: str, python: str) -> list[tuple[str, str]]:
    """What a package of the lock needs in turn, by itself or with an extra."""
    needs = importlib.metadata.requires(name) or [] if name in _lock() else []
    return [package for need in needs for package in _packages(Requirement(need), python, extra)]


@cache
def _named() -> dict[str, Requirement]:
    """What requirements.in names, by package."""
    lines = (ROOT / "requirements.in").read_text().splitlines()
    named = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(each.name): each for each in named}


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
