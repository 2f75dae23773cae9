"""Writes `sql/schema.sql`, the present of schemas public and private, from the baseline and the migrations.

    python -m sql.dump            write it
    python -m sql.dump --check    say whether it is current, and end with 1 if it is not

The triggers on auth.users and the policies on storage.objects are not in it: those schemas belong to the platform.
"""

import difflib
import re
import subprocess
import sys
from pathlib import Path

from .throwaway import Server, server

SCHEMA = Path(__file__).with_name("schema.sql")
HEAD = "-- The present: what sql/baseline and sql/migrations add up to. Written by `python -m sql.dump`.\n"
# The versions of server and program, settings of the session, and a random word that guards psql.
NOISE = re.compile(
    r"--|-- PostgreSQL database dump.*|-- Dumped .*|SET .*|SELECT pg_catalog\.set_config.*|\\(un)?restrict .*"
)


def main() -> None:
    with server() as postgres:
        present = dump(postgres, postgres.build("present"))
    if sys.argv[1:] != ["--check"]:
        SCHEMA.write_text(present)
    elif difference := compare(present):
        sys.exit(f"{difference}\nsql/schema.sql is not current: run python -m sql.dump")


def dump(postgres: Server, url: str) -> str:
    """The schema as text that depends on nothing but the schema."""
    command = [
        str(postgres.binaries / "pg_dump"),
        "--schema-only",
        "--no-owner",
        "--schema=public",
        "--schema=private",
        url,
    ]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    lines = [line.removesuffix("; Owner: -") for line in text.splitlines() if not NOISE.fullmatch(line)]
    return HEAD + re.sub(r"\n{3,}", "\n\n", "\n" + "\n".join(lines)).rstrip() + "\n"


def compare(present: str) -> str:
    """What would change in the file, or nothing."""
    written = SCHEMA.read_text() if SCHEMA.exists() else ""
    return "\n".join(
        difflib.unified_diff(written.splitlines(), present.splitlines(), "schema.sql", "present", n=1)
    )


if __name__ == "__main__":
    main()
