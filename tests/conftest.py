"""One stack for the whole run, on free ports; it leaves nothing behind."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.stack import Stack

from .cast import Stage


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Everything `make up` starts, without the demo and without the clock: tests call the scheduled functions."""
    with tempfile.TemporaryDirectory(prefix="stack-") as folder:
        state = Path(folder)
        state.chmod(
            0o711
        )  # started by root, PostgreSQL runs as somebody else, who must get to its folder in here
        with Stack(state) as running:
            yield running


@pytest.fixture(scope="session")
def stage(stack: Stack) -> Iterator[Stage]:
    """The stack, with people who can act on it."""
    stage = Stage(stack.env)
    yield stage
    stage.close()
