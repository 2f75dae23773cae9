"""Calls the scheduled functions when they are due, with the secret key, as the hosted scheduler does."""

import asyncio
from datetime import UTC, datetime

import aiohttp
from yaml import YAMLError

from server.scheduler import is_due

from .config import ROOT, Config
from .deploy_yaml import functions


async def tick(config: Config, client: aiohttp.ClientSession) -> None:
    """Call every function whose schedule names this minute, minute after minute. A call never overtakes itself."""
    calls: dict[str, asyncio.Task[None]] = {}
    while True:
        now = datetime.now(UTC)
        await asyncio.sleep(60 - now.timestamp() % 60)
        minute = datetime.now(UTC).replace(second=0, microsecond=0)
        try:
            declared = functions(ROOT)
        except (OSError, ValueError, YAMLError) as error:  # somebody is writing deploy.yaml just now
            print(f"deploy.yaml cannot be read: {error}", flush=True)
            continue
        for name, function in declared.items():
            still_busy = name in calls and not calls[name].done()
            if function.schedule and is_due(function.schedule, minute) and not still_busy:
                calls[name] = asyncio.create_task(_call(config, client, name))


async def _call(config: Config, client: aiohttp.ClientSession, name: str) -> None:
    key = config.secrets["SUPABASE_SECRET_KEY"]
    headers = {"apikey": key, "Authorization": f"Bearer {key}"}
    try:
        async with client.post(f"{config.url()}/functions/v1/{name}", json={}, headers=headers) as reply:
            if reply.status >= 400:
                print(f"scheduled {name}: {reply.status} {await reply.text()}", flush=True)
    except aiohttp.ClientError as error:
        print(f"scheduled {name}: {error!r}", flush=True)
