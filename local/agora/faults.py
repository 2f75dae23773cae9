"""Faults, ordered in advance and used up as they happen.

Each is a JSON object whose `on` says where it strikes. `channel` narrows it; `times` says how often (default 1,
null for ever).

    acquire, start, query, update, stop, any     what is answered
        {"on": "start", "status": 206, "code": 65}                 refuse, without doing anything
        {"on": "start", "status": 500, "code": 62, "perform": true}        do it, and answer this all the same
        {"on": "stop", "silent_seconds": 60}                       no answer; `perform` as above
        {"on": "query", "reset": true}                             the connection breaks
        {"on": "any", "delay_seconds": 2}                          the right answer, late (real seconds)
    recording                                    how the next recording goes: the fields of `Plan`
    notification                                 what becomes of a notification; `event` narrows it
        {"on": "notification", "event": 31, "effect": "lose"}
        "late" (after `seconds`), "duplicate", "forge" (wrong signature), "unsign" (none),
        "sha1_only", "reorder" (kept back, then delivered last first when the recording is over, or the channel closed)
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from .channels import Codec

OPERATIONS = ("acquire", "start", "query", "stop")
Effect = Literal["lose", "late", "duplicate", "forge", "unsign", "sha1_only", "reorder"]


@dataclass(frozen=True, kw_only=True)
class AnswerFault:
    """An answer other than the right one."""

    status: int | None = None
    code: int | None = None
    reason: str = ""
    body: Mapping[str, Any] | None = None
    silent_seconds: float = 0
    reset: bool = False
    delay_seconds: float = 0
    perform: bool = False


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How one recording goes. Seconds are the emulator's, which a faster clock shortens."""

    slices: int | None = None  # exactly so many, however soon it is stopped; 0 is a recording without media
    mp4_parts: int = 1  # Agora starts a new MP4 after 2 GB
    mp4_bytes: int = 0  # pad each MP4 to this size
    codec: Codec = "vp8"  # what those send whom nobody said to be there
    never_runs: bool = False  # start is accepted, then 404: what bad keys or tokens look like
    silent: bool = False  # with never_runs: not even a notification
    failover_after: float | None = None
    gone_for: float = 20  # 404 for so long while it fails over
    lost_mp4: bool = False  # the MP4 of the machine that failed is gone; its slices are not
    idle_after: float | None = None  # it ends because nobody is there
    crash_after: float | None = None  # it ends abnormally
    token_expires_after: float | None = None  # the recorder is put out: its token cannot be renewed
    late_files_after: float | None = (
        None  # some files take the way through Agora's backup, and arrive so late
    )
    playlist_from_backup: bool = False  # with late files: the whole playlist arrives under another name


@dataclass(frozen=True, kw_only=True)
class NotificationFault:
    """What becomes of a notification on its way."""

    effect: Effect
    event: int | None = None
    seconds: float = 5


NORMAL = Plan()
KINDS = {
    **dict.fromkeys((*OPERATIONS, "any"), AnswerFault),
    "recording": Plan,
    "notification": NotificationFault,
}


class BadFault(ValueError):
    """The fault is not one that the emulator knows."""


@dataclass
class Ordered:
    """A fault, where it strikes, and how often it still will."""

    on: str
    channel: str | None
    times: int | None
    fault: AnswerFault | Plan | NotificationFault


@dataclass
class Faults:
    """The faults still to come, in the order in which they were asked for."""

    ordered: list[Ordered] = field(default_factory=list)

    def add(self, asked: Any) -> None:
        if not isinstance(asked, dict) or asked.get("on") not in KINDS:
            raise BadFault(f"A fault is an object whose `on` is one of {', '.join(KINDS)}.")
        kind = KINDS[asked["on"]]
        known = {one.name for one in fields(kind)}
        details = {name: value for name, value in asked.items() if name not in ("on", "channel", "times")}
        if unknown := details.keys() - known:
            raise BadFault(f"Not known: {', '.join(sorted(unknown))}. Known: {', '.join(sorted(known))}.")
        try:
            fault = kind(**details)
        except TypeError as error:
            raise BadFault(str(error)) from error
        self.ordered.append(Ordered(asked["on"], asked.get("channel"), asked.get("times", 1), fault))

    def answer(self, operation: str, channel: str) -> AnswerFault | None:
        fault = self._take(channel, lambda one: one.on in (operation, "any"))
        return fault if isinstance(fault, AnswerFault) else None

    def plan(self, channel: str) -> Plan:
        fault = self._take(channel, lambda one: one.on == "recording")
        return fault if isinstance(fault, Plan) else NORMAL

    def notification(self, event: int, channel: str) -> NotificationFault | None:
        def strikes(one: Ordered) -> bool:
            return isinstance(one.fault, NotificationFault) and one.fault.event in (None, event)

        fault = self._take(channel, strikes)
        return fault if isinstance(fault, NotificationFault) else None

    def _take(self, channel: str, strikes: Any) -> AnswerFault | Plan | NotificationFault | None:
        for one in self.ordered:
            if one.channel in (None, channel) and strikes(one):
                if one.times is not None:
                    one.times -= 1
                    if not one.times:
                        self.ordered.remove(one)
                return one.fault
        return None
