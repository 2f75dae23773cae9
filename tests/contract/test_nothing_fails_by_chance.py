"""What may stand in a text by chance is not what a test says is absent: a port, a time, an id hold any few digits."""

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]
#: Of letters of hexadecimal: five stand in one of some thousand texts by chance.
FEWEST = 6


def chances(source: str) -> Iterator[int]:
    """The lines that say of a few digits that a text does not hold them."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Compare(left=ast.Constant(value=str(word)), ops=[ast.NotIn()], comparators=[where]):
                is_text = not isinstance(where, ast.List | ast.Set | ast.Tuple | ast.Dict)
                if is_text and len(word) < FEWEST and word and set(word) <= set("0123456789abcdef"):
                    yield node.lineno


def test_a_few_digits_are_found() -> None:
    assert [1] == list(chances('assert "61" not in page.text'))
    assert not list(chances('assert "secret" not in page.text or "61" not in {1, 2}'))


def test_no_test_fails_by_chance() -> None:
    """Look for the word whole, by its ends: `re.search(r"\\b61\\b", text)`, or with its quotes."""
    by_chance = [
        f"{file.relative_to(TESTS)}:{line}"
        for file in sorted(TESTS.rglob("*.py"))
        if file != Path(__file__)
        for line in chances(file.read_text())
    ]

    assert not by_chance
