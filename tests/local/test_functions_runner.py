"""Functions as processes: what they are given, when they are started, what is said when they do not start."""

import asyncio
import os
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import psutil
import pytest
from aiohttp import web

from local.config import ROOT, Config, Port, free_base
from local.deploy_yaml import Function
from local.front.routes import Front
from local.functions_runner import FunctionFailed, FunctionsRunner
from local.gateway import Gateway
from local.members import members
from local.processes import Ending, Processes

from .conftest import is_running

DEPLOY_YAML = """
defaults: {env: [SHARED_SETTING]}
functions:
  say-hello: {secrets: [OWN_SECRET]}
  will-not-start: {}
  never-answers: {timeout: 0.5s}
  quotes-shared: {}
"""
SAY_HELLO = """
import os
from starlette.responses import JSONResponse
async def say_hello(request):
    names = ("SHARED_SETTING", "OWN_SECRET", "SOMEBODY_ELSES_SECRET")
    known = {name: os.environ.get(name) for name in names}
    return JSONResponse({"greeting": "hello", "path": request.url.path, "pid": os.getpid(), **known})
"""
WILL_NOT_START = "raise RuntimeError('AGORA_APP_ID is missing')"
NEVER_ANSWERS = """
import asyncio
async def never_answers(request):
    await asyncio.sleep(2)
"""
QUOTES_SHARED = """
from shared.words import WORD
from starlette.responses import JSONResponse
async def quotes_shared(request):
    return JSONResponse({"word": WORD})
"""


@pytest.fixture
async def functions(tmp_path: Path) -> AsyncIterator[str]:
    """The address of these functions, and of nothing else."""
    (tmp_path / "deploy.yaml").write_text(DEPLOY_YAML)
    shutil.copytree(ROOT / "shared", tmp_path / "shared")  # the server answers in its shape
    (tmp_path / "shared" / "words.py").write_text("WORD = 'hello'")
    sources = {
        "say_hello": SAY_HELLO,
        "will_not_start": WILL_NOT_START,
        "never_answers": NEVER_ANSWERS,
        "quotes_shared": QUOTES_SHARED,
    }
    for name, source in sources.items():
        (tmp_path / "functions" / name).mkdir(parents=True)
        (tmp_path / "functions" / name / "main.py").write_text(source)
    config = Config(tmp_path, free_base())
    env = {"SHARED_SETTING": "for all", "OWN_SECRET": "for one", "SOMEBODY_ELSES_SECRET": "for another"}
    async with AsyncExitStack() as closing:
        client = await closing.enter_async_context(aiohttp.ClientSession(auto_decompress=False))
        processes = Processes(tmp_path)
        closing.push_async_callback(processes.end_all)
        functions = FunctionsRunner(config, processes, env, root=tmp_path)
        closing.push_async_callback(functions.close)
        front = Front(config, client, env, processes.names, processes.silent)
        gateway = Gateway(config, client, functions, processes.silent, front)
        runner = web.AppRunner(gateway.app)
        await runner.setup()
        closing.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", config.port(Port.GATEWAY)).start()
        yield f"{config.url()}/functions/v1"


async def call(url: str) -> tuple[int, dict]:
    async with aiohttp.ClientSession() as client, client.post(url) as reply:
        return reply.status, await reply.json()


async def test_a_function_gets_the_settings_it_is_granted_and_nothing_else(functions: str) -> None:
    """deploy.yaml decides what a function can read from its environment."""
    status, answer = await call(f"{functions}/say-hello/and/more")

    assert (status, answer["greeting"], answer["path"]) == (200, "hello", "/say-hello/and/more")
    assert (answer["SHARED_SETTING"], answer["OWN_SECRET"]) == ("for all", "for one")
    assert answer["SOMEBODY_ELSES_SECRET"] is None


