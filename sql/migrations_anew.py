"""Writes the whole set of migrations from the chapters, as `sql/schemas/order.txt` divides them.

    python -m sql.migrations_anew        (`make migrations-anew`)

For as long as nobody has applied them to a database they care about. A file `sql/ADOPTED` says that somebody has: from
then on migrations are only added to, by `make migration`.

The chapters say what a database is in the end. How the platform in use today comes there, with its rows and without a
moment in which it does not work, stands in `sql/adoption`: what it has under a name of ours is set aside before the
chapter that makes it, and brought home after it, in the same file. What takes a right or changes a behaviour of what is
in use (`sql/closing.py`) is kept for the closing files, which come last and are pushed on their own.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .chapters import Chapter, OrderIsWrong, by_migration
from .closing import RIGHTS, RULES, TABLES, divide
from .preflight import TEMPLATE, preflight
from .statements import bare
from .throwaway import BASELINE, MIGRATIONS, ROOT

ADOPTED = ROOT / "sql/ADOPTED"
ADOPTION = ROOT / "sql/adoption"
DAY = "20261129"  # of all versions; what tells them apart is a minute each
CLOSING_HOUR = 23  # of the closing files, so that there is room for what adds
# Backfills read rows that people write until the rules hold, so they belong to those.
BACKFILL = "backfill"
# What stops no booking has a file of its own, so that it does not lengthen the locks of another.
OWN_CLOSING = {
    "backfill/earnings.sql": "close_earnings",
    "backfill/validate_constraints.sql": "close_old_rows",
}
HEAD = """-- From sql/schemas: {names}.

-- Functions name what later chapters make.
set check_function_bodies = off;
{locks}"""
# A file that cannot have its locks gives up, has changed nothing, and is pushed again.
LOCKS = "\nset lock_timeout = '5s';\nset statement_timeout = 0;\n"
CONSEQUENCES = """-- What follows from a row of the tables that were made anew. Here, where all is there that it calls.

"""
CLOSING_HEAD = """-- Closing: {what}.
--
-- To be pushed when the functions have been switched (docs/runbook.md). The way back: sql/adoption/back/{name}.sql.

