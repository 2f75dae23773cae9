"""Bring recordings to their end, whatever was lost on the way: each minute, check every one that is due.

Notifications are quicker; this is certain. With every notification lost the end is the same.
"""

from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from functools import partial

from shared.agora.settings import AgoraRestSettings, AgoraSettings, RecordingBucketSettings
from shared.call import Call
from shared.serving import endpoint
from shared.settings import ServiceSettings
from shared.workers import run_workers

from .contract import Reconciled, Task, apply_waiting_notifications_rpc, claim_take_check_rpc
from .tasks import carry_out

WORKERS = 4
NOTIFICATIONS_S = 10
TIME_S = 30  # begin nothing after this, so that the last task ends before the function's own time does


@dataclass
class Progress:
    """What the workers have done between them."""

    notifications: int = 0
    tasks: Counter[Task] = field(default_factory=Counter)


@endpoint(
    caller="service",
    settings=(ServiceSettings, AgoraSettings, AgoraRestSettings, RecordingBucketSettings),
    is_scheduled=True,
)
async def reconcile_recordings(call: Call[None]) -> Reconciled:
    """Apply notifications that waited for their recording, then do what is due until nothing is.

    Any number may run at once: a claim is one caller's for a minute. A crash loses nothing but that minute.
    """
    progress = Progress()
    failures: list[str] = []
    try:
        failures += await run_workers(partial(_apply, call, progress), workers=1, seconds=NOTIFICATIONS_S)
        failures += await run_workers(partial(_work, call, progress), workers=WORKERS, seconds=TIME_S)
    finally:
        call.log(notifications=progress.notifications, tasks=dict(progress.tasks), failures=failures)
    return Reconciled(notifications=progress.notifications, tasks=dict(progress.tasks))


async def _apply(call: Call[None], progress: Progress) -> AsyncGenerator[None]:
    while (waiting := await call.service.rpc(apply_waiting_notifications_rpc)).tried:
        progress.notifications += waiting.applied
        yield


async def _work(call: Call[None], progress: Progress) -> AsyncGenerator[None]:
    while True:
        due = await call.service.rpc(claim_take_check_rpc)
        if due.task is None:
            return
        progress.tasks[due.task] += 1
        if due.take is not None:  # else it ended with the claim
            await carry_out(call, due.task, due.take)
        yield
