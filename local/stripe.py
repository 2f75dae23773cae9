"""Stripe's stand-in: npm `emulate`, with a hosted checkout page and signed webhooks to our own function.

emulate sells only prices that were made before, and ours are told with each checkout; it knows neither the payment of a
checkout nor refunds and disputes (stripe_payments.py), nor webhook endpoints; and it takes every key. So it stands
behind a door that makes the price first, adds the payment to what emulate answers and to its events, keeps the list of
endpoints, and refuses a key that is not the account's; everything else passes as it is.
"""

import hashlib
import hmac
import json
import time
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler

from .config import NODE, Config, Port, write_private
from .node import NODE_BINARY, environment
from .processes import Processes, answers
from .stripe_payments import Paid, Returns, metadata_in

SESSIONS = "/v1/checkout/sessions"
EVENTS = "/_events"  # where emulate sends its own
ENDPOINTS = "/v1/webhook_endpoints"
INLINE = "line_items[0][price_data]"
NOT_PASSED_ON = {"host", "content-length", "transfer-encoding", "connection", "keep-alive"}


async def start(config: Config, processes: Processes, client: aiohttp.ClientSession) -> web.Application:
    """Start it with our key, and with one webhook: the function `stripe-session-webhook`. Gives the door."""
    settings = {
        "tokens": {config.secrets["STRIPE_SECRET_KEY"]: {"login": "platform", "scopes": []}},
        "stripe": {"webhooks": [{"url": config.url(Port.STRIPE) + EVENTS, "events": ["*"]}]},
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

    webhook = Webhook(
        f"{config.url()}/functions/v1/stripe-session-webhook", config.secrets["STRIPE_WEBHOOK_SECRET"], client
    )
    door = Door(inside, client, webhook, config.secrets["STRIPE_SECRET_KEY"])
    app = web.Application(middlewares=[door.refuse_other_keys])
    app.add_routes(
        [
            *door.returns.routes(),
            web.post(EVENTS, door.pass_event_on),
            web.get(ENDPOINTS, door.list_endpoints),
            web.post(ENDPOINTS + "/{id}", door.update_endpoint),
        ]
    )
    app.router.add_route("*", "/{path:.*}", door.answer)
    return app


class Webhook:
    """Our own function, which is sent every event, signed as Stripe signs."""

    def __init__(self, url: str, secret: str, client: aiohttp.ClientSession) -> None:
        self.url = url
        self._secret = secret
        self._client = client

    async def say(self, kind: str, thing: dict[str, Any]) -> None:
        now = int(time.time())
        event = {"id": f"evt_{uuid.uuid4().hex}", "object": "event", "created": now, "type": kind}
        body = json.dumps({**event, "livemode": False, "data": {"object": thing}}).encode()
        proof = hmac.new(self._secret.encode(), f"{now}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {"content-type": "application/json", "stripe-signature": f"t={now},v1={proof}"}
        try:
            async with self._client.post(self.url, data=body, headers=headers) as reply:
                await reply.read()
        except (aiohttp.ClientError, TimeoutError):
            pass  # lost, as some are: the reconciler asks


class Door:
    """Stands before emulate: gives it the price of each checkout, and adds what it does not know of payments, and the
    list of webhook endpoints.
    """

    def __init__(self, inside: str, client: aiohttp.ClientSession, webhook: Webhook, key: str) -> None:
        self._inside = inside
        self._client = client
        self._webhook = webhook
        self._key = key
        self._endpoint: dict[str, object] = {
            "id": "we_1",
            "object": "webhook_endpoint",
            "url": webhook.url,
            "status": "enabled",
            "enabled_events": ["*"],
        }
        self._opened: dict[str, Paid] = {}  # by checkout session: what is paid for there
        self.returns = Returns(webhook.say)

    async def pass_event_on(self, request: web.Request) -> web.Response:
        """An event of emulate's, about a checkout with its payment."""
        event = await request.json()
        thing = dict(event.get("data", {}).get("object", {}))
        await self._webhook.say(str(event.get("type")), self._with_payment(thing))
        return web.json_response({})

    def _with_payment(self, session: dict[str, Any], expand: str = "") -> dict[str, Any]:
        paid = self._opened.get(str(session.get("id")))
        if paid is None:
            return session
        if session.get("payment_status") != "paid":
            return session | paid.totals() | {"payment_intent": None}
        self.returns.payments[paid.intent] = paid
        return session | paid.totals() | {"payment_intent": paid.payment_intent(expand)}

    @web.middleware
    async def refuse_other_keys(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """As Stripe answers a key that it does not know. The page where people pay needs none."""
        shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not request.path.startswith("/v1/") or shown == self._key:
            return await handler(request)
        error = {"type": "invalid_request_error", "message": f"Invalid API Key provided: {shown[:8]}****"}
        return web.json_response({"error": error}, status=401)

    async def list_endpoints(self, request: web.Request) -> web.Response:
        listed = {"object": "list", "url": ENDPOINTS, "has_more": False, "data": [self._endpoint]}
        return web.json_response(listed)

    async def update_endpoint(self, request: web.Request) -> web.Response:
        """A url, events, or whether it is disabled, as Stripe takes them."""
        form = await request.post()
        if "url" in form:
            self._endpoint["url"] = form["url"]
        if "disabled" in form:
            self._endpoint["status"] = "disabled" if form["disabled"] == "true" else "enabled"
        if events := [value for name, value in form.items() if name.startswith("enabled_events[")]:
            self._endpoint["enabled_events"] = events
        return web.json_response(self._endpoint)

    async def answer(self, request: web.Request) -> web.Response:
        headers = {
            name: value for name, value in request.headers.items() if name.lower() not in NOT_PASSED_ON
        }
        body = await request.read()
        asked = dict(parse_qsl(body.decode())) if request.path == SESSIONS else {}
        if request.method == "POST" and request.path == SESSIONS:
            body = await self._with_price(body.decode(), headers)
        async with self._client.request(
            request.method, self._inside + request.raw_path, headers=headers, data=body, allow_redirects=False
        ) as reply:
            kept = {name: value for name, value in reply.headers.items() if name.lower() not in NOT_PASSED_ON}
            answer = await reply.read()
            if reply.status == 200 and request.path.startswith(SESSIONS):
                answer = self._amend(answer, asked, request.query.get("expand[0]", ""))
            return web.Response(status=reply.status, headers=kept, body=answer)

    def _amend(self, answer: bytes, asked: dict[str, str], expand: str) -> bytes:
        """A checkout that was opened is remembered with its price, and one that is paid has its payment."""
        session = json.loads(answer)
        if f"{INLINE}[unit_amount]" in asked:
            self._opened[session["id"]] = Paid(
                session["id"],
                int(asked[f"{INLINE}[unit_amount]"]) * int(asked.get("line_items[0][quantity]", 1)),
                asked[f"{INLINE}[currency]"],
                metadata_in(asked, "payment_intent_data[metadata]"),
            )
        return json.dumps(self._with_payment(session, expand)).encode()

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
