"""Move sessions along: each minute, give every session that is going on its turn, and start and stop its recording.

Tokens and channel events make this quick; this makes it certain. With every event lost the end is the same.
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

from .contract import Advanced, Task, Turn, advance_next_session_rpc

WORKERS = 4
TIME_S = 40  # begin nothing after this, so that the last turn ends before the function's own time does
PATIENCE_S = 5  # with Agora; the reconciler has more


@dataclass
class Round:
    """What the workers have done between them."""

    moved: Counter[str] = field(default_factory=Counter)
    told: Counter[Task] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    sessions: int = 0


@endpoint(
    caller="service", settings=(ServiceSettings, AgoraSettings, AgoraRestSettings, RecordingBucketSettings)
)
async def advance_sessions(call: Call[None]) -> Advanced:
    """Give each session its turn, until all have had theirs.

    Any number may run at once: a turn is one caller's, and what it changes it changes once. A crash between the
    database and Agora loses nothing: what was won and not done, `reconcile-recordings` does within a minute.
    """
    done = Round()
    try:
        await run_workers(partial(_work, call, done), workers=WORKERS, seconds=TIME_S)
    finally:
        call.log(sessions=done.sessions, moved=dict(done.moved), told=dict(done.told), failures=done.failures)
    return Advanced(
        sessions=done.sessions,
        moved=dict(done.moved),
        recordings=dict(done.told),
        failures=len(done.failures),
    )


async def _work(call: Call[None], done: Round) -> AsyncGenerator[None]:
    since: datetime | None = None
    while True:
        turn = await call.service.rpc(advance_next_session_rpc, since=since)
        if turn.session_id is None:
            return
        since = turn.asked_at
        done.sessions += 1
        if turn.moved_to:
            done.moved[turn.moved_to] += 1
        if turn.failure:
            done.failures.append(f"{turn.session_id}: {turn.failure}")
        await _ask_agora(call, turn, done)
        yield


async def _ask_agora(call: Call[None], turn: Turn, done: Round) -> None:
    if turn.task is None or turn.recording is None:
        return
    done.told[turn.task] += 1
    if turn.task == "start":
        await start(call, turn.recording, patience=PATIENCE_S)
    else:
        await recordings.stop(call, turn.recording, patience=PATIENCE_S)
