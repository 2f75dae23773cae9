"""Applies sql/migrations with the Supabase CLI, through the very link that production uses."""

import asyncio
import hashlib
import json
import re

import psycopg

from .config import NODE, ROOT, Config, write_private
from .members import tag
from .node import NODE_BINARY, environment

PATIENCE = 600


class MigrationsFailed(Exception):
    """They do not apply to this stack; the message says why."""


async def push(config: Config) -> None:
    """Apply what is not applied yet. When nothing is new, the CLI and its second are not needed."""
    digests = _digests()
    applied = await asyncio.to_thread(_applied, config)
    remembered = config.state / "migrations.json"
    known = json.loads(remembered.read_text()) if remembered.exists() else {}
    if any(digests.get(version) != known.get(version) for version in applied):
        raise MigrationsFailed(
            "This stack was made from other migrations than these: `make reset` empties it"
        )
    # Before the push: one that is stopped halfway is the same set.
    write_private(remembered, json.dumps(digests))
    if applied == digests.keys():
        return
    program = NODE / "node_modules" / "supabase" / "dist" / "supabase.js"
    env = environment(
        HOME=str(config.state),  # the CLI keeps its notes there, not in anybody's home
        SUPABASE_TELEMETRY_DISABLED="1",
        NO_COLOR="1",
        **tag(config.state),
    )
    process = await asyncio.create_subprocess_exec(
        *(
            str(word)
            for word in (NODE_BINARY, program, "db", "push", f"--remote={config.database_url()}", "--yes")
        ),
        cwd=ROOT,
        env=env,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    except TimeoutError:
        process.kill()
        raise MigrationsFailed(f"The migrations do not end within {PATIENCE / 60:g} minutes") from None
    text = output.decode(errors="replace")
    (config.logs() / "migrations.log").write_text(text)
    if process.returncode:
        raise MigrationsFailed(f"The migrations do not apply:\n{_without_passwords(text)}")


def _digests() -> dict[str, str]:
    """Each migration's text, as a hash by its version: before they are adopted they may be written anew."""
    files = sorted((ROOT / "sql" / "migrations").glob("*.sql"))
    return {path.name.partition("_")[0]: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _applied(config: Config) -> set[str]:
    """The versions that the CLI has written down in the database."""
    with psycopg.connect(config.database_url()) as connection:
        try:
            rows = connection.execute("select version from supabase_migrations.schema_migrations").fetchall()
        except psycopg.errors.UndefinedTable:
            rows = []  # it has never run here
    return {version for (version,) in rows}


def _without_passwords(text: str) -> str:
    return re.sub(r"(://[^:/@]+):[^@]+@", r"\1:…@", text)
