"""The migrations apply wherever production may be, and come to the same."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sql.chapters import chapters
from sql.content import FACTS, content
from sql.throwaway import BASELINE, MIGRATIONS, Server, server

from .supabase_cli import run_cli

# Where Debian and Ubuntu keep PostgreSQL 15, unless whoever runs the tests says where it is.
POSTGRES_15 = Path(os.environ.get("POSTGRES_15_BIN", "/usr/lib/postgresql/15/bin"))

Facts = set[tuple[str, str, str]]


def query(url: str, text: str) -> list[Any]:
    with psycopg.connect(url) as connection:
        return connection.execute(text.encode()).fetchall()


def facts_of(url: str) -> Facts:
    """All but the text of views: each version of PostgreSQL names their columns in its own way."""
    return {fact for fact in query(url, FACTS) if fact[0] != "view"}


@pytest.fixture(scope="module")
def facts(database: str) -> Facts:
    """What the database of the other tests is, on the embedded PostgreSQL, without default grants."""
    return facts_of(database)


@pytest.fixture(scope="module")
def postgres_15() -> Iterator[Server]:
    """The oldest version that a hosted project may run."""
    if not (POSTGRES_15 / "initdb").exists():
        pytest.skip(
            f"there is no PostgreSQL 15 in {POSTGRES_15}: install postgresql-15, or set POSTGRES_15_BIN"
        )
    with server(POSTGRES_15) as running:
        yield running


def test_the_baseline_is_the_platform_as_it_was(postgres: Server) -> None:
    """As many tables, columns, policies, triggers and functions as were counted in production."""
    url = postgres.build("baseline", [BASELINE])

    assert query(
        url,
        """
        select
          (select count(*) from pg_tables where schemaname = 'public'),
          (select count(*) from information_schema.columns where table_schema = 'public'),
          (select count(*) from pg_policies where schemaname = 'public'),
          (select count(*) from pg_trigger t join pg_class c on c.oid = t.tgrelid
            where not t.tgisinternal and c.relnamespace = 'public'::regnamespace),
          (select count(*) from pg_proc where pronamespace = 'public'::regnamespace)
        """,
    ) == [(18, 172, 60, 24, 20)]


def test_default_grants_make_no_difference(postgres: Server, facts: Facts) -> None:
    """A project that grants every new table to everybody ends like one that grants nothing."""
    url = postgres.build("with_default_grants", default_grants=True)

    assert facts == facts_of(url)


@pytest.mark.parametrize("default_grants", [False, True], ids=["grants off", "grants on"])
def test_postgresql_15_makes_no_difference(postgres_15: Server, facts: Facts, default_grants: bool) -> None:
    """PostgreSQL 15 ends like 18, without pgvector too."""
    url = postgres_15.build(f"grants_{int(default_grants)}", default_grants=default_grants)

    assert facts == facts_of(url)


def test_the_supabase_cli_applies_the_migrations(postgres: Server, facts: Facts, tmp_path: Path) -> None:
    """`supabase db push` applies every file in order, and a second time none."""
    url = postgres.build("pushed", [])

    run_cli(tmp_path, "db", "push", f"--remote={url}", "--yes")
    again = run_cli(tmp_path, "db", "push", f"--remote={url}", "--yes")

    assert "up to date" in again
    assert facts == facts_of(url)
    versions = query(url, "select version from supabase_migrations.schema_migrations order by version")
    assert [path.name.split("_")[0] for path in MIGRATIONS] == [version for (version,) in versions]


def test_migrations_and_chapters_come_to_the_same_database(postgres: Server) -> None:
    """Structure, rights and the rows it begins with: `make migration` writes what is missing."""
    written = [BASELINE, *(chapter.path for chapter in chapters())]
    migrated = content(postgres, postgres.build("migrations"))
    present = content(postgres, postgres.build("chapters", written))

    assert "" == migrated.differences(present, "the migrations", "the chapters")


def test_every_body_holds_once_everything_is_there(postgres: Server) -> None:
    """Bodies are not checked while the chapters apply; here each is made again with the check on."""
    with psycopg.connect(postgres.build("checked")) as connection:
        functions = connection.execute(
            """select pg_get_functiondef(p.oid) from pg_proc p join pg_language l on l.oid = p.prolang
                where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace) and p.prokind = 'f'"""
        ).fetchall()
        for (function,) in functions:
            connection.execute(function.encode())
