"""One database built from `sql/` with a few rows in it, and a sandbox for each test: what it does there is undone."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from sql.throwaway import ROOT, Server, server
from tests.told import ADDRESS, TOLD

ROW = "10000000-0000-4000-8000-000000000001"
CLIENT = "c0000000-0000-4000-8000-000000000001"
OTHER_CLIENT = "c0000000-0000-4000-8000-000000000002"
PRACTITIONER = "f0000000-0000-4000-8000-000000000001"
STRANGER = "f0000000-0000-4000-8000-000000000002"
ADMIN = "a0000000-0000-4000-8000-000000000001"

# Who somebody is to the row in question: its client, another one, its practitioner, another one (a stranger), …
IDENTITIES = {
    "anon": ("anon", None),
    "client": ("authenticated", CLIENT),
    "other": ("authenticated", OTHER_CLIENT),
    "practitioner": ("authenticated", PRACTITIONER),
    "stranger": ("authenticated", STRANGER),
    "admin": ("authenticated", ADMIN),
    "service": ("service_role", None),
}


class Sandbox:
    """One transaction, undone at the end, in which a test acts as people do through PostgREST: by role and claims."""

    def __init__(self, connection: psycopg.Connection[dict[str, Any]]) -> None:
        self._connection = connection

    def act_as(self, who: str, **more: Any) -> None:
        """Act as one of the identities, or as `owner`, who applies the migrations; with further claims of a token."""
        role, person = IDENTITIES.get(who, ("none", None))
        claims = json.dumps({"role": role, "sub": person, **more})
        self.run(
            "select set_config('request.jwt.claims', %s, true), set_config('role', %s, true)", claims, role
        )

    def run(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Run a statement, after the worker's next run if it is about who was told. Gives its rows."""
        if TOLD.search(query):
            self.address_events()
        cursor = self._connection.execute(query.encode(), values or None)
        return cursor.fetchall() if cursor.description else []

    def one(self, query: str, *values: Any) -> Any:
        """The only value of the only row."""
        (row,) = self.run(query, *values)
        (value,) = row.values()
        return value

    def address_events(self) -> None:
        """A worker addresses what has happened, whoever acts here."""
        before = self.one("select current_setting('role')")
        self.run("select set_config('role', 'none', true)")
        while self.one(ADDRESS):
            pass
        self.run("select set_config('role', %s, true)", before)

    @contextmanager
    def undone(self) -> Iterator[None]:
        """What happens inside did not happen."""
        with self._connection.transaction(force_rollback=True):
            yield

    @contextmanager
    def refused(self, code: str) -> Iterator[None]:
        """What happens inside is refused by our own rule of that code."""
        with pytest.raises(psycopg.Error) as refusal, self._connection.transaction():
            yield
        assert code == refusal.value.diag.message_detail, refusal.value

    @contextmanager
    def too_often(self) -> Iterator[None]:
        """What happens inside is refused by a rate."""
        with pytest.raises(psycopg.Error) as refusal, self._connection.transaction():
            yield
        assert "too_many_requests" == json.loads(refusal.value.diag.message_primary or "")["details"]

    @contextmanager
    def forbidden(self) -> Iterator[None]:
        """What happens inside lacks a grant or fails a policy."""
        with pytest.raises(psycopg.errors.InsufficientPrivilege), self._connection.transaction():
            yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """The server of this run."""
    with server() as running:
        yield running


@pytest.fixture(scope="session")
def database(postgres: Server) -> str:
    """The database with the rows of seed.sql in it."""
    url = postgres.build("seeded")
    with psycopg.connect(url) as connection:
        connection.execute((ROOT / "tests/sql/seed.sql").read_bytes())
    return url


@pytest.fixture(scope="session")
def connection(database: str) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    """One for all tests that undo what they do: a new one would plan every function anew."""
    with psycopg.connect(database, row_factory=dict_row) as connection:
        yield connection


@pytest.fixture
def sandbox(connection: psycopg.Connection[dict[str, Any]]) -> Iterator[Sandbox]:
    """A transaction on the seeded database, rolled back at the end."""
    yield Sandbox(connection)
    connection.rollback()
