"""Interrupted or killed, at whatever moment: the next `make` makes it good. interrupting.py has all the moments."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .interrupting import (
    INSTALLING,
    STARTING,
    STOPPING,
    Clone,
    Made,
    interrupt_installing,
    interrupt_starting,
    interrupt_stopping,
    kill_together,
)

STEWARDS = ("local.supervisor", "local.reaper")


@pytest.fixture(scope="module")
def made(states: Path) -> Iterator[Made]:
    """A stack that is not there yet: the first test makes it."""
    made = Made(states / "interrupted")
    yield made
    made.end()


def test_an_interrupted_installation_is_made_good_by_the_next(tmp_path: Path) -> None:
    """Ctrl-C in its first seconds leaves no .venv without pip, and a kill no half of node_modules."""
    interrupt_installing(Clone(tmp_path / "clone"), (INSTALLING[2], INSTALLING[9]))


def test_an_interrupted_first_start_is_made_good_by_the_next(made: Made) -> None:
    """While the cluster is made, and among the migrations."""
    interrupt_starting(made, (STARTING[3], STARTING[8]))


def test_an_interrupted_stop_is_made_good_by_the_next(made: Made) -> None:
    """Or by the next start."""
    interrupt_stopping(made, (STOPPING[1], STOPPING[6]))


def test_whatever_of_a_stack_is_killed_comes_back(made: Made) -> None:
    """All parts at once, twice, under a supervisor that lives; the reaper; then everybody."""
    made.check()
    parts = [role for role in made.roles() if role not in STEWARDS]
    assert len(parts) > 7

    kill_together(made, *parts)
    kill_together(made, *parts)
    kill_together(made, "local.reaper")
    kill_together(made)
