"""What serves a function: plain uvicorn, without anything of the framework; and the framework, which can as well."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from importlib.metadata import packages_distributions
from pathlib import Path

import httpx
import pytest

from deploy.bundle import build
from deploy.functions import ROOT, functions
from local.stack import Stack
from tests.cast import Stage

from .test_bundles_stand_alone import settings

OF_THE_FRAMEWORK = {"flask", "werkzeug", "functions_framework", "cloudevents", "gunicorn", "jinja2", "click"}
# All packages that a cold start loads, and an answer, signed in or not; with each that brings others.
NEEDED = {
    *("starlette", "anyio"),
    *("pydantic", "pydantic_core", "annotated_types", "typing_inspection", "typing_extensions"),
    *("uvicorn", "uvloop", "httptools"),
    "pyreqwest",
}
OF_VERIFYING = {"jwt", "cryptography", "_cffi_backend"}  # in `NEEDED` of nobody who hands a token on
# What several functions load or the scheduler does, with what it brings; the last two are a few kilobytes.
OF_MANY = {
    *("jwt", "jinja2", "markupsafe", "babel", "tzdata", "cronsim"),
    *("httpx", "certifi", "idna", "click", "rich", "pygments"),  # its command line, where that is installed
    *("zipstream", "standardwebhooks"),
}
# Loaded by .pth files of the tests' own packages; and what babel looks for, and we do not bring.
OF_THE_ENVIRONMENT = {"_distutils_hack", "google", "pytz"}
# Of the standard library: libraries import it, and an answer needs none of it.
OF_NOBODY = {
    *("http.client", "email.message", "logging.config", "logging.handlers", "socketserver", "pickle"),
    *("importlib.metadata", "importlib.resources", "zipfile", "csv", "shutil", "bz2", "ctypes"),
}
SETTINGS = {"SUPABASE_URL": "http://127.0.0.1:9", "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_x"}
TELLS_WHAT_IS_LOADED = """import gc, os, sys
def tell(status, end=os._exit):
    print("garbage is", "collected" if gc.isenabled() else "left")
    waiting = {name for name in sys.modules["server.later"].NAMES if "__getattr__" in vars(sys.modules[name])}
    print("loaded", *sorted(set(sys.modules) - waiting), flush=True)
    end(status)
os._exit = tell  # which is how the server ends
"""
UNDER_THE_FRAMEWORK = """
import asyncio, sys
from functions_framework.aio import create_asgi_app

async def ask(app):
    sent = []
    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}
    async def send(message):
        sent.append(message)
    scope = {"type": "http", "http_version": "1.1", "method": "OPTIONS", "path": "/functions/v1/x", "raw_path": b"/",
        "query_string": b"", "root_path": "", "scheme": "http", "headers": [], "client": None, "server": None}
    await app(scope, receive, send)
    return sent[0]["status"]

for target in sys.argv[1:]:
    app = create_asgi_app(target, f"functions/{target}/main.py", "http")
    print(target, asyncio.run(ask(app)))
    for name in [name for name in sys.modules if name.partition(".")[0] == "main"]:
        del sys.modules[name]  # by which each of them is known, in a process of its own
"""


def loaded_after(bundle: Path, given: dict[str, str], headers: dict[str, str], status: int) -> set[str]:
    """The top-level packages of others that a bundle has loaded after an answer, when it was told to end."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-c", f"{TELLS_WHAT_IS_LOADED}from server.__main__ import main; main()"],
        cwd=bundle,
        env={
            "PATH": os.environ["PATH"],
            "HOST": "127.0.0.1",
            "PORT": str(port),
            **given,
            "FUNCTION_TARGET": bundle.name.replace("-", "_"),
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 30
    reply = None
    while reply is None and time.monotonic() < until and process.poll() is None:
        with suppress(httpx.TransportError):
            reply = httpx.post(f"http://127.0.0.1:{port}/", json={}, headers=headers)
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=20)

    assert reply is not None and status == reply.status_code, reply and reply.text
    assert "garbage is collected\n" in said
    modules = set(said.splitlines()[-1].removeprefix("loaded ").split())
    assert status != 401 or set() == modules & OF_NOBODY
    loaded = {name.partition(".")[0] for name in modules}
    assert not loaded & OF_THE_FRAMEWORK
    return {
        name for name in loaded - sys.stdlib_module_names if name in packages_distributions()
    } - OF_THE_ENVIRONMENT


def test_a_function_that_serves_has_loaded_what_it_needs(tmp_path: Path) -> None:
    """The bundle of a function that asks nobody outside: nothing of the framework, and no package that is new here."""
    bundle = build(functions()["get-liability-waiver-status"], tmp_path)

    assert NEEDED == loaded_after(bundle, SETTINGS, {}, 401)


