"""What the front page shows: how the stack is, and what there is to look at."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import psycopg

from deploy.api import Api, refusals, rows
from local.config import Config, Port
from local.deploy_yaml import Function
from local.members import members

PEOPLE = ("client", "practitioner", "admin")
DEMO_PAGES = "demo_pages.json"
SOON_S = 5
NEWEST_RECORDING = (
    "select id, recording_url, duration_seconds, completed_at from public.session_recordings"
    " where status = 'completed' order by completed_at desc limit 1"
)


@dataclass(frozen=True)
class Row:
    """A function that the clock calls, and how its last run ended."""

    function: Function
    run: dict[str, Any] | None


async def newest_recording(config: Config) -> dict[str, Any] | None:
    """The recording that was finished last, with its address."""

    def ask() -> dict[str, Any] | None:
        with psycopg.connect(
            config.database_url(), connect_timeout=3, row_factory=psycopg.rows.dict_row
        ) as it:
            return it.execute(NEWEST_RECORDING).fetchone()

    try:
        return await asyncio.to_thread(ask)
    except psycopg.Error:
        return None  # it is down, which the page says elsewhere


async def ops_status(config: Config) -> dict[str, Any] | None:
    """How the platform says that it is; none where no migration has brought `ops_status`, or nobody answers."""

    def ask() -> dict[str, Any] | None:
        with Api(config.env(), config.secrets["SUPABASE_SECRET_KEY"], seconds=SOON_S) as api:
            return next(iter(rows(api.client.rpc("ops_status"))), None)

    try:
        return await asyncio.wait_for(asyncio.to_thread(ask), SOON_S)
    except refusals():
        return None
    except (httpx.HTTPError, TimeoutError):
        return None  # it is down, which the page says elsewhere


async def newest_mails(config: Config, client: aiohttp.ClientSession) -> list[dict[str, Any]]:
    """The last few that were caught."""
    try:
        async with client.get(
            f"{config.url(Port.MAIL)}/messages?newest=5", timeout=aiohttp.ClientTimeout(total=SOON_S)
        ) as reply:
            mails: list[dict[str, Any]] = json.loads(await reply.read())
    except (aiohttp.ClientError, OSError, ValueError):
        return []
    return mails[::-1]


async def count_processes(state: Path) -> int:
    """Of this stack."""
    return len(await asyncio.to_thread(members, state)) + 1  # it leaves out who asks


def demo_pages(state: Path) -> list[dict[str, str]]:
    """What `make demo` left open."""
    path = state / DEMO_PAGES
    pages: list[dict[str, str]] = json.loads(path.read_text()) if path.exists() else []
    return pages


def scheduled(functions: dict[str, Function], status: dict[str, Any] | None) -> list[Row]:
    """Functions that the clock calls, by name."""
    runs = {run["function"]: run for run in (status or {}).get("functions") or []}
    return [Row(one, runs.get(name)) for name, one in sorted(functions.items()) if one.schedule]
