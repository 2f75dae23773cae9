"""A take of a recording, and Agora: asking and stopping. Every answer ends in `observe_take`, where SQL decides.

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


class Take(Output):
    """A row of `recording_takes`, as far as functions need it."""

    id: UUID
    recording_id: UUID
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


MaybeTake = Annotated[Take | None, BeforeValidator(row_or_none)]

find_take_rpc = Rpc("find_take", gives=Take)
observe_take_rpc = Rpc("observe_take", gives=Take, refuses=("recording_not_found",))


async def find(call: Call[Any], take_id: UUID) -> Take:
    """What Agora needs to know of a take, and its people may not read."""
    return await call.service.rpc(find_take_rpc, take_id=take_id)


async def observe(call: Call[Any], take: Take, observation: str, **facts: Any) -> Take:
    """Record an observation of a take, and return the take as it is now."""
    return await call.service.rpc(
        observe_take_rpc,
        take_id=take.id,
        attempt=take.attempt,
        observation=observation,
        **facts,
    )


async def query(call: Call[Any], take: Take) -> Take:
    """Ask Agora how a take is doing."""
    name, facts = query_observation(await agora(call, 0).query(take.recorder))
    return await observe(call, take, name, **facts)


async def stop(call: Call[Any], take: Take, *, patience: float) -> Take:
    """Tell Agora to stop. It answers at once; whether the files are uploaded is known later."""
    result = await agora(call, patience).stop(take.recorder, wait_for_upload=False)
    name, facts = stop_observation(result)
    return await observe(call, take, name, **facts)


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
