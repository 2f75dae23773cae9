"""Start recording a session: insert the row in the database, then ask Agora."""

from shared.agora.recorder import agora_mode
from shared.agora.settings import AgoraRestSettings, AgoraSettings, RecordingBucketSettings
from shared.call import Call
from shared.errors import Unavailable
from shared.recording_start import start
from shared.recordings import Recording, find
from shared.serving import endpoint
from shared.settings import ServiceSettings

from .contract import ClaimedRecording, StartAgoraRecording, StartedRecording, start_agora_recording_rpc

PATIENCE_S = 5  # somebody waits; the reconciler has more time


@endpoint(
    caller=("user", "service"),
    settings=(ServiceSettings, AgoraSettings, AgoraRestSettings, RecordingBucketSettings),
)
async def start_agora_recording(call: Call[StartAgoraRecording]) -> StartedRecording:
    """Start the session's recording, or return the one that runs: of any number of callers, one asks Agora.

    An Agora that does not answer leaves the recording `pending`; the reconciler goes on from there.
    """
    mode = agora_mode(call.body.recording_mode)
    claimed = await call.database.rpc(start_agora_recording_rpc, session_id=call.body.session_id, mode=mode)
    call.log(recording_id=claimed.id, won=claimed.is_new)
    if not claimed.is_new:
        return _reply(claimed)
    recording = await start(call, await find(call, claimed.id), patience=PATIENCE_S)
    if recording.status == "failed":
        raise Unavailable(
            recording.failure_code,
            "This recording could not be started.",
            status=502,
            hint="Please try again.",
        )
    return _reply(recording)


def _reply(recording: ClaimedRecording | Recording) -> StartedRecording:
    return StartedRecording(
        recording_id=recording.id,
        resource_id=recording.agora_resource_id,
        sid=recording.agora_sid,
        status=recording.status,
    )
