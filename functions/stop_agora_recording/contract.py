"""What stopping a recording takes and gives."""

from typing import Self
from uuid import UUID

from pydantic import model_validator

from shared.database import Rpc
from shared.recordings import RecordingStatus
from shared.wire import Input, Output


class StopAgoraRecording(Input):
    """Which recording, by itself or by its session."""

    session_id: UUID | None = None
    recording_id: UUID | None = None

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if self.session_id is None and self.recording_id is None:
            raise ValueError("session_id or recording_id is required")
        return self


class TakeToStop(Output):
    """The newest take, as far as its people may know it."""

    take_id: UUID
    recording_id: UUID
    status: RecordingStatus


class StoppedRecording(Output):
    """The reply, about the take that was on. Its files follow, and the recording is complete after the session."""

    success: bool = True
    recording_id: UUID
    status: RecordingStatus
    message: str


MESSAGES: dict[RecordingStatus, str] = {
    "pending": "The recording is stopped as soon as Agora has answered to its start.",
    "recording": "The recording is being stopped.",
    "processing": "The recording has stopped and is being processed.",
    "completed": "The recording had stopped already.",
    "failed": "There is nothing to stop: this recording has failed.",
}

stop_agora_recording_rpc = Rpc(
    "stop_agora_recording",
    gives=TakeToStop,
    refuses=("recording_not_found", "not_allowed", "too_many_requests"),
)