async def test_a_change_of_source_is_served_at_once(functions: str, tmp_path: Path) -> None:
    """The next request after an edit meets the new function."""
    await call(f"{functions}/say-hello")

    write_later(tmp_path / "functions" / "say_hello" / "main.py", SAY_HELLO.replace('"hello"', '"good day"'))
    _, answer = await call(f"{functions}/say-hello")

    assert answer["greeting"] == "good day"


async def test_a_change_of_shared_code_is_served_at_once(functions: str, tmp_path: Path) -> None:
    """Though the process that functions are forked from had imported it."""
    _, before = await call(f"{functions}/quotes-shared")

    write_later(tmp_path / "shared" / "words.py", "WORD = 'good day'")
    _, after = await call(f"{functions}/quotes-shared")

    assert (before, after) == ({"word": "hello"}, {"word": "good day"})


def write_later(path: Path, text: str) -> None:
    """Change a file, and return when the change will be seen: sources are looked at a few times a second."""
    path.write_text(text)
    os.utime(path, (time.time() + 1, time.time() + 1))
    time.sleep(0.3)


async def test_a_function_that_does_not_start_points_to_its_log(functions: str, tmp_path: Path) -> None:
    """503, not a hang; and the reason stands in the log."""
    status, answer = await call(f"{functions}/will-not-start")

    assert (status, answer["code"]) == (503, "BOOT_ERROR")
    assert "AGORA_APP_ID is missing" in (tmp_path / "log" / "will-not-start.log").read_text()


async def test_a_function_that_takes_too_long_is_stopped(functions: str) -> None:
    """504 after the function's own timeout."""
    status, answer = await call(f"{functions}/never-answers")

    assert (status, answer["code"]) == (504, "IDLE_TIMEOUT")


async def test_a_killed_function_is_started_anew(functions: str) -> None:
    """By the next request; and so is the fork server that starts them."""
    _, first = await call(f"{functions}/say-hello")
    forkserver = psutil.Process(first["pid"]).ppid()

    kill(first["pid"])
    _, second = await call(f"{functions}/say-hello")
    assert first["pid"] != second["pid"]
    assert psutil.Process(second["pid"]).ppid() == forkserver

    kill(second["pid"], forkserver)
    _, third = await call(f"{functions}/say-hello")
    assert psutil.Process(third["pid"]).ppid() != forkserver


async def test_a_fork_server_that_hangs_is_replaced(functions: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The request that met it waits no longer than is bearable, and gets its answer."""
    _, first = await call(f"{functions}/say-hello")
    monkeypatch.setattr("local.forkserver_client.PATIENCE", 8)
    forkserver = psutil.Process(first["pid"]).parent()
    assert forkserver
    kill(first["pid"], forkserver.pid)
    _, second = await call(f"{functions}/say-hello")
    forkserver = psutil.Process(second["pid"]).parent()
    assert forkserver
    forkserver.suspend()
    kill(second["pid"])

    status, _ = await call(f"{functions}/say-hello")

    assert (status, is_running(forkserver.pid)) == (200, False)


async def test_no_function_starts_once_the_stack_is_stopped(tmp_path: Path) -> None:
    """Nor does a fork server, which nobody would end: a thread may be about to start one."""
    processes = Processes(tmp_path)
    (tmp_path / "shared").mkdir()
    runner = FunctionsRunner(Config(tmp_path, free_base()), processes, {}, root=tmp_path)
    (tmp_path / "deploy.yaml").touch()
    function = Function(tmp_path, "say-hello", (), 1, None)

    asking = asyncio.gather(*(runner.address(function) for _ in range(3)), return_exceptions=True)
    await asyncio.sleep(0)
    await runner.close()
    await processes.end_all()

    with pytest.raises(FunctionFailed):
        await runner.address(function)
    with pytest.raises(Ending):
        processes.spawn("late", [sys.executable, "-c", "input()"], env={})
    await asking
    assert members(tmp_path) == []


def kill(*pids: int) -> None:
    """Return when they are gone."""
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    while any(map(is_running, pids)):
        time.sleep(0.01)
