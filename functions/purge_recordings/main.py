"""Erase the recordings whose time is over, or whose people have withdrawn: files, source, links and rows."""

from collections import Counter
from collections.abc import AsyncGenerator
from functools import partial

from shared.agora.settings import RecordingBucketSettings
from shared.call import Call
from shared.errors import Unavailable
from shared.serving import endpoint
from shared.settings import ServiceSettings
from shared.storage.bucket import Bucket, SourceChanged, recording_bucket
from shared.storage.supabase import Storage, StorageRefused
from shared.workers import run_workers

from .contract import (
    DueRecording,
    Purged,
    PurgeRecordings,
    claim_recording_erasure_rpc,
    finish_recording_erasure_rpc,
    prepare_recording_erasures_rpc,
)

BUCKET = "session-recordings"
PREPARE_S = 60
WORK_FOR_S = 600  # then the rest is tomorrow's, or the next call's


@endpoint(caller="service", settings=(ServiceSettings, RecordingBucketSettings), is_scheduled=True)
async def purge_recordings(call: Call[PurgeRecordings]) -> Purged:
    """Tell people a week before, then erase what is due and under no legal hold, one after the other.

    Killed anywhere, the next call deletes what is left: the row goes last, and leaves a receipt that names nobody.
    """
    done: Counter[str] = Counter()
    failures = await run_workers(partial(_prepare, call), workers=1, seconds=PREPARE_S)
    failures += await run_workers(partial(_work, call, done), workers=1, seconds=WORK_FOR_S)
    call.log(failures=failures)
    return Purged(erased=done["erased"], failed=done["failed"])


async def _prepare(call: Call[PurgeRecordings]) -> AsyncGenerator[None]:
    while True:
        prepared = await call.service.rpc(prepare_recording_erasures_rpc)
        if not (prepared.told or prepared.queued or prepared.held):
            return
        yield


async def _work(call: Call[PurgeRecordings], done: Counter[str]) -> AsyncGenerator[None]:
    storage, bucket = Storage(BUCKET), recording_bucket()
    while due := await call.service.rows(claim_recording_erasure_rpc, recording_id=call.body.recording_id):
        try:
            await _erase(call, due[0], storage, bucket)
            done["erased"] += 1
        except (Unavailable, SourceChanged) as error:
            done["failed"] += 1  # it comes again later
            call.log(failed=due[0].recording.id, reason=str(error))
        yield


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
