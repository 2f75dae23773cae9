"""A recording and Agora: asking and stopping. Every answer ends in `observe_recording`, where SQL decides.

Nothing here raises for what Agora does or fails to do, and all of it may be repeated after a crash at any point.
"""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BeforeValidator

from .agora.answers import (
    AlreadyStopping,
    Gone,
    NoData,
    QueryResult,
    Status,
    Stopped,
    StopResult,
)
from .agora.client import Agora
from .agora.recorder import Mode, Recorder
from .agora.settings import AgoraRestSettings
from .call import Call
from .database import Rpc
from .outside import outside
from .wire import Output

RecordingStatus = Literal["pending", "recording", "processing", "completed", "failed"]
Observation = tuple[str, dict[str, Any]]


class Recording(Output):
    """A row of `session_recordings`, as far as functions need it."""

    id: UUID
    session_id: UUID
    status: RecordingStatus
    mode: Mode
    cname: str | None
    recorder_uid: int | None
    attempt: int
    prefix: str | None
    record_until: datetime | None
    agora_resource_id: str | None
    agora_sid: str | None
    stop_requested_at: datetime | None
    storage_path: str | None
    file_size_bytes: int | None
    lease_id: UUID | None
    failure_code: str | None

    @property
    def recorder(self) -> Recorder:
        """What Agora needs to find it."""
        assert self.cname is not None
        assert self.recorder_uid is not None
        return Recorder(
            channel=self.cname,
            uid=self.recorder_uid,
            mode=self.mode,
            resource_id=self.agora_resource_id or "",
            sid=self.agora_sid or "",
        )

    @property
    def folder(self) -> str:
        """Where in Agora's bucket this attempt's files are."""
        return f"{self.prefix}/"

    @property
    def may_start(self) -> bool:
        """Whether Agora should still be asked to record."""
        return self.status == "pending" and self.stop_requested_at is None


def row_or_none(value: Any) -> Any:
    """PostgREST writes an absent row inside a row as an object of nulls."""
    return None if isinstance(value, dict) and value.get("id") is None else value


MaybeRecording = Annotated[Recording | None, BeforeValidator(row_or_none)]

find_recording_rpc = Rpc("find_recording", gives=Recording)
observe_recording_rpc = Rpc("observe_recording", gives=Recording, refuses=("recording_not_found",))


async def find(call: Call[Any], recording_id: UUID) -> Recording:
    """What Agora needs to know of a recording, and its people may not read."""
    return await call.service.rpc(find_recording_rpc, recording_id=recording_id)


async def observe(call: Call[Any], recording: Recording, observation: str, **facts: Any) -> Recording:
    """Record an observation of a recording, and return the recording as it is now."""
    return await call.service.rpc(
        observe_recording_rpc,
        recording_id=recording.id,
        attempt=recording.attempt,
        observation=observation,
        **facts,
    )


async def query(call: Call[Any], recording: Recording) -> Recording:
    """Ask Agora how a recording is doing."""
    name, facts = query_observation(await agora(call, 0).query(recording.recorder))
    return await observe(call, recording, name, **facts)


async def stop(call: Call[Any], recording: Recording, *, patience: float) -> Recording:
    """Tell Agora to stop. It answers at once; whether the files are uploaded is known later."""
    result = await agora(call, patience).stop(recording.recorder, wait_for_upload=False)
    name, facts = stop_observation(result)
    return await observe(call, recording, name, **facts)


def query_observation(result: QueryResult) -> Observation:
    """The observation in an answer to query."""
    match result:
        case Status(status=status, phase=phase):
            names = {"starting": "starting", "recording": "running", "ending": "ended", "crashed": "crashed"}
            return names[phase], {"agora_status": status}
        case AlreadyStopping():
            return "ended", {}
        case Gone():
            return "missing", {}
    return "unanswered", {}


def stop_observation(result: StopResult) -> Observation:
    """The observation in an answer to stop."""
    match result:
        case Stopped(upload="uploaded"):
            return "uploaded", {}
        case Stopped(upload="backuped"):
            return "backed_up", {}
        case Stopped() | AlreadyStopping():
            return "ended", {}
        case NoData():
            return "no_data", {}
        case Gone():
            return "missing", {}
    return "unanswered", {}


def agora(call: Call[Any], patience: float) -> Agora:
    """Agora, asked again for `patience` seconds at most."""
    return Agora(AgoraRestSettings.read(), outside(), patience=patience, log=call.log)
