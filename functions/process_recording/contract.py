"""What processing a recording takes and gives, and the steps of a copy and of a join as the database knows them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BeforeValidator

from shared.agora.recorder import Mode
from shared.database import Rpc
from shared.recordings import MaybeTake, RecordingStatus, Take, row_or_none
from shared.wire import Output, StrictInput


class ProcessRecording(StrictInput):
    """One recording; without it the next that is ready."""

    recording_id: UUID | None = None


class Processed(Output):
    """The reply, about a take of the recording. `processed` says whether this call finished it.

    `joined` says that this call made one file of a recording that was complete.
    """

    processed: bool
    joined: bool = False
    recording_id: UUID | None = None
    status: RecordingStatus | None = None
    storage_path: str | None = None
    bytes: int | None = None


class Claim(Output):
    """A take to copy, held by its `lease_id`; or, not claimed, the take as it is."""

    is_claimed: bool
    is_planned: bool
    take: MaybeTake


class RecordingFile(Output):
    """A part of the take that is not verified yet."""

    id: UUID
    kind: Literal["mp4", "playlist", "slice", "webm"]
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
    """Until when the take is ours."""

    lease_until: datetime


class Plan(Output):
    """How many files the take has."""

    planned: int


class StoredFile(Output):
    """A verified file of a take that plays, of how many seconds in all."""

    kind: Literal["mp4", "playlist", "slice", "webm"]
    storage_path: str
    mode: Mode
    take: int
    seconds: int


class JoinClaim(Output):
    """The recording whose files are to be joined, held by its `lease_id`, and how far the last attempt got."""

    id: UUID
    session_id: UUID
    lease_id: UUID
    upload_url: str | None
    parts_sha256: str | None
    seconds: int
    files: list[StoredFile]


class JoinLease(Output):
    """Until when the join is ours."""

    lease_until: datetime


class Joined(Output):
    """When it was joined."""

    joined_at: datetime


class PostponedJoin(Output):
    """Whether it is tried again."""

    status: Literal["waiting", "given_up"]


claim_take_copy_rpc = Rpc("claim_take_copy", gives=Claim, refuses=("recording_not_found",))
renew_take_lease_rpc = Rpc("renew_take_lease", gives=Lease, refuses=("lease_lost",))
plan_take_files_rpc = Rpc("plan_take_files", gives=Plan, refuses=("lease_lost",))
next_take_file_rpc = Rpc("next_take_file", gives=NextFile, refuses=("lease_lost",))
record_take_upload_rpc = Rpc("record_take_upload", gives=Lease, refuses=("lease_lost",))
verify_take_file_rpc = Rpc("verify_take_file", gives=Lease, refuses=("lease_lost",))
complete_take_rpc = Rpc("complete_take", gives=Take, refuses=("lease_lost", "recording_files_not_verified"))
postpone_take_copy_rpc = Rpc("postpone_take_copy", gives=Take, refuses=("lease_lost",))

claim_join_rpc = Rpc("claim_join", gives=JoinClaim)
renew_join_lease_rpc = Rpc("renew_join_lease", gives=JoinLease, refuses=("lease_lost",))
record_join_rpc = Rpc("record_join", gives=JoinLease, refuses=("lease_lost",))
finish_join_rpc = Rpc("finish_join", gives=Joined, refuses=("lease_lost",))
postpone_join_rpc = Rpc("postpone_join", gives=PostponedJoin, refuses=("lease_lost",))
