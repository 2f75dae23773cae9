"""The commands behind make: up, keys, down, logs, migrate, reset."""

import argparse
import asyncio
import fcntl
import json
import os
import re
import shutil
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from . import migrations
from .config import DEFAULT_PORT, Config
from .progress import ProgressLine
from .project import REMEMBERED, remember
from .stack import Stack, StackFailed

KEPT_BY_RESET = {"secrets.json", REMEMBERED}
MENDING_PATIENCE = 20


def main() -> None:
    commands = {"up": up, "keys": keys, "down": down, "logs": logs, "migrate": migrate, "reset": reset}
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    parser.add_argument("command", choices=sorted(commands))
    parser.add_argument("--port", type=int, default=DEFAULT_PORT)
    parser.add_argument("--state", type=Path, default=Path(".local"))
    arguments = parser.parse_args()
    try:
        commands[arguments.command](arguments.state, arguments.port)
    except (StackFailed, migrations.MigrationsFailed) as error:
        sys.exit(f"\n{error}")
    except KeyboardInterrupt:
        sys.exit(130)


def up(state: Path, port: int) -> None:
    """Start the stack, unless all of it runs already, and say where it can be looked at."""
    with _one_at_a_time(state):
        is_other = remember(state, os.environ)
        if not is_other and _answers(state, MENDING_PATIENCE):
            print("The stack is running already.")
        else:
            down(state, port)  # what is left of one that was killed
            with ProgressLine("") as live:
                Stack(state, port, seed=True, schedules=True, tethered=False, on_step=live.done).start()
    print(f"\n  Open {Stack(state).env['SUPABASE_URL']} in a browser. (make keys prints keys and log-ins.)")


def keys(state: Path, port: int) -> None:
    """Say how to get in: addresses, keys and log-ins, all of which stay as they are."""
    try:
        env = Stack(state).env
    except FileNotFoundError:
        sys.exit("There is no stack here yet. Start one: make up")
    facts = {
        "Origin": env["SUPABASE_URL"],
        "Website": env["SITE_URL"],
        "Publishable key": env["SUPABASE_PUBLISHABLE_KEY"],
        "Secret key": env["SUPABASE_SECRET_KEY"],
        "Database": env["DATABASE_URL"],
        "Mail": env["MAIL_URL"],
        "Stripe": env["STRIPE_API_URL"],
    }
    for who in ("CLIENT", "PRACTITIONER", "ADMIN"):
        facts[who.capitalize()] = f"{env[f'DEMO_{who}_EMAIL']}  {env[f'DEMO_{who}_PASSWORD']}"
    facts["All of it"] = str(state / "env")
    for name, value in facts.items():
        print(f"  {name:<16} {value}")


def down(state: Path, port: int) -> None:
    """Stop everything. Data stays."""
    Stack(state).stop()


def logs(state: Path, port: int) -> None:
    """Follow every log, of parts and of functions, until interrupted."""
    seen: dict[Path, int] = {}
    first = True
    while True:
        for path in sorted([*state.glob("log/*.log"), state / "supervisor.log"]):
            if not path.exists():
                continue
            with path.open(errors="replace") as file:
                size = path.stat().st_size
                file.seek(seen.get(path, max(0, size - 2000) if first else 0))
                for line in file:
                    print(f"{path.stem:>28} | {line.rstrip()}")
                seen[path] = file.tell()
        first = False
        sys.stdout.flush()
        time.sleep(0.3)


def migrate(state: Path, port: int) -> None:
    """Apply new migrations to a stack that runs."""
    if not _answers(state):
        sys.exit("The stack does not run: make up applies every migration.")
    asyncio.run(migrations.push(Config(state, port)))


def reset(state: Path, port: int) -> None:
    """Empty the stack. Keys, passwords and website stay: whatever is configured with them goes on working."""
    was_running = Stack(state).is_running()
    down(state, port)
    for path in state.iterdir() if state.exists() else ():
        if path.name in KEPT_BY_RESET or re.fullmatch(r"\d+", path.name):  # numbers are other stacks
            continue
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    if was_running:
        up(state, port)


@contextmanager
def _one_at_a_time(state: Path) -> Iterator[None]:
    """Of two `make up` the second waits, and finds the stack running."""
    state.mkdir(parents=True, exist_ok=True)
    with (state / "up.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # freed by the system when the first ends, however
        yield


def _answers(state: Path, patience: float = 0) -> bool:
    """Whether all parts do; while only some do, those that were killed are given time to come back."""
    deadline = time.monotonic() + patience
    while (silent := _silent_parts(state)) and time.monotonic() < deadline:
        time.sleep(0.3)
    if silent:
        print(f"Does not answer: {', '.join(silent)}.")
    return silent == []


def _silent_parts(state: Path) -> list[str] | None:
    """The parts that do not answer; none at all if the gateway does not."""
    try:
        url = Stack(state).env["SUPABASE_URL"]
        with _open(url) as reply:
            silent: list[str] = json.load(reply)["silent"]
    except (OSError, KeyError, ValueError):
        return None
    return silent if Stack(state).is_running() else None


def _open(url: str) -> IO[bytes]:
    try:
        reply: IO[bytes] = urllib.request.urlopen(url, timeout=10)  # noqa: S310 (our own address)
    except urllib.error.HTTPError as refusal:
        return refusal
    return reply


if __name__ == "__main__":
    main()
