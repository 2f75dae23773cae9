"""The check of one session, and what the function reports."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.database import Rpc
from shared.recordings import MaybeTake
from shared.wire import Output

Task = Literal["start", "stop"]


class SessionCheck(Output):
    """The result of one session's check, and what Agora is to be asked; no session when all have been checked."""

    asked_at: datetime
    session_id: UUID | None
    moved_to: Literal["in_progress", "completed", "cancelled"] | None
    task: Task | None
    take: MaybeTake
    failure: str | None


class Advanced(Output):
    """The reply: how many sessions were looked at, where they moved, and what Agora was told."""

    success: bool = True
    sessions: int
    moved: dict[str, int]
    recordings: dict[Task, int]
    failures: int


# The refusals of a recording's start, caught in SQL: any but a 409 (a missing consent) is the check's `failure`.
advance_next_session_rpc = Rpc(
    "advance_next_session",
    gives=SessionCheck,
    refuses=(
        "session_not_found",
        "not_allowed",
        "session_cancelled",
        "session_over",
        "session_in_person",
        "too_early",
        "recording_consent_missing",
        "recording_stopping",
        "recording_being_erased",
        "too_many_takes",
    ),
)
