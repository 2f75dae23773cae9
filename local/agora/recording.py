"""One recording, from the recorder's arrival in the channel to the last file in the bucket.

    starting -> recording -> stopping -> exited          (404 from then on)

It ends by a stop, because nobody is in the channel, or by a crash; `Plan` says what goes wrong on the way.
The clip lasts SLICES slices: a longer recording has nothing more to write, as if cameras were off.
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

from .bucket import Bucket, BucketRefused
from .clock import Clock
from .faults import Plan
from .layout import JOIN_SECONDS, Layout, Run, Stream
from .media import SLICE_SECONDS, SLICES, Padded, Studio

EXITING_SECONDS = 5  # after its end a recording answers 501 for a moment, then 404
PROGRESS_SECONDS = 60
NEVER = float("inf")

CLOUD_RECORDING = 3
SERVICE, RECORDER, UPLOADER = 0, 1, 2
EXITED, CRASHED = 8, 20  # of the statuses that a query tells
LEAVE_CODES = {"idle": 4, "stop": 16}
MESSAGE_NAMES = {
    1: "cloud_recording_error",
    4: "cloud_recording_file_infos",
    11: "session_exit",
    12: "session_failover",
    30: "uploader_started",
    31: "uploaded",
    32: "backuped",
    33: "uploading_progress",
    40: "recorder_started",
    41: "recorder_leave",
    42: "recorder_slice_start",
}

Content = bytes | Path | Padded
Ending = Literal["stop", "idle", "crash"]
State = Literal["starting", "recording", "stopping", "exited"]
Notify = Callable[[int, int, dict[str, Any], str], object]


@dataclass
class Recording:
    """One recording. `work` is its life; `end` and `fail_over` are what can happen to it."""

    resource_id: str
    channel: str
    uid: str
    mode: str
    request: dict[str, Any]
    people: tuple[int, ...]
    plan: Plan
    clock: Clock
    studio: Studio
    bucket: Bucket
    notify: Notify
    doomed_because: str = ""  # what Agora notices only after it has accepted the start
    sid: str = field(default_factory=lambda: uuid4().hex)
    began: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        self.state: State = "starting"
        self.status = 1
        self.upload = ""
        self.ended_by: Ending | None = None
        self.uploaded = asyncio.Event()
        self.layout = Layout(
            self.sid, self.channel, self.mode, self.request, self.people, self.began, self.studio
        )
        self._keys: list[str] = []
        self._late: list[tuple[str, Content]] = []  # files on their way through Agora's backup
        self._events: list[int] = []
        self._runs = [Run(0, 0, 0)]
        self._first_uid = self.uid
        self._end, self._fail_over = asyncio.Event(), asyncio.Event()
        self._unreachable_until = self._exited_at = -NEVER

    def end(self, why: Ending) -> None:
        if not self._end.is_set():
            self.ended_by, self.state, self.status = why, "stopping", 6
            self._end.set()

    def fail_over(self) -> None:
        self._fail_over.set()

    @property
    def is_over(self) -> bool:
        return self.state == "exited"

    @property
    def is_exiting(self) -> bool:
        """It is over, and still answers for a moment, unless it never ran."""
        just_ended = self.is_over and self.clock.now() < self._exited_at + EXITING_SECONDS
        return just_ended and not self.doomed_because

    @property
    def is_reachable(self) -> bool:
        is_there = not self.is_over or (self.is_exiting and self.status == CRASHED)
        return is_there and self.clock.now() >= self._unreachable_until and not self.doomed_because

    def file_list(self) -> str | list[dict[str, Any]]:
        return self.layout.file_list(self._keys + self._keys_to_come)

    async def work(self) -> None:
        """Record until something ends it, then upload, then tell."""
        try:
            await self._pause(self.clock.now() + JOIN_SECONDS)
            if self.doomed_because:
                self._end_abnormally(self.doomed_because, code=110, module=0, tell=not self.plan.silent)
                return
            if not self._end.is_set():
                self.state, self.status = "recording", 5
            self._event(40, RECORDER, status=0)
            self._event(30, UPLOADER, status=0)
            await self._record()
            await self._finish()
        except BucketRefused as error:
            self._end_abnormally(str(error), code=32, module=1)
        finally:
            self.uploaded.set()
        await self._deliver_late_files()

    async def _record(self) -> None:
        """A slice every few seconds, until the end; meanwhile fail over, fall idle or crash as planned."""
        most = SLICES if self.plan.slices is None else min(self.plan.slices, SLICES)
        joined = self.clock.now()
        progress_at = joined + PROGRESS_SECONDS
        planned = self._planned(joined)
        run = self._runs[0]
        if most:
            self._notify_of_first_slices()
        while not self._end.is_set():
            slice_at = joined + (run.last + 1) * SLICE_SECONDS if run.last < most else NEVER
            await self._pause(min(slice_at, progress_at, planned[0][0] if planned else NEVER))
            now = self.clock.now()
            if planned and now >= planned[0][0]:
                planned.pop(0)[1]()
            if self._fail_over.is_set():
                if run.is_empty and run.last < most:
                    await self._write_slice(run)  # the machine that fails leaves something behind
                run = self._change_machine(run)
            elif now >= slice_at:
                await self._write_slice(run)
            if now >= progress_at:
                progress_at += PROGRESS_SECONDS
                self._event(33, UPLOADER, progress=run.last * 10_000 // (SLICES + 1))
        # The slice that was being filled; and as many as the plan needs to show what it is about.
        least = max(self.plan.mp4_parts, 1 if self.plan.late_files_after is None else 2)
        while run.last < min(run.first + least if self.plan.slices is None else most, SLICES):
            await self._write_slice(run)

    def _planned(self, joined: float) -> list[tuple[float, Callable[[], None]]]:
        """What the plan lets happen, with its time, in order."""
        plan = self.plan
        happenings: list[tuple[float | None, Callable[[], None]]] = [
            (plan.failover_after, self.fail_over),
            (plan.idle_after, lambda: self.end("idle")),
            (plan.crash_after, lambda: self.end("crash")),
        ]
        due = [(joined + after, happen) for after, happen in happenings if after is not None]
        return sorted(due, key=lambda one: one[0])

    async def _write_slice(self, run: Run) -> None:
        number, is_late = run.last, self._comes_late(run.last)
        for stream in self.layout.streams(run):
            content = stream.slices[number].path
            await self._write(self.layout.slice_name(stream, number), content, is_late)
            if not (is_late and self.plan.playlist_from_backup):
                playlist = self.layout.playlist(stream, run.first, number + 1)
                await self._write(f"{stream.name}.m3u8", playlist)
        run.last += 1
        if run.number == 0 and run.last == 1:
            first = next(self.layout.streams(run))
            self._event(4, SERVICE, fileList=self.bucket.key(f"{first.name}.m3u8"))

    def _change_machine(self, run: Run) -> Run:
        """Another machine takes over, with another uid and file names; for a while nobody can reach it."""
        self._fail_over.clear()
        self._unreachable_until = self.clock.now() + self.plan.gone_for
        self.uid = str(1_000_000_000 + secrets.randbelow(2_000_000_000))
        self._event(12, SERVICE, newUid=int(self.uid))
        self._runs.append(Run(run.number + 1, run.last, run.last))
        return self._runs[-1]

    async def _finish(self) -> None:
        """The rest goes up: closed playlists, MP4s; then the news of it."""
        if self.ended_by == "crash":
            self._exit(normally=False)
            return
        self.status = 7
        runs = [run for run in self._runs if not run.is_empty]
        for run in runs:
            for stream in self.layout.streams(run):
                await self._close_playlist(stream, run)
            if self.layout.wants_mp4 and not (self.plan.lost_mp4 and run is not runs[-1]):
                await self._write_mp4s(run)
        if runs:
            self._event(33, UPLOADER, progress=10_000)
            self.upload = "backuped" if self._late else "uploaded"
            event = 32 if self._late else 31
            if len(self._runs) > 1:  # the machine before the fail-over tells it, too
                self._event(event, UPLOADER, uid=self._first_uid, status=0, fileList=self.file_list())
            self._event(event, UPLOADER, status=0, fileList=self.file_list())
        self._event(41, RECORDER, leaveCode=LEAVE_CODES[self.ended_by or "stop"])
        self._exit(normally=True)

    async def _close_playlist(self, stream: Stream, run: Run) -> None:
        closed = self.layout.playlist(stream, run.first, run.last) + b"#EXT-X-ENDLIST\n"
        if self._late and self.plan.playlist_from_backup:
            await self._write(f"{stream.name}_{self.layout.epoch_ms(run.last)}_1.m3u8", closed, late=True)
        else:
            await self._write(f"{stream.name}.m3u8", closed)

    async def _write_mp4s(self, run: Run) -> None:
        slices = self.studio.slices["audio_and_video"][run.first : run.last]
        parts = min(self.plan.mp4_parts, len(slices))
        bounds = [len(slices) * part // parts for part in range(parts + 1)]
        for index in range(parts):
            path = await self.studio.mp4(slices[bounds[index] : bounds[index + 1]])
            content = Padded(path, self.plan.mp4_bytes) if self.plan.mp4_bytes else path
            await self._write(f"{self.layout.name(run)}_{index}.mp4", content, late=bool(self._late))

    async def _deliver_late_files(self) -> None:
        if self._late:
            await self.clock.sleep(self.plan.late_files_after or 0)
            for name, content in self._late:
                await self._write(name, content)

    async def _write(self, name: str, content: Content, late: bool = False) -> None:
        if late:
            self._late.append((name, content))
            return
        await self.bucket.write(name, content)
        if (key := self.bucket.key(name)) not in self._keys:
            self._keys.append(key)

    @property
    def _keys_to_come(self) -> list[str]:
        late = (self.bucket.key(name) for name, _ in self._late)
        return [key for key in late if key not in self._keys]

    def _comes_late(self, number: int) -> bool:
        """Of a recording with late files, every slice but the first takes the way through the backup."""
        return self.plan.late_files_after is not None and number > 0

    def _end_abnormally(self, why: str, *, code: int, module: int, tell: bool = True) -> None:
        self.doomed_because = why
        if tell:
            self._event(1, SERVICE, module=module, errorLevel=5, errorCode=code, stat=0, errorMsg=why[:200])
        self._exit(normally=False, tell=tell)

    def _exit(self, *, normally: bool, tell: bool = True) -> None:
        self.state, self.status = "exited", EXITED if normally else CRASHED
        self._exited_at = self.clock.now()
        if tell:
            self._event(11, SERVICE, exitStatus=0 if normally else 1)

    async def _pause(self, until: float) -> None:
        """Sleep, unless the end or a fail-over comes first."""
        sleeps = (self.clock.sleep(until - self.clock.now()), self._end.wait(), self._fail_over.wait())
        tasks = [asyncio.ensure_future(sleep) for sleep in sleeps]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()

    def _notify_of_first_slices(self) -> None:
        start = self.layout.epoch_ms(0)
        for person, track in self.layout.tracks():
            self._event(
                42,
                RECORDER,
                startUtcMs=start,
                discontinueUtcMs=start,
                mixedAllUser=self.mode == "mix",
                streamUid=person,
                trackType=track,
            )

    def _event(self, event: int, service: int, *, uid: str = "", **details: Any) -> None:
        payload = {
            "cname": self.channel,
            "uid": uid or self.uid,
            "sid": self.sid,
            "sequence": len(self._events),
            "sendts": int(datetime.now(UTC).timestamp() * 1000),
            "serviceType": service,
            "serviceScene": "rtc_record",
            "details": {"msgName": MESSAGE_NAMES[event], **details},
        }
        self._events.append(event)
        self.notify(CLOUD_RECORDING, event, payload, self.sid)

    def seen(self) -> dict[str, Any]:
        """What the control API tells of it."""
        clip = self.studio.slices["audio_and_video"]
        recorded = [one.seconds for run in self._runs for one in clip[run.first : run.last]]
        return {
            "sid": self.sid,
            "resource_id": self.resource_id,
            "cname": self.channel,
            "uid": self.uid,
            "mode": self.mode,
            "state": self.state,
            "status": self.status,
            "upload": self.upload,
            "ended_by": self.ended_by,
            "doomed_because": self.doomed_because,
            "files": self._keys,
            "files_still_to_come": self._keys_to_come,
            "events": self._events,
            "slices": len(recorded),
            "media_seconds": sum(recorded),
        }
