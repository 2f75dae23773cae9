"""A drill: a dump of our schemas, restored into a new project. What is lost is named, and put back by a command."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from deploy import platform_parts
from deploy.doctor import schema
from sql.throwaway import MIGRATIONS, PLATFORM, ROOT, Server, server


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    with server() as running:
        yield running


def run(postgres: Server, program: str, *words: str) -> str:
    ended = subprocess.run(
        [str(postgres.binaries / program), *words], check=False, capture_output=True, text=True
    )
    assert not ended.returncode, ended.stderr
    return ended.stdout


def lost(url: str) -> list[str]:
    """What the doctor says of it, the ledger of migrations aside: another tool keeps that."""
    return [line for line in schema.differences(url) if "storage.buckets" not in line]


def test_what_a_dump_of_our_schemas_loses_is_named_and_put_back(postgres: Server, tmp_path: Path) -> None:
    """Six triggers of auth, a policy and the bucket of storage. With them people are told and erased as before."""
    url = postgres.build("original")
    with psycopg.connect(url) as original:
        original.execute((ROOT / "tests/sql/seed.sql").read_bytes())
        original.execute("create schema supabase_migrations")
        original.execute(
            "create table supabase_migrations.schema_migrations (version text primary key, name text)"
        )
        for path in MIGRATIONS:
            version, _, name = path.stem.partition("_")
            original.execute(
                "insert into supabase_migrations.schema_migrations values (%s, %s)", (version, name)
            )
    dump, people = tmp_path / "ours.dump", tmp_path / "people.dump"
    schemas = ["--schema=public", "--schema=private", "--schema=supabase_migrations"]
    run(postgres, "pg_dump", "--format=custom", f"--file={dump}", *schemas, url)
    run(postgres, "pg_dump", "--format=custom", "--data-only", "--table=auth.users", f"--file={people}", url)

    new = postgres.build("restored", [])
    with psycopg.connect(new, autocommit=True) as restored:
        restored.execute("create extension if not exists btree_gist with schema extensions")
    run(postgres, "pg_restore", "--exit-on-error", "--no-owner", f"--dbname={new}", str(people))
    parts = tmp_path / "parts"  # without the schema public, which a new project has
    listed = run(postgres, "pg_restore", "--list", str(dump))
    parts.write_text("".join(line for line in listed.splitlines(True) if " SCHEMA - public " not in line))
    words = ["--exit-on-error", "--no-owner", f"--use-list={parts}", f"--dbname={new}"]
    run(postgres, "pg_restore", *words, str(dump))

    missing = lost(new)
    with psycopg.connect(new) as restored:
        for _ in range(2):
            restored.execute("\n".join(platform_parts.statements()).encode())
    assert 6 == sum("the trigger auth.users" in line and "is missing" in line for line in missing), missing
    assert [line for line in missing if "storage.objects" in line]
    assert [line for line in missing if "the bucket session-recordings is missing" in line]
    assert 8 == len(missing), "\n".join(missing)
    assert [] == lost(new)


def test_the_parts_are_those_that_the_migrations_make(postgres: Server) -> None:
    """Everything of ours that hangs on the platform's tables, by the catalogue."""
    url = postgres.build("complete")
    query = """
        select tgname from pg_trigger t join pg_proc p on p.oid = t.tgfoid
         where not tgisinternal and tgrelid::regclass::text ~ '^(auth|storage)\\.'
           and p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
        union all select polname from pg_policy where polrelid::regclass::text ~ '^(auth|storage)\\.'"""
    with psycopg.connect(url) as connection:
        there = {name for (name,) in connection.execute(query.encode()).fetchall()}
    text = "\n".join(platform_parts.statements())

    assert PLATFORM.exists() and there
    assert all(name in text for name in there), there
