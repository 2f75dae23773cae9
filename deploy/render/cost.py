"""What it costs: a service for each function against one container for all, in one table.

Prices are Google's list prices in a first-tier region, in US dollars, and are to be looked up before anybody budgets.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from cronsim import CronSim

from deploy.environment import Environment
from deploy.functions import Function
from deploy.services import ALL_CPU, ALL_MEMORY

from .text import count, table

DAYS = 30
RUN_S = 0.5  # of a scheduled function that finds nothing to do
CPU_S, GIB_S, REQUESTS = 0.000024, 0.0000025, 0.40 / 1_000_000
FREE_CPU_S, FREE_GIB_S, FREE_REQUESTS = 180_000, 360_000, 2_000_000
ALWAYS_CPU_S, ALWAYS_GIB_S = 0.000018, 0.000002  # of an instance that is always there
JOB, FREE_JOBS, SECRET, FREE_SECRETS, BALANCER = 0.10, 3, 0.06, 6, 18.25
EACH_MIB, ONE_MIB = 40, 512  # one process of one function; what the one container was rehearsed in


def markdown(functions: Sequence[Function], environment: Environment) -> str:
    """The table, and what it does not say."""
    scheduled = [each for each in functions if each.schedule]
    runs = sum(_runs(str(each.schedule)) for each in scheduled)
    secrets = {name for each in functions for name in each.secrets if name in environment.secrets}
    bindings = sum(len([name for name in each.secrets if name in secrets]) for each in functions)
    resting = "memory at rest where instances stay (Kubernetes, one machine)"
    grants = f"{len(functions)}, {count(range(bindings), 'grant')}"
    always = f"${_always():.2f} a month: one instance always there, for the clock"
    rows = [
        ("services, revisions to roll", len(functions), 1),
        ("service accounts, and which secrets each reads", grants, f"1, all {len(secrets)} secrets"),
        ("scheduler", f"{count(scheduled, 'job')}, {runs:,} runs in {DAYS} days", "inside, the same runs"),
        (resting, _size(len(functions) * EACH_MIB), _size(ONE_MIB)),
        (
            "Cloud Run, the scheduled runs alone",
            f"${_by_request(runs):.2f} a month, nothing between them",
            always,
        ),
        ("Cloud Scheduler", f"${max(len(scheduled) - FREE_JOBS, 0) * JOB:.2f} a month", "$0.00"),
        ("Secret Manager", *[f"${max(len(secrets) - FREE_SECRETS, 0) * SECRET:.2f} a month"] * 2),
        ("load balancer (one origin)", *[f"${BALANCER:.2f} a month, and traffic"] * 2),
        (
            "a cold start is met by",
            "the first caller of each function",
            "nobody, while the container is there",
        ),
        ("whoever breaks into one function has", "its own secrets", "every secret"),
        ("a deployment changes", "one function", "all of them"),
    ]
    head = ("", count(functions, "service"), "one container")
    return (
        "# What it costs\n\n"
        + table(head, rows)
        + "\nList prices as they were known when this was written, after the free tier; people's own requests come on"
        + f" top and cost the same in both. A scheduled run that finds nothing is taken as {RUN_S} s of one CPU.\n"
    )


def _size(mib: int) -> str:
    return f"{mib} MiB" if mib < 1024 else f"{mib / 1024:.1f} GiB"


def _runs(schedule: str) -> int:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return sum(1 for _ in _until(CronSim(schedule, start), start + timedelta(days=DAYS)))


def _until(times: CronSim, end: datetime) -> list[datetime]:
    found = []
    for each in times:
        if each > end:
            break
        found.append(each)
    return found


def _by_request(runs: int) -> float:
    seconds = runs * RUN_S
    return (
        max(seconds - FREE_CPU_S, 0) * CPU_S
        + max(seconds / 4 - FREE_GIB_S, 0) * GIB_S
        + max(runs - FREE_REQUESTS, 0) * REQUESTS
    )


def _always() -> float:
    seconds = DAYS * 86400
    gibibytes = int(ALL_MEMORY.removesuffix("Mi")) / 1024
    return (
        max(seconds * ALL_CPU - 240_000, 0) * ALWAYS_CPU_S
        + max(seconds * gibibytes - 450_000, 0) * ALWAYS_GIB_S
    )
