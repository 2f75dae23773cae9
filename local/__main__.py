"""The commands behind make: up, down, logs, migrate, reset."""

import argparse
import asyncio
import re
import shutil
import sys
import time
import urllib.request
from pathlib import Path

from . import migrations
from .config import DEFAULT_PORT, Config
from .progress import ProgressLine
from .stack import Stack, StackFailed

KEPT_BY_RESET = "secrets.json"


def main() -> None:
    commands = {"up": up, "down": down, "logs": logs, "migrate": migrate, "reset": reset}
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
    """Start the stack, unless it runs already, and say how to get in."""
    if _answers(state):
        print("The stack is running already.")
    else:
        down(state, port)  # what is left of one that was killed
        with ProgressLine("") as live:
            Stack(state, port, seed=True, schedules=True, tethered=False, on_step=live.done).start()
    _introduce(Stack(state).env, state)


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
    """Empty the stack. Its keys and passwords stay, so that whatever is configured with them goes on working."""
    was_running = Stack(state).is_running()
    down(state, port)
    for path in state.iterdir() if state.exists() else ():
        if path.name == KEPT_BY_RESET or re.fullmatch(r"\d+", path.name):  # numbers are other stacks
            continue
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    if was_running:
        up(state, port)


def _answers(state: Path) -> bool:
    try:
        url = Stack(state).env["SUPABASE_URL"]
        with urllib.request.urlopen(url, timeout=2) as reply:  # noqa: S310 (our own address)
            return bool(reply.status == 200) and Stack(state).is_running()
    except (OSError, KeyError):
        return False


def _introduce(env: dict[str, str], state: Path) -> None:
    facts = {
        "Origin": env["SUPABASE_URL"],
        "Publishable key": env["SUPABASE_PUBLISHABLE_KEY"],
        "Secret key": env["SUPABASE_SECRET_KEY"],
        "Database": env["DATABASE_URL"],
        "Mail": env["MAIL_URL"],
        "Stripe": env["STRIPE_API_URL"],
    }
    for who in ("CLIENT", "PRACTITIONER", "ADMIN"):
        facts[who.capitalize()] = f"{env[f'DEMO_{who}_EMAIL']}  {env[f'DEMO_{who}_PASSWORD']}"
    facts["All of it"] = str(state / "env")
    print()
    for name, value in facts.items():
        print(f"  {name:<16} {value}")


if __name__ == "__main__":
    main()
