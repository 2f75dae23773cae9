"""The addresses of the front page, at the stack's origin."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp
from aiohttp import web

from local.config import NODE, ROOT, Config, Port
from local.deploy_yaml import Function, functions

from . import facts, logs
from .acts import SKIPS, Acts, Failed
from .events import AGORA_EVENTS, STRIPE_EVENTS
from .guard import Guard
from .look import show
from .nowhere import nowhere

REFERENCE = NODE / "node_modules" / "redoc" / "bundles" / "redoc.standalone.js"
OPENAPI = ROOT / "docs" / "api" / "openapi.json"
# Its script makes its own styles, and looks things up in a worker.
REFERENCE_MAY = {
    "connect-src": "'self'",
    "font-src": "data:",
    "form-action": "'none'",
    "img-src": "'self' data:",
    "style-src": "'self' 'unsafe-inline'",
    "worker-src": "'self' blob:",
}


@dataclass(frozen=True)
class Told:
    """What a button did."""

    at: datetime
    title: str
    words: str
    is_wrong: bool


class Front:
    """The front page of one stack."""

    def __init__(
        self,
        config: Config,
        client: aiohttp.ClientSession,
        env: Mapping[str, str],
        parts: Callable[[], list[str]],
        silent: Callable[[], Awaitable[list[str]]],
    ) -> None:
        self._config = config
        self._client = client
        self._env = env
        self._parts = parts
        self._silent = silent
        self._guard = Guard(config.port(Port.GATEWAY))
        self._acts = Acts(config, client, env)
        self._told: deque[Told] = deque(maxlen=3)
        self._only_words = (
            f"This shows keys. Open it as {config.url()}, on the machine that the stack runs on."
        )

    def add_to(self, router: web.UrlDispatcher) -> None:
        """All but `/`, which is JSON for programs."""
        router.add_get("/_front/logs", self._only_here(self._logs))
        router.add_get("/_front/reference", self._only_here(self._reference))
        router.add_get("/_front/redoc.js", self._only_here(self._script))
        router.add_get("/_front/openapi.json", self._only_here(self._openapi))
        router.add_post("/_front/sign-in", self._sign_in)
        router.add_post("/_front/pay", self._pay)
        router.add_post("/_front/{act:run|skip|stripe|agora|doctor}", self._act)

    async def front_page(self, request: web.Request) -> web.Response:
        """Everything at a glance."""
        if not self._guard.may_look(request):
            raise web.HTTPForbidden(text=self._only_words)
        silent, status, recording, mails, processes = await asyncio.gather(
            self._silent(),
            facts.ops_status(self._config),
            facts.newest_recording(self._config),
            facts.newest_mails(self._config, self._client),
            facts.count_processes(self._config.state),
        )
        stripe, known = self._config.url(Port.STRIPE), functions(ROOT)
        return show(
            "front.html",
            status=503 if silent else 200,
            allowing={"form-action": " ".join(["'self'", *self._sites(), stripe])},
            home=self._config.url(),
            env=self._env,
            sites=self._sites(),
            sample=self._config.url(Port.SAMPLE),
            mail=self._config.url(Port.MAIL),
            token=self._guard.token,
            parts=self._parts(),
            silent=silent,
            status_of=status,
            recording=recording,
            mails=mails,
            processes=processes,
            rows=facts.scheduled(known, status),
            others=[name for name, one in sorted(known.items()) if not one.schedule],
            pages=facts.demo_pages(self._config.state),
            people=facts.PEOPLE,
            told=list(reversed(self._told)),
            skips=SKIPS,
            stripe_events=STRIPE_EVENTS,
            agora_events=AGORA_EVENTS,
        )

    def nowhere(self, request: web.Request) -> web.Response:
        """For an address at which nothing of ours is."""
        return nowhere(request, self._config, self._env["SITE_URL"])

    def _sites(self) -> list[str]:
        return list(dict.fromkeys([self._config.url(Port.SAMPLE), self._env["SITE_URL"]]))

    def _only_here(
        self, answer: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def guarded(request: web.Request) -> web.StreamResponse:
            if not self._guard.may_look(request):
                raise web.HTTPForbidden(text=self._only_words)
            return await answer(request)

        return guarded

    async def _logs(self, request: web.Request) -> web.Response:
        words, name = request.query.get("request_id", "").strip(), request.query.get("of", "")
        folder = self._config.logs()
        if words:
            found = await asyncio.to_thread(logs.search, folder, words)
        else:
            lines = await asyncio.to_thread(logs.tail, folder, name) if name else []
            found = [(name, line) for line in reversed(lines)]
        return show(
            "logs.html",
            home=self._config.url(),
            words=words,
            name=name,
            names=logs.names(folder),
            found=found,
        )

    async def _reference(self, request: web.Request) -> web.Response:
        return show("reference.html", allowing=REFERENCE_MAY, home=self._config.url())

    async def _script(self, request: web.Request) -> web.FileResponse:
        return web.FileResponse(REFERENCE)

    async def _openapi(self, request: web.Request) -> web.FileResponse:
        return web.FileResponse(OPENAPI)

    async def _sign_in(self, request: web.Request) -> web.Response:
        fields = await self._guard.admit(request)
        site = fields.get("site", "")
        if site not in self._sites():
            raise web.HTTPUnprocessableEntity(
                text="People are signed in at the sample page and at SITE_URL only."
            )
        return await self._lead("Sign in", self._acts.sign_in(fields.get("who", ""), site))

    async def _pay(self, request: web.Request) -> web.Response:
        await self._guard.admit(request)
        return await self._lead("Stripe's page", self._acts.open_checkout())

    async def _lead(self, title: str, address: Awaitable[str]) -> web.Response:
        """To a page elsewhere, or back to be told why not."""
        try:
            to = await address
        except Failed as failure:
            self._tell(title, str(failure), is_wrong=True)
            to = "/#told"
        raise web.HTTPSeeOther(to)

    async def _act(self, request: web.Request) -> web.Response:
        fields = await self._guard.admit(request)
        title, doing = self._chosen(request.match_info["act"], fields)
        try:
            self._tell(title, await doing)
        except Failed as failure:
            self._tell(title, str(failure), is_wrong=True)
        raise web.HTTPSeeOther("/#told")

    def _chosen(self, act: str, fields: dict[str, str]) -> tuple[str, Awaitable[str]]:
        known: dict[str, Function] = functions(ROOT)
        what = fields.get("what", "")
        match act:
            case "run" if what in known and known[what].schedule:
                return f"Run {what}", self._acts.run(what)
            case "skip" if what in SKIPS:
                return f"Skip {SKIPS[what]}", self._acts.skip(int(what), known)
            case "stripe" if what in STRIPE_EVENTS:
                return f"Stripe: {what}", self._acts.send_stripe_event(what)
            case "agora" if what in AGORA_EVENTS:
                return f"Agora: {what}", self._acts.send_agora_event(what)
            case "doctor":
                return "The doctor", self._acts.ask_doctor()
            case _:
                raise web.HTTPUnprocessableEntity(text=f"{act} does not know {what!r}.")

    def _tell(self, title: str, words: str, *, is_wrong: bool = False) -> None:
        self._told.append(Told(datetime.now(UTC), title, words.strip(), is_wrong))
