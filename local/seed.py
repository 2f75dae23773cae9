"""The demo: three people, signed up as anybody would, and what lies between them."""

import asyncio

import aiohttp
import psycopg

from .config import ROOT, Config

DEMO = ROOT / "local" / "sql" / "demo.sql"


async def insert_demo(config: Config, client: aiohttp.ClientSession) -> None:
    """Make what is missing. There is always a session that can be joined now."""
    people = {who: await _sign_in(config, client, who) for who in ("client", "practitioner", "admin")}
    await asyncio.to_thread(_fill, config, people)


async def _sign_in(config: Config, client: aiohttp.ClientSession, who: str) -> str:
    """The person's id; who is not known yet signs up."""
    email = config.secrets[f"DEMO_{who.upper()}_EMAIL"]
    credentials = {"email": email, "password": config.secrets[f"DEMO_{who.upper()}_PASSWORD"]}
    newcomer = {**credentials, "data": {"full_name": f"Demo {who}"}}
    headers = {"apikey": config.secrets["SUPABASE_PUBLISHABLE_KEY"]}
    for path, body in (("token?grant_type=password", credentials), ("signup", newcomer)):
        async with client.post(f"{config.url()}/auth/v1/{path}", json=body, headers=headers) as reply:
            answer = await reply.json()
            if reply.ok:
                return str(answer["user"]["id"])
    raise RuntimeError(f"{email} can neither sign in nor sign up: {answer}")


def _fill(config: Config, people: dict[str, str]) -> None:
    with psycopg.connect(config.database_url()) as connection:
        for who, person in people.items():
            connection.execute("select set_config(%s, %s, true)", (f"demo.{who}", person))
        connection.execute(DEMO.read_bytes())
