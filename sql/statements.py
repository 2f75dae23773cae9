"""Statements of an SQL file, one by one, each with the comments that stand above it."""

import re
from collections.abc import Iterator

# What may hold a semicolon that ends nothing: comments, texts, names, bodies.
QUOTED = re.compile(
    r"""--[^\n]*
      | /\*.*?\*/
      | '(?:[^']|'')*'
      | "(?:[^"]|"")*"
      | \$(\w*)\$.*?\$\1\$
      | ;""",
    re.VERBOSE | re.DOTALL,
)
COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)


def statements(text: str) -> Iterator[str]:
    """Each with its semicolon. What stands on the line of a semicolon belongs to the statement before."""
    begins = 0
    for found in QUOTED.finditer(text):
        if found[0] == ";":
            ends = found.end()
            if behind := re.match(r"[ \t]*--[^\n]*", text[ends:]):
                ends += behind.end()
            yield text[begins:ends].strip()
            begins = ends
    if text[begins:].strip():
        yield text[begins:].strip()


def bare(statement: str) -> str:
    """Without comments, in one line of small distances: what a rule about statements reads."""
    kept = QUOTED.sub(lambda found: "" if COMMENT.fullmatch(found[0]) else found[0], statement)
    return " ".join(kept.split())


def parts(text: str) -> list[str]:
    """What commas divide, where no parenthesis or quotation is open."""
    found, depth, begins = [], 0, 0
    for mark in re.finditer(rf"{QUOTED.pattern}|[(),]", text, QUOTED.flags):
        depth += (mark[0] == "(") - (mark[0] == ")")
        if mark[0] == "," and not depth:
            found.append(text[begins : mark.start()].strip())
            begins = mark.end()
    return [*found, text[begins:].strip()]
