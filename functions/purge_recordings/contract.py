"""What erasing recordings takes and gives."""

from datetime import datetime
from uuid import UUID

from shared.database import Rpc
from shared.wire import Output, StrictInput


class PurgeRecordings(StrictInput):
    """One recording, if it is due; without it all that are."""

    recording_id: UUID | None = None


class Purged(Output):
    """How many recordings are gone now, and how many could not be erased this time."""

    erased: int
    failed: int


class Leased(Output):
    """The recording, held by its `lease_id`."""

    id: UUID
    lease_id: UUID


class DueRecording(Output):
    """A recording to erase, and where its files are; a participant's own row of a class's has none."""

    recording: Leased
    storage_folder: str | None
    source_folder: str | None


class Receipt(Output):
    """That it is gone."""

    recording_id: UUID
    files: int
    bytes: int
    erased_at: datetime


class Prepared(Output):
    """Of how many recordings people were told, how many's retention was over, and how many are under a legal hold."""

    told: int
    queued: int
    held: int


prepare_recording_erasures_rpc = Rpc("prepare_recording_erasures", gives=Prepared)
claim_recording_erasure_rpc = Rpc("claim_recording_erasure", gives=DueRecording)
finish_recording_erasure_rpc = Rpc("finish_recording_erasure", gives=Receipt, refuses=("lease_lost",))
