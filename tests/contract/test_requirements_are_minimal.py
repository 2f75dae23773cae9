"""A function's requirements: what it imports, at the versions of the one lock, and nothing more."""

import importlib.metadata
import re
from collections.abc import Mapping
from functools import cache

from packaging.utils import canonicalize_name

from deploy.functions import ROOT, Function
from deploy.imports import packages
from deploy.pins import closure, pinned, required

# What starts a function, and brings starlette; and what uvicorn serves it with as soon as it is there: with these two a
# request costs half of what it costs over asyncio's own loop and h11.
RUNTIME = {"functions-framework", "httptools", "uvloop"}


def distributions(function: Function) -> set[str]:
    """The packages that the function's code and its part of `shared/` import."""
    return {canonicalize_name(providers()[name][0]) for name in packages(function)}


@cache
def providers() -> Mapping[str, list[str]]:
    """Which package brings a module."""
    return importlib.metadata.packages_distributions()


def test_whatever_is_imported_is_required(function: Function) -> None:
    """Directly, or because something required brings it; lazy imports count."""
    assert distributions(function) <= closure(required(function))


def test_whatever_is_required_is_imported(function: Function) -> None:
    """A package nobody imports any more only makes cold starts slower."""
    assert {canonicalize_name(each.name) for each in required(function)} - RUNTIME <= distributions(function)


def test_pins_are_up_to_date(function: Function) -> None:
    """`python -m deploy pins` would write what is there: the lock's own lines, hashes included."""
    assert pinned(function) == (function.folder / "requirements.txt").read_text()


def test_no_file_names_a_registry(function: Function) -> None:
    """Where packages come from is the installing machine's business."""
    for file in (
        ROOT / "requirements.txt",
        ROOT / "requirements.in",
        *function.folder.glob("requirements.*"),
    ):
        assert not re.search(r"https?://|--(extra-)?index|--find-links", file.read_text()), file
