"""The file `env` of a stack: shell syntax, readable by its owner alone."""

import shlex
from pathlib import Path

from .config import Config, write_private

NAME = "env"


def write_env(config: Config, env: dict[str, str]) -> None:
    lines = [f"{name}={shlex.quote(value)}\n" for name, value in sorted(env.items())]
    write_private(config.state / NAME, "".join(lines))


def read_env(state: Path) -> dict[str, str]:
    words = shlex.split((state / NAME).read_text())
    return dict(word.split("=", 1) for word in words)
