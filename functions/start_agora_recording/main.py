"""Start recording a session: insert the take in the database, then ask Agora."""

from shared.agora.recorder import agora_mode
from shared.agora.settings import AgoraRestSettings, AgoraSettings, RecordingBucketSettings
from shared.call import Call
from shared.errors import Unavailable
from shared.recording_start import start
from shared.recordings import Take, find
from shared.serving import endpoint
from shared.settings import ServiceSettings

from .contract import ClaimedTake, StartAgoraRecording, StartedRecording, start_agora_recording_rpc

PATIENCE_S = 5  # somebody waits; the reconciler has more time


@endpoint(
    caller=("user", "service"),
    settings=(ServiceSettings, AgoraSettings, AgoraRestSettings, RecordingBucketSettings),
)
async def start_agora_recording(call: Call[StartAgoraRecording]) -> StartedRecording:
    """Start a take of the session, or return the one that runs: of any number of callers, one asks Agora.

    An Agora that does not answer leaves it `pending`; the reconciler goes on from there.
    """
    mode = agora_mode(call.body.recording_mode)
    claimed = await call.database.rpc(start_agora_recording_rpc, session_id=call.body.session_id, mode=mode)
    call.log(recording_id=claimed.recording_id, take_id=claimed.take_id, won=claimed.is_new)
    if not claimed.is_new:
        return _reply(claimed)
    take = await start(call, await find(call, claimed.take_id), patience=PATIENCE_S)
    if take.status == "failed":
        raise Unavailable(
            take.failure_code,
            "This recording could not be started.",
            status=502,
            hint="Please try again.",
        )
    return _reply(take)


def _reply(take: ClaimedTake | Take) -> StartedRecording:
    return StartedRecording(
        recording_id=take.recording_id,
        resource_id=take.agora_resource_id,
        sid=take.agora_sid,
        status=take.status,
    )
