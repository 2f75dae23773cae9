"""Copy the next finished recording from Agora's bucket into private storage, and finish it."""

from shared.agora.settings import RecordingBucketSettings
from shared.call import Call
from shared.errors import Refusal
from shared.recorded_media import NotPlayable
from shared.recordings import Recording
from shared.serving import endpoint
from shared.settings import PagesSettings, ServiceSettings
from shared.storage.bucket import BucketUnavailable, SourceChanged, recording_bucket
from shared.storage.supabase import Storage, StorageRefused, StorageUnavailable

from .contract import (
    Processed,
    ProcessRecording,
    claim_recording_copy_rpc,
    complete_recording_rpc,
    postpone_recording_copy_rpc,
)
from .copying import Copy, NotEqual

BUCKET = "session-recordings"


@endpoint(caller="service", settings=(ServiceSettings, RecordingBucketSettings, PagesSettings))
async def process_recording(call: Call[ProcessRecording]) -> Processed:
    """Copy one recording, named or the next in turn, whole and verified, or note why not and when to try again.

    Killed at any byte, the next call goes on from there. A finished recording is left as it is.
    """
    claim = await call.service.rpc(claim_recording_copy_rpc, recording_id=call.body.recording_id)
    if not claim.is_claimed or claim.recording is None:
        return _report(False, claim.recording)
    recording, code = claim.recording, ""
    copy = Copy(call, recording, recording_bucket(), Storage(BUCKET))
    call.log(recording_id=recording.id)
    try:
        if not claim.is_planned:
            await copy.plan()
        await copy.run()
        playback_url = PagesSettings.read().address("open_recording")
        recording = await call.service.rpc(complete_recording_rpc, **copy.lease, playback_url=playback_url)
        return _report(True, recording)
    except (BucketUnavailable, StorageUnavailable, StorageRefused) as error:
        code, reason = error.code, str(error.details)
    except SourceChanged as error:
        code, reason = "source_changed", str(error)
    except NotEqual as error:
        code, reason = "copy_not_equal", str(error)
    except NotPlayable as error:
        code, reason = "not_playable", str(error)
    except Refusal as refused:
        if refused.code != "lease_lost":
            raise
        return _report(False, recording)  # somebody else took it over, and goes on
    call.log(postponed=code, reason=reason)
    recording = await call.service.rpc(postpone_recording_copy_rpc, **copy.lease, code=code, reason=reason)
    return _report(False, recording)


def _report(processed: bool, recording: Recording | None) -> Processed:
    if recording is None:
        return Processed(processed=False)
    return Processed(
        processed=processed,
        recording_id=recording.id,
        status=recording.status,
        storage_path=recording.storage_path,
        bytes=recording.file_size_bytes,
    )
