"""Writes the migrations for a platform that has migrations of its own: theirs and ours in one folder."""

import re
import shutil
import sys
from pathlib import Path

from sql.throwaway import BASELINE, MIGRATIONS, ROOT

BESIDE = ROOT / "build/beside"
CLOSING = "_close_"
VERSION = re.compile(r"(\d+)_.+\.sql")


class CannotBeside(Exception):
    """The two sets do not go together; the message says why."""


def write(beside: str, *, closing: bool, into: Path = BESIDE) -> None:
    """`supabase db push` compares a folder with the ledger of the database, so the folder has to hold both."""
    try:
        written = put_together(Path(beside), closing=closing, into=into)
    except CannotBeside as refusal:
        sys.exit(str(refusal))
    ours = len(written) - len(own_migrations(Path(beside)))
    print(f"Wrote {len(written)} migrations, {ours} of them ours, into {into}/supabase/migrations.")
    print(f"Push them:  supabase db push --workdir {into} --remote   (the runbook says when)")
    print("If the platform has added one with an older stamp since our first:  --include-all")


def put_together(beside: Path, *, closing: bool, into: Path) -> list[Path]:
    """Theirs as they are, ours without the baseline, which they are themselves. Gives what it wrote, in order."""
    theirs = own_migrations(beside)
    versions = {_version(path): path for path in theirs}
    if _version(BASELINE) not in versions:
        raise CannotBeside(
            f"{beside} has no migration {_version(BASELINE)}, the platform's last of before: is it their whole set?"
        )
    ours = [path for path in MIGRATIONS if path != BASELINE and (closing or CLOSING not in path.name)]
    if twice := [
        path.name
        for path in ours
        if _version(path) in versions and versions[_version(path)].name != path.name
    ]:
        raise CannotBeside(f"Both sets have a file of the same version: {', '.join(twice)}")
    folder = into / "supabase/migrations"
    shutil.rmtree(into, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in {path.name: path for path in (*theirs, *ours)}.values():
        shutil.copyfile(path, folder / path.name)
    # The project's own settings, where there are any: the CLI asks them for nothing but a name.
    config = beside.parent / "config.toml" if beside.name == "migrations" else beside / "supabase/config.toml"
    shutil.copyfile(
        config if config.exists() else ROOT / "supabase/config.toml", into / "supabase/config.toml"
    )
    return sorted(folder.iterdir())


def own_migrations(beside: Path) -> list[Path]:
    """Of a folder of migrations, or of a repository with one."""
    folder = beside / "supabase/migrations" if (beside / "supabase/migrations").is_dir() else beside
    found = sorted(path for path in folder.glob("*.sql") if VERSION.fullmatch(path.name))
    if not found:
        raise CannotBeside(f"There are no migrations in {folder}.")
    return found


def _version(path: Path) -> str:
    found = VERSION.fullmatch(path.name)
    assert found, path
    return found[1]
