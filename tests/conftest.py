"""One stack for the whole run, on free ports; it leaves nothing behind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.stack import Stack

from .cast import Stage


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything `make up` starts, without the demo and without the clock: tests call the scheduled functions."""
    state: Path = tmp_path_factory.mktemp("stack")
    with Stack(state) as running:
        yield running


@pytest.fixture(scope="session")
def stage(stack: Stack) -> Stage:
    """The stack, with people who can act on it."""
    return Stage(stack.env)
