"""What is so by chance is not what a test asserts.

A port, a time and an id hold any few digits; a database that tests share holds what others left.
"""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]
#: Of letters of hexadecimal: five stand in one of some thousand texts by chance.
FEWEST = 6
WHOLE_TABLE = re.compile(r"select count\(\*\) from [\w.]+")


def chances(source: str) -> Iterator[int]:
    """The lines that say of a few digits that a text does not hold them."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Compare(left=ast.Constant(value=str(word)), ops=[ast.NotIn()], comparators=[where]):
                is_text = not isinstance(where, ast.List | ast.Set | ast.Tuple | ast.Dict)
                if is_text and len(word) < FEWEST and word and set(word) <= set("0123456789abcdef"):
                    yield node.lineno


def counts(source: str) -> Iterator[int]:
    """The lines that say how many rows a whole table has, of the database that a worker's tests share."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.UnaryOp(op=ast.Not(), operand=asked):
                sides = [asked]
            case ast.Compare(left=left, comparators=right):
                sides = [left, *right]
                if not any(isinstance(side, ast.Constant) for side in sides):
                    continue  # before and after, say
            case _:
                continue
        if any(asks_for_a_whole_table(side) for side in sides):
            yield node.lineno


def asks_for_a_whole_table(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=asked, attr="value"), args=[ast.Constant(value=str(query))]):
            return ast.unparse(asked).endswith("stage") and bool(WHOLE_TABLE.fullmatch(query))
    return False


def test_a_few_digits_are_found() -> None:
    assert [1] == list(chances('assert "61" not in page.text'))
    assert not list(chances('assert "secret" not in page.text or "61" not in {1, 2}'))


def test_counts_of_whole_tables_are_found() -> None:
    assert [1] == list(counts('assert not scene.stage.value("select count(*) from private.mails")'))
    assert [1] == list(counts('assert stage.value("select count(*) from public.profiles") == 0'))
    assert not list(counts('assert stage.value("select count(*) from private.mails") == before'))
    assert not list(counts('assert 1 == stage.value("select count(*) from a where id = %s", one)'))


def lines(found: Callable[[str], Iterator[int]]) -> list[str]:
    return [
        f"{file.relative_to(TESTS)}:{line}"
        for file in sorted(TESTS.rglob("*.py"))
        if file != Path(__file__)
        for line in found(file.read_text())
    ]


def test_no_few_digits_are_absent() -> None:
    """Look for the word whole, by its ends: `re.search(r"\\b61\\b", text)`, or with its quotes."""
    assert not lines(chances)


def test_no_whole_table_is_counted() -> None:
    """Count the rows of what the test made itself, or before and after."""
    assert not lines(counts)
