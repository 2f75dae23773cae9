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

from shared.languages.catalogue import GAP

from . import errors
from .functions import ROOT

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
REASON = re.compile(r"\.sentence := '((?:[^']|'')*)'")  # of what is shown beside a date, as a refusal's
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
    return frozenset({*_in_code(), *_in_sql(), *_refusals()})


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
    for _, message, _, context in extract(method, opened, KEYWORDS, options=options):  # type: ignore[arg-type]
        yield (message if isinstance(message, str) else (message[0], message[1])), context


def _in_sql() -> Iterator[tuple[str, str | None]]:
    """What it says itself is in a context of its own, by which send-notifications knows what to hand to it."""
    for chapter in sorted((ROOT / "sql/schemas").rglob("*.sql")):
        for said, context in ((IN_SQL, "database"), (REASON, None)):
            for literal in said.findall(chapter.read_text()):
                yield literal.replace("''", "'"), context


def _refusals() -> Iterator[tuple[str, None]]:
    """What the database and the functions refuse with, which our pages show."""
    for code in errors.codes().values():
        for sentence in (*code.sentences, *code.hints):
            yield re.sub(rf"{GAP}( {GAP})+", GAP, sentence), None


def _without_dates(text: bytes) -> bytes:
    """A catalogue that says what it said before is the same file."""
    kept = rb"Language:|Plural-Forms|MIME-Version|Content-T"
    dates = rb'^"(?!' + kept + rb")[A-Z][A-Za-z-]+: .*\n"
    head, blank, messages = text.partition(b"\n\n")
    return re.sub(dates, b"", head + b"\n", flags=re.MULTILINE) + blank[1:] + messages
