"""Warm requests: how many a second one process answers over 16 connections, and how long they take.

In rounds, one after another; a ratio is the median of each round's own, since a slow moment of the machine slows all.
The twin (`twins/*.ts`) does the same work on Deno with one client for all requests: it verifies the same token with
jose where ours verifies it, and asks the same SQL function with supabase-js. All end at the same PostgREST with the
person's token, past the gateway. The load comes from autocannon on the same cores.
"""

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local.node import NODE_BINARY, environment

from .programs import BENCH

CONNECTIONS = 16


@dataclass
class LoadSamples:
    """Results of one target, a value for each round."""

    per_second: list[float] = field(default_factory=list)
    p50_ms: list[float] = field(default_factory=list)
    p99_ms: list[float] = field(default_factory=list)


def measure(
    urls: dict[str, str],
    headers: dict[str, str],
    rounds: int,
    seconds: float,
    on_progress: Callable[[str], None],
) -> dict[str, LoadSamples]:
    """Every address in every round; a short round before that warms up, and is not counted."""
    samples = {name: LoadSamples() for name in urls}
    for turn in range(rounds + 1):
        for name, url in urls.items():
            on_progress(f"round {turn} of {rounds}: {name}")
            seen = _load(url, headers, seconds if turn else 2)
            if turn:
                for what, value in seen.items():
                    getattr(samples[name], what).append(value)
    return samples


def _load(url: str, headers: dict[str, str], seconds: float) -> dict[str, float]:
    # PostgREST answers with a row, and not with a list of one, if asked as ours and the twin ask it.
    asked = {**headers, "content-type": "application/json", "accept": "application/vnd.pgrst.object+json"}
    return load({"url": url, "headers": asked, "body": "{}", "seconds": seconds}, seconds)


def load(order: dict[str, Any], seconds: float) -> dict[str, float]:
    """What `load.mjs` says after that order, which takes about so long."""
    run = subprocess.run(  # noqa: PLW1510 (checked below, with its words)
        [NODE_BINARY, "load.mjs", json.dumps({"connections": CONNECTIONS, **order})],
        cwd=BENCH,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=seconds + 30,
    )
    assert run.returncode == 0, run.stderr
    return dict(json.loads(run.stdout))
