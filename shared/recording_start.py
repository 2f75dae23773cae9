"""Asking Agora to record: what `start-agora-recording` does first, and the reconciler again."""

from datetime import UTC, datetime
from typing import Any

from .agora.answers import Acquired, AlreadyRunning, Expired, Started, StartResult, TaskConflict, TryLater
from .agora.settings import AgoraSettings, RecordingBucketSettings
from .agora.start_request import start_request
from .agora.tokens import LONGEST_LIFETIME_SECONDS, build_token
from .call import Call
from .recordings import Observation, Recording, agora, observe

TOKEN_SLACK_S = 600  # the recorder's token outlives the room a little: it cannot be renewed


async def start(call: Call[Any], recording: Recording, *, patience: float) -> Recording:
    """Ask Agora to record: acquire, keep the resource, start.

    The resource is stored before the start, so that a crash in between leaves a recording that can be found again.
    """
    service = agora(call, patience)
    if recording.agora_resource_id is None:
        acquired = await service.acquire(recording.recorder)
        if not isinstance(acquired, Acquired):
            name, facts = start_observation(acquired)
            # Nothing has been started yet, so nothing is unclear.
            return await observe(call, recording, "busy" if name != "rejected" else name, **facts)
        recording = await observe(call, recording, "acquired", resource_id=acquired.resource_id)
    if not recording.may_start:  # withdrawn, or cancelled, while Agora was thinking
        return recording
    assert recording.record_until is not None
    assert recording.prefix is not None
    lifetime_s = int((recording.record_until - datetime.now(UTC)).total_seconds()) + TOKEN_SLACK_S
    recorder = recording.recorder
    token = build_token(
        AgoraSettings.read(),
        recorder.channel,
        recorder.uid,
        "subscriber",
        max(TOKEN_SLACK_S, min(lifetime_s, LONGEST_LIFETIME_SECONDS)),
    )
    bucket = RecordingBucketSettings.read()
    request = start_request(recorder, token, bucket, tuple(recording.prefix.split("/")))
    name, facts = start_observation(await service.start(recorder, request))
    return await observe(call, recording, name, **facts)


def start_observation(result: Acquired | StartResult) -> Observation:
    """The observation in an answer to acquire or start."""
    match result:
        case Started(sid):
            return "started", {"sid": sid}
        case AlreadyRunning(sid):
            return "already_running", {"sid": sid}
        case TaskConflict():
            return "already_running", {}
        case Expired():
            return "unclear", {}
        case TryLater(may_have_happened=True):
            return "unclear", {"reason": result.reason}
        case TryLater(status=status, wants_fresh_start=True) if status:
            return "no_worker", {"reason": result.reason}
        case TryLater():
            return "busy", {"reason": result.reason}
    return "rejected", {"reason": f"{result.status} {result.code}: {result.reason}"}  # type: ignore[union-attr]
