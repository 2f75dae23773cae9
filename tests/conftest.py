"""One stack for the whole run, on free ports; it leaves nothing behind."""

import ssl
import tempfile
from collections.abc import Iterator
from functools import cache
from inspect import signature
from pathlib import Path

import httpx
import pytest

from local.stack import Stack

from .cast import Stage

# httpx reads the certificates of all authorities for every client it makes, in 20 ms; nothing here is encrypted.
ssl.create_default_context = cache(ssl.create_default_context)  # type: ignore[assignment]

# It gives up on an answer after 5 s; a function that starts while three workers share two cores has taken longer.
signature(httpx.Client.__init__).parameters["timeout"].default.read = 60.0


@pytest.fixture(scope="session")
def states() -> Iterator[Path]:
    """Where stacks keep what they know.

    Started by root, PostgreSQL runs as somebody else, who must get to its folder in here. Not under tmp_path: any other
    run of pytest on the machine would lock that up again.
    """
    with tempfile.TemporaryDirectory(prefix="stacks-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@pytest.fixture(scope="session")
def stack(states: Path) -> Iterator[Stack]:
    """Everything `make up` starts, without the demo and without the clock: tests call the scheduled functions."""
    with Stack(states / "stack") as running:
        yield running


@pytest.fixture(scope="session")
def stage(stack: Stack) -> Iterator[Stage]:
    """The stack, with people who can act on it."""
    stage = Stage(stack.env)
    # Everybody on the stage comes from one address.
    stage.execute(
        "update private.rate_limits set times = 1000000"
        " where rule in ('unknown links', 'signature checks', 'welcome requests')"
    )
    yield stage
    stage.close()


@pytest.fixture(scope="module")
def unlimited(stage: Stage) -> Iterator[None]:
    """A few people act as many: meanwhile no rate is in their way."""
    kept = stage.owner.execute("select rule, times from private.rate_limits").fetchall()
    stage.execute("update private.rate_limits set times = 1000000")
    yield
    for row in kept:
        stage.execute("update private.rate_limits set times = %s where rule = %s", row["times"], row["rule"])