-- Functions name what later chapters make.
set check_function_bodies = off;
{locks}"""
CLOSING = {
    "close_rules": "rules and what follows from a row, on tables that were there; rows from before open the ledgers",
    "close_rights": "who may read, write and call what was there",
    "close_earnings": "the earnings ledger opens with what is owed and what was paid",
    "close_old_rows": "rows from before are checked against the rules, and what helped with the adoption goes",
}


@dataclass
class Pieces:
    """What stands in the files of the adoption, by the place that its order.txt names."""

    before: dict[str, list[Path]] = field(default_factory=dict)
    after: dict[str, list[Path]] = field(default_factory=dict)
    columns: dict[str, list[Path]] = field(default_factory=dict)
    begin: dict[str, list[Path]] = field(default_factory=dict)
    end: dict[str, list[Path]] = field(default_factory=dict)
    file: dict[str, list[Path]] = field(default_factory=dict)


def pieces() -> Pieces:
    """As `sql/adoption/order.txt` places them."""
    found = Pieces()
    for line in (ADOPTION / "order.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            name, place, target = line.split()
            getattr(found, place).setdefault(target, []).append(ADOPTION / name)
    named = {path for place in vars(found).values() for paths in place.values() for path in paths}
    if difference := named ^ {
        path for path in ADOPTION.rglob("*.sql") if path != TEMPLATE and path.parent.name != "back"
    }:
        raise OrderIsWrong(f"sql/adoption/order.txt and the folder differ in {sorted(map(str, difference))}")
    return found


def main() -> None:
    if ADOPTED.exists():
        sys.exit("These migrations have been adopted (sql/ADOPTED): add one with make migration NAME=…")
    written = migrations()
    for path in set(MIGRATIONS) - {BASELINE}:
        path.unlink()
    for path, text in written.items():
        path.write_text(text)
    lines = sum(text.count("\n") for text in written.values())
    print(f"Wrote {len(written)} migrations, {lines:,} lines, beside {BASELINE.relative_to(ROOT)}.")


def migrations() -> dict[Path, str]:
    """Every file of the set but the baseline, with its text: those that add, then those that close."""
    placed = pieces()
    texts = {"preflight": preflight()}
    late: list[str] = []
    closing: dict[str, list[str]] = {name: [] for name in CLOSING}
    for name, chapters in by_migration():
        adding = [text for chapter in chapters for text in _adding(chapter, placed)]
        if adding:
            names = ", ".join(chapter.name.removesuffix(".sql") for chapter in chapters)
            texts[name] = HEAD.format(names=names, locks=_locks(adding)) + "".join(adding)
        for chapter in chapters:
            late += [part.text for part in divide(chapter.path.read_text()) if part.is_late]
            for kind, text in _closing(chapter).items():
                closing[kind].append(text)
    texts["consequences"] = CONSEQUENCES + LOCKS.lstrip() + "\n" + "\n\n".join(late) + "\n"
    for name, paths in placed.file.items():
        added = [_titled(path) for path in paths]
        texts[name] = HEAD.format(names="nothing: what is there already", locks=_locks(added)) + "".join(
            added
        )
    files = {_path(9, number, name): text for number, (name, text) in enumerate(texts.items())}
    for number, (name, closed) in enumerate(closing.items()):
        begin, end = ([_titled(path) for path in where.get(name, [])] for where in (placed.begin, placed.end))
        head = CLOSING_HEAD.format(what=CLOSING[name], name=name, locks=LOCKS)
        files[_path(CLOSING_HOUR, number, name)] = head + "".join([*begin, *closed, *end])
    return files


def _path(hour: int, number: int, name: str) -> Path:
    return BASELINE.with_name(f"{DAY}{hour + number // 60:02}{number % 60:02}00_{name}.sql")


def _locks(texts: list[str]) -> str:
    """First of all the locks on tables that were there, in one order: whoever holds one of them and wants another, as a
    booking does, is not met halfway. Sessions come first, as for whoever writes.
    """
    text = "".join(texts)
    altered = set(re.findall(r"alter table (public\.\w+)", text))
    altered |= {f"public.{name}" for name in re.findall(r"set_columns_aside\('(\w+)'", text)}
    if "call legacy.set_aside(" in text:
        altered.add("public.session_schedules")  # with an old table go the foreign keys between the two
    touched = set(re.findall(r"(?:references|create index \w+ on) (public\.\w+)", text))
    lines = LOCKS
    for mode, tables in (
        ("access exclusive", altered & TABLES),
        ("share row exclusive", (touched - altered) & TABLES),
    ):
        if tables:
            first = sorted(tables, key=lambda table: (table != "public.session_schedules", table))
            lines += f"do $$ begin lock table {', '.join(first)} in {mode} mode; end $$;\n"
    return lines


def _adding(chapter: Chapter, placed: Pieces) -> Iterator[str]:
    for path in placed.before.get(chapter.name, []):
        yield _titled(path)
    if chapter.migration != BACKFILL:
        kept = [part.text for part in divide(chapter.path.read_text()) if part.adds]
        if columns := placed.columns.get(chapter.name):
            # Rows are written before there are indexes to be written with them.
            place = next(i for i, text in enumerate(kept) if bare(text).startswith("create index"))
            kept[place:place] = [_titled(path).strip() for path in columns]
        if kept:
            yield f"\n\n-- {chapter.name}\n\n" + "\n\n".join(kept) + "\n"
    for path in placed.after.get(chapter.name, []):
        yield _titled(path)


def _closing(chapter: Chapter) -> dict[str, str]:
    """What of the chapter goes into which closing file."""
    if chapter.migration == BACKFILL:
        text = f"\n\n-- {chapter.name}\n\n{chapter.path.read_text().strip()}\n"
        return {OWN_CLOSING.get(chapter.name, "close_rules"): text}
    divided = list(divide(chapter.path.read_text()))
    kinds = {"close_rules": RULES, "close_rights": RIGHTS}
    return {
        name: f"\n\n-- {chapter.name}\n\n" + "\n\n".join(texts) + "\n"
        for name, kind in kinds.items()
        if (texts := [part.text for part in divided if part.closes == kind])
    }


def _titled(path: Path) -> str:
    return f"\n\n-- adoption/{path.relative_to(ADOPTION).as_posix()}\n\n{path.read_text().strip()}\n"


if __name__ == "__main__":
    main()
