"""The commands behind make: up, keys, down, logs, migrate, reset, demo."""

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

from . import migrations, ports, project
from .config import Config
from .follow import follow
from .ports import NoSuchPort, keep_port, kept_port, next_block, read_port
from .progress import ProgressLine
from .stack import PortTaken, Stack, StackFailed

KEPT_BY_RESET = {"secrets.json", project.REMEMBERED, ports.REMEMBERED}
MENDING_PATIENCE = 20


def main() -> None:
    commands = {"up": up, "keys": keys, "down": down, "migrate": migrate, "reset": reset, "demo": demo}
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    parser.add_argument("command", choices=sorted([*commands, "logs"]))
    parser.add_argument("--port", help="of its origin; without it the one that it had, or a free one")
    parser.add_argument("--state", type=Path, default=Path(".local"))
    parser.add_argument("--function", help="whose logs, in either spelling; without it all")
    arguments = parser.parse_args()
    try:
        port = read_port(arguments.port) if arguments.port else None
        if arguments.command == "logs":
            follow(arguments.state, arguments.function and arguments.function.replace("_", "-"))
        else:
            commands[arguments.command](arguments.state, port)
    except (NoSuchPort, StackFailed, migrations.MigrationsFailed) as error:
        sys.exit(f"\n{error}")
    except KeyboardInterrupt:
        sys.exit(130)


def up(state: Path, port: int | None) -> None:
    """Start the stack, unless all of it runs already, and say where it can be looked at."""
    with _one_at_a_time(state):
        is_other = project.remember(state, os.environ) or port not in (None, kept_port(state))
        if not is_other and _answers(state, MENDING_PATIENCE):
            print("The stack is running already.")
        else:
            down(state, port)  # what is left of one that was killed
            _start(state, port)
    print(f"\n  Open {Stack(state).env['SUPABASE_URL']} in a browser. (make keys prints keys and log-ins.)")


def _start(state: Path, port: int | None) -> None:
    """On the ports that are said and no others; else on those it had, or where somebody has them on the next free."""
    try:
        _start_at(state, port or kept_port(state))
    except PortTaken as taken:
        base = None if port else next_block(state)
        if base is None:
            raise StackFailed(f"{taken} End that, or choose others: make up PORT=25000") from None
        print(
            f"{taken} So this stack is at {base} from now on. (make up PORT={kept_port(state)} takes it back.)"
        )
        keep_port(state, base)
        _start_at(state, base)
    else:
        keep_port(state, port or kept_port(state))


def _start_at(state: Path, base: int) -> None:
    with ProgressLine("") as live:
        Stack(state, base, seed=True, schedules=True, tethered=False, on_step=live.done).start()


def keys(state: Path, port: int | None) -> None:
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


def down(state: Path, port: int | None) -> None:
    """Stop everything. Data stays."""
    Stack(state).stop()


def migrate(state: Path, port: int | None) -> None:
    """Apply new migrations to a stack that runs."""
    if not _answers(state):
        sys.exit("The stack does not run: make up applies every migration.")
    asyncio.run(migrations.push(Config(state, port or kept_port(state))))


def reset(state: Path, port: int | None) -> None:
    """Empty the stack. Keys, passwords, website and ports stay: whatever is configured with them goes on working."""
    was_running = Stack(state).is_running()
    down(state, port)
    for path in state.iterdir() if state.exists() else ():
        if path.name in KEPT_BY_RESET or re.fullmatch(r"\d+", path.name):  # numbers are other stacks
            continue
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    if was_running:
        up(state, port)


def demo(state: Path, port: int | None) -> None:
    """Play, on a stack that is started if it does not run."""
    if not _answers(state):
        up(state, port)
    from .demo import main as play  # no other command needs what it needs

    play(state)


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
