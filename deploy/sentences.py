"""What an expression of SQL may come to as text: its literals, with a gap for each value that only the call knows.

A refusal is often more than one literal: `format()` puts values in, `||` and a line end glue pieces, `case` and
`coalesce` choose. Each choice is a sentence of its own here, as it is said, so that it can be translated and found.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import product

from shared.languages.catalogue import GAP

TOKEN = re.compile(r"\s+|--[^\n]*|'(?:[^']|'')*'|\|\||::\s*[\w.]+|[\w.]+|.", re.DOTALL)
PLACE = re.compile(r"%(?:\d+\$)?[sIL]|%%")
OPENS = {"(": 1, ")": -1, "[": 1, "]": -1, "case": 1, "end": -1}
MADE = re.compile(r"create function (private\.\w+)\([^)]*\) returns text.*?\$\$(.*?)\$\$", re.DOTALL)


def functions_of_text(chapter: str) -> dict[str, str]:
    """The bodies of a chapter's functions that make a text, by name."""
    return dict(MADE.findall(chapter))


def choices(expression: str, made: Mapping[str, str] | None = None) -> list[str]:
    """Every text that it may come to. `made` are functions that it may call, which make a sentence of their own."""
    return list(dict.fromkeys(_choices(_tokens(expression), made or {})))


def columns(view: str, place: int) -> Iterator[str]:
    """What a column of a view may come to, in each of the selects that it unites."""
    for select in _split(_tokens(view), "union"):
        listed = next(_split(select[select.index("select") + 1 :], "from"))
        column = list(_split(listed, ","))[place]
        yield from _choices(column[: column.index("as")] if "as" in column else column, {})


def rows(values: str, place: int) -> Iterator[str]:
    """What stands at a place of each row that is inserted."""
    for row in _split(_tokens(values), ","):
        yield from _choices(list(_split(row[1:-1], ","))[place], {})


def _tokens(expression: str) -> list[str]:
    return [one for one in TOKEN.findall(expression) if one.strip() and not one.startswith(("--", "::"))]


def _choices(tokens: list[str], made: Mapping[str, str]) -> list[str]:
    pieces = list(_split(tokens, "||"))
    if len(pieces) > 1:
        return ["".join(each) for each in product(*(_choices(piece, made) for piece in pieces))]
    if tokens and all(one.startswith("'") for one in tokens):  # literals on lines of their own are one
        return ["".join(one[1:-1].replace("''", "'") for one in tokens)]
    match tokens:
        case ["case", *inner, "end"]:
            return [each for branch in _branches(inner) for each in _choices(branch, made)]
        case ["(", *inner, ")"]:
            return _choices(inner, made)
        case ["format", "(", *inner, ")"]:
            return _formatted([_choices(argument, made) for argument in _split(inner, ",")])
        case ["coalesce", "(", *inner, ")"]:
            return [each for argument in _split(inner, ",") for each in _choices(argument, made)]
        case [name, "(", *_, ")"] if name in made:
            _, _, returned = made[name].rpartition("select ")
            return _choices(_tokens(returned.rstrip().rstrip(";")), {})
    return [GAP]


def _formatted(arguments: list[list[str]]) -> list[str]:
    templates, *values = arguments
    said = []
    for template, *given in product(templates, *values):
        left = iter(given)
        said.append(PLACE.sub(lambda place, left=left: "%" if place[0] == "%%" else next(left), template))  # type: ignore[misc]
    return said


def _branches(tokens: list[str]) -> Iterator[list[str]]:
    """What stands behind each `then`, and behind `else`."""
    branch, depth, takes = list[str](), 0, False
    for token in tokens:
        if depth == 0 and token in ("when", "then", "else"):
            if takes:
                yield branch
            branch, takes = [], token != "when"  # noqa: S105
            continue
        depth += OPENS.get(token, 0)
        branch.append(token)
    if takes:
        yield branch


def _split(tokens: list[str], by: str) -> Iterator[list[str]]:
    piece, depth = list[str](), 0
    for token in tokens:
        depth += OPENS.get(token, 0)
        if token == by and depth == 0:
            yield piece
            piece = []
        else:
            piece.append(token)
    yield piece
