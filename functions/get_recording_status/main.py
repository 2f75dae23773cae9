"""Tell how a recording is doing, as the database knows it: a question costs no call to Agora."""

from shared.call import Call
from shared.serving import endpoint

from .contract import (
    AgoraStatus,
    GetRecordingStatus,
    RecordingFacts,
    RecordingReport,
    get_recording_status_rpc,
)


@endpoint(caller="user", methods=("POST", "GET"))
async def get_recording_status(call: Call[GetRecordingStatus]) -> RecordingReport:
    """The recording of a session the caller belongs to; anybody else learns nothing of it."""
    found = await call.database.rpc(
        get_recording_status_rpc, session_id=call.body.session_id, recording_id=call.body.recording_id
    )
    heard = (
        AgoraStatus(status=found.agora_status, seen_at=found.agora_seen_at)
        if found.agora_status is not None and found.agora_seen_at and found.status in ("pending", "recording")
        else None
    )
    return RecordingReport(recording=RecordingFacts(**found.model_dump()), agora_status=heard)
