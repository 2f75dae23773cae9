"""One session's turn, and what the driver reports."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.database import Rpc
from shared.recordings import MaybeRecording
from shared.wire import Output

Task = Literal["start", "stop"]


class Turn(Output):
    """What came of one session's turn, and what Agora is to be told; no session when all have had theirs."""

    asked_at: datetime
    session_id: UUID | None
    moved_to: Literal["in_progress", "completed", "cancelled"] | None
    task: Task | None
    recording: MaybeRecording
    failure: str | None


class Advanced(Output):
    """The reply: how many sessions were looked at, where they moved, and what Agora was told."""

    success: bool = True
    sessions: int
    moved: dict[str, int]
    recordings: dict[Task, int]
    failures: int


# What winning a recording refuses. It is caught with its session, whose turn says `failure`, or says nothing where
# somebody has not agreed.
advance_next_session_rpc = Rpc(
    "advance_next_session",
    gives=Turn,
    refuses=(
        "session_not_found",
        "not_allowed",
        "session_already_recorded",
        "session_cancelled",
        "session_over",
        "session_in_person",
        "too_early",
        "recording_consent_missing",
    ),
)
