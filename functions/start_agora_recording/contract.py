"""What starting a recording takes and gives."""

from typing import Literal
from uuid import UUID

from shared.database import Rpc
from shared.recordings import RecordingStatus
from shared.wire import Input, Output


class StartAgoraRecording(Input):
    """Which session, and how. A `channel_name` is accepted and ignored: the session knows its channel."""

    session_id: UUID
    recording_mode: Literal["composite", "individual"] = "composite"


class ClaimedTake(Output):
    """The take that is on, and whether this caller is the one who asks Agora for it."""

    is_new: bool
    take_id: UUID
    recording_id: UUID
    status: RecordingStatus
    agora_resource_id: str | None
    agora_sid: str | None


class StartedRecording(Output):
    """The reply. `resource_id` and `sid` are null as long as Agora has not answered."""

    success: bool = True
    recording_id: UUID
    resource_id: str | None
    sid: str | None
    status: RecordingStatus


start_agora_recording_rpc = Rpc(
    "start_agora_recording",
    gives=ClaimedTake,
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
        "too_many_requests",
    ),
)
