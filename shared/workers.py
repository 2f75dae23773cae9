"""The loop of each scheduled function that works off what is due: a few workers at once, each with one thing at a time.

A worker is an async generator that yields after each thing it has done and returns when nothing is due any more.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from .ending import is_ending

Worker = Callable[[], AsyncGenerator[None]]


async def run_workers(worker: Worker, *, workers: int, seconds: float) -> None:
    """Run so many workers until each has returned; after so many seconds, or SIGTERM, none begins another thing.

    If some fail, the others finish first; then the first failure is raised.
    """
    until = time.monotonic() + seconds

    async def work() -> None:
        async with aclosing(worker()) as done:
            async for _ in done:
                if time.monotonic() >= until or is_ending():
                    return

    ends = await asyncio.gather(*(work() for _ in range(workers)), return_exceptions=True)
    for end in ends:
        if isinstance(end, BaseException):
            raise end
