"""Programs of others, run from here: each command is printed as it could be typed, before it is run."""

import json
import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LONGEST_S = 300


class Failed(Exception):
    """A command ended with something else than success."""


@dataclass(frozen=True)
class Shell:
    """Where commands run. `only_print` leaves out those that change something."""

    folder: Path
    only_print: bool = False

    def run(self, *command: str) -> None:
        """A command that changes something. Raises Failed."""
        print(f"$ {shlex.join(_words(command))}", flush=True)
        if not self.only_print:
            _run(_words(command), self.folder, capture=False)

    def read(self, *command: str) -> Any:
        """What a command answers in JSON, which changes nothing. Raises Failed."""
        print(f"$ {shlex.join(_words(command))}", flush=True)
        answer = _run(_words(command), self.folder, capture=True)
        try:
            return json.loads(answer or "[]")
        except json.JSONDecodeError:
            raise Failed(f"{command[0]} answered no JSON: {answer[:200]}") from None

    def is_there(self, *command: str) -> bool:
        """Whether a command succeeds that only looks."""
        try:
            _run(_words(command), self.folder, capture=True)
        except Failed:
            return False
        return True


def _words(command: tuple[str, ...]) -> list[str]:
    """PODMAN and the like may say another program, options included."""
    return [*shlex.split(os.environ.get(command[0].upper(), command[0])), *command[1:]]


def _run(words: list[str], folder: Path, *, capture: bool) -> str:
    if not shutil.which(words[0]):
        raise Failed(f"{words[0]} is not installed here.")
    try:
        done = subprocess.run(
            words,
            cwd=folder,
            check=False,
            text=True,
            timeout=LONGEST_S,
            stdout=subprocess.PIPE if capture else None,
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"{words[0]} did not end within {LONGEST_S} s.") from None
    if done.returncode:
        raise Failed(f"{shlex.join(words[:4])} … ended with {done.returncode}.")
    return done.stdout or ""
