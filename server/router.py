"""All functions by path: each request goes to the process of its function, and the answer back, as they stream.

`/functions/v1/<name>` and, for pages of our own, `/<name>`. A function that takes too long is answered for (504), and
one whose process dies too (503): its caller is told in the usual shape, and nobody else notices.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TYPE_CHECKING

from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import PyreqwestError, RequestTimeoutError

from shared import log_lines

from .door import let_in
from .one import HEALTH, PEER, RETRY, Server, configured, send_all
from .plan import Planned, commit
from .replies import Message, json_reply, refusal
from .scheduler import keep_schedule

if TYPE_CHECKING:
    import socket

    from starlette.types import Receive, Scope, Send

PREFIX = "/functions/v1/"
# These belong to one connection, and we are on two.
HOP_BY_HOP = frozenset(
    [
        *(b"connection", b"expect", b"keep-alive", b"proxy-authenticate", b"proxy-authorization"),
        *(b"te", b"trailer", b"transfer-encoding", b"upgrade", PEER),
    ]
)
PATIENCE_S = 15  # longer than a function's own time, since it may have waited for a place
DRAINS_S = 8
AT_ONCE = 512


class Router:
    """The application behind the one port. `ports` are where the functions listen, by target."""

    def __init__(self, plans: dict[str, Planned], ports: dict[str, int], lacking: dict[str, str]) -> None:
        self._plans = {plan.name: plan for plan in plans.values()}
        self._ports = ports
        self._lacking = lacking
        self._health = json_reply(
            200, {"commit": commit(), "functions": len(ports), "not_served": sorted(lacking)}
        )
        self._client = _client()

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        plan = self.find(scope["path"])
        if scope["path"] == HEALTH:
            await send_all(self._health, send)
        elif plan is None and scope["method"] == "OPTIONS":
            await send_all(json_reply(200, {}), send)
        elif plan is None:
            await send_all(refusal(404, "NOT_FOUND", "There is no such function."), send)
        elif plan.target in self._lacking:
            await send_all(refusal(503, "not_configured", "This is not set up here."), send)
        else:
            await self._pass_on(plan, scope, receive, send)

    def find(self, path: str) -> Planned | None:
        """The function at a path."""
        if path.startswith(PREFIX):
            return self._plans.get(path.removeprefix(PREFIX).partition("/")[0])
        page = self._plans.get(path.removeprefix("/"))
        return page if page and page.is_page else None

    async def _pass_on(self, plan: Planned, scope: "Scope", receive: "Receive", send: "Send") -> None:
        path = scope["raw_path"].decode("latin-1") + _query(scope)
        request = (
            self._client.request(scope["method"], f"http://127.0.0.1:{self._ports[plan.target]}{path}")
            .headers(_headers(scope))
            .timeout(timedelta(seconds=plan.timeout + PATIENCE_S))
        )
        if _has_body(scope):
            request = request.body_stream(_body(receive))
        is_begun = False
        try:
            async with request.build_streamed() as reply:
                headers = [
                    (name.encode("latin-1"), value.encode("latin-1"))
                    for name, value in reply.headers.items()
                    if name.encode() not in HOP_BY_HOP
                ]
                is_begun = True
                await send({"type": "http.response.start", "status": reply.status, "headers": headers})
                while chunk := await reply.body_reader.read_chunk():
                    await send({"type": "http.response.body", "body": bytes(chunk), "more_body": True})
                await send({"type": "http.response.body"})
        except PyreqwestError as error:
            told = _explain(plan, error)
            if is_begun:
                raise ConnectionError(f"{plan.name} ended in the middle of its answer") from error
            await send_all(told, send)


def route(
    plans: dict[str, Planned], ports: dict[str, int], lacking: dict[str, str], listener: "socket.socket"
) -> None:
    """Serve all of them, and keep the schedule if asked, until told to end."""
    router = Router(plans, ports, lacking)
    config = configured(router, [], limit_concurrency=AT_ONCE, timeout_graceful_shutdown=DRAINS_S)
    scheduled = {ports[target]: plan for target, plan in plans.items() if plan.schedule and target in ports}
    key = os.environ.get("SUPABASE_SECRET_KEY", "").partition(",")[0].strip()

    class Routing(Server):
        async def main_loop(self) -> None:
            clock = (
                asyncio.create_task(keep_schedule(scheduled, key)) if os.environ.get("SCHEDULER") else None
            )
            await super().main_loop()
            if clock:
                clock.cancel()

    let_in(listener)
    Routing(config).run(sockets=[listener])


def _client() -> Client:
    """Without a pool: a process that ends because it is idle then never has a connection that we would use again."""
    return (
        ClientBuilder()
        .http1_only()
        .user_agent("")  # of a caller who does not say
        .follow_redirects(False)
        .no_proxy()
        .pool_max_idle_per_host(0)
        .max_connections(None)
        .gzip(False)
        .brotli(False)
        .zstd(False)
        .deflate(False)
        .build()
    )


def _headers(scope: "Scope") -> list[tuple[str, str]]:
    headers = [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in scope["headers"]
        if name not in HOP_BY_HOP
    ]
    client = scope["client"]
    return [*headers, (PEER.decode(), client[0] if client else "")]


def _query(scope: "Scope") -> str:
    query = scope["query_string"].decode("latin-1")
    return f"?{query}" if query else ""


def _has_body(scope: "Scope") -> bool:
    return any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"])


async def _body(receive: "Receive") -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError("the caller left before the body did")
        if body := message.get("body"):
            yield body
        if not message.get("more_body"):
            return


def _explain(plan: Planned, error: PyreqwestError) -> list[Message]:
    if isinstance(error, RequestTimeoutError):
        log_lines.write(
            "ERROR", f"{plan.name} did not answer in time", function=plan.target, code="timed_out"
        )
        return refusal(504, "timed_out", f"This took longer than {plan.timeout} seconds.")
    log_lines.write(
        "ERROR", f"{plan.name} ended without an answer", function=plan.target, code="died", error=str(error)
    )
    return refusal(503, "unavailable", "This did not come to its end. Please try again in a moment.", RETRY)
