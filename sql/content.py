"""What a database has in it, as lines that can be compared: its dump, the facts of its catalogue, its first rows.

Two ways to the same database differ in what means nothing: PostgreSQL adds a column at the end, wherever a chapter has
it, and keeps parentheses as they were typed. So the dump is compared without the order of columns and without
parentheses; the facts have those that mean something.
"""

import difflib
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from .throwaway import Server

FACTS = Path(__file__).with_name("facts.sql").read_text()
# The versions of server and program, settings of the session, and a random word that guards psql.
NOISE = re.compile(
    r"--|-- PostgreSQL database dump.*|-- Dumped .*|SET .*|SELECT pg_catalog\.set_config.*|\\(un)?restrict .*"
)
TABLE = re.compile(r"^CREATE TABLE .*?^\);$", re.MULTILINE | re.DOTALL)
WITHOUT_PARENTHESES = str.maketrans("", "", "()")
# Ids and times are made anew in every database; that there is one is compared, not which.
TABLES = """
    select c.oid::regclass::text, array_agg(a.attname order by a.attname),
           array_agg(a.atttypid in ('uuid'::regtype, 'timestamptz'::regtype) order by a.attname)
      from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relkind = 'r' and c.relnamespace::regnamespace::text in ('public', 'private', 'storage')
       and a.attnum > 0 and not a.attisdropped
     group by c.oid
"""


@dataclass(frozen=True)
class Content:
    """Three views of one database; each is sorted or in an order that depends on nothing but the content."""

    dump: list[str]
    facts: list[str]
    rows: list[str]

    def differences(self, other: "Content", ours: str, theirs: str) -> str:
        """What one has and the other has not, as a unified diff, or nothing."""
        lines: list[str] = []
        for view in ("dump", "facts", "rows"):
            names = f"{view} of {ours}", f"{view} of {theirs}"
            lines += difflib.unified_diff(getattr(self, view), getattr(other, view), *names, n=2, lineterm="")
        return "\n".join(lines)


def content(server: Server, url: str) -> Content:
    """Read a database of this server."""
    with psycopg.connect(url) as connection:
        found = connection.execute(FACTS.encode()).fetchall()
        facts = sorted(" ".join(map(str, fact)) for fact in found)
        return Content(_dump(server, url), facts, _rows(connection))


def _dump(server: Server, url: str) -> list[str]:
    """Schemas public and private; those of auth and storage belong to the platform."""
    command = [
        str(server.binaries / "pg_dump"),
        "--schema-only",
        "--no-owner",
        "--schema=public",
        "--schema=private",
        url,
    ]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    text = TABLE.sub(lambda table: "\n".join(sorted(table[0].replace(",\n", "\n").splitlines())), text)
    lines = text.translate(WITHOUT_PARENTHESES).splitlines()
    return [line.removesuffix("; Owner: -") for line in lines if not NOISE.fullmatch(line)]


def _rows(connection: psycopg.Connection[tuple[object, ...]]) -> list[str]:
    rows = []
    for table, columns, is_made_anew in connection.execute(TABLES.encode()).fetchall():
        assert isinstance(table, str)
        assert isinstance(columns, list)
        assert isinstance(is_made_anew, list)
        values = [
            sql.SQL("{} is null" if anew else "{}").format(sql.Identifier(column))
            for column, anew in zip(columns, is_made_anew, strict=True)
        ]
        query = sql.SQL("select jsonb_build_array({})::text from {}").format(
            sql.SQL(", ").join(values), sql.Identifier(*table.split("."))
        )
        rows += [f"{table}: {row}" for (row,) in connection.execute(query).fetchall()]
    return sorted(rows)
