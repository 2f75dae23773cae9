"""Bring recordings to their end, whatever was lost on the way: each minute, check every one that is due.

Notifications are quicker; this is certain. With every notification lost the end is the same.
"""

from collections import Counter
from collections.abc import AsyncGenerator
from functools import partial

from shared.agora.settings import AgoraRestSettings, AgoraSettings, RecordingBucketSettings
from shared.call import Call
from shared.serving import endpoint
from shared.settings import ServiceSettings
from shared.workers import run_workers

from .contract import Reconciled, Task, apply_waiting_notifications_rpc, claim_recording_check_rpc
from .tasks import carry_out

WORKERS = 4
TIME_S = 40  # begin nothing after this, so that the last task ends before the function's own time does


@endpoint(
    caller="service", settings=(ServiceSettings, AgoraSettings, AgoraRestSettings, RecordingBucketSettings)
)
async def reconcile_recordings(call: Call[None]) -> Reconciled:
    """Apply notifications that waited for their recording, then do what is due until nothing is.

    Any number may run at once: a claim is one caller's for a minute. A crash loses nothing but that minute.
    """
    waiting = await call.service.rpc(apply_waiting_notifications_rpc)
    done: Counter[Task] = Counter()
    try:
        await run_workers(partial(_work, call, done), workers=WORKERS, seconds=TIME_S)
    finally:
        call.log(tasks=dict(done))
    return Reconciled(notifications=waiting.applied, tasks=dict(done))


async def _work(call: Call[None], done: Counter[Task]) -> AsyncGenerator[None]:
    while True:
        due = await call.service.rpc(claim_recording_check_rpc)
        if due.recording is None or due.task is None:
            return
        done[due.task] += 1
        await carry_out(call, due.task, due.recording)
        yield
