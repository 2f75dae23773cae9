"""Writes the whole set of migrations from the chapters, as `sql/schemas/order.txt` divides them.

    python -m sql.migrations_anew        (`make migrations-anew`)

For as long as nobody has applied them to a database they care about. A file `sql/ADOPTED` says that somebody has: from
then on migrations are only added to, by `make migration`.
"""

import sys
from pathlib import Path

from .chapters import by_migration
from .throwaway import BASELINE, MIGRATIONS, ROOT

ADOPTED = ROOT / "sql/ADOPTED"
DAY = "20261129"  # of all versions; what tells them apart is a minute each
HEAD = """-- From sql/schemas: {names}.

-- Functions name what later chapters make.
set check_function_bodies = off;
"""


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
    """Every file of the set but the baseline, with its text."""
    files = {}
    for number, (name, chapters) in enumerate(by_migration()):
        version = f"{DAY}{9 + number // 60:02}{number % 60:02}00"
        head = HEAD.format(names=", ".join(chapter.name.removesuffix(".sql") for chapter in chapters))
        bodies = [f"\n\n-- {chapter.name}\n\n{chapter.path.read_text().strip()}\n" for chapter in chapters]
        files[BASELINE.with_name(f"{version}_{name}.sql")] = head + "".join(bodies)
    return files


if __name__ == "__main__":
    main()
