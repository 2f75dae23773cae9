"""Every queue is counted, and every scheduled function is waited for; only who watches is told."""

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from typing import Any

import pytest
from cronsim import CronSim

from deploy.functions import functions

from .conftest import ADMIN, CLIENT, Sandbox
from .test_queues import DEADLY, QUEUES, Queue, by_name, calm, plant  # noqa: F401 - calm is a fixture

DEPTHS = "select queue, depth, due, oldest_due from private.queue_depths"


def depths(sandbox: Sandbox) -> dict[str, dict[str, Any]]:
    sandbox.act_as("owner")
    return {row["queue"]: row for row in sandbox.run(DEPTHS)}


def test_every_queue_is_counted(sandbox: Sandbox) -> None:
    """A new one has a branch in queue_depths and a limit."""
    assert {queue.name for queue in QUEUES} == depths(sandbox).keys()


@by_name
def test_what_a_claim_would_take_is_due(calm: Sandbox, queue: Queue) -> None:  # noqa: F811
    """And what it has taken is not."""
    before = depths(calm)[queue.name]
    plant(calm, queue, DEADLY)
    planted = depths(calm)[queue.name]
    calm.act_as("service")
    calm.run(queue.claim)
    claimed = depths(calm)[queue.name]

    assert planted["depth"] == before["depth"] + (queue.name != "sessions to advance")
    if queue.name == "sessions to advance":  # its row is made by the first claim
        assert claimed["depth"] >= before["depth"]
    else:
        assert planted["due"] == before["due"] + 1
        assert planted["oldest_due"] is not None
        assert claimed["due"] == before["due"]


def longest_between(schedule: str) -> timedelta:
    """Between two calls of a schedule, of a month of them."""
    times = list(islice(CronSim(schedule, datetime(2026, 1, 1, tzinfo=UTC)), 100))
    return max(later - earlier for earlier, later in pairwise(times))


def test_every_scheduled_function_is_waited_for_as_long_as_it_may_take(sandbox: Sandbox) -> None:
    """One that is on time is never late: its time is longer than its schedule's and its timeout together."""
    sandbox.act_as("owner")
    rows = sandbox.run("select function, late_after from private.scheduled_functions")
    late_after = {row["function"]: row["late_after"] for row in rows}

    scheduled = {function.name: function for function in functions().values() if function.schedule}
    assert scheduled.keys() == late_after.keys()
    for name, function in scheduled.items():
        longest = longest_between(str(function.schedule)) + 2 * timedelta(seconds=function.timeout)
        assert longest < late_after[name] <= 2 * longest + timedelta(hours=1), name


@pytest.mark.parametrize(
    ("facts", "kept"), [('{"x": 1}', {"x": 1}), ('{"x": "' + "y" * 20000 + '"}', None)], ids=["short", "long"]
)
def test_what_a_run_did_is_kept_if_it_is_short(sandbox: Sandbox, facts: str, kept: object) -> None:
    """The run is written down all the same."""
    sandbox.act_as("service")
    run = sandbox.one("select id from public.record_run('run-payouts', 5, 'done', facts => %s::jsonb)", facts)

    assert kept == sandbox.one("select facts from private.scheduled_runs where id = %s", run)


@pytest.mark.parametrize("who", ["anon", "client", "practitioner"])
def test_nobody_else_reads_or_writes_runs(sandbox: Sandbox, who: str) -> None:
    sandbox.act_as(who)
    with sandbox.forbidden():
        sandbox.run("select public.record_run('run-payouts', 5, 'done')")
    with sandbox.forbidden():
        sandbox.run("select * from private.scheduled_runs")
    with sandbox.forbidden():
        sandbox.run("select * from public.ops_status()")


def test_only_on_behalf_of_an_admin_is_a_person_told(sandbox: Sandbox) -> None:
    sandbox.act_as("service")
    assert 1 == len(sandbox.run("select * from public.ops_status(%s)", ADMIN))
    with sandbox.refused("admins_only"):
        sandbox.run("select * from public.ops_status(%s)", CLIENT)
