"""Asking Agora to record: what `start-agora-recording` does first, and the reconciler again."""

from datetime import UTC, datetime
from typing import Any

from .agora.answers import Acquired, AlreadyRunning, Expired, Started, StartResult, TaskConflict, TryLater
from .agora.settings import AgoraSettings, RecordingBucketSettings
from .agora.start_request import MOST_PEOPLE, start_request
from .agora.tokens import LONGEST_LIFETIME_SECONDS, build_token
from .call import Call
from .database import Rpc
from .recordings import Observation, Take, agora, observe
from .wire import Output


class ExpectedPeople(Output):
    """How many people may come to a session, its practitioner among them."""

    people: int


count_expected_people_rpc = Rpc("count_expected_people", gives=ExpectedPeople)

TOKEN_SLACK_S = 600  # the recorder's token outlives the room a little: it cannot be renewed


async def start(call: Call[Any], take: Take, *, patience: float) -> Take:
    """Ask Agora to record: acquire, keep the resource, start.

    The resource is stored before the start, so that a crash in between leaves a take that can be found again.
    """
    service = agora(call, patience)
    people = await _count_people(call, take)
    if people > MOST_PEOPLE:
        sentence = f"Agora records {MOST_PEOPLE} people separately at most, and {people} may come."
        return await observe(call, take, "rejected", reason=sentence)
    if take.agora_resource_id is None:
        acquired = await service.acquire(take.recorder)
        if not isinstance(acquired, Acquired):
            name, facts = start_observation(acquired)
            # Nothing has been started yet, so nothing is unclear.
            return await observe(call, take, "busy" if name != "rejected" else name, **facts)
        take = await observe(call, take, "acquired", resource_id=acquired.resource_id)
    if not take.may_start:  # withdrawn, or cancelled, while Agora was thinking
        return take
    assert take.record_until is not None
    assert take.prefix is not None
    lifetime_s = int((take.record_until - datetime.now(UTC)).total_seconds()) + TOKEN_SLACK_S
    recorder = take.recorder
    token = build_token(
        AgoraSettings.read(),
        recorder.channel,
        recorder.uid,
        "subscriber",
        max(TOKEN_SLACK_S, min(lifetime_s, LONGEST_LIFETIME_SECONDS)),
    )
    bucket = RecordingBucketSettings.read()
    request = start_request(recorder, token, bucket, tuple(take.prefix.split("/")), people=people)
    name, facts = start_observation(await service.start(recorder, request))
    return await observe(call, take, name, **facts)


async def _count_people(call: Call[Any], take: Take) -> int:
    """For how many people an individual recording needs room; a mix takes as many as it can, whatever it is told."""
    if take.mode == "mix":
        return 0
    return (await call.service.rpc(count_expected_people_rpc, session_id=take.session_id)).people


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
