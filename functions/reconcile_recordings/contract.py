"""What the reconciler claims, and what it reports."""

from typing import Literal

from shared.database import Rpc
from shared.recordings import MaybeTake
from shared.wire import Output

Task = Literal["start", "find", "query", "stop", "look", "none"]


class DueTake(Output):
    """A take that is due, and what is to be done; no task when nothing is due."""

    task: Task | None
    take: MaybeTake


class AppliedNotifications(Output):
    """How many waiting notifications were tried and matched their take, and how many old ones were deleted."""

    tried: int
    applied: int
    forgotten: int


class Reconciled(Output):
    """The reply: how many of each were done."""

    success: bool = True
    notifications: int
    tasks: dict[Task, int]


claim_take_check_rpc = Rpc("claim_take_check", gives=DueTake)
apply_waiting_notifications_rpc = Rpc(
    "apply_waiting_agora_notifications", gives=AppliedNotifications, refuses=("recording_not_found",)
)
