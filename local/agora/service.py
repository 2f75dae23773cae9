"""Agora's Cloud Recording service: who may call, what is checked, what is answered; `server.py` adds HTTP."""

import asyncio
import base64
import hmac
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from .bucket import Bucket
from .channels import Channels
from .checks import Refused, check_acquire, check_identity, check_start
from .clock import Clock
from .faults import Faults
from .media import Studio
from .notices import Notices
from .order import Order
from .recording import CRASHED, Recording
from .settings import EmulatorSettings
from .tokens import TokenRefused, check_token

RESOURCE_SECONDS = 300
SYNC_STOP_SECONDS = 20  # real ones: as long as Agora lets a caller wait for the upload

Reply = tuple[int, dict[str, Any]]


@dataclass
class Resource:
    """What acquire gave: for one start, soon, by the same recorder."""

    channel: str
    uid: str
    expires: float
    recording: Recording | None = None


@dataclass
class Service:
    """The whole service, in memory: when it ends, running recordings are gone, as after a fault at Agora."""

    settings: EmulatorSettings
    clock: Clock
    faults: Faults
    order: Order
    notices: Notices
    studio: Studio
    resources: dict[str, Resource] = field(default_factory=dict)
    recordings: dict[str, Recording] = field(default_factory=dict)
    started: Counter[str] = field(default_factory=Counter)  # recordings per channel
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.channels = Channels(self._tell, self.order)

    def admit(self, authorization: str, app_id: str) -> Reply | None:
        """The gateway in front: refuses before the service is asked."""
        login = f"{self.settings.agora_customer_id}:{self.settings.agora_customer_secret}"
        expected = "Basic " + base64.b64encode(login.encode()).decode()
        if not authorization:
            return 401, {"message": "Unauthorized"}
        if not hmac.compare_digest(authorization.encode(), expected.encode()):
            return 401, {"message": "Invalid authentication credentials"}
        if app_id != self.settings.agora_app_id:
            return 400, {"message": "appid is invalid"}
        return None

    def acquire(self, body: Any) -> Reply:
        check_acquire(check_identity("acquire", body))
        resource_id = uuid4().hex * 8  # long and opaque, as Agora's
        self.resources[resource_id] = Resource(
            body["cname"], body["uid"], self.clock.now() + RESOURCE_SECONDS
        )
        return 200, {"cname": body["cname"], "uid": body["uid"], "resourceId": resource_id}

    def start(self, resource_id: str, mode: str, body: Any) -> Reply:
        request = check_identity("start", body)
        if mode not in ("mix", "individual"):
            raise Refused(400, 2, "Start: this emulator knows the modes mix and individual!")
        resource = self.resources.get(resource_id)
        if resource is None:
            raise Refused(400, 1001, "resourceId cannot be parsed")
        if (resource.channel, resource.uid) != (body["cname"], body["uid"]):
            raise Refused(400, 432, "cname or uid does not match the resourceId")
        if resource.recording and not resource.recording.is_over:
            raise Refused(201, 7, "already started")
        if resource.recording or self.clock.now() > resource.expires:
            raise Refused(400, 433, "resource expired")
        check_start(mode, request)
        for other in self.recordings.values():
            if not other.is_over and (other.channel, other.uid) == (resource.channel, resource.uid):
                raise Refused(400, 53, "task conflict")
        resource.recording = self._begin(resource_id, resource, mode, request)
        return 200, self._base(resource.recording, body)

    def query(self, resource_id: str, sid: str, mode: str) -> Reply:
        recording = self._find(resource_id, sid, mode, None)
        files = recording.file_list()
        server = {
            "status": recording.status,
            "fileListMode": "string" if isinstance(files, str) else "json",
            "fileList": files,
            "sliceStartTime": int(recording.began.timestamp() * 1000),
        }
        return 200, self._base(recording) | {"serverResponse": server}

    async def stop(self, resource_id: str, sid: str, mode: str, body: Any) -> Reply:
        request = check_identity("stop", body)
        recording = self._find(resource_id, sid, mode, body)
        if recording.state == "stopping":
            raise Refused(400, 49, "invalid operation")
        recording.end("stop")
        if request.get("async_stop"):
            return 200, self._base(recording, body) | {"serverResponse": {}}
        try:
            await asyncio.wait_for(recording.uploaded.wait(), SYNC_STOP_SECONDS)
        except TimeoutError:
            return 206, {"code": 50, "reason": "upload timeout"}
        if not recording.upload and not recording.doomed_because:
            return 206, {"code": 435, "reason": "no recorded data"}
        files = recording.file_list()
        server = {
            "fileListMode": "string" if isinstance(files, str) else "json",
            "fileList": files,
            "uploadingStatus": recording.upload or "unknown",
        }
        return 200, self._base(recording, body) | {"serverResponse": server}

    def watch(self, channel: str) -> None:
        """Whoever records an empty channel leaves after maxIdleTime, unless somebody comes."""
        if self.channels.people(channel) == ():
            for recording in self.recordings.values():
                if recording.channel == channel and not recording.is_over:
                    self._spawn(self._end_idle(recording))

    def _tell(self, channel: str, event: int, payload: dict[str, Any]) -> None:
        self.notices.send(1, event, {"channelName": channel, **payload}, story=f"channel {channel}")

    def forget(self) -> None:
        """As if nothing had ever happened."""
        for task in self._tasks:
            task.cancel()
        for known in (self.resources, self.recordings, self.started, self.faults.ordered):
            known.clear()
        self.channels.forget()
        self.notices.forget()

    def _begin(self, resource_id: str, resource: Resource, mode: str, request: dict[str, Any]) -> Recording:
        plan = self.faults.plan(resource.channel)
        recording = Recording(
            resource_id=resource_id,
            channel=resource.channel,
            uid=resource.uid,
            mode=mode,
            request=request,
            plan=plan,
            clock=self.clock,
            order=self.order,
            channels=self.channels,
            studio=self.studio,
            bucket=Bucket(request["storageConfig"], self.settings.recording_s3_endpoint),
            notify=self.notices.send,
            doomed_because="planned" if plan.never_runs else self._failure_after_start(resource, request),
        )
        self.recordings[recording.sid] = recording
        self.started[resource.channel] += 1
        if recording.doomed_because:
            print(
                f"recording {recording.sid} of {recording.channel} will not run: {recording.doomed_because}",
                flush=True,
            )
        self._spawn(recording.work())
        self.watch(recording.channel)
        return recording

    def _failure_after_start(self, resource: Resource, request: dict[str, Any]) -> str:
        """What Agora accepts at start and stumbles over a moment later."""
        if int(resource.uid) in self.channels.members.get(resource.channel, {}):
            return "its uid belongs to somebody in the channel"
        try:
            check_token(
                str(request.get("token") or ""),
                self.settings.agora_app_id,
                self.settings.agora_app_certificate,
                resource.channel,
                int(resource.uid),
            )
        except TokenRefused as refused:
            return f"token: {refused}"
        return ""

    def _find(self, resource_id: str, sid: str, mode: str, body: Any) -> Recording:
        """The recording that all of these belong to; Agora knows none if one of them is wrong."""
        recording, resource = self.recordings.get(sid), self.resources.get(resource_id)
        if recording is None or resource is None:
            raise _not_found()
        names = (resource.channel, resource.uid)
        if resource.recording is not recording or recording.mode != mode:
            raise _not_found()
        if body is not None and names != (body["cname"], body["uid"]):
            raise _not_found()
        if recording.is_exiting and recording.status != CRASHED:
            raise Refused(400, 501, "service is exiting")
        if not recording.is_reachable:
            raise _not_found()
        return recording

    async def _end_idle(self, recording: Recording) -> None:
        turns = self.channels.turns[recording.channel]
        await self.clock.sleep(recording.request["recordingConfig"].get("maxIdleTime", 30))
        if self.channels.turns[recording.channel] == turns:  # nobody has come since
            recording.end("idle")

    def _base(self, recording: Recording, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """The four names that every answer repeats. After a fail-over a query tells the new uid."""
        return {
            "cname": recording.channel,
            "uid": body["uid"] if body else recording.uid,
            "resourceId": recording.resource_id,
            "sid": recording.sid,
        }

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _not_found() -> Refused:
    return Refused(404, 404, "failed to find worker")
