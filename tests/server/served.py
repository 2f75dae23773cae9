"""Made-up functions on the real server: in a folder as the image has it, in processes of their own."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from deploy.functions import ROOT

COMMIT = "c0ffee" * 6 + "c0ff"
# A function as any other, but for what it does.
FUNCTION = """
import asyncio, json, os, time
from typing import Any
from starlette.responses import Response, StreamingResponse
from shared.call import Call
from shared.serving import endpoint

async def parts():
    for _ in range(50):
        yield b"." * 100_000

@endpoint(caller="public", methods=("GET", "HEAD", "POST", "PUT"))
async def NAME(call: Call[Any]) -> Response:
    seconds = float(call.query.get("seconds", 0))
    match call.query.get("what"):
        case "wait":
            await asyncio.sleep(seconds)
        case "block":
            time.sleep(seconds)
        case "die":
            os._exit(3)
        case "log":
            call.log(text=call.query["text"])
        case "parts":
            return StreamingResponse(parts())
        case "cookies":
            reply = Response("")
            reply.set_cookie("a", "1")
            reply.set_cookie("b", "2")
            return reply
    told = {
        "pid": os.getpid(), "settings": sorted(os.environ), "body": len(call.raw), "query": call.query,
        "address": call.address, "headers": dict(call.headers), "path": call.query.get("path"),
    }
    return Response(json.dumps(told), media_type="application/json")
"""
SETTINGS = {
    "SUPABASE_URL": "http://127.0.0.1:9",
    "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_x",
    "SUPABASE_SECRET_KEY": "sb_secret_of_the_scheduler",
}
PLAIN = ("SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY", "TRUSTED_PROXIES")


@dataclass
class Served:
    """A server that runs, and what it has said."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, name: str, **query: Any) -> httpx.Response:
        return httpx.get(f"{self.url}/functions/v1/{name}", params=query, timeout=60)

    def pid(self, name: str) -> int:
        return int(self.ask(name).json()["pid"])

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def await_line(self, **said: Any) -> dict[str, Any]:
        """A line of the log that says that, as soon as it is there."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            for line in self.lines():
                if said.items() <= line.items():
                    return line
            time.sleep(0.05)
        raise AssertionError(f"Nothing says {said}: {self.log.read_text()}")

    def processes(self) -> list[psutil.Process]:
        first = psutil.Process(self.process.pid)
        return [first, *first.children(recursive=True)]


def folder_of(folder: Path, **functions: dict[str, Any]) -> Path:
    """The image's folder with these functions, each as deploy.yaml would have it."""
    for part in ("server", "shared"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    entries = []
    for target, own in functions.items():
        source = folder / "functions" / target / "main.py"
        source.parent.mkdir(parents=True)
        source.write_text(own.pop("source", FUNCTION).replace("NAME", target))
        given = {"timeout": 30, "concurrency": 16, "is_page": False, "schedule": None, "settings": PLAIN}
        entries.append({"name": target.replace("_", "-"), **given, **own})
    (folder / "functions" / "__init__.py").touch()
    (folder / "functions.json").write_text(json.dumps({"commit": COMMIT, "functions": entries}))
    return folder


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


@contextmanager
def serving(folder: Path, *, change: str = "", **env: str) -> Iterator[Served]:
    """The server of that folder. `change` is run first: a constant of its modules may be too long for a test."""
    port = free_port()
    log = folder / "log"
    command = f"{change}\nfrom server.__main__ import main; main()"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", command],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOST": "127.0.0.1", "PORT": str(port), **SETTINGS, **env},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    served = Served(process, port, log)
    try:
        until = time.monotonic() + 30
        while time.monotonic() < until and process.poll() is None:
            with suppress(httpx.TransportError):
                httpx.get(f"{served.url}/healthz").raise_for_status()
                break
            time.sleep(0.05)
        yield served
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
