"""One recording, from the recorder's arrival in the channel to the last file in the bucket.

    starting -> recording -> stopping -> exited          (404 from then on)

It ends by a stop, because nobody is in the channel, because its token has expired, or by a crash; `Plan` says what
goes wrong on the way. The clip lasts SLICES slices: a longer recording has nothing more to write, as if cameras were
off. Where `agora.md` is silent, docs/decisions/0057 says what is done here.
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import uuid4

from .bucket import Bucket, BucketRefused
from .channels import BY_THEMSELVES, TIMED_OUT, TOKEN, Channels, Codec
from .clock import Clock
from .faults import Plan
from .layout import EVERYBODY, JOIN_SECONDS, Layout, Run, Stream, Written
from .media import SLICE_SECONDS, SLICES, Padded, Studio
from .order import Order
from .upload import Upload

EXITING_SECONDS = 5  # after its end a recording answers 501 for a moment, then 404
PROGRESS_SECONDS = 60
NEVER = float("inf")

CLOUD_RECORDING = 3
SERVICE, RECORDER, UPLOADER = 0, 1, 2
EXITED, CRASHED = 8, 20  # of the statuses that a query tells
MOST_MIXED = 17  # agora.md §1.2: the 18th is recorded once one of the first 17 has left
UIDS_OF_GROUP = (2, 7, 12, 17, 32, 49)  # agora.md §2.2.2: how many uids subscribeUidGroup 0, 1, 2 … reaches
NOBODY_DECLARED = (1001, 1002)  # who is where nobody said who is

TOKEN_EXPIRED = 109  # agora.md §2.8, older list
LEAVE_CODES = {"idle": 4 | 8, "stop": 16, "token_expired": 8}  # agora.md §4, event 41: a mask
LEAVE_REASONS = {"idle": BY_THEMSELVES, "stop": BY_THEMSELVES, "crash": TIMED_OUT, "token_expired": TOKEN}
MESSAGE_NAMES = {
    1: "cloud_recording_error",
    4: "cloud_recording_file_infos",
    11: "session_exit",
    12: "session_failover",
    13: "high_availability_register_success",
    30: "uploader_started",
    31: "uploaded",
    32: "backuped",
    33: "uploading_progress",
    40: "recorder_started",
    41: "recorder_leave",
    42: "recorder_slice_start",
    43: "recorder_audio_stream_state_changed",
    44: "recorder_video_stream_state_changed",
}

Ending = Literal["stop", "idle", "crash", "token_expired"]
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
    plan: Plan
    clock: Clock
    order: Order
    channels: Channels
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
            self.sid,
            self.channel,
            self.mode,
            self.request,
            self.began,
            self.studio,
            17 if self.order.flip() else 13,
        )
        self._files = Upload(self.bucket)
        self._events: list[int] = []
        self._runs = [Run(0, 0)]
        self._slices_up = 0  # those that are in the bucket
        self._there: dict[int, Codec] = {}  # whose streams are received
        self._last_there: dict[int, Codec] = {}  # whose were, when there were any
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
        return self.layout.file_list(self._files.keys + self._files.keys_to_come)

    def subscribed(self) -> dict[int, Codec]:
        """Whose streams it receives: of the people in the channel the first, as many as it can (agora.md §1.2)."""
        people = self.channels.people(self.channel)
        there: dict[int, Codec] = {one.uid: one.codec for one in people or ()}
        if people is None:
            there = dict.fromkeys(NOBODY_DECLARED, self.plan.codec)
        config = self.request["recordingConfig"]
        most = MOST_MIXED if self.mode == "mix" else UIDS_OF_GROUP[config["subscribeUidGroup"]]
        return dict(list(there.items())[:most])

    async def work(self) -> None:
        """Record until something ends it, then upload, then tell."""
        try:
            await self._pause(self.clock.now() + JOIN_SECONDS)
            if self.doomed_because:
                self._end_abnormally(self.doomed_because, code=110, module=0, tell=not self.plan.silent)
                return
            if not self._end.is_set():
                self.state, self.status = "recording", 5
            self.channels.join_recorder(self.channel, int(self.uid))
            self._event(40, RECORDER, status=0)
            self._event(13, SERVICE)  # agora.md §4: wait for it after a start
            self._event(30, UPLOADER, status=0)
            await self._record()
            self.channels.leave_recorder(self.channel, int(self.uid), LEAVE_REASONS[self.ended_by or "stop"])
            await self._finish()
        except BucketRefused as error:
            self._end_abnormally(str(error), code=32, module=1)
        finally:
            self.channels.leave_recorder(self.channel, int(self.uid), TIMED_OUT)
            self.uploaded.set()
        await self._deliver_late_files()

    async def _record(self) -> None:
        """A slice every few seconds, until the end; meanwhile fail over, fall idle or crash as planned."""
        most = SLICES if self.plan.slices is None else min(self.plan.slices, SLICES)
        joined = self.clock.now()
        slice_at, progress_at = joined + SLICE_SECONDS, joined + PROGRESS_SECONDS
        planned = self._planned(joined)
        run = self._runs[0]
        while True:
            if most:
                self._look_who_is_there(self.clock.now() - joined)
            if self._end.is_set():
                break
            next_slice_at = slice_at if run.last < most else NEVER
            await self._pause(min(next_slice_at, progress_at, planned[0][0] if planned else NEVER))
            now = self.clock.now()
            if planned and now >= planned[0][0]:
                planned.pop(0)[1]()
            if self._fail_over.is_set():
                if not run.slices and run.last < most:
                    await self._write_slice(run)  # the machine that fails leaves something behind
                run = self._change_machine(run)
            elif now >= next_slice_at:
                if self._there:  # nothing is written while nobody is there
                    await self._write_slice(run, slice_at - SLICE_SECONDS - joined)
                slice_at += SLICE_SECONDS
            if now >= progress_at:
                progress_at += PROGRESS_SECONDS
                self._event(33, UPLOADER, progress=run.last * 10_000 // (SLICES + 1))
        # The slice that was being filled; and as many as the plan needs to show what it is about.
        least = max(self.plan.mp4_parts, 1 if self.plan.late_files_after is None else 2)
        while self._last_there and run.last < min(
            run.first + least if self.plan.slices is None else most, SLICES
        ):
            await self._write_slice(run)

    def _look_who_is_there(self, at: float) -> None:
        """Tell whose streams begin or end (agora.md §4: 42 again after an interruption, 43 and 44)."""
        there = self.subscribed()
        before, self._there = self._there, there
        self._last_there = there or self._last_there
        for uid in there.keys() ^ before.keys():
            for event in (43, 44):
                state = 0 if uid in there else 1
                self._event(event, RECORDER, streamUid=str(uid), state=state, UtcMs=self.layout.epoch_ms(at))
        if self.mode == "individual":
            for uid in (one for one in there if one not in before):
                self._tell_beginning(uid, ("audio", "video"), at)
        elif there and not before:
            self._tell_beginning(EVERYBODY, ("audio_and_video",), at)

    def _tell_beginning(self, uid: int, tracks: tuple[str, ...], at: float) -> None:
        start = self.layout.epoch_ms(at)
        earlier = [one for run in self._runs for one in run.slices if uid == EVERYBODY or uid in one.people]
        end_of_last = self.layout.epoch_ms(earlier[-1].at + SLICE_SECONDS) if earlier else start
        for track in tracks:
            self._event(
                42,
                RECORDER,
                startUtcMs=start,
                discontinueUtcMs=end_of_last,
                mixedAllUser=self.mode == "mix",
                streamUid=str(uid),
                trackType=track,
            )

    def _planned(self, joined: float) -> list[tuple[float, Callable[[], None]]]:
        """What the plan lets happen, with its time, in order."""
        plan = self.plan
        happenings: list[tuple[float | None, Callable[[], None]]] = [
            (plan.failover_after, self.fail_over),
            (plan.idle_after, lambda: self.end("idle")),
            (plan.crash_after, lambda: self.end("crash")),
            (plan.token_expires_after, lambda: self.end("token_expired")),
        ]
        due = [(joined + after, happen) for after, happen in happenings if after is not None]
        return sorted(due, key=lambda one: one[0])

    async def _write_slice(self, run: Run, at: float | None = None) -> None:
        """The next slice of the clip, from `at` on, or right after the one before."""
        number, is_late = run.last, self._comes_late(run.last)
        before = [one for each in self._runs for one in each.slices]
        follows = before[-1].at + SLICE_SECONDS if before else 0.0
        written = Written(
            number, follows if at is None else max(at, follows), self._there or self._last_there
        )
        run.slices.append(written)
        for stream in self.layout.streams(run):
            if written not in stream.slices:
                continue
            if stream.kind != "mpd":
                name = self.layout.slice_name(stream, written)
                await self._files.write(name, self.layout.content(stream, written), is_late)
            if not (is_late and self.plan.playlist_from_backup):
                await self._files.write(stream.file_name, self.layout.playlist(stream))
        self._slices_up += 1
        if run.number == 0 and len(run.slices) == 1:
            first = next(self.layout.streams(run))
            self._event(4, SERVICE, fileList=self.bucket.key(first.file_name))

    def _change_machine(self, run: Run) -> Run:
        """Another machine takes over, with another uid and file names; for a while nobody can reach it."""
        self._fail_over.clear()
        self._unreachable_until = self.clock.now() + self.plan.gone_for
        self.channels.leave_recorder(self.channel, int(self.uid), TIMED_OUT)
        self.uid = str(1_000_000_000 + secrets.randbelow(2_000_000_000))
        self.channels.join_recorder(self.channel, int(self.uid))
        self._event(12, SERVICE, newUid=int(self.uid))
        self._runs.append(Run(run.number + 1, run.last))
        return self._runs[-1]

    async def _finish(self) -> None:
        """The rest goes up: closed playlists, MP4s; then the news of it. It may be told before or after the leave."""
        if self.ended_by == "crash":
            self._exit(normally=False)
            return
        self.status = 7
        leaves_first = self.order.flip()  # agora.md §9.6: the order of 31 or 32 and 41 is not known
        if leaves_first:
            self._tell_leave()
        runs = [run for run in self._runs if run.slices]
        for run in runs:
            for stream in self.layout.streams(run):
                await self._close_playlist(stream, run)
            if self.layout.wants_mp4 and not (self.plan.lost_mp4 and run is not runs[-1]):
                await self._write_mp4s(run)
        if runs:
            self._event(33, UPLOADER, progress=10_000)
            self.upload = "backuped" if self._files.is_late else "uploaded"
            event = 32 if self._files.is_late else 31
            if len(self._runs) > 1:  # the machine before the fail-over tells it, too
                self._event(event, UPLOADER, uid=self._first_uid, status=0, fileList=self.file_list())
            self._event(event, UPLOADER, status=0, fileList=self.file_list())
        if not leaves_first:
            self._tell_leave()
        self._exit(normally=self.ended_by != "token_expired")

    def _tell_leave(self) -> None:
        if self.ended_by == "token_expired":
            self._error(module=0, code=TOKEN_EXPIRED, sentence="token expired")
        self._event(41, RECORDER, leaveCode=LEAVE_CODES[self.ended_by or "stop"])

    async def _close_playlist(self, stream: Stream, run: Run) -> None:
        closed = self.layout.playlist(stream, is_closed=True)
        if self._files.is_late and self.plan.playlist_from_backup:
            tick = self.layout.epoch_ms(run.slices[-1].at)
            await self._files.write(f"{stream.name}_{tick}_1.{stream.kind}", closed, late=True)
        else:
            await self._files.write(stream.file_name, closed)

    async def _write_mp4s(self, run: Run) -> None:
        slices = self.studio.slices["audio_and_video"][run.first : run.last]
        parts = min(self.plan.mp4_parts, len(slices))
        bounds = [len(slices) * part // parts for part in range(parts + 1)]
        for index in range(parts):
            path = await self.studio.mp4(slices[bounds[index] : bounds[index + 1]])
            content = Padded(path, self.plan.mp4_bytes) if self.plan.mp4_bytes else path
            await self._files.write(f"{self.layout.name(run)}_{index}.mp4", content, late=self._files.is_late)

    async def _deliver_late_files(self) -> None:
        if self._files.is_late:
            await self.clock.sleep(self.plan.late_files_after or 0)
            await self._files.write_late_files()

    def _comes_late(self, number: int) -> bool:
        """Of a recording with late files, every slice but the first takes the way through the backup."""
        return self.plan.late_files_after is not None and number > 0

    def _end_abnormally(self, why: str, *, code: int, module: int, tell: bool = True) -> None:
        self.doomed_because = why
        if tell:
            self._error(module=module, code=code, sentence=why)
        self._exit(normally=False, tell=tell)

    def _error(self, *, module: int, code: int, sentence: str) -> None:
        self._event(1, SERVICE, module=module, errorLevel=5, errorCode=code, stat=0, errorMsg=sentence[:200])

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
        written = [one for run in self._runs for one in run.slices][: self._slices_up]
        recorded = [clip[one.number].seconds for one in written]
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
            "files": self._files.keys,
            "people": list(self._there),
            "files_still_to_come": self._files.keys_to_come,
            "events": self._events,
            "slices": len(recorded),
            "media_seconds": sum(recorded),
        }
