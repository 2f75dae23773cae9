"""Who is in which channel, with which device, and what Agora notifies of it.

Where `agora.md` and Agora's page of channel event types are silent, docs/decisions/0057 says what is done here.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from .order import Order

Codec = Literal["vp8", "h264"]

OPENED, CLOSED, JOINED, LEFT = 101, 102, 107, 108  # agora.md §3.5: communication channels, which ours are
WEB, LINUX = 7, 6  # channel event types, `platform`
CLOUD_RECORDER = 10  # agora.md addendum: `clientType`, told with platform 6 only
BY_THEMSELVES, TIMED_OUT, OTHER_DEVICE, TOKEN = 1, 2, 5, 12  # agora.md addendum: reasons of a leave
REASONS = (0, 1, 2, 3, 4, 5, 9, 10, 12, 99, 999)

Tell = Callable[[str, int, dict[str, Any]], object]  # channel, event, payload


class NotPossible(ValueError):
    """Nobody can join or leave like that."""


@dataclass
class Device:
    """A client: it counts its own events, in milliseconds of its own clock (agora.md addendum, `clientSeq`)."""

    ahead_ms: int = 0
    seq: int = 0

    def count(self, order: Order) -> int:
        """A number above the last one: the clock's, or a few dozen more, as in Agora's samples of join and leave."""
        clock_ms = time.time_ns() // 1_000_000 + self.ahead_ms
        follows = self.seq and order.flip()
        self.seq = self.seq + order.rng.randint(20, 60) if follows else max(clock_ms, self.seq + 1)
        return self.seq


@dataclass
class Member:
    """Somebody in a channel, on one device. The recorder is one, too."""

    uid: int
    device: Device
    account: str
    codec: Codec = "vp8"  # what their camera sends; the platform's pages join with VP8
    is_recorder: bool = False
    joined_at: float = field(default_factory=time.time)

    def payload(self, order: Order) -> dict[str, Any]:
        """What join and leave have in common."""
        kind = {"platform": LINUX, "clientType": CLOUD_RECORDER} if self.is_recorder else {"platform": WEB}
        account = {"account": self.account} if self.account else {}  # agora.md addendum: may stand beside uid
        return {"uid": self.uid, **kind, "clientSeq": self.device.count(order), **account}


@dataclass
class Channels:
    """All channels. `tell` sends an event."""

    tell: Tell
    order: Order
    members: dict[str, dict[int, Member]] = field(default_factory=dict)
    declared: set[str] = field(default_factory=set)  # the channels whose people we were told of
    turns: Counter[str] = field(default_factory=Counter)  # how often people came to a channel or left it
    _devices: dict[tuple[str, int, str], Device] = field(default_factory=dict)

    def people(self, channel: str) -> tuple[Member, ...] | None:
        """The people there, in the order in which they came; None where nobody said who is there."""
        if channel not in self.declared:
            return None
        return tuple(one for one in self.members.get(channel, {}).values() if not one.is_recorder)

    def declare(self, channel: str, uids: set[int], *, reason: int = BY_THEMSELVES, **how: Any) -> None:
        """These people and no others are there: whoever is missing joins, whoever is too many leaves."""
        self.declared.add(channel)
        there = {one.uid for one in self.people(channel) or ()}
        for uid in sorted(uids - there):
            self.join(channel, uid, **how)
        for uid in sorted(there - uids):
            self.leave(channel, uid, reason)

    def join(
        self,
        channel: str,
        uid: int,
        *,
        device: str = "browser",
        ahead_ms: int = 0,
        account: str | None = None,
        codec: Codec = "vp8",
    ) -> None:
        """Somebody joins. Whoever is there under the same uid is put out (agora.md addendum, reason 5).

        Which of the two events comes first is not documented.
        """
        if codec not in ("vp8", "h264"):
            raise NotPossible(f"Nobody sends {codec}.")
        self.declared.add(channel)
        counter = self._devices.setdefault((channel, uid, device), Device(ahead_ms))
        member = Member(uid, counter, str(uid) if account is None else account, codec)
        replaced = self.members.get(channel, {}).get(uid)
        if replaced and self.order.flip():
            self._arrive(channel, member)
            self._tell_leave(channel, replaced, OTHER_DEVICE)
            return
        if replaced:
            self._tell_leave(channel, replaced, OTHER_DEVICE)
        self._arrive(channel, member)

    def leave(self, channel: str, uid: int, reason: int = BY_THEMSELVES) -> None:
        """Somebody leaves, for a documented reason; the last one closes the channel, recorders included."""
        if reason not in REASONS:
            raise NotPossible(f"Agora knows the reasons {', '.join(map(str, REASONS))}.")
        member = self.members.get(channel, {}).pop(uid, None)
        if member is None:
            raise NotPossible(f"{uid} is not in {channel}.")
        self.turns[channel] += not member.is_recorder
        self._tell_leave(channel, member, reason)
        if not self.members[channel]:
            self.tell(channel, CLOSED, {"ts": int(time.time()), "lastUid": uid})

    def join_recorder(self, channel: str, uid: int) -> None:
        """The recorder is a member of its channel (agora.md §3.5 and addendum)."""
        self._arrive(channel, Member(uid, Device(), "", is_recorder=True))

    def leave_recorder(self, channel: str, uid: int, reason: int) -> None:
        """As `leave`, if it is there."""
        member = self.members.get(channel, {}).get(uid)
        if member and member.is_recorder:
            self.leave(channel, uid, reason)

    def forget(self) -> None:
        for known in (self.members, self.declared, self.turns, self._devices):
            known.clear()

    def _arrive(self, channel: str, member: Member) -> None:
        there = self.members.setdefault(channel, {})
        if not there:
            self.tell(channel, OPENED, {"ts": int(time.time())})
        there[member.uid] = member
        self.turns[channel] += not member.is_recorder
        payload = {**member.payload(self.order), "ts": int(time.time())}
        self.tell(channel, JOINED, payload)

    def _tell_leave(self, channel: str, member: Member, reason: int) -> None:
        now = time.time()
        payload = {**member.payload(self.order), "reason": reason, "ts": int(now)}
        self.tell(channel, LEFT, {**payload, "duration": int(now - member.joined_at)})
