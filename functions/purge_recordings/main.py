"""Erase the recordings whose time is over, or whose people have withdrawn: files, source, links and rows."""

import time

from shared.agora.settings import RecordingBucketSettings
from shared.call import Call
from shared.errors import Unavailable
from shared.serving import endpoint
from shared.settings import ServiceSettings
from shared.storage.bucket import Bucket, SourceChanged, recording_bucket
from shared.storage.supabase import Storage, StorageRefused

from .contract import (
    DueRecording,
    Purged,
    PurgeRecordings,
    claim_recording_erasure_rpc,
    finish_recording_erasure_rpc,
)

BUCKET = "session-recordings"
WORK_FOR_S = 600  # then the rest is tomorrow's, or the next call's


@endpoint(caller="service", settings=(ServiceSettings, RecordingBucketSettings))
async def purge_recordings(call: Call[PurgeRecordings]) -> Purged:
    """Erase what is due and under no legal hold, one after the other.

    Killed anywhere, the next call deletes what is left: the row goes last, and leaves a receipt that names nobody.
    """
    storage, bucket = Storage(BUCKET), recording_bucket()
    purged, failed, started = 0, 0, time.monotonic()
    while time.monotonic() - started < WORK_FOR_S:
        found = await call.service.rows(claim_recording_erasure_rpc, recording_id=call.body.recording_id)
        if not found:
            break
        try:
            await _erase(call, found[0], storage, bucket)
            purged += 1
        except (Unavailable, SourceChanged) as error:
            failed += 1  # its lease keeps it out of this run
            call.log(failed=found[0].recording.id, reason=str(error))
    return Purged(erased=purged, failed=failed)


async def _erase(call: Call[PurgeRecordings], due: DueRecording, storage: Storage, bucket: Bucket) -> None:
    # What is there counts, not what the rows know: an interrupted copy may have left more.
    if due.storage_folder:
        before: list[str] = []
        while paths := await storage.list(due.storage_folder):
            if paths == before:
                raise StorageRefused(details="Storage keeps what it was told to delete.")
            await storage.delete(*paths)
            before = paths
    if due.source_folder:
        await bucket.delete([each.key for each in await bucket.list(due.source_folder)])
    await call.service.rpc(
        finish_recording_erasure_rpc, recording_id=due.recording.id, lease_id=due.recording.lease_id
    )
