# ruff: noqa: E501 - SQL and patterns as they stand in the files
"""Every statement of the chapters is of a kind of which it is known whether it adds or closes."""

import re

import pytest

from sql.chapters import chapters
from sql.closing import FUNCTIONS, TABLES, divide
from sql.statements import bare, parts, statements
from sql.throwaway import BASELINE, MIGRATIONS

# A kind that is not among these says nothing yet about what it takes from whom: sql/closing.py has to be taught it first.
KINDS = re.compile(
    r"alter table|alter default privileges|alter function|comment on|create (?:or replace )?(?:constraint )?"
    r"(?:extension|function|index|policy|schema|sequence|(?:temporary )?table|trigger|type|unique index|view)|delete from|do|drop (?:function|policy|trigger)"
    r"|grant|insert into|revoke|select|set constraints|update|with"
)
ADDING = [path for path in MIGRATIONS if path != BASELINE and "_close_" not in path.name]
ON_THERE = re.compile(r"\bon (?:table |function )?((?:public|auth)\.\w+(?:, public\.\w+)*) (?:from|to)\b")


@pytest.mark.parametrize("chapter", [pytest.param(chapter, id=chapter.name) for chapter in chapters()])
def test_every_kind_of_statement_is_known(chapter) -> None:  # type: ignore[no-untyped-def]
    """And none is lost: what is divided is as much as there was."""
    text = chapter.path.read_text()
    lines = [line for statement in statements(text) if (line := bare(statement))]

    assert not [line[:80] for line in lines if not KINDS.match(line.lower())]
    assert len(lines) <= len(list(divide(text)))


@pytest.mark.parametrize("path", [pytest.param(path, id=path.name) for path in ADDING])
def test_no_adding_file_takes_from_what_was_there(path) -> None:  # type: ignore[no-untyped-def]
    """Nothing is revoked, dropped, guarded or made stricter on a table or function of the platform."""
    for statement in statements(path.read_text()):
        line = bare(statement)
        found = re.match(
            r"(revoke|drop policy|drop trigger|drop function|create policy|create trigger)\b", line
        )
        named = {name for group in ON_THERE.findall(line) for name in parts(group)} if found else set()
        assert not named & (FUNCTIONS if " on function " in line else TABLES), line[:200]
        altered = re.match(r"alter table (public\.\w+) (.*);", line)
        if altered and altered[1] in TABLES:
            assert all(
                re.match("add column|(en|dis)able trigger user", action) for action in parts(altered[2])
            ), line[:200]


def test_the_parts_of_one_statement_are_told_apart() -> None:
    """A column is added at once, a rule on it closes; of two functions only the one that was there."""
    divided = list(
        divide(
            "alter table public.practitioners add column a text, add constraint b check (a <> ''), alter column name drop default;\n"
            "revoke execute on function private.new, public.has_role from anon;\n"
            "create table public.new (id uuid); -- ours\n"
            "create trigger late after insert on public.profiles for each row execute function private.x();"
        )
    )

    assert [(" ".join(part.text.split()), part.closes, part.adds) for part in divided] == [
        ("alter table public.practitioners add column a text;", None, True),
        (
            "alter table public.practitioners add constraint b check (a <> '') not valid, alter column name drop default;",
            "rules",
            False,
        ),
        ("revoke execute on function private.new from anon;", None, True),
        ("revoke execute on function public.has_role from anon;", "rights", False),
        ("create table public.new (id uuid); -- ours", None, True),
        (
            "create trigger late after insert on public.profiles for each row execute function private.x();",
            None,
            False,
        ),
    ]
