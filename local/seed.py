"""The demo: three people and a session that is on right now."""

import aiohttp

from .config import Config


async def plant(config: Config, client: aiohttp.ClientSession) -> None:
    pass
