"""The loop of each scheduled function that works off what is due: a few workers at once, each with one thing at a time.

A worker is an async generator that yields after each thing it has done and returns when nothing is due any more.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from .ending import is_ending

Worker = Callable[[], AsyncGenerator[None]]

FAILURES_IN_A_ROW = 3  # then it is not the row


async def run_workers(worker: Worker, *, workers: int, seconds: float) -> list[str]:
    """Run so many workers until each has returned; after so many seconds, or SIGTERM, none begins another thing.

    A worker that fails begins anew: what it had claimed is counted and comes again later, and its neighbours are not to
    wait for it. Returns how those failed. If a worker fails again and again, or nothing at all could be done, it is not
    the row: when the others have finished, the first failure is raised.
    """
    until = time.monotonic() + seconds
    failures: list[Exception] = []
    any_done = False

    async def work() -> None:
        nonlocal any_done
        in_a_row = 0
        while True:
            try:
                async with aclosing(worker()) as done:
                    async for _ in done:
                        in_a_row, any_done = 0, True
                        if time.monotonic() >= until or is_ending():
                            return
                return
            except Exception as error:
                in_a_row += 1
                if in_a_row == FAILURES_IN_A_ROW:
                    raise
                failures.append(error)
                if time.monotonic() >= until or is_ending():
                    return

    ends = await asyncio.gather(*(work() for _ in range(workers)), return_exceptions=True)
    for end in ends:
        if isinstance(end, BaseException):
            raise end
    if failures and not any_done:
        raise failures[0]
    return [f"{type(error).__name__}: {error}"[:200] for error in failures]
