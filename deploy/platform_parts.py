"""What the migrations made in the platform's own schemas, as SQL to be run after a restore:

    python -m deploy platform-parts | psql "$DATABASE_URL"

A dump of our schemas alone leaves out what hangs on auth and storage: triggers, policies, the bucket. Restored from it
the database looks whole, and nobody who signs up gets a profile. This puts them back; run twice, it changes nothing.
"""

import re
from collections.abc import Iterator

from .functions import ROOT

STATEMENT = re.compile(
    r"^(?:create trigger (?P<trigger>\w+)\b[^;]*?\bon (?P<table>(?:auth|storage)\.\w+)\b[^;]*"
    r"|create policy (?P<policy>\"[^\"]+\"|\w+)\s+on (?P<of>storage\.\w+)\b[^;]*"
    r"|insert into storage\.buckets\b[^;]*)",
    re.MULTILINE | re.IGNORECASE,
)
DROPPED = re.compile(
    r"^drop trigger (?:if exists )?(\w+) on (?:auth|storage)\.\w+", re.MULTILINE | re.IGNORECASE
)


def write() -> None:
    """Print the statements, in one transaction."""
    print("begin;", *statements(), "commit;", sep="\n\n")


def statements() -> Iterator[str]:
    """In the order of the migrations, each in a form that may be repeated."""
    text = "\n".join(path.read_text() for path in sorted((ROOT / "sql" / "migrations").glob("*.sql")))
    dropped = set(DROPPED.findall(text))
    for found in STATEMENT.finditer(text):
        if found["trigger"]:
            if found["trigger"] not in dropped:
                # Dropping one first is for the owner of the table, who is the platform.
                yield found[0].replace("create trigger", "create or replace trigger", 1) + ";"
        elif found["policy"]:
            name = found["policy"].strip('"').replace("'", "''")
            there = f"select from pg_policy where polname = '{name}' and polrelid = '{found['of']}'::regclass"
            yield f"do $platform$ begin if not exists ({there}) then\n{found[0]};\nend if; end $platform$;"
        else:
            repeats = re.search(r"\bon conflict\b", found[0])
            yield f"{found[0]};" if repeats else f"{found[0]}\non conflict do nothing;"
