"""Stop a recording: store the request, then tell Agora."""

from shared import recordings
from shared.agora.settings import AgoraRestSettings
from shared.call import Call
from shared.serving import endpoint
from shared.settings import ServiceSettings

from .contract import MESSAGES, StopAgoraRecording, StoppedRecording, stop_agora_recording_rpc

PATIENCE_S = 5  # somebody waits; the reconciler has more time


@endpoint(caller=("user", "service"), settings=(ServiceSettings, AgoraRestSettings))
async def stop_agora_recording(call: Call[StopAgoraRecording]) -> StoppedRecording:
    """Stop the take that is on; none begins by itself any more, until somebody starts one.

    Stopping again changes nothing, and a stop that Agora did not hear is repeated for you.
    """
    asked = await call.database.rpc(
        stop_agora_recording_rpc, session_id=call.body.session_id, recording_id=call.body.recording_id
    )
    status = asked.status
    if status in ("pending", "recording"):
        take = await recordings.find(call, asked.take_id)
        if take.agora_sid:
            take = await recordings.stop(call, take, patience=PATIENCE_S)
        status = take.status
    return StoppedRecording(recording_id=asked.recording_id, status=status, message=MESSAGES[status])
