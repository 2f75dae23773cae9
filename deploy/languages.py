"""The catalogue of what people read, `shared/languages/<tag>.po`: collected from what the code says.

`python -m deploy languages` adds what is new to each file, to be translated, and drops what nobody says any more. A new
language is an empty file of its name, which this fills.
"""

import re
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from . import errors
from .functions import ROOT
from .sentences import choices, columns, rows

FOLDER = ROOT / "shared" / "languages"
KEYWORDS = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
TEMPLATES = {
    "extensions": "jinja2.ext.i18n",
    "trimmed": "true",
    "silent": "false",
    "newstyle_gettext": "true",
}
IN_SQL = re.compile(r"private\.say\(\s*'((?:[^']|'')*)'")
PROBLEMS = re.compile(r"create view private.ops_problems .*? as\n(.*?);\n", re.DOTALL)
SENDERS = re.compile(r"create view private.webhook_senders .*? as\n(.*?);\n", re.DOTALL)
QUEUES = re.compile(r"select ('(?:[^']|'')*') as queue")
KINDS = re.compile(r"insert into private.matter_kinds \(kind, what, .*? values\n(.*?);\n", re.DOTALL)
WIDTH = 120
# A message, in both forms where it has a plural, and its context.
Said = tuple[str | tuple[str, str], str | None]


def write() -> None:
    """Bring every language's file up to date."""
    for file in sorted(FOLDER.glob("*.po")):
        file.write_bytes(text(file))


def text(file: Path) -> bytes:
    """What the file comes to: its translations of what is said today."""
    tag = file.stem.replace("-", "_")
    there = read_po(BytesIO(file.read_bytes()), locale=tag) if file.exists() else Catalog(locale=tag)
    fresh = Catalog(locale=tag, fuzzy=False, header_comment=f"# What people read, in {file.stem}.")
    if len(there):
        fresh.mime_headers = there.mime_headers  # how many plurals a language has, its translators say
    for message, context in sorted(said(), key=lambda each: (str(each[0]), each[1] or "")):
        before = there.get(message, context=context)
        fresh.add(message, before.string if before else None, context=context)
    written = BytesIO()
    write_po(written, fresh, width=WIDTH, omit_header=False, no_location=True)
    return _without_dates(written.getvalue())


@cache
def said() -> frozenset[Said]:
    """Every message, in both forms where it has a plural, with its context."""
    return frozenset({*_in_code(), *_in_sql(), *_refusals(), *_for_operators()})


def templates() -> list[Path]:
    """What pages and mails are made of."""
    found = [
        *ROOT.glob("functions/**/*.html"),
        *ROOT.glob("functions/**/*.mail"),
        *ROOT.glob("functions/**/*.txt"),
    ]
    return sorted(
        each for each in (*found, *ROOT.glob("shared/**/*.html")) if "node_modules" not in each.parts
    )


def _in_code() -> Iterator[Said]:
    code = [*ROOT.glob("functions/**/*.py"), *ROOT.glob("shared/**/*.py")]
    ways = [("python", code, {}), ("jinja2.ext:babel_extract", templates(), TEMPLATES)]
    for method, files, options in ways:
        for file in files:
            if "node_modules" not in file.parts:
                with file.open("rb") as opened:
                    yield from _messages(method, opened, options)


def _messages(method: str, opened: BinaryIO, options: dict[str, str]) -> Iterator[Said]:
    for _, message, _, context in extract(method, opened, KEYWORDS, options=options):
        yield (message if isinstance(message, str) else (message[0], message[1])), context


def _in_sql() -> Iterator[tuple[str, str | None]]:
    """What it says itself is in a context of its own, by which send-notifications knows what to hand to it."""
    for chapter in sorted((ROOT / "sql/schemas").rglob("*.sql")):
        for literal in IN_SQL.findall(chapter.read_text()):
            yield literal.replace("''", "'"), "database"


def _refusals() -> Iterator[tuple[str, None]]:
    """What the database and the functions refuse with, which our pages show, and what is wrong with a field."""
    for said in errors.sentences():
        yield said, None
    for problem in errors.problems():
        yield problem, None


def _for_operators() -> Iterator[tuple[str, None]]:
    """What the page of the platform's state shows: what is wrong, what waits for whom, and what came from where."""
    status = (ROOT / "sql/schemas/operations/ops_status.sql").read_text()
    queues = (ROOT / "sql/schemas/operations/queue_depths.sql").read_text()
    kinds = (ROOT / "sql/schemas/foundation/matters.sql").read_text()
    [problems], [senders], [matters] = (
        PROBLEMS.findall(status),
        SENDERS.findall(status),
        KINDS.findall(kinds),
    )
    names = [said for literal in QUEUES.findall(queues) for said in choices(literal)]
    for said in (*columns(problems, 2), *columns(senders, 0), *names, *rows(matters, 1)):
        yield said, None


def _without_dates(text: bytes) -> bytes:
    """A catalogue that says what it said before is the same file."""
    kept = rb"Language:|Plural-Forms|MIME-Version|Content-T"
    dates = rb'^"(?!' + kept + rb")[A-Z][A-Za-z-]+: .*\n"
    head, blank, messages = text.partition(b"\n\n")
    return re.sub(dates, b"", head + b"\n", flags=re.MULTILINE) + blank[1:] + messages
