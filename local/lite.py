"""Auth, storage and resumable uploads: one Node process around `@supabase/lite` and `@tus/server`."""

import json

import aiohttp

from .config import NODE, Config, Port
from .node import NODE_BINARY, environment
from .processes import Processes, answers
from .project import Project


async def start(
    config: Config, project: Project, processes: Processes, client: aiohttp.ClientSession
) -> None:
    """Start it and wait until it answers; by then its tables are there."""
    env = environment(
        DATABASE_URL=config.database_url("supabase_lite"),
        LITE_SECRET=config.secrets["lite_secret"],
        SIGNING_KEY=config.secrets["JWT_SIGNING_KEY"],
        ORIGIN=config.url(),
        PORT=str(config.port(Port.SUPABASE)),
        SITE_URL=project.site_url,
        REDIRECT_URLS=json.dumps(project.redirect_urls),
        SENDER_EMAIL=project.sender_email,
        SMTP_PORT=str(config.port(Port.SMTP)),
        STORAGE=str(config.state / "storage"),
        UPLOADED=str(config.state / "uploads"),
        EXPERIMENTAL_STORAGE="1",
        LITE_TELEMETRY="0",
        # The least that bcrypt has. Nobody's real password comes here, and at 10 a hash would take 70 ms of JavaScript.
        LITE_AUTH_BCRYPT_COST="4",
    )
    ready = answers(client, f"{config.url(Port.SUPABASE)}/storage/v1/status")
    await processes.keep("supabase", [NODE_BINARY, "supabase.mjs"], env=env, cwd=NODE, ready=ready)
