"""Whether the audit log is whole: `python -m deploy verify-audit-log [position:hash]`, with DATABASE_URL set.

A chain shows what was changed or removed in it, but not that its end was cut off, or all of it written anew. So its
head is mailed daily and printed here: give one as it stands in a mail, and the chain leads through it or not. Typed by
hand it may have blanks and capitals, and be the first digits only.
"""

import os
import re
from collections.abc import Iterator, Sequence

FINDINGS = "select finding, position, line_id from private.check_audit_chain()"
HEAD = "select position, encode(sha256, 'hex') from private.audit_chain order by position desc limit 1"
ENTRY = "select encode(sha256, 'hex') from private.audit_chain where position = %s"
LEAST_DIGITS = 16
HEAD_FORM = re.compile(rf"([1-9]\d{{0,17}}):([0-9a-f]{{{LEAST_DIGITS},64}})")


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
        for each in _read(heads):
            position, _, sha256 = each.partition(":")
            entry = connection.execute(ENTRY, [position]).fetchone()
            if entry is None or not entry[0].startswith(sha256):
                yield f"the head {each} is not in the chain any more: its end was cut off, or it was written anew"


def _read(heads: Sequence[str]) -> list[str]:
    """Each as position:digits. The shell gives a hash that was typed in groups in several pieces."""
    text = " ".join(heads).lower()
    pieces = re.split(r"(?=\b\d+\s*:)", text)
    read = [re.sub(r"\s", "", piece) for piece in pieces if piece.strip()]
    for each in read:
        if not HEAD_FORM.fullmatch(each):
            raise SystemExit(
                f"{each} is not a head: it looks like 12:9f86d081884c7d65…, with {LEAST_DIGITS} digits or more"
            )
    return read


def head(database_url: str) -> str:
    """The last entry, as `position:hash`."""
    import psycopg

    with psycopg.connect(database_url, connect_timeout=5) as connection:
        found = connection.execute(HEAD).fetchone()
    return f"{found[0]}:{found[1]}" if found else "0:"
