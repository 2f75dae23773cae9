# ruff: noqa: E501 - SQL and patterns as they stand in the files
"""The real CLI pushes into a database whose ledger holds the platform's own 76 versions."""

from pathlib import Path

import psycopg
import pytest

from deploy.migrations import CannotBeside, put_together
from sql.throwaway import BASELINE, Server
from tests.sql.supabase_cli import run_cli

from .conftest import ADDING, CLOSING

LATER = "create table public.coupons (id uuid primary key default gen_random_uuid()); alter table public.coupons enable row level security;"


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """The platform's repository: 76 migrations, of which one is our baseline. What they say does not matter: they ran."""
    folder = tmp_path / "platform/supabase/migrations"
    folder.mkdir(parents=True)
    versions = [
        20250101000000,
        20250101000001,
        *range(20251101000000, 20251101000033),
        20251229001234,
        *range(20260101000000, 20260101000040),
    ]
    for version in versions:
        (folder / f"{version}_theirs.sql").write_text("select 1;")
    assert len(versions) == 76
    return folder.parent.parent


def remember(url: str, theirs: Path) -> None:
    """The ledger, as the CLI keeps it."""
    with psycopg.connect(url) as connection:
        connection.execute("create schema supabase_migrations")
        connection.execute(
            "create table supabase_migrations.schema_migrations (version text primary key, statements text[], name text)"
        )
        for path in sorted((theirs / "supabase/migrations").iterdir()):
            version, name = path.stem.split("_", 1)
            connection.execute(
                "insert into supabase_migrations.schema_migrations (version, name) values (%s, %s)",
                (version, name),
            )


def ledger(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        query = "select version from supabase_migrations.schema_migrations order by version"
        return [version for (version,) in connection.execute(query.encode()).fetchall()]


def test_the_cli_pushes_beside_76_versions(
    postgres: Server, in_use: str, theirs: Path, tmp_path: Path
) -> None:
    """What adds; then what closes, on its own; then one more of either side. Nothing of theirs runs again."""
    url = postgres.copy(in_use, "pushed_beside")
    remember(url, theirs)
    out = tmp_path / "out"

    def push(*, closing: bool, more: tuple[str, ...] = ()) -> str:
        put_together(theirs, closing=closing, into=out)
        return run_cli(tmp_path, "db", "push", f"--workdir={out}", f"--remote={url}", "--yes", *more)

    push(closing=False)
    assert len(ledger(url)) == 76 + len(ADDING)
    push(closing=True)
    assert len(ledger(url)) == 76 + len(ADDING) + len(CLOSING)
    assert "up to date" in push(closing=True)

    # Theirs is older than our first by its stamp, as they wrote it before; ours is newer.
    (theirs / "supabase/migrations/20260301000000_coupons.sql").write_text(LATER)
    put_together(theirs, closing=True, into=out)
    (out / "supabase/migrations/20270101000000_ours.sql").write_text("create table private.more (id uuid);")
    run_cli(tmp_path, "db", "push", f"--workdir={out}", f"--remote={url}", "--yes", "--include-all")

    assert {"20260301000000", "20270101000000"} <= set(ledger(url))
    assert BASELINE.name.split("_")[0] in ledger(url)


def test_a_file_that_fails_leaves_nothing_behind(
    postgres: Server, in_use: str, theirs: Path, tmp_path: Path
) -> None:
    """Each file is one transaction for the CLI, too: a push that stopped is pushed again."""
    url = postgres.copy(in_use, "stopped")
    remember(url, theirs)
    out = tmp_path / "out"
    written = put_together(theirs, closing=False, into=out)
    (profiles,) = [path for path in written if path.name.endswith("_people.sql")]
    whole = profiles.read_text()
    profiles.write_text(whole + "\nselect 1 / 0;\n")

    with pytest.raises(AssertionError, match="division by zero"):
        run_cli(tmp_path, "db", "push", f"--workdir={out}", f"--remote={url}", "--yes")
    with psycopg.connect(url) as connection:
        columns = connection.execute(
            "select count(*) from pg_attribute where attrelid = 'public.profiles'::regclass and attnum > 0"
        ).fetchone()
        aside = connection.execute("select to_regclass('legacy.profiles')").fetchone()
    assert ((9,), (None,)) == (columns, aside)
    assert "_people" not in str(ledger(url))

    profiles.write_text(whole)
    run_cli(tmp_path, "db", "push", f"--workdir={out}", f"--remote={url}", "--yes")
    assert len(ledger(url)) == 76 + len(ADDING)


def test_a_preflight_that_raises_stops_the_push(
    postgres: Server, in_use: str, theirs: Path, tmp_path: Path
) -> None:
    """Before anything: the ledger is as it was, and the list is what the CLI prints."""
    url = postgres.copy(in_use, "does_not_fit")
    remember(url, theirs)
    with psycopg.connect(url) as connection:
        connection.execute("create table public.session_holds (id uuid)")
        connection.execute("update public.practitioners set bio = repeat('x', 20000)")
        connection.execute("alter table public.products alter column inventory_count type bigint")
    out = tmp_path / "out"
    put_together(theirs, closing=False, into=out)

    with pytest.raises(AssertionError) as said:
        run_cli(tmp_path, "db", "push", f"--workdir={out}", f"--remote={url}", "--yes")

    assert "2 things here do not fit" in str(said.value)
    assert "public.session_holds is there already" in str(said.value)
    assert "public.products.inventory_count is bigint" in str(said.value)
    assert len(ledger(url)) == 76


def test_two_sets_that_do_not_go_together_are_refused(theirs: Path, tmp_path: Path) -> None:
    """A version that both have, and a set without the platform's last file of before."""
    taken = ADDING[0].name.split("_")[0]
    (theirs / f"supabase/migrations/{taken}_another.sql").write_text("select 1;")
    with pytest.raises(CannotBeside, match="same version"):
        put_together(theirs, closing=False, into=tmp_path / "out")

    (tmp_path / "20240101000000_first.sql").write_text("select 1;")
    with pytest.raises(CannotBeside, match="whole set"):
        put_together(tmp_path, closing=False, into=tmp_path / "out")
