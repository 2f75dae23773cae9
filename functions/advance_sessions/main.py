"""Advance sessions: each minute, check every session under way, and start and stop its recording.

Tokens and channel events are quicker; this is certain. With every event lost the end is the same.
"""

from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from shared import recordings
from shared.agora.settings import AgoraRestSettings, AgoraSettings, RecordingBucketSettings
from shared.call import Call
from shared.recording_start import start
from shared.serving import endpoint
from shared.settings import ServiceSettings
from shared.workers import run_workers

from .contract import Advanced, SessionCheck, Task, advance_next_session_rpc

WORKERS = 4
TIME_S = 40  # begin nothing after this, so that the last check ends before the function's own time does
PATIENCE_S = 5  # with Agora; the reconciler has more


@dataclass
class Progress:
    """What the workers have done between them."""

    moved: Counter[str] = field(default_factory=Counter)
    recording_tasks: Counter[Task] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    sessions: int = 0
    since: datetime | None = None  # when this round of checks began


@endpoint(
    caller="service",
    settings=(ServiceSettings, AgoraSettings, AgoraRestSettings, RecordingBucketSettings),
    is_scheduled=True,
)
async def advance_sessions(call: Call[None]) -> Advanced:
    """Check each session, until all have been checked.

    Any number may run at once: each check is one caller's, and changes what it changes once. A crash between the
    database and Agora loses nothing: what was claimed and not done, `reconcile-recordings` does within a minute.
    """
    progress = Progress()
    try:
        progress.failures += await run_workers(
            partial(_work, call, progress), workers=WORKERS, seconds=TIME_S
        )
    finally:
        call.log(
            sessions=progress.sessions,
            moved=dict(progress.moved),
            told=dict(progress.recording_tasks),
            failures=progress.failures,
        )
    return Advanced(
        sessions=progress.sessions,
        moved=dict(progress.moved),
        recordings=dict(progress.recording_tasks),
        failures=len(progress.failures),
    )


async def _work(call: Call[None], progress: Progress) -> AsyncGenerator[None]:
    while True:
        check = await call.service.rpc(advance_next_session_rpc, since=progress.since)
        if check.session_id is None:
            return
        progress.since = progress.since or check.asked_at
        progress.sessions += 1
        if check.moved_to:
            progress.moved[check.moved_to] += 1
        if check.failure:
            progress.failures.append(f"{check.session_id}: {check.failure}")
        await _ask_agora(call, check, progress)
        yield


async def _ask_agora(call: Call[None], check: SessionCheck, progress: Progress) -> None:
    if check.task is None or check.take is None:
        return
    progress.recording_tasks[check.task] += 1
    if check.task == "start":
        await start(call, check.take, patience=PATIENCE_S)
    else:
        await recordings.stop(call, check.take, patience=PATIENCE_S)
