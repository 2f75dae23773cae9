"""`make migration`: what the chapters have and the migrations have not becomes a migration."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from sql.chapters import chapters
from sql.migration import NotPlanned, difference, plan
from sql.throwaway import BASELINE, Server, server


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    """A server of its own: the tool names its databases itself."""
    with server() as running:
        yield running


def changed(postgres: Server, name: str, change: str) -> str:
    """The database of the chapters, with a change to one of them."""
    url = postgres.build(name, [BASELINE, *(chapter.path for chapter in chapters())])
    with psycopg.connect(url) as connection:
        connection.execute(change.encode())
    return url


def plan_anew(postgres: Server, desired: str, *, allow_drops: bool = False) -> list[str]:
    with psycopg.connect(postgres.url("template1", "supabase_admin"), autocommit=True) as connection:
        for name in ("today", "with_added"):
            connection.execute(f"drop database if exists {name}".encode())
    return plan(postgres, desired, allow_drops=allow_drops)


def test_an_edited_chapter_becomes_a_migration(postgres: Server, tmp_path: Path) -> None:
    """A column, a rule and a policy: once the migration is applied, the two databases are the same."""
    desired = changed(
        postgres,
        "with_topics",
        """
        alter table public.journal_entries add column topic text,
          add constraint journal_entries_topic_is_short check (char_length(topic) between 1 and 60);
        create policy "admins add studios by hand" on public.studio_locations as restrictive for insert to authenticated
          with check ((select private.is_admin()) and name between 'a' and 'z');
        """,
    )

    (script,) = plan_anew(postgres, desired)
    path = tmp_path / "20990101000000_add_topics.sql"
    path.write_text(script)

    assert "ADD COLUMN" in script
    assert "" == difference(postgres, desired, [path])


def test_without_a_change_there_is_no_migration(postgres: Server) -> None:
    """The chapters as they are checked in come to what the migrations come to."""
    assert [] == plan_anew(postgres, changed(postgres, "unchanged", "select 1"))


def test_a_drop_is_planned_only_when_asked_for(postgres: Server) -> None:
    """The refusal says how to ask."""
    desired = changed(postgres, "without_titles", "alter table public.journal_entries drop column title")

    with pytest.raises(NotPlanned, match="DROPS=1"):
        plan_anew(postgres, desired)
    assert "DROP COLUMN" in "".join(plan_anew(postgres, desired, allow_drops=True))


def test_rows_that_differ_are_named(postgres: Server) -> None:
    """No tool writes them: the author does."""
    desired = changed(postgres, "shorter_wait", "update public.session_rules set client_grace_minutes = 7")

    assert [] == plan_anew(postgres, desired)
    left = difference(postgres, desired, [])
    assert "+session_rules: " in left
    assert "7" in left
