"""No pattern that text from outside is held against takes a time by a power of its length."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.functions import ROOT

parser: Any = vars(re)["_parser"]  # the only thing that reads a pattern as Python does
CALLS = {"compile", "match", "fullmatch", "search", "sub", "split", "findall", "finditer"}
FILES = sorted(file for folder in ("shared", "functions", "server") for file in (ROOT / folder).rglob("*.py"))


def patterns(source: str) -> Iterator[str]:
    """What is given to `re`, with a letter for what is put into it; it is written out where it is used."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr=called), args=[pattern, *_]):
                if called in CALLS:
                    yield written(pattern)


def written(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Constant(value=bytes(raw)):
            return raw.decode("latin-1")
        case ast.JoinedStr(values=parts):
            return "".join("x" if isinstance(part, ast.FormattedValue) else written(part) for part in parts)
    raise AssertionError(f"a pattern that is made when it runs: {ast.unparse(node)}")


def gaps(parsed: Iterable[tuple[Any, Any]]) -> int:
    """How many runs of anything one after another there are, which may each give back; an atomic group never does."""
    found = 0
    for operation, value in parsed:
        match str(operation):
            case "MAX_REPEAT" | "MIN_REPEAT":
                _, most, repeated = value
                is_endless = most is parser.MAXREPEAT
                found += gaps(repeated) * (2 if is_endless else 1)
                found += is_endless and [str(each) for each, _ in repeated] == ["ANY"]
            case "SUBPATTERN":
                found += gaps(value[3])
            case "BRANCH":
                found += max(gaps(each) for each in value[1])
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_pattern_has_one_gap_at_most(file: Path) -> None:
    """Of several, each is tried at every length for every length of those before it: look for the words one by one."""
    for pattern in patterns(file.read_text()):
        assert gaps(parser.parse(pattern)) <= 1, pattern


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("a.*b", 1),
        ("(.+?): (.+?)", 2),
        ("(?>.*a).*b", 1),
        ("(a.*b)*", 2),
        ("a.{0,9}.*|b", 1),
        ("[^a]*a.*", 1),
    ],
)
def test_gaps_are_counted(pattern: str, expected: int) -> None:
    assert expected == gaps(parser.parse(pattern))
