"""Read practitioners' other calendars in, so that nobody books a time in which they are elsewhere.

What is kept is what was last read whole: one that cannot be read keeps its times, and is told to whoever gave it.
"""

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import AsyncGenerator
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from shared.call import Call
from shared.errors import Refusal
from shared.outside import STREAMED
from shared.receivers import EgressSettings, ReceiverRefused, receivers
from shared.serving import endpoint
from shared.settings import ServiceSettings
from shared.workers import run_workers

from .contract import (
    ClaimedCalendar,
    Outcome,
    ReadBusyCalendars,
    claim_busy_calendar_rpc,
    keep_busy_times_rpc,
    note_busy_failure_rpc,
)
from .occurrences import NOT_A_CALENDAR, SECONDS, TOO_MANY

WORKERS = 2  # working out repetitions is work for a processor
TIME_S = 20  # begin no calendar after this: the longest takes as long again
PATIENCE_S = 15
LARGEST_BYTES = 5 * 1024 * 1024
STATUSES = {401: "not_allowed", 403: "not_allowed", 404: "not_found", 410: "not_found"}


class Unreadable(Exception):
    """Why a calendar could not be read, as a code."""


@endpoint(caller="service", settings=(ServiceSettings, EgressSettings), is_scheduled=True)
async def read_busy_calendars(call: Call[None]) -> ReadBusyCalendars:
    """Until none is due. Any number may run at once: a claim is one reader's for two minutes."""
    done: Counter[Outcome] = Counter()
    failures = await run_workers(partial(_work, call, done), workers=WORKERS, seconds=TIME_S)
    call.log(calendars=dict(done), failures=failures)
    return ReadBusyCalendars(calendars=dict(done))


async def _work(call: Call[None], done: Counter[Outcome]) -> AsyncGenerator[None]:
    while True:
        claimed = await call.service.rpc(claim_busy_calendar_rpc)
        if claimed.calendar_id is None:
            return
        try:
            done[await _read(call, claimed)] += 1
        except Refusal as refused:
            if refused.code != "lease_lost":  # then somebody else has it, or it was removed
                raise
        yield


async def _read(call: Call[None], claimed: ClaimedCalendar) -> Outcome:
    lease = {"calendar_id": claimed.calendar_id, "lease_id": claimed.lease_id}
    try:
        entries = await _work_out(await _fetch(claimed), claimed)
    except Unreadable as unreadable:
        await call.service.rpc(note_busy_failure_rpc, **lease, failure=str(unreadable))
        return "failed"
    await call.service.rpc(keep_busy_times_rpc, **lease, entries=entries)
    return "read"


async def _fetch(claimed: ClaimedCalendar) -> bytes:
    """The calendar as it is at its address now. Raises Unreadable."""
    assert claimed.address
    content = bytearray()
    try:
        async with receivers().stream(
            "GET",
            claimed.address,
            headers={"accept": "text/calendar", "user-agent": "practice-sessions-calendars/1"},
            timeout=PATIENCE_S,
            extensions=STREAMED,
        ) as reply:
            if reply.status_code != 200:
                raise Unreadable(STATUSES.get(reply.status_code, "unreachable"))
            async for piece in reply.aiter_bytes():
                content += piece
                if len(content) > LARGEST_BYTES:
                    raise Unreadable("too_large")
    except ReceiverRefused as refused:
        raise Unreadable(str(refused)) from refused
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unreadable("unreachable") from error
    return bytes(content)


async def _work_out(content: bytes, claimed: ClaimedCalendar) -> list[Any]:
    """Its times, worked out by a process of its own. Raises Unreadable."""
    assert claimed.time_zone and claimed.from_time and claimed.until_time
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name("occurrences.py")),
        *(claimed.time_zone, claimed.from_time.isoformat(), claimed.until_time.isoformat()),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={"PYTHONPATH": os.pathsep.join(sys.path)},  # and no secret of ours
    )
    try:
        found, _ = await asyncio.wait_for(process.communicate(content), 2 * SECONDS)
    except TimeoutError as error:
        raise Unreadable("takes_too_long") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    match process.returncode:
        case 0:
            entries: list[Any] = json.loads(found)
            return entries
        case code if code == NOT_A_CALENDAR:
            raise Unreadable("not_a_calendar")
        case code if code == TOO_MANY:
            raise Unreadable("too_many_entries")
        case code if code is not None and code < 0:
            raise Unreadable("takes_too_long")
    raise Unreadable("not_a_calendar")
