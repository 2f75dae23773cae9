"""What the buttons of the front page do: sign in, call a function, let time pass, tell what the world would tell."""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

import aiohttp
import httpx
import psycopg
from cronsim import CronSim

from deploy.api import Api, refusals, rows, words_of
from local.config import ROOT, Config, Port
from local.deploy_yaml import Function

from .events import AGORA_EVENTS, STRIPE_EVENTS, agora_event, stripe_event, stripe_signature
from .facts import PEOPLE

if TYPE_CHECKING:
    from supabase_auth.types import Session

T = TypeVar("T")
SKIP = ROOT / "local" / "sql" / "skip_time.sql"
SKIPS = {"1": "an hour", "336": "two weeks"}  # of two weeks every weekday stays one
PATIENCE_S = 120
DOCTOR_PATIENCE_S = 90


class Failed(Exception):
    """It did not work; the message says why."""


class Acts:
    """The buttons of one stack."""

    def __init__(self, config: Config, client: aiohttp.ClientSession, env: Mapping[str, str]) -> None:
        self._config = config
        self._client = client
        self._env = env

    async def sign_in(self, who: str, site: str) -> str:
        """The address of a website, with what signs this person in there: as a link in a mail has it."""

        def enter(api: Api) -> dict[str, Any]:
            return self._enter(api, who).model_dump()

        session = await self._ask_project("SUPABASE_PUBLISHABLE_KEY", enter)
        names = ("access_token", "refresh_token", "expires_in", "token_type")
        return f"{site}/#{urlencode({name: session[name] for name in names})}"

    async def open_checkout(self) -> str:
        """The address at which the demo's client pays for five sessions."""

        def buy(api: Api) -> str:
            self._enter(api, "client")
            packages = api.client.from_("session_packages").select("session_types(id, duration_minutes)")
            five = packages.is_("is_active", "true").is_("is_group", "false").eq("session_count", 5).limit(1)
            kinds = [row["session_types"] for row in rows(five)]
            if not kinds:
                raise Failed("No package of five sessions is for sale.")
            wanted = {"session_type_id": kinds[0]["id"], "duration_minutes": kinds[0]["duration_minutes"]}
            order = {**wanted, "payment_type": "package_5", "currency": "cad"}
            return str(api.invoke("create-session-payment", order)["url"])

        return await self._ask_project("SUPABASE_PUBLISHABLE_KEY", buy)

    def _enter(self, api: Api, who: str) -> "Session":
        if who not in PEOPLE:
            raise Failed("There is nobody of that name in the demo.")
        return api.sign_in(self._env[f"DEMO_{who.upper()}_EMAIL"], self._env[f"DEMO_{who.upper()}_PASSWORD"])

    async def run(self, name: str) -> str:
        """Call a scheduled function, as the clock does."""

        def call(api: Api) -> str:
            api.invoke(name)
            return f"{name}: {api.answer.text}"

        return await self._ask_project("SUPABASE_SECRET_KEY", call)

    async def skip(self, hours: int, functions: Mapping[str, Function]) -> str:
        """Everything is so much longer ago, and what the clock would have called meanwhile is called."""
        try:
            moved = await asyncio.to_thread(self._move, hours)
        except psycopg.Error as error:
            raise Failed(f"Nothing was moved: {error}") from error
        now = datetime.now(UTC)
        due = [
            one.name for one in functions.values() if one.schedule and _falls_due(one.schedule, now, hours)
        ]
        said = [f"{moved} tables moved."]
        for name in 2 * due:  # what one brings about another tells, and may have been called before it
            try:
                said.append(await self.run(name))
            except Failed as failure:
                said.append(str(failure))
        return "\n".join(said)

    async def send_stripe_event(self, kind: str) -> str:
        """Sign and deliver one, about the newest checkout if there is any."""
        if kind not in STRIPE_EVENTS:
            raise Failed("Stripe has more events; this page sends none of them.")
        body = json.dumps(stripe_event(kind, await asyncio.to_thread(self._newest_checkout)))
        signature = stripe_signature(body, self._env["STRIPE_WEBHOOK_SECRET"])
        status, text = await self._post(
            f"{self._config.url()}/functions/v1/stripe-session-webhook",
            body,
            **{"stripe-signature": signature},
        )
        return f"{body}\n\nstripe-session-webhook answers {status}: {text}"

    async def send_agora_event(self, kind: str) -> str:
        """Let the stand-in notify, which signs it and tries again as Agora does."""
        if kind not in AGORA_EVENTS:
            raise Failed("Agora has more events; this page sends none of them.")
        notice = agora_event(kind, await asyncio.to_thread(self._nearest_room))
        status, text = await self._post(f"{self._config.url(Port.AGORA)}/_control/notify", notice)
        return f"{text}\n\nThe stand-in answers {status} and delivers it; the webhook's log says what came of it."

    async def ask_doctor(self) -> str:
        """What `make doctor` prints."""
        asked = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "deploy", "doctor"),
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], **self._env},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            said, _ = await asyncio.wait_for(asked.communicate(), DOCTOR_PATIENCE_S)
        except TimeoutError:
            asked.kill()
            raise Failed(f"The doctor had not ended after {DOCTOR_PATIENCE_S} s.") from None
        if asked.returncode:
            raise Failed(said.decode(errors="replace"))
        return said.decode(errors="replace")

    async def _ask_project(self, key: str, ask: Callable[[Api], T]) -> T:
        """With one of its keys. In a thread, since it is this process that passes on what is asked."""

        def asked() -> T:
            with Api(self._config.env(), self._env[key], seconds=PATIENCE_S) as api:
                return ask(api)

        try:
            # httpx counts its seconds anew for each read; these are for all of it.
            return await asyncio.wait_for(asyncio.to_thread(asked), PATIENCE_S)
        except TimeoutError:
            raise Failed(f"It had not ended after {PATIENCE_S} s.") from None
        except refusals() as refusal:
            raise Failed(words_of(refusal)) from refusal
        except httpx.HTTPError as error:
            raise Failed(f"{error.request.url} does not answer: {error!r}") from error

    async def _post(self, url: str, body: object, **headers: str) -> tuple[int, str]:
        data = body if isinstance(body, str) else json.dumps(body)
        headers = {"Content-Type": "application/json", **headers}
        try:
            async with self._client.post(
                url, data=data, headers=headers, timeout=aiohttp.ClientTimeout(total=PATIENCE_S)
            ) as reply:
                return reply.status, (await reply.read()).decode(errors="replace")
        except (aiohttp.ClientError, OSError) as error:
            raise Failed(f"{url} does not answer: {error!r}") from error

    def _move(self, hours: int) -> int:
        with psycopg.connect(self._config.database_url("supabase_admin")) as connection:
            connection.execute("select set_config('skip.hours', %s, true)", (str(hours),))
            connection.execute(SKIP.read_bytes())
            (moved,) = connection.execute("select current_setting('skip.moved')::int").fetchone() or (0,)
            return int(moved)

    def _newest_checkout(self) -> dict[str, Any] | None:
        return self._ask(
            "select id::text, stripe_session_id, amount_minor, currency from public.checkout_sessions"
            " where stripe_session_id is not null order by created_at desc limit 1"
        )

    def _nearest_room(self) -> str:
        found = self._ask(
            "select room_name from public.session_schedules where status in ('scheduled', 'in_progress')"
            " order by abs(extract(epoch from scheduled_at - now())) limit 1"
        )
        return str(found["room_name"]) if found else "sample"

    def _ask(self, query: str) -> dict[str, Any] | None:
        with psycopg.connect(self._config.database_url(), row_factory=psycopg.rows.dict_row) as connection:
            return connection.execute(query.encode()).fetchone()


def _falls_due(schedule: str, now: datetime, hours: int) -> bool:
    """Within the time that was skipped."""
    return next(CronSim(schedule, now - timedelta(hours=hours))) <= now
