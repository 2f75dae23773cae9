"""What is done about a take that is due. Each task ends in an observation; SQL decides what follows from it."""

from shared import recordings
from shared.call import Call
from shared.recorded_media import inspect_recording, sid_of
from shared.recording_start import start
from shared.recordings import Take, observe
from shared.storage.bucket import BucketUnavailable, SourceChanged, recording_bucket

from .contract import Task


async def carry_out(call: Call[None], task: Task, take: Take) -> None:
    """Do a task. A bucket that does not answer is an observation too."""
    try:
        match task:
            case "start":
                await _start(call, take)
            case "find":
                if not await _find(call, take):
                    await observe(call, take, "unclear")
            case "query":
                await recordings.query(call, take)
            case "stop":
                await recordings.stop(call, take, patience=0)
            case "look":
                await _inspect_files(call, take)
    except (BucketUnavailable, SourceChanged) as error:
        call.log(bucket=str(error))
        await observe(call, take, "unanswered")


async def _start(call: Call[None], take: Take) -> None:
    """Start, unless the files show that an earlier start took effect, although its answer was lost."""
    if take.agora_resource_id is None or not await _find(call, take):
        await start(call, take, patience=0)


async def _find(call: Call[None], take: Take) -> bool:
    sid = sid_of(await recording_bucket().list(take.folder))
    if sid:
        await observe(call, take, "found", sid=sid)
    return sid is not None


async def _inspect_files(call: Call[None], take: Take) -> None:
    media = await inspect_recording(recording_bucket(), take.folder, take.mode, take.agora_sid)
    await observe(call, take, media.found)
