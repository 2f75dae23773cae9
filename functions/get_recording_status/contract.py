"""What asking after a recording takes and gives."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import model_validator

from shared.database import Rpc
from shared.wire import Input, Output


class GetRecordingStatus(Input):
    """Which recording, by itself or by its session."""

    session_id: UUID | None = None
    recording_id: UUID | None = None

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if self.session_id is None and self.recording_id is None:
            raise ValueError("session_id or recording_id is required")
        return self


class RecordingFacts(Output):
    """A recording. Agora's ids, the storage path and the reason of a failure are for admins, null for others."""

    id: UUID
    session_id: UUID
    status: str
    agora_resource_id: str | None
    agora_sid: str | None
    recording_url: str | None
    storage_path: str | None
    duration_seconds: int | None
    file_size_bytes: int | None
    started_at: datetime | None
    completed_at: datetime | None
    created_at: datetime
    updated_at: datetime
    failure_code: str | None
    failure_reason: str | None


class FoundRecording(RecordingFacts):
    """The row, with what Agora last said."""

    agora_status: int | None
    agora_seen_at: datetime | None


class AgoraStatus(Output):
    """What Agora last said of a running recording: 4 and 5 mean that it records."""

    status: int
    seen_at: datetime


class RecordingReport(Output):
    """The reply."""

    recording: RecordingFacts
    agora_status: AgoraStatus | None


get_recording_status_rpc = Rpc("get_recording_status", gives=FoundRecording, refuses=("recording_not_found",))
