# ruff: noqa: E501 - each offence on its line, with what is said of it
"""The preflight says everything that does not fit at once, changes nothing, and is silent where the rest will apply."""

from pathlib import Path

import psycopg
import pytest

from sql.content import content
from sql.throwaway import BASELINE, Server

from .conftest import ADDING, ROWS_OF_A, ROWS_OF_B, STATE_B

PREFLIGHT = ADDING[0]

# What somebody may have done by hand, and what the list then says of it.
ODD = {
    "alter table public.practitioners alter column half_hour_rate type text": "public.practitioners.half_hour_rate is text and should be numeric",
    "alter table public.profiles drop column address": "public.profiles has no column address",
    "alter table public.session_recordings alter column duration_seconds type bigint": "public.session_recordings.duration_seconds is bigint and should be integer",
    "drop table public.access_grants": "table public.access_grants is not there",
    "create policy \"Partners can view sessions\" on public.session_schedules for select using (true)": 'policy "Partners can view sessions" on public.session_schedules is not known',
    "create role reporting; grant select on public.session_payments to reporting": "role reporting has rights on public.session_payments",
    "create function public.shout() returns trigger language plpgsql as $$ begin return new; end $$;"
    "create trigger shout after insert on public.session_payments for each row execute function public.shout()": "trigger shout on session_payments, which calls shout, is not known",
    "create trigger also after insert on auth.users for each row execute function public.shout()": "trigger also on auth.users, which calls shout, is not known",
    "create schema private": "schema private is there already",
    "create table public.session_holds (id uuid)": "public.session_holds is there already",
    "create function public.book_session_with_credit() returns integer language sql as 'select 1'": "function book_session_with_credit() is in the way",
    "create function public.has_role(text) returns boolean language sql as 'select true'": "there are has_role(uuid,app_role) and has_role(text), of which only one can be meant",
    "create view public.signatures as select id, signed_at from public.liability_waivers": "view signatures reads public.liability_waivers",
    "create view public.places as select id, physical_location from public.session_schedules": "view places reads public.session_schedules",
}  # fmt: skip
# Rows beyond our bounds; asked once the tables are as they should be.
ODD_ROWS = {
    "update public.practitioners set bio = repeat('x', 20000) where name = 'Petra'": "1 rows of public.practitioners break practitioners_bio_is_short",
    "update public.session_payments set currency = 'eur' where status = 'completed'": "4 rows of public.session_payments break the currencies that are paid in",
    "update public.user_session_credits set credits_remaining = 20000 where credits_remaining = 3": "1 rows of public.user_session_credits break user_session_credits_credits_are_in_range",
    "insert into public.session_packages (name, session_count, price_cad, price_usd, session_type_id)"
    " select 'Twice', session_count, 1, 1, session_type_id from public.session_packages limit 1": "2 rows of public.session_packages break one package",
}  # fmt: skip


def refusal(server: Server, name: str) -> str:
    with pytest.raises(psycopg.errors.RaiseException) as raised:
        server.apply(name, [PREFLIGHT])
    return str(raised.value)


@pytest.mark.parametrize(
    "files",
    [[], [ROWS_OF_A], [STATE_B], [STATE_B, ROWS_OF_B]],
    ids=["empty", "state A", "state B, empty", "state B"],
)
def test_it_is_silent_where_the_rest_applies(postgres: Server, files: list[Path]) -> None:
    """With the mistakes that people made on the platform, for which there are rules."""
    name = f"silent_{len(files)}_{'b' if STATE_B in files else 'a'}"
    postgres.build(name, [BASELINE, *files])

    postgres.apply(name, [PREFLIGHT])


def test_it_says_everything_at_once_and_changes_nothing(postgres: Server, in_use: str) -> None:
    """One list, each line with what is wrong and where."""
    url = postgres.copy(in_use, "odd")
    with psycopg.connect(postgres.url("odd", "supabase_admin")) as connection:
        connection.execute("set role postgres")
        for statement in ODD:
            if "auth.users" in statement or "role" in statement:
                connection.execute("reset role")
            connection.execute(statement.encode())
            connection.execute("set role postgres")
    before = content(postgres, url)

    said = refusal(postgres, "odd")

    assert not [line for line in ODD.values() if line not in said]
    assert f"{len(ODD)} things here do not fit" in said
    assert "" == before.differences(content(postgres, url), "before", "after")


def test_it_names_rows_beyond_our_bounds(postgres: Server, in_use: str) -> None:
    """Those could be read and no longer changed; what the ledgers could not open with is among them."""
    url = postgres.copy(in_use, "odd_rows")
    with psycopg.connect(url) as connection:
        for statement in ODD_ROWS:
            connection.execute(statement.encode())

    said = refusal(postgres, "odd_rows")

    assert not [line for line in ODD_ROWS.values() if line not in said]
    assert f"{len(ODD_ROWS)} things here do not fit" in said
