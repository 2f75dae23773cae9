"""Writes what the chapters of `sql/schemas` have and the migrations have not as a new migration.

    python -m sql.migration NAME [--allow-drops]       (`make migration NAME=… [DROPS=1]`)

pgdelta plans the difference; then it is applied, and what still differs is said: rows, which are the author's to write,
or something that pgdelta cannot see. The author also writes the reason at the head.
"""

import argparse
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from local.config import NODE
from local.node import NODE_BINARY, environment

from .chapters import chapters
from .content import content
from .throwaway import BASELINE, MIGRATIONS, ROOT, Server, server

PGDELTA = NODE / "node_modules/@supabase/pg-delta/dist/cli/main.js"
NOTHING_TO_DO = 3
HEAD = """-- {title}: say here why.

"""


class NotPlanned(Exception):
    """pgdelta refused, or failed; the message is its own."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="make migration")
    parser.add_argument("name", help="what it does, in snake_case: add_session_topics")
    parser.add_argument(
        "--allow-drops", action="store_true", help="let it drop what the chapters have no more"
    )
    arguments = parser.parse_args()
    if not arguments.name.replace("_", "").isalnum() or arguments.name != arguments.name.lower():
        sys.exit(f"{arguments.name!r} is no name for a migration: small letters, digits and _ only")
    with server() as postgres:
        try:
            written = write(postgres, arguments.name, allow_drops=arguments.allow_drops)
        except NotPlanned as refusal:
            sys.exit(str(refusal))
        if not written:
            print("The migrations already come to what the chapters say.")
            return
        for path in written:
            print(f"Wrote {path.relative_to(ROOT)}; write its reason at the head.")
        if left := difference(postgres, written):
            sys.exit(f"{left}\nThis is what still differs: write it by hand (rows as insert or update).")


def write(postgres: Server, name: str, *, allow_drops: bool) -> list[Path]:
    """Plan the difference and write it, one file for each of pgdelta's segments. None where there is nothing to do."""
    today = postgres.build("today")
    desired = postgres.build("desired", [BASELINE, *(chapter.path for chapter in chapters())])
    with tempfile.TemporaryDirectory() as folder:
        plan = Path(folder) / "plan.json"
        base = Path(folder) / "delta"
        _pgdelta("plan", "--source", today, "--desired", desired, "--renames", "off", "--out", str(plan))
        drops = ["--allow-drops"] if allow_drops else []
        if _pgdelta("render", "--plan", str(plan), "--out", str(base), *drops) == NOTHING_TO_DO:
            return []
        segments = sorted(Path(folder).glob("delta*.sql"), key=lambda path: (len(path.name), path.name))
        return [
            _save(segment.read_text(), name if len(segments) == 1 else f"{name}_{number}", number)
            for number, segment in enumerate(segments)
        ]


def difference(postgres: Server, written: list[Path]) -> str:
    """What the chapters have and the migrations with these have not, or the other way round."""
    migrated = content(postgres, postgres.build("migrated_anew", [*MIGRATIONS, *written]))
    desired = content(postgres, postgres.url("desired"))
    return migrated.differences(desired, "the migrations", "the chapters")


def _pgdelta(*words: str) -> int:
    """Run it. Gives its exit code where that is an answer, and raises where it is a refusal."""
    result = subprocess.run(
        [NODE_BINARY, PGDELTA, *words],
        env=environment(),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode not in (0, NOTHING_TO_DO):
        raise NotPlanned(f"{result.stdout}{result.stderr}".strip().replace("--allow-drops", "DROPS=1"))
    return result.returncode


def _save(text: str, name: str, number: int) -> Path:
    stamp = datetime.now(UTC) + timedelta(seconds=number)
    path = ROOT / f"sql/migrations/{stamp:%Y%m%d%H%M%S}_{name}.sql"
    path.write_text(HEAD.format(title=name.replace("_", " ").capitalize()) + text.strip() + "\n")
    return path


if __name__ == "__main__":
    main()
