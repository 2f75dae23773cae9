"""What processing a recording takes and gives, and the steps of a copy as the database knows them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BeforeValidator

from shared.database import Rpc
from shared.recordings import MaybeRecording, Recording, RecordingStatus, row_or_none
from shared.wire import Output, StrictInput


class ProcessRecording(StrictInput):
    """One recording; without it the next that is ready."""

    recording_id: UUID | None = None


class Processed(Output):
    """The reply. `processed` says whether this call finished the recording."""

    processed: bool
    recording_id: UUID | None = None
    status: RecordingStatus | None = None
    storage_path: str | None = None
    bytes: int | None = None


class Claim(Output):
    """A recording to copy, held by its `lease_id`; or, not claimed, the recording as it is."""

    is_claimed: bool
    is_planned: bool
    recording: MaybeRecording


class RecordingFile(Output):
    """A part of the recording that is not verified yet."""

    id: UUID
    kind: Literal["mp4", "playlist", "slice"]
    source_key: str
    source_etag: str
    size_bytes: int
    storage_path: str
    upload_url: str | None


class NextFile(Output):
    """How many parts are not verified yet, and the first of them."""

    remaining: int
    file: Annotated[RecordingFile | None, BeforeValidator(row_or_none)]


class Lease(Output):
    """Until when the recording is ours."""

    lease_until: datetime


class Plan(Output):
    """How many files the recording has."""

    planned: int


claim_recording_copy_rpc = Rpc("claim_recording_copy", gives=Claim, refuses=("recording_not_found",))
renew_recording_lease_rpc = Rpc("renew_recording_lease", gives=Lease, refuses=("lease_lost",))
plan_recording_files_rpc = Rpc("plan_recording_files", gives=Plan, refuses=("lease_lost",))
next_recording_file_rpc = Rpc("next_recording_file", gives=NextFile, refuses=("lease_lost",))
record_recording_upload_rpc = Rpc("record_recording_upload", gives=Lease, refuses=("lease_lost",))
verify_recording_file_rpc = Rpc("verify_recording_file", gives=Lease, refuses=("lease_lost",))
complete_recording_rpc = Rpc(
    "complete_recording", gives=Recording, refuses=("lease_lost", "recording_files_not_verified")
)
postpone_recording_copy_rpc = Rpc("postpone_recording_copy", gives=Recording, refuses=("lease_lost",))
