"""Stripe's stand-in: npm `emulate`, with a hosted checkout page and signed webhooks to our own function.

emulate sells only prices that were made before, and ours are told with each checkout; it knows no webhook endpoints,
and takes every key. So it stands behind a door that makes the price first, keeps the list of endpoints, and refuses a
key that is not the account's; everything else passes as it is.
"""

import json
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import aiohttp
from aiohttp import web

from .config import NODE, Config, Port, write_private
from .node import NODE_BINARY, environment
from .processes import Processes, answers

SESSIONS = "/v1/checkout/sessions"
ENDPOINTS = "/v1/webhook_endpoints"
INLINE = "line_items[0][price_data]"
NOT_PASSED_ON = {"host", "content-length", "transfer-encoding", "connection", "keep-alive"}


async def start(config: Config, processes: Processes, client: aiohttp.ClientSession) -> web.Application:
    """Start it with our key, and with one webhook: the function `stripe-session-webhook`. Gives the door."""
    webhook = {"url": f"{config.url()}/functions/v1/stripe-session-webhook", "events": ["*"]}
    settings = {
        "tokens": {config.secrets["STRIPE_SECRET_KEY"]: {"login": "platform", "scopes": []}},
        "stripe": {"webhooks": [{**webhook, "secret": config.secrets["STRIPE_WEBHOOK_SECRET"]}]},
    }
    seed = config.state / "stripe.json"
    write_private(seed, json.dumps(settings))
    program = NODE / "node_modules" / "emulate" / "dist" / "index.js"
    inside = config.url(Port.EMULATE)
    where = ["--port", str(config.port(Port.EMULATE)), "--base-url", config.url(Port.STRIPE)]
    command: list[str | Path] = [NODE_BINARY, program, "start", "--service", "stripe", *where, "--seed", seed]
    await processes.keep(
        "stripe", command, env=environment(), cwd=config.state, ready=answers(client, inside)
    )

    app = web.Application()
    door = Door(inside, client, config.secrets["STRIPE_SECRET_KEY"], webhook["url"])
    app.router.add_get(ENDPOINTS, door.list_endpoints)
    app.router.add_post(ENDPOINTS + "/{id}", door.update_endpoint)
    app.router.add_route("*", "/{path:.*}", door.answer)
    return app


class Door:
    """Stands before emulate."""

    def __init__(self, inside: str, client: aiohttp.ClientSession, key: str, webhook_url: object) -> None:
        self._inside = inside
        self._client = client
        self._key = key
        self._endpoint = {
            "id": "we_1",
            "object": "webhook_endpoint",
            "url": webhook_url,
            "status": "enabled",
            "enabled_events": ["*"],
        }

    def _refused(self, request: web.Request) -> web.Response | None:
        """As Stripe answers a key that it does not know. The page where people pay needs none."""
        shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not request.path.startswith("/v1/") or shown == self._key:
            return None
        error = {"type": "invalid_request_error", "message": f"Invalid API Key provided: {shown[:8]}****"}
        return web.json_response({"error": error}, status=401)

    async def list_endpoints(self, request: web.Request) -> web.Response:
        listed = {"object": "list", "url": ENDPOINTS, "has_more": False, "data": [self._endpoint]}
        return self._refused(request) or web.json_response(listed)

    async def update_endpoint(self, request: web.Request) -> web.Response:
        """A url, events, or whether it is disabled, as Stripe takes them."""
        if refused := self._refused(request):
            return refused
        form = await request.post()
        if "url" in form:
            self._endpoint["url"] = form["url"]
        if "disabled" in form:
            self._endpoint["status"] = "disabled" if form["disabled"] == "true" else "enabled"
        if events := [value for name, value in form.items() if name.startswith("enabled_events[")]:
            self._endpoint["enabled_events"] = events
        return web.json_response(self._endpoint)

    async def answer(self, request: web.Request) -> web.Response:
        if refused := self._refused(request):
            return refused
        headers = {
            name: value for name, value in request.headers.items() if name.lower() not in NOT_PASSED_ON
        }
        body = await request.read()
        if request.method == "POST" and request.path == SESSIONS:
            body = await self._with_price(body.decode(), headers)
        async with self._client.request(
            request.method, self._inside + request.raw_path, headers=headers, data=body, allow_redirects=False
        ) as reply:
            kept = {name: value for name, value in reply.headers.items() if name.lower() not in NOT_PASSED_ON}
            return web.Response(status=reply.status, headers=kept, body=await reply.read())

    async def _with_price(self, form: str, headers: dict[str, str]) -> bytes:
        """The same form, with the price of what it describes in place of the description."""
        asked = dict(parse_qsl(form))
        if f"{INLINE}[unit_amount]" not in asked:
            return form.encode()
        product = await self._make("products", {"name": asked[f"{INLINE}[product_data][name]"]}, headers)
        terms = {name: asked[f"{INLINE}[{name}]"] for name in ("currency", "unit_amount")}
        price = await self._make("prices", {"product": product, **terms}, headers)
        rest = {name: value for name, value in asked.items() if not name.startswith(INLINE)}
        return urlencode({**rest, "line_items[0][price]": price}).encode()

    async def _make(self, what: str, form: dict[str, str], headers: dict[str, str]) -> str:
        url = f"{self._inside}/v1/{what}"
        async with self._client.post(url, data=urlencode(form), headers=headers) as reply:
            return str((await reply.json())["id"])
