"""One function: its target on uvicorn, with the timeout and the concurrency that deploy.yaml gives it.

A platform that keeps to both as well loses nothing by it; most machines have nobody else who does.
"""

import asyncio
import gc
import importlib
import importlib.util
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from shared import log_lines, log_writer

from .door import count_waiting, let_nobody_new_in, listen
from .plan import ROOT, Planned, commit, planned
from .pulse import Pulse
from .replies import Message, json_reply, refusal
from .uvicorn_alone import Config, Uvicorn

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

Function = Callable[[Request], Awaitable[Response]]
PEER = b"x-router-peer"  # whom the router in front of us saw; it lets none through that came from outside
HEALTH = "/healthz"
WAITING = 64  # requests that wait for a place; whoever comes then is told at once
WAITS_S = 10
TAKEN_S, ON_ITS_WAY_S = 0.05, 0.3
LOOKS = 100  # at who has connected: five seconds, if somebody always has
RETRY = [(b"retry-after", b"1")]


class App:
    """A function as an application of ASGI."""

    def __init__(self, function: Function, plan: Planned, pulse: Pulse | None = None) -> None:
        self._function = function
        self._plan = plan
        self._pulse = pulse
        self._places = asyncio.Semaphore(plan.concurrency)
        self._waiting = 0
        self._health = json_reply(200, {"commit": commit(), "function": plan.name})

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        if scope["path"] == HEALTH:
            return await send_all(self._health, send)
        if self._pulse is None:
            return await self._in_turn(scope, receive, send)
        scope["client"] = _peer(scope)
        self._pulse.begin()
        try:
            await self._in_turn(scope, receive, send)
        finally:
            self._pulse.end()

    async def _in_turn(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """When one of the places is free, and if one becomes free soon."""
        if not self._places.locked():
            async with self._places:
                return await self._in_time(scope, receive, send)
        if self._waiting == WAITING:
            return await self._busy(send)
        self._waiting += 1
        try:
            async with asyncio.timeout(WAITS_S):
                await self._places.acquire()
        except TimeoutError:
            return await self._busy(send)
        finally:
            self._waiting -= 1
        try:
            await self._in_time(scope, receive, send)
        finally:
            self._places.release()

    async def _in_time(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Until its time is over; then the caller is told, or cut off where half an answer is out."""
        is_begun = False

        async def note(message: Any) -> None:
            nonlocal is_begun
            is_begun = True
            await send(message)

        try:
            async with asyncio.timeout(self._plan.timeout) as time:
                response = await self._function(Request(scope, receive))
                await response(scope, receive, note)
        except TimeoutError:
            if not time.expired():
                raise
            name, seconds = self._plan.name, self._plan.timeout
            log_lines.write(
                "ERROR", f"{name} took longer than {seconds} s", function=self._plan.target, code="timed_out"
            )
            if is_begun:
                raise
            await send_all(refusal(504, "timed_out", f"This took longer than {seconds} seconds."), send)

    async def _busy(self, send: "Send") -> None:
        log_lines.write(
            "WARNING", f"{self._plan.name} has no place left", function=self._plan.target, code="busy"
        )
        sentence = "Too many ask for this at once. Please try again in a moment."
        await send_all(refusal(503, "busy", sentence, RETRY), send)


class Server(Uvicorn):
    """Woken by the signal to end; uvicorn's own looks for it ten times a second."""

    def __init__(self, config: Config, pulse: Pulse | None = None) -> None:
        super().__init__(config)
        self._pulse = pulse

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        log_writer.hand_over()
        super().run(sockets)

    async def main_loop(self) -> None:
        ended = asyncio.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, ended.set)
        await self.on_tick(0)  # which sets the headers of every reply
        gc.enable()
        if self._pulse:
            self._pulse.rest()
        if not self.should_exit:
            await ended.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take who has connected, and nobody any more; on such a connection, a request may be still on its way.

        Whoever asks now is asked to make another connection, or would ask the next on this one when it is closed.
        """
        # One with a pulse is kept for whoever comes after us.
        for listener in [] if self._pulse else sockets or []:
            let_nobody_new_in(listener)
            for _ in range(LOOKS):
                await asyncio.sleep(TAKEN_S)  # a turn of the loop takes one of them
                if not count_waiting(listener):
                    break
        for server in self.servers:
            server.close()
        self.server_state.default_headers = [*self.server_state.default_headers, (b"connection", b"close")]
        await asyncio.sleep(ON_ITS_WAY_S)
        await super().shutdown(sockets)


def configured(app: Any, headers: list[tuple[str, str]], **more: Any) -> Config:
    """uvicorn, as we run it everywhere."""
    return Config(
        app,
        lifespan="off",
        ws="none",
        log_config=None,  # nothing below an error is said, and that goes to stderr by itself
        log_level="error",
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        headers=headers,
        timeout_keep_alive=75,  # the proxy in front of us closes an idle connection first
        **more,
    )


def serve_target(target: str, listener: socket.socket | None = None, pulse: Pulse | None = None) -> None:
    """Serve the function of that target: on the port of the environment, or for the keeper, on its socket."""
    plan = planned().get(target)
    if plan is None:
        raise SystemExit(f"There is no function {target} here.")
    function = getattr(load(target), target)
    config = configured(App(function, plan, pulse), [("x-commit", commit())])
    Server(config, pulse).run(sockets=[listener or listen()])


def load(target: str) -> ModuleType:
    """A function's module: in its folder among the others, or alone in a bundle."""
    if (ROOT / "functions" / target).is_dir():
        return importlib.import_module(f"functions.{target}.main")
    return load_source(ROOT / "main.py")


def load_source(source: Path) -> ModuleType:
    """The module of a file, as functions-framework finds it."""
    spec = importlib.util.spec_from_file_location(
        source.stem, source, submodule_search_locations=[str(source.parent)]
    )
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[source.stem] = module
    spec.loader.exec_module(module)
    return module


def _peer(scope: "Scope") -> tuple[str, int] | None:
    for name, value in scope["headers"]:
        if name == PEER:
            return value.decode("latin-1"), 0
    client: tuple[str, int] | None = scope["client"]
    return client


async def send_all(messages: list[Message], send: "Send") -> None:
    for message in messages:
        await send(message)
