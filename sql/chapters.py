"""The chapters of `sql/schemas`, in the order in which they apply, and the migration that each goes into.

`order.txt` is a line a chapter: its path, and the name of its migration. Chapters of one migration stand together.
"""

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

SCHEMAS = Path(__file__).with_name("schemas")


class OrderIsWrong(Exception):
    """What `order.txt` says does not fit the folder; the message says where."""


@dataclass(frozen=True)
class Chapter:
    """A file, and the name of the migration it goes into when the whole set is written."""

    path: Path
    migration: str

    @property
    def name(self) -> str:
        """As order.txt names it: `credits/ledger.sql`."""
        return self.path.relative_to(SCHEMAS).as_posix()


def chapters() -> list[Chapter]:
    """All of them, in order."""
    found = []
    for line in (SCHEMAS / "order.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            name, migration = line.split()
            found.append(Chapter(SCHEMAS / name, migration))
    if difference := {chapter.path for chapter in found} ^ set(SCHEMAS.rglob("*.sql")):
        raise OrderIsWrong(f"sql/schemas/order.txt and the folder differ in {sorted(map(str, difference))}")
    return found


def by_migration() -> list[tuple[str, list[Chapter]]]:
    """Each migration's name with its chapters, in order."""
    groups = [
        (name, list(group)) for name, group in groupby(chapters(), key=lambda chapter: chapter.migration)
    ]
    names = [name for name, _ in groups]
    if torn := sorted({name for name in names if names.count(name) > 1}):
        raise OrderIsWrong(f"sql/schemas/order.txt tears the chapters of {', '.join(torn)} apart")
    return groups
