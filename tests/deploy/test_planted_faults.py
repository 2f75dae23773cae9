"""The doctor names every fault that is planted on a running stack, and says none of it of a healthy one."""

from contextlib import ExitStack

import pytest
from pytest_httpserver import HTTPServer

from deploy.doctor import checks
from deploy.functions import functions
from tests.cast import Stage
from tests.planted_faults import FAULTS, Fault, Scene, planted


@pytest.fixture(scope="module")
def watched(stage: Stage) -> Stage:
    """Nothing on it is late; what other tests left undone is not looked at."""
    stage.execute("update private.scheduled_functions set watched_since = now()")
    stage.execute("delete from private.scheduled_runs")
    stage.execute("update private.queue_limits set late_after = '40 days'")
    return stage


def lines(fault: Fault, env: dict[str, str]) -> list[str]:
    chosen = [functions()[name] for name in fault.functions]
    return next((list(found) for check, found in checks(chosen, env) if check == fault.check), [])


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_planted_fault_is_named(
    fault: Fault, watched: Stage, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its own line; gone, it is said no more."""
    with (
        monkeypatch.context() as patched,
        planted(fault, Scene(watched, httpserver, patched, ExitStack())) as env,
    ):
        found = lines(fault, env)

    assert [line for line in found if fault.says in line], found
    assert not [line for line in lines(fault, watched.env) if fault.says in line]


def test_there_are_enough_of_each_kind() -> None:
    """Each check that the doctor makes has a fault that it names."""
    all_checks = {
        "settings", "time zones of Python", "time zones of PostgreSQL", "timeouts", "schema", "audit log",
        "keys of bank numbers", "key pair of bank numbers", "publishable key", "sign-in", "functions",
        "what they were given", "database", "storage", "invariants", "scheduler and queues", "webhooks", "status",
        "pages", "Agora", "Agora's bucket", "ffmpeg", "Stripe", "mail", "DATABASE_URL",
    }  # fmt: skip

    assert len(FAULTS) >= 40
    assert all_checks == {fault.check for fault in FAULTS}
