"""The last release's own bundles on today's schema: `python -m tests.last_release [commit]`, some minutes.

They are built from that commit by its own code, each is started from its own pins by its own Procfile, and all of them
are called through a gateway as `bench/calls.py` calls every function. It ends with 1 if a call fails, or if a function
met a schema without what it needs. Not part of `make test`: it installs and starts a process for every function.
"""

import argparse
import hashlib
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
from pytest_httpserver import HTTPServer

from bench import calls
from deploy import environment as environments
from deploy import release
from deploy import services as deployed
from deploy.functions import ROOT, functions
from deploy.render.routes import caddyfile
from deploy.services import port_of, services
from local.config import free_base, is_served
from local.stack import Stack
from tests.cast import Stage
from tests.payment_scene import FakeStripe
from tests.recording_scene import SPEED, AgoraEmulator

PROGRAMS = Path(sys.executable).parent
STARTS_WITHIN_S = 120
AT_ONCE = 4  # that are starting
IMAGE = f"none@sha256:{'0' * 64}"


def main() -> None:
    """Build, start, call, and say what failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.last_release", description=__doc__)
    parser.add_argument("commit", nargs="?", default=json.loads(release.newest().read_text())["commit"])
    commit = parser.parse_args().commit
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    deployed.PORTS = range(8_000, 20_000)  # as many, and not where stacks of this machine have theirs
    with ExitStack() as open_:
        folder = Path(open_.enter_context(tempfile.TemporaryDirectory(prefix="last-release-")))
        folder.chmod(0o711)  # PostgreSQL may run as somebody else, who must get to its folder in here
        bundles = build(commit, folder)
        stripe = open_.enter_context(HTTPServer())
        origin = f"http://127.0.0.1:{free_base()}"
        # FUNCTIONS_AT: what the stand-ins deliver goes to the bundles as well.
        elsewhere = {"STRIPE_API_URL": stripe.url_for("").rstrip("/"), "FUNCTIONS_AT": origin}
        stack = open_.enter_context(Stack(folder / "stack", env=elsewhere))
        env = {**stack.env, "FUNCTIONS_URL": f"{origin}/functions/v1", "PAGES_URL": origin}
        for at, bundle in enumerate(bundles):
            open_.enter_context(started(bundle, folder, env))
            if at >= AT_ONCE:
                wait(bundles[at - AT_ONCE].name, folder)
        for bundle in bundles[-AT_ONCE:]:
            wait(bundle.name, folder)
        open_.enter_context(
            gateway([each.name for each in bundles], origin, stack.env["SUPABASE_URL"], folder)
        )
        print(f"{len(bundles)} bundles of {commit[:12]} run on today's schema", flush=True)
        stage = Stage({**env, "SUPABASE_URL": origin})
        agora = AgoraEmulator(stack.env)
        agora.set_speed(SPEED)
        problems = list(call_all(stage, agora, FakeStripe(stripe), folder / "log"))
        stage.close()
    print(*[f"✗ {each}" for each in problems] or ["✓ every call was granted"], sep="\n")
    raise SystemExit(bool(problems))


def build(commit: str, folder: Path) -> list[Path]:
    """The bundles of a commit, by its own code."""
    source = folder / "source"
    source.mkdir()
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", source], input=archive, check=True)
    for modules in ROOT.glob(
        "functions/*/node_modules"
    ):  # what its pages serve of others, at the versions of the lock
        (source / modules.relative_to(ROOT)).symlink_to(modules.resolve())
    env = {**os.environ, "COMMIT": commit}
    subprocess.run(
        [sys.executable, "-m", "deploy", "bundle"], cwd=source, check=True, env=env, stdout=subprocess.DEVNULL
    )
    return sorted(path for path in (source / "build").iterdir() if (path / "Procfile").exists())


def environment_of(bundle: Path, folder: Path) -> Path:
    """The programs of an environment with the bundle's pins and nothing else; those with the same pins share one."""
    pins = bundle / "requirements.txt"
    venv = folder / "venv" / hashlib.sha256(pins.read_bytes()).hexdigest()[:12]
    if not venv.exists():
        subprocess.run([PROGRAMS / "uv", "venv", "-q", "--python", sys.executable, venv], check=True)
        install = ["pip", "sync", "-q", "--python", venv / "bin" / "python", "--require-hashes", pins]
        subprocess.run([PROGRAMS / "uv", *install], check=True)
    return venv / "bin"


@contextmanager
def started(bundle: Path, folder: Path, env: Mapping[str, str]) -> Iterator[None]:
    """One bundle, by its own start command, with what deploy.yaml gives it; its log beside the others'."""
    programs = environment_of(bundle, folder)
    own = {name: env[name] for name in functions()[bundle.name].settings if name in env}
    own |= {"PATH": f"{programs}:/usr/bin:/bin", "HOST": "127.0.0.1", "PORT": str(port_of(bundle.name))}
    if is_served(port_of(bundle.name)):
        raise SystemExit(f"Somebody else listens on {port_of(bundle.name)}, where {bundle.name} would.")
    (folder / "log").mkdir(exist_ok=True)
    command = (bundle / "Procfile").read_text().removeprefix("web: ")
    with (folder / "log" / f"{bundle.name}.log").open("w") as log:
        process = subprocess.Popen(
            ["/bin/sh", "-c", command],
            cwd=bundle,
            env=own,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait(name: str, folder: Path) -> None:
    """Until it answers."""
    deadline = time.monotonic() + STARTS_WITHIN_S
    while True:
        try:
            httpx.options(f"http://127.0.0.1:{port_of(name)}/", timeout=5)
            return
        except httpx.TransportError:
            if time.monotonic() > deadline:
                said = (folder / "log" / f"{name}.log").read_text()[-2000:]
                raise SystemExit(f"{name} did not start:\n{said}") from None
            time.sleep(0.2)


@contextmanager
def gateway(names: list[str], origin: str, supabase: str, folder: Path) -> Iterator[None]:
    """The rendered one; here it lets the scheduled functions in as well, behind their key."""
    here = environments.read("staging").model_copy(
        update={"origin": origin, "supabase": supabase, "scheduler": "database"}
    )
    known = [functions()[name] for name in names]
    (folder / "Caddyfile").write_text(caddyfile(services(known, here, "compose", IMAGE, "each"), here))
    home = {"HOME": str(folder), "PATH": os.environ["PATH"]}
    program = [PROGRAMS / "caddy", "run", "--config", folder / "Caddyfile", "--adapter", "caddyfile"]
    with subprocess.Popen(program, env=home, stderr=subprocess.DEVNULL) as process:
        try:
            time.sleep(1)
            yield
        finally:
            process.terminate()


def call_all(stage: Stage, agora: AgoraEmulator, stripe: FakeStripe, logs: Path) -> Iterator[str]:
    """What fails, with the lines of the logs that say why."""
    try:
        calls.measure(stage, agora, stripe, logs)
    except (RuntimeError, httpx.HTTPStatusError, AssertionError) as error:
        yield str(error).splitlines()[0]
    for log in sorted(logs.glob("*.log")):
        for line in log.read_text().splitlines():
            if line.startswith("{") and (entry := json.loads(line)).get("status", 0) >= 500:
                why = entry.get("cause") or entry.get("error") or ""
                yield f"{log.stem}: {entry['status']} {entry.get('code')} {why}"


if __name__ == "__main__":
    main()
