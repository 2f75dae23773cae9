"""The one process that runs a stack: starts every part in order, serves the gateway, and ends with all it started.

It speaks to whoever started it in lines of JSON on the file descriptor named last: {"step": …, "seconds": …} for
each part, then {"ready": true} or {"failed": why, "elsewhere": whether on other ports it might do}.
"""

import asyncio
import contextlib
import fcntl
import json
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, TextIO

import aiohttp
from aiohttp import web

from . import lite, migrations, postgres, postgrest, s3, seed, stripe, ticker, video
from .config import Config, Port, is_served, taken_ports
from .envfile import write_env
from .front import site
from .front.routes import Front
from .functions_runner import FunctionsRunner
from .gateway import Gateway
from .mail import Mailbox
from .members import describe, port_holder, stack_of
from .processes import Processes
from .project import project

CLOSING_PATIENCE = 10
LOCK_PATIENCE = 40


class PortTaken(Exception):
    """Somebody else is there."""

    def __init__(self, port: int) -> None:
        message = f"Port {port} is taken"
        if holder := port_holder(port):
            message += f" by process {describe(holder)}"
            if stack := stack_of(holder):
                message += f" of the stack in {stack}"
        super().__init__(f"{message}.")


class StillEnding(Exception):
    """The last stack of this folder is not gone."""

    def __str__(self) -> str:
        return "Another stack runs in this folder. Stop it first: make down"


class Supervisor:
    """One stack, from its first process to its last."""

    def __init__(self, order: dict[str, Any], told: TextIO, lock: int) -> None:
        self._config = Config(Path(order["state"]), order["port"])
        self._order = order
        self._told = told
        self._project = project(self._config.state, self._config.url(Port.SAMPLE))
        self._env = {**self._config.env(), **self._project.env, **order["env"]}
        self._processes = Processes(self._config.state, lock)
        self._closing = contextlib.AsyncExitStack()
        self._is_up = False

    async def run(self) -> None:
        """Start, stay until told to stop, and leave nothing."""
        self._processes.keep_reaper()
        starting = asyncio.create_task(self._start())
        stopping = asyncio.create_task(self._stop_requested())
        failure = None
        try:
            await asyncio.wait([starting, stopping], return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                starting.result()
                self._is_up = True
                self._tell(ready=True)
                await stopping
        except Exception as error:  # noqa: BLE001 (whatever it was, whoever started us must hear it)
            traceback.print_exc()
            failure = error
        finally:
            starting.cancel()
            try:
                await asyncio.wait_for(self._closing.aclose(), CLOSING_PATIENCE)
            except Exception:  # noqa: BLE001 (whatever does not close, the processes must end)
                traceback.print_exc()
            await self._processes.end_all()
        if failure:
            root = _root_of(failure)
            self._tell(failed=str(root), elsewhere=isinstance(root, PortTaken))

    async def _stop_requested(self) -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, stop.set)
        if self._order["tethered"]:
            loop.add_reader(sys.stdin.fileno(), stop.set)  # it can only close: our starter is gone
        await stop.wait()

    async def _start(self) -> None:
        config, processes = self._config, self._processes
        await self._claim_ports()
        client = await self._closing.enter_async_context(
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), auto_decompress=False)
        )
        write_env(config, self._env)
        async with asyncio.TaskGroup() as beside:
            # These need nobody, and one of them is slow to start.
            beside.create_task(self._step("S3", s3.start(config, processes, client)))
            await self._step("PostgreSQL", self._database())
            beside.create_task(self._step("Stripe", self._stripe(client)))
            beside.create_task(self._step("Agora", video.start(config, processes, client)))
            mailbox = Mailbox(config)
            await self._step("Mail", self._mail(mailbox))
            await self._step("Auth and storage", lite.start(config, self._project, processes, client))
            await self._step("Schema", self._schema())
            await self._step("Data API", postgrest.start(config, processes, client))
            functions = FunctionsRunner(config, processes, self._env)
            self._closing.push_async_callback(functions.close)
            front = Front(config, client, self._env, processes.names, self._silent)
            elsewhere = self._order["env"].get("FUNCTIONS_AT")
            gateway = Gateway(config, client, functions, self._silent, front, elsewhere)
            await self._step("Gateway", self._serve(gateway.app, Port.GATEWAY))
            await self._serve(site.app(config, self._env), Port.SAMPLE)
        if self._order["seed"]:
            await self._step("Demo", asyncio.to_thread(seed.insert_demo, config))
        if self._order["schedules"]:
            ticking = asyncio.create_task(ticker.tick(config, client))
            self._closing.callback(ticking.cancel)

    async def _silent(self) -> list[str]:
        """What does not answer, of all that `make up` promises."""
        return [*([] if self._is_up else ["the start"]), *await self._processes.silent()]

    async def _claim_ports(self) -> None:
        # An outgoing connection of some program may sit on one of ours; it passes, a server does not.
        deadline = time.monotonic() + 15
        while taken := taken_ports(self._config.base):
            if any(map(is_served, taken)) or time.monotonic() > deadline:
                raise PortTaken(taken[0])
            await asyncio.sleep(0.2)
        claim = self._config.port(Port.CLAIM)
        try:
            self._closing.callback(socket.create_server(("127.0.0.1", claim)).close)
        except OSError:
            raise PortTaken(claim) from None

    async def _database(self) -> None:
        await asyncio.to_thread(postgres.create_cluster, self._config)
        await postgres.start(self._config, self._processes)
        await asyncio.to_thread(postgres.bootstrap, self._config)

    async def _schema(self) -> None:
        await migrations.push(self._config)

    async def _stripe(self, client: aiohttp.ClientSession) -> None:
        await self._serve(await stripe.start(self._config, self._processes, client), Port.STRIPE)

    async def _mail(self, mailbox: Mailbox) -> None:
        await self._serve(mailbox.app, Port.MAIL)
        port = self._config.port(Port.SMTP)
        server = await asyncio.get_running_loop().create_server(mailbox.smtp, "127.0.0.1", port)
        self._closing.callback(server.close)

    async def _serve(self, app: web.Application, part: Port) -> None:
        runner = web.AppRunner(app, access_log=None, auto_decompress=False, shutdown_timeout=2)
        await runner.setup()
        self._closing.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", self._config.port(part), backlog=1024).start()

    async def _step(self, name: str, work: Awaitable[None]) -> None:
        began = time.monotonic()
        await work
        self._tell(step=name, seconds=round(time.monotonic() - began, 2))

    def _tell(self, **what: object) -> None:
        try:
            print(json.dumps(what), file=self._told, flush=True)
        except BrokenPipeError:
            pass  # whoever started us did not wait


def _root_of(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _lock(state: Path) -> int:
    """Be the only supervisor of this folder. The last one, or its reaper, may still be at work."""
    lock = os.open(state / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    deadline = time.monotonic() + LOCK_PATIENCE
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise StillEnding from None
            time.sleep(0.05)


def main() -> None:
    order = json.loads(sys.argv[1])
    told = os.fdopen(int(sys.argv[2]), "w")
    try:
        lock = _lock(Path(order["state"]))
    except StillEnding as error:
        print(json.dumps({"failed": str(error), "elsewhere": False}), file=told, flush=True)
        return
    asyncio.run(_run(Supervisor(order, told, lock)))


async def _run(supervisor: Supervisor) -> None:
    await supervisor.run()
    sys.stdout.flush()
    os._exit(0)  # a thread may wait for something that has just ended; nobody waits for the thread


if __name__ == "__main__":
    main()
