"""Every bundle, alone: its own files, its own pins in a clean environment, its own settings, and nothing of ours."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import httpx
import pytest

from deploy.bundle import SERVES_ONE, build
from deploy.functions import Function, functions
from deploy.imports import modules
from local.config import new_banking_keys
from local.trust import trusted

PREFLIGHT = {
    "origin": "https://app.test",
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization, x-client-info, apikey, content-type",
}
# Made up as well, but a function that is given anything less does not start.
KEYS = new_banking_keys()
FORGED = {"authorization": "Bearer eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYXV0aGVudGljYXRlZCJ9.Zm9yZ2Vk"}


class Environment:
    """Some function's pins and nothing else. From one function to the next uv changes only what differs."""

    def __init__(self, venv: Path) -> None:
        self.programs = venv / "bin"
        self._uv = Path(sys.executable).parent / "uv"
        self._pins = b""
        subprocess.run([self._uv, "venv", "-q", "--python", sys.executable, venv], check=True)

    def install(self, pins: Path) -> None:
        """Replace what is installed with these pins."""
        if self._pins != pins.read_bytes():
            python = self.programs / "python"
            command = [self._uv, "pip", "sync", "-q", "--python", python, "--require-hashes", pins]
            subprocess.run(command, check=True, env={**os.environ, **trusted()})
            self._pins = pins.read_bytes()


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment without packages."""
    return Environment(tmp_path_factory.mktemp("environment") / "venv")


@pytest.fixture
def bundle(function: Function, tmp_path: Path) -> Path:
    """The bundle, built anew."""
    return build(function, tmp_path)


@pytest.fixture
def programs(bundle: Path, environment: Environment) -> Path:
    """The programs of an environment that has the bundle's pins and nothing else."""
    environment.install(bundle / "requirements.txt")
    return environment.programs


def settings(function: Function) -> dict[str, str]:
    """Made-up values for what it requires; whatever it would call is not there."""
    numbers = {"RECORDING_S3_VENDOR", "RECORDING_S3_REGION_CODE"}
    made_up = {
        name: "1" if name in numbers else f"made-up-{name.lower()}".ljust(32, "-")
        for name in function.required()
    }
    nowhere = {
        name: "http://127.0.0.1:9" for name in ("SUPABASE_URL", "RECORDING_S3_ENDPOINT") if name in made_up
    }
    keys = {name: value for name, value in KEYS.items() if name in made_up}
    return made_up | nowhere | keys


@contextmanager
def started(
    bundle: Path, programs: Path, given: dict[str, str]
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The bundle's own start command, in its own folder, with nothing from our environment; and where it listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = (bundle / "Procfile").read_text().removeprefix("web: ")
    process = subprocess.Popen(
        ["/bin/sh", "-c", command],
        cwd=bundle,
        env={"PATH": f"{programs}:/usr/bin:/bin", "HOST": "127.0.0.1", "PORT": str(port), **given},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    with process:
        try:
            yield process, f"http://127.0.0.1:{port}"
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def wait_for_preflight(client: httpx.Client, process: subprocess.Popen[str], url: str) -> httpx.Response:
    """The answer to a preflight, as soon as there is one."""
    deadline = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < deadline:
        try:
            return client.options(url, headers=PREFLIGHT)
        except httpx.ConnectError:
            time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    pytest.fail(f"It did not start: {process.stdout and process.stdout.read()}")


def test_a_bundle_starts_alone_and_refuses_in_the_usual_shape(
    function: Function, bundle: Path, programs: Path
) -> None:
    """An anonymous call, a forged token and an unsupported method are refused in the one shape, with CORS headers."""
    method = function.methods[0]
    with started(bundle, programs, settings(function)) as (process, url), httpx.Client() as client:
        preflight = wait_for_preflight(client, process, url)
        anonymous = client.request(method, url)
        forged = client.request(method, f"{url}/functions/v1/{function.name}", headers=FORGED)
        unsupported = client.request("DELETE", url)

    assert 204 == preflight.status_code
    assert (405, "method_not_allowed") == (unsupported.status_code, unsupported.json()["code"])
    for reply in (anonymous, forged):
        if reply.status_code == 200 and function.is_page:
            assert (
                "<form" in reply.text or "</h1>" in reply.text
            )  # a page that asks nobody before it is shown
            continue
        # Whom everybody may ask has no database here to ask in turn; or needs none, and was asked for nothing.
        asked = 503 if function.rpcs() else 404
        looks_for_itself = function.name == "status"  # at a key, before anything is asked
        is_open = function.callers == ("public",) and not looks_for_itself
        assert reply.status_code == (asked if is_open else 401)
        assert {"error", "code", "message", "details", "hint"} == reply.json().keys()
    for reply in (preflight, anonymous, forged, unsupported):
        assert "*" == reply.headers["access-control-allow-origin"]
        assert "authorization" in reply.headers["access-control-allow-headers"]


def test_every_import_is_found_in_a_bundles_environment(function: Function, programs: Path) -> None:
    """Also what is imported only in the middle of a request, which a start does not try."""
    code = "import importlib.util, sys; print(*(each for each in sys.argv[1:] if not importlib.util.find_spec(each)))"

    found = subprocess.run(
        [programs / "python", "-c", code, *modules(function)], capture_output=True, text=True, check=True
    )

    assert "" == found.stdout.strip(), f"{function.name} imports what its pins do not bring"


@cache
def enough_for_every_setting() -> set[str]:
    """Functions that together need every setting there is; starting each a second time would cost half a minute."""
    chosen, needed = set(), set[str]()
    for function in sorted(functions().values(), key=lambda each: len(each.required()), reverse=True):
        if function.required() - needed:
            chosen.add(function.name)
            needed |= function.required()
    return chosen


@pytest.mark.which(that=lambda function: function.name in enough_for_every_setting())
def test_a_bundle_does_not_start_without_its_settings(
    function: Function, bundle: Path, programs: Path
) -> None:
    """The process ends by itself, and its last line names every missing setting."""
    with started(bundle, programs, given={}) as (process, _):
        output, _ = process.communicate(timeout=30)

    assert process.returncode != 0
    last = output.splitlines()[-1]
    assert "Missing settings: " in last
    assert function.required() <= {*re.findall(r"[A-Z0-9_]+", last)}


def test_a_bundle_contains_nothing_but_its_function_and_what_serves_it(
    function: Function, bundle: Path
) -> None:
    """No other function, no tests, no local stack; and of the server nothing that serves several."""
    files = {path.relative_to(bundle).parts[0] for path in bundle.rglob("*") if path.is_file()}

    own = {
        path.name
        for path in function.folder.iterdir()
        if path.suffix in (".py", ".html", ".js", ".json") or path.is_dir()
    } - {"__pycache__"}
    assert {path.stem for path in bundle.glob("server/*.py")} == {*SERVES_ONE}
    compiled = {"__pycache__"} if function.python == f"3.{sys.version_info.minor}" else set()
    assert files - own == {
        *compiled,
        "server",
        "shared",
        "functions.json",
        "requirements.txt",
        "Procfile",
        ".python-version",
    }