def test_a_person_who_is_signed_in_loads_nothing_more(tmp_path: Path, stage: Stage, stack: Stack) -> None:
    """The database looks at their token, and this process needs nothing to do so; one that verifies does."""
    person = stage.client()
    given = {name: stack.env[name] for name in SETTINGS}
    handing_on = build(functions()["get-liability-waiver-status"], tmp_path)
    verifying = build(functions()["get-banking-key"], tmp_path)
    more = {"BANKING_SEALING_PUBLIC_KEY": stack.env["BANKING_SEALING_PUBLIC_KEY"]}

    assert NEEDED == loaded_after(handing_on, given, person.headers, 200)
    also = loaded_after(verifying, given | more, person.headers, 200) - NEEDED
    assert OF_VERIFYING <= also <= OF_VERIFYING | {"joserfc"}  # of the key itself


def test_what_one_function_needs_is_not_loaded_for_all_of_them() -> None:
    """One container imports every function before it serves any: what is large, and few need, waits until they do."""
    program = """
import sys
from server import keeper, router
for name in sys.argv[1:]:
    keeper.load(name)
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""
    targets = [name.replace("-", "_") for name in functions()]
    run = subprocess.run(
        [sys.executable, "-c", program, *targets], cwd=ROOT, capture_output=True, text=True, check=True
    )

    loaded = set(run.stdout.split()) - sys.stdlib_module_names - OF_THE_ENVIRONMENT
    others = {name for name in loaded if name in packages_distributions()} - NEEDED
    assert others <= OF_MANY, f"{others - OF_MANY}: loaded by all, for one"


def test_who_says_nothing_to_people_loads_neither_templates_nor_catalogues() -> None:
    """A function that is no page, when it has begun: what writes to people alone does, documents when asked for."""
    program = """
import os, sys
from server import keeper, router
import shared.serving
for name in sys.argv[1:]:
    if child := os.fork():
        os.waitpid(child, 0)
        continue
    keeper.load(name)
    print(name, *{"babel", "jinja2"} & set(sys.modules), flush=True)
    os._exit(0)
"""
    targets = [function.target for function in functions().values() if not function.is_page]
    run = subprocess.run(
        [sys.executable, "-c", program, *targets], cwd=ROOT, capture_output=True, text=True, check=True
    )

    began = dict(line.partition(" ")[::2] for line in run.stdout.splitlines())
    assert targets == [*began]
    # Mails, and the calendar file, whose words stand beside those of the mails.
    assert {name for name, loaded in began.items() if loaded} <= {
        "send_notifications",
        "get_session_calendar",
    }


def test_uvicorn_without_its_command_line_is_still_uvicorn() -> None:
    """Every module that a served function may yet import finds what it asks of the package; click stays away."""
    program = """
import importlib, sys
from server.uvicorn_alone import Config, Uvicorn
for name in ("lifespan.off", "lifespan.on", "loops.auto", "loops.uvloop", "protocols.http.auto",
             "protocols.http.h11_impl", "protocols.http.httptools_impl", "protocols.utils", "logging"):
    importlib.import_module(f"uvicorn.{name}")
assert Config is sys.modules["uvicorn"].Config and Uvicorn is sys.modules["uvicorn"].Server
print("click" in sys.modules, "uvicorn.main" in sys.modules)
"""
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert "False False\n" == run.stdout


def test_every_function_is_a_target_of_the_framework_too() -> None:
    """`functions-framework --asgi` stays a way to serve each of them."""
    targets = [function.target for function in functions().values()]
    given = {name: value for function in functions().values() for name, value in settings(function).items()}

    run = subprocess.run(
        [sys.executable, "-c", UNDER_THE_FRAMEWORK, *targets],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **given},
        capture_output=True,
        text=True,
        check=False,
    )

    assert [f"{target} 204" for target in targets] == run.stdout.splitlines(), run.stderr


@pytest.mark.parametrize("is_asgi", [True, False])
def test_under_the_framework_without_asgi_it_does_not_start(is_asgi: bool, tmp_path: Path) -> None:
    """It would look healthy, and answer every request with a 500."""
    bundle = build(functions()["get-liability-waiver-status"], tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    env = {"PATH": os.environ["PATH"], "PORT": str(port), "HOST": "127.0.0.1", **SETTINGS}
    process = subprocess.Popen(
        [Path(sys.executable).with_name("functions-framework"), "--target", "get_liability_waiver_status"],
        cwd=bundle,
        env={**env, "FUNCTION_TARGET": "get_liability_waiver_status"}
        | ({"FUNCTION_USE_ASGI": "1"} if is_asgi else {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    until = time.monotonic() + 30
    reply = None
    while reply is None and time.monotonic() < until and process.poll() is None:
        with suppress(httpx.TransportError):
            reply = httpx.post(f"http://127.0.0.1:{port}/", json={})
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    said, _ = process.communicate()

    if is_asgi:
        assert reply is not None and 401 == reply.status_code
    else:
        assert reply is None and re.search("FUNCTION_USE_ASGI=1", said)
