"""Warm requests: how many a second one process answers over 16 connections, and how long they take.

In rounds, one after another; a ratio is the median of each round's own, since a slow moment of the machine slows all.
The twin (`twins/*.ts`) does the same work on Deno: it verifies the same token with jose and asks the same SQL function
with supabase-js. All three end at the same PostgREST with the person's token, past the gateway. The load comes from
autocannon on the same cores.
"""

import json
import subprocess
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from statistics import median

from local.node import NODE_BINARY, environment

from .programs import BENCH

CONNECTIONS = 16


@dataclass(frozen=True)
class Target:
    """What is asked, and with which headers."""

    url: str
    headers: dict[str, str]
    body: str = "{}"


@dataclass
class Race:
    """What was seen of one target, a value a round."""

    per_second: list[float] = field(default_factory=list)
    p50_ms: list[float] = field(default_factory=list)
    p99_ms: list[float] = field(default_factory=list)


def measure(
    targets: dict[str, Target], rounds: int, seconds: float, heard: Callable[[str], None]
) -> dict[str, Race]:
    """Every target in every round; a short round before that warms up, and is not counted."""
    races = {name: Race() for name in targets}
    for turn in range(rounds + 1):
        for name, target in targets.items():
            heard(f"round {turn} of {rounds}: {name}")
            seen = _load(target, seconds if turn else 2)
            if turn:
                for what, value in seen.items():
                    getattr(races[name], what).append(value)
    return races


def ratio(ours: list[float], theirs: list[float]) -> float:
    """The median of each round's own ratio."""
    return median(mine / other for mine, other in zip(ours, theirs, strict=True))


def _load(target: Target, seconds: float) -> dict[str, float]:
    order = json.dumps({**asdict(target), "connections": CONNECTIONS, "seconds": seconds})
    run = subprocess.run(  # noqa: PLW1510 (checked below, with its words)
        [NODE_BINARY, "load.mjs", order],
        cwd=BENCH,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=seconds + 30,
    )
    assert run.returncode == 0, run.stderr
    return dict(json.loads(run.stdout))
