"""Each scheduled function, with more that is due than one statement could do: each call answers, the rest shrinks.

The real stack with its real timeouts, and rows made set-wise, good and stale mixed. `python -m bench.due 20000` does
the same with more.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.functions import functions
from local.stack import Stack
from tests.cast import Stage
from tests.due_work import DUE, Due, DueWork, out_of_turn

ROWS = 3000
MOST = 250  # in one statement: what is unbounded does all that is due, which here is more


@pytest.fixture(scope="module")
def crowded(states: Path) -> Iterator[Stage]:
    """A stack of its own: thousands of rows are in the way of every other test."""
    with Stack(states / "crowded") as stack:
        stage = Stage(stack.env)
        stage.http.timeout = 600
        yield stage
        stage.close()


@pytest.fixture(scope="module")
def work(crowded: Stage) -> DueWork:
    """A crowd, for whom things become due."""
    return DueWork(crowded.owner, ROWS)


def test_every_scheduled_function_has_its_due_rows() -> None:
    """A new one is asked how it copes with thousands."""
    assert {name for name, function in functions().items() if function.schedule} == {
        due.function for due in DUE
    }


@pytest.mark.parametrize("due", DUE, ids=lambda due: due.function)
def test_each_call_answers_and_the_rest_shrinks(crowded: Stage, work: DueWork, due: Due) -> None:
    """The nearest first, until nothing is left."""
    work.make(due)
    done = work.done(due)
    for _ in range(2):
        before = done.count(False)
        reply = crowded.invoke_as_service(due.function)
        done = work.done(due)

        assert 200 == reply.status_code, reply.text
        assert done.count(False) < before or due.function == "check-invariants"
        assert out_of_turn(done) <= due.runs_side_by_side
        assert work.most_in_one_statement(due) <= MOST
        if False not in done:
            break
