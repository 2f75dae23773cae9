"""Writes what the chapters of `sql/schemas` have and the migrations have not as a new migration.

    python -m sql.migration NAME [--allow-drops]       (`make migration NAME=… [DROPS=1]`)

pgdelta plans the difference; then it is applied, and what still differs is said: rows, which are the author's to write,
or something that pgdelta cannot see. The author also writes the reason at the head.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from local.config import NODE
from local.node import NODE_BINARY, environment

from .chapters import chapters
from .content import content
from .throwaway import BASELINE, MIGRATIONS, ROOT, Server, server

PGDELTA = NODE / "node_modules/@supabase/pg-delta/dist/cli/main.js"
NOTHING_TO_DO = 3  # pgdelta's exit code for it
NAME = re.compile(r"[a-z][a-z0-9_]*")
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
    if not NAME.fullmatch(arguments.name):
        sys.exit(f"{arguments.name!r} is no name for a migration: small letters, digits and _ only")
    with server() as postgres:
        desired = postgres.build("desired", [BASELINE, *(chapter.path for chapter in chapters())])
        try:
            segments = plan(postgres, desired, allow_drops=arguments.allow_drops)
        except NotPlanned as refusal:
            sys.exit(str(refusal))
        written = save(arguments.name, segments)
        left = difference(postgres, desired, written)
    for path in written:
        print(f"Wrote {path.relative_to(ROOT)}; write its reason at the head.", flush=True)
    if left:
        sys.exit(f"{left}\nThis is what still differs: write it by hand (rows as insert or update).")
    if not written:
        print("The migrations already come to what the chapters say.")


def plan(postgres: Server, desired: str, *, allow_drops: bool) -> list[str]:
    """What turns the database of all migrations into the desired one, as scripts that each run in one transaction."""
    today = postgres.build("today")
    with psycopg.connect(today) as connection:
        # What is left of the adoption, which the chapters do not know.
        connection.execute("drop schema if exists legacy cascade")
    with tempfile.TemporaryDirectory() as folder:
        planned, base = Path(folder) / "plan.json", Path(folder) / "delta"
        _pgdelta("plan", "--source", today, "--desired", desired, "--renames", "off", "--out", str(planned))
        drops = ["--allow-drops"] if allow_drops else []
        if _pgdelta("render", "--plan", str(planned), "--out", str(base), *drops) == NOTHING_TO_DO:
            return []
        # delta.sql, or delta_1.sql to delta_12.sql.
        segments = sorted(Path(folder).glob("delta*.sql"), key=lambda path: (len(path.name), path.name))
        return [segment.read_text() for segment in segments]


def save(name: str, segments: list[str]) -> list[Path]:
    """Write each segment as a migration of its own, a second apart."""
    paths = []
    for number, segment in enumerate(segments):
        version = f"{datetime.now(UTC) + timedelta(seconds=number):%Y%m%d%H%M%S}"
        path = BASELINE.with_name(f"{version}_{name}{f'_{number + 1}' if len(segments) > 1 else ''}.sql")
        path.write_text(HEAD.format(title=name.replace("_", " ").capitalize()) + segment.strip() + "\n")
        paths.append(path)
    return paths


def difference(postgres: Server, desired: str, added: list[Path]) -> str:
    """What the desired database has and the migrations with these have not, or the other way round."""
    migrated = content(postgres, postgres.build("with_added", [*MIGRATIONS, *added]))
    return migrated.differences(content(postgres, desired), "the migrations", "the chapters")


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


if __name__ == "__main__":
    main()
