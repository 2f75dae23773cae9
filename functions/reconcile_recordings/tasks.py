"""What is done about a recording that is due. Each task ends in an observation; SQL decides what follows from it."""

from shared import recordings
from shared.call import Call
from shared.recorded_media import inspect_recording, sid_of
from shared.recording_start import start
from shared.recordings import Recording, observe
from shared.storage.bucket import BucketUnavailable, SourceChanged, recording_bucket

from .contract import Task


async def carry_out(call: Call[None], task: Task, recording: Recording) -> None:
    """Do a task. A bucket that does not answer is an observation too."""
    try:
        match task:
            case "start":
                await _start(call, recording)
            case "find":
                if not await _find(call, recording):
                    await observe(call, recording, "unclear")
            case "query":
                await recordings.query(call, recording)
            case "stop":
                await recordings.stop(call, recording, patience=0)
            case "look":
                await _inspect_files(call, recording)
    except (BucketUnavailable, SourceChanged) as error:
        call.log(bucket=str(error))
        await observe(call, recording, "unanswered")


async def _start(call: Call[None], recording: Recording) -> None:
    """Start, unless the files show that an earlier start took effect, although its answer was lost."""
    if recording.agora_resource_id is None or not await _find(call, recording):
        await start(call, recording, patience=0)


async def _find(call: Call[None], recording: Recording) -> bool:
    sid = sid_of(await recording_bucket().list(recording.folder))
    if sid:
        await observe(call, recording, "found", sid=sid)
    return sid is not None


async def _inspect_files(call: Call[None], recording: Recording) -> None:
    media = await inspect_recording(recording_bucket(), recording.folder, recording.mode, recording.agora_sid)
    await observe(call, recording, media.found)
