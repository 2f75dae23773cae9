"""What the tests of the local stack share."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from local.node import NODE_BINARY, environment

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def node() -> Callable[..., str]:
    """Run one of the scripts beside this file with the stack's own Node, and give what it printed."""

    def run(script: str, **env: str) -> str:
        command = [str(NODE_BINARY), str(HERE / script)]
        result = subprocess.run(
            command, env=environment(**env), capture_output=True, text=True, check=False, timeout=60
        )
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    return run


def resident(pid: int) -> int:
    """The megabytes a process holds in memory."""
    return psutil.Process(pid).memory_info().rss // 1024**2


def is_running(pid: int) -> bool:
    """Whether a process runs; one that only waits to be buried does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
