"""Workers: all that is due is done, none begins late, and a failure stops nobody else."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from shared.workers import run_workers


async def test_the_workers_share_all_the_work() -> None:
    """Each takes the next thing; nothing is done twice."""
    due, done = list(range(20)), list[int]()
    at_once, most = 0, 0

    async def worker() -> AsyncGenerator[None]:
        nonlocal at_once, most
        while due:
            mine = due.pop()
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0)
            at_once -= 1
            done.append(mine)
            yield

    await run_workers(worker, workers=4, seconds=60)

    assert list(range(20)) == sorted(done)
    assert 4 == most


async def test_after_the_time_limit_begun_work_is_finished_and_none_is_begun() -> None:
    """There is always more to do; each worker ends after the thing it had."""
    begun, finished = 0, 0

    async def worker() -> AsyncGenerator[None]:
        nonlocal begun, finished
        while True:
            begun += 1
            await asyncio.sleep(0.01)
            finished += 1
            yield

    await run_workers(worker, workers=3, seconds=0)

    assert (3, 3) == (begun, finished)


async def test_a_bad_thing_keeps_no_worker_from_the_next() -> None:
    """One worker alone: it begins anew after the thing that failed, and says how it failed."""
    due, done = ["good", "bad", "good", "bad", "good"], list[str]()

    async def worker() -> AsyncGenerator[None]:
        while due:
            mine = due.pop(0)
            if mine == "bad":
                raise ValueError(mine)
            done.append(mine)
            yield

    failures = await run_workers(worker, workers=1, seconds=60)

    assert ["good"] * 3 == done
    assert ["ValueError: bad"] * 2 == failures


async def test_the_others_finish_before_a_failure_is_raised() -> None:
    """Where everything fails it is not the thing: the worker gives up, and the call fails."""
    begun, done = 0, list[int]()

    async def worker() -> AsyncGenerator[None]:
        nonlocal begun
        begun += 1
        if begun != 2:
            raise ValueError("bad")
        for thing in range(20):
            await asyncio.sleep(0)
            done.append(thing)
            yield

    with pytest.raises(ValueError, match="bad"):
        await run_workers(worker, workers=2, seconds=60)

    assert 20 == len(done)
