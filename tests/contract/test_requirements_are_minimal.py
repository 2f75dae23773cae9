"""What a bundle requires: what its function needs, as the one lock has it, and nothing more."""

import importlib.metadata
import re

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy.functions import ROOT, Function
from deploy.imports import modules
from deploy.pins import package_of, pinned


def test_every_pinned_package_is_needed(function: Function) -> None:
    """It is imported, listed in deploy.yaml, or needed by what is: anything else only makes cold starts slower."""
    names = set(re.findall(r"^([\w.-]+)==", pinned(function), re.MULTILINE))

    by_others = {Requirement(each).name for name in names for each in importlib.metadata.requires(name) or []}
    needed = {canonicalize_name(each) for each in by_others} | imported(function) | {*function.packages}
    assert names <= needed, f"{function.name} does not need {names - needed}"


def test_no_listed_package_is_imported(function: Function) -> None:
    """An import already makes it a requirement."""
    twice = imported(function) & {*function.packages}

    assert not twice, f"deploy.yaml: {function.name} imports {twice}, which need not be listed"


def test_every_pin_is_in_the_lock_word_for_word(function: Function) -> None:
    """Versions, markers and hashes."""
    lock = (ROOT / "requirements.txt").read_text()

    for entry in re.split(r"\n(?=\S)", pinned(function).rstrip("\n"))[1:]:
        assert f"\n{entry}\n" in f"\n{lock}"
        assert "--hash=sha256:" in entry


def test_no_file_names_a_registry() -> None:
    """Where packages come from is the installing machine's business."""
    for file in (ROOT / "requirements.txt", ROOT / "requirements.in"):
        assert not re.search(r"https?://|--(extra-)?index|--find-links", file.read_text()), file


def imported(function: Function) -> set[str | None]:
    """The packages that the function's code and its part of `shared/` import."""
    return {package_of(module) for module in modules(function)}
