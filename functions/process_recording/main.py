"""Copy the next finished take of a recording into private storage; with none left, join one that is complete."""

from shared.agora.settings import RecordingBucketSettings
from shared.call import Call
from shared.errors import Refusal
from shared.recorded_media import NotPlayable
from shared.recordings import Take
from shared.serving import endpoint
from shared.settings import PagesSettings, ServiceSettings
from shared.storage.bucket import BucketUnavailable, SourceChanged, recording_bucket
from shared.storage.supabase import Storage, StorageRefused, StorageUnavailable

from .contract import (
    JoinClaim,
    Processed,
    ProcessRecording,
    claim_join_rpc,
    claim_take_copy_rpc,
    complete_take_rpc,
    postpone_join_rpc,
    postpone_take_copy_rpc,
)
from .copying import Copy, NotEqual
from .ffmpeg import FfmpegFailed, FfmpegSettings
from .fragments import NotJoinable
from .joining import Join, NotWhole

BUCKET = "session-recordings"


@endpoint(
    caller="service",
    settings=(ServiceSettings, RecordingBucketSettings, PagesSettings, FfmpegSettings),
    is_scheduled=True,
)
async def process_recording(call: Call[ProcessRecording]) -> Processed:
    """Copy a take, of the recording that is named or the next in turn, whole and verified, or note why not and when to
    try again. Where there is none, and ffmpeg is there, make one file of a recording that is complete.

    Killed at any byte, the next call goes on from there. A finished one is left as it is.
    """
    claim = await call.service.rpc(claim_take_copy_rpc, recording_id=call.body.recording_id)
    if not claim.is_claimed or claim.take is None:
        return await _join(call, claim.take)
    take, code = claim.take, ""
    copy = Copy(call, take, recording_bucket(), Storage(BUCKET))
    call.log(recording_id=take.recording_id, take_id=take.id)
    try:
        if not claim.is_planned:
            await copy.plan()
        await copy.run()
        playback_url = PagesSettings.read().address("open_recording")
        take = await call.service.rpc(complete_take_rpc, **copy.lease, playback_url=playback_url)
        return _report(True, take)
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
        return _report(False, take)  # somebody else took it over, and goes on
    call.log(postponed=code, reason=reason)
    take = await call.service.rpc(postpone_take_copy_rpc, **copy.lease, code=code, reason=reason)
    return _report(False, take)


async def _join(call: Call[ProcessRecording], take: Take | None) -> Processed:
    program = FfmpegSettings.read().program
    if not program:
        return _report(False, take)  # recordings stay the files that they were recorded in
    claims = await call.service.rows(claim_join_rpc, recording_id=call.body.recording_id)
    if not claims:
        return _report(False, take)
    claim = claims[0]
    call.log(recording_id=claim.id)
    code, reason = await _try_to_join(call, claim, program)
    if code and code != "lease_lost":
        call.log(not_joined=code, reason=reason)
        await call.service.rpc(
            postpone_join_rpc,
            recording_id=claim.id,
            lease_id=claim.lease_id,
            code=code,
            reason=reason,
            is_final=code == "not_joinable",
        )
    facts = {"recording_id": claim.id, "joined": not code}
    return _report(False, take).model_copy(update=facts)


async def _try_to_join(call: Call[ProcessRecording], claim: JoinClaim, program: str) -> tuple[str, str]:
    """Why it was not joined, in a code and in words; two blanks if it was."""
    try:
        await Join(call, claim, Storage(BUCKET), program).run()
    except NotJoinable as error:
        return "not_joinable", str(error)
    except NotWhole as error:
        return "not_whole", str(error)
    except FfmpegFailed as error:
        return "ffmpeg_failed", str(error)
    except (StorageUnavailable, StorageRefused) as error:
        return error.code, str(error.details)
    except Refusal as refused:
        if refused.code != "lease_lost":
            raise
        return "lease_lost", ""
    return "", ""


def _report(processed: bool, take: Take | None) -> Processed:
    if take is None:
        return Processed(processed=False)
    return Processed(
        processed=processed,
        recording_id=take.recording_id,
        status=take.status,
        storage_path=take.storage_path,
        bytes=take.file_size_bytes,
    )
