"""Whether the audit log is whole: `python -m deploy verify-audit-log [position:hash]`, with DATABASE_URL set.

A chain shows what was changed or removed in it, but not that its end was cut off. So the head is printed: keep it
somewhere else, and give it the next time.
"""

import os
from collections.abc import Iterator, Sequence

FINDINGS = "select finding, position, line_id from private.check_audit_chain()"
HEAD = "select position, encode(sha256, 'hex') from private.audit_chain order by position desc limit 1"
ENTRY = "select encode(sha256, 'hex') from private.audit_chain where position = %s"


def verify(heads: Sequence[str]) -> None:
    """Print what is wrong, or the head of the chain; exit with 1 if something is wrong."""
    url = os.environ.get("DATABASE_URL")
    if not url:
        raise SystemExit("DATABASE_URL is not set: where is the database?")
    lines = list(problems(url, heads))
    print(*[f"✗ {line}" for line in lines] or [f"✓ audit log, head {head(url)}"], sep="\n", flush=True)
    raise SystemExit(bool(lines))


def problems(database_url: str, heads: Sequence[str] = ()) -> Iterator[str]:
    """What is wrong with the chain, and which of these earlier heads are not in it any more."""
    import psycopg

    with psycopg.connect(database_url, connect_timeout=5) as connection:
        for finding, position, line in connection.execute(FINDINGS):
            yield f"{finding}: {line}" + (f", at {position}" if position else "")
        for each in heads:
            position, _, sha256 = each.partition(":")
            if not position.isdigit():
                raise SystemExit(f"{each} is not a head: it looks like 12:9f86d0…")
            if connection.execute(ENTRY, [position]).fetchone() != (sha256,):
                yield f"the head {each} is not in the chain any more: its end was cut off, or it was written anew"


def head(database_url: str) -> str:
    """The last entry, as `position:hash`."""
    import psycopg

    with psycopg.connect(database_url, connect_timeout=5) as connection:
        found = connection.execute(HEAD).fetchone()
    return f"{found[0]}:{found[1]}" if found else "0:"
