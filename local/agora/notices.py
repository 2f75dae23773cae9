"""Notifications: signed over the bytes that are sent, retried as Agora retries, spoilt where a fault says so."""

import asyncio
import hmac
import json
import time
from dataclasses import dataclass
from typing import Any, Self
from uuid import uuid4

import aiohttp

from .clock import Clock
from .faults import Faults
from .order import Order

ANSWER_SECONDS = 10  # real ones: the receiver is no faster than it is
RETRY_GAPS = (0, 3, 9)  # at once, then with growing gaps; Agora does not publish its own
SESSION_EXIT, CHANNEL_CLOSED = 11, 102
CHANNELS = 1
HELD_SECONDS = 0.2  # real ones: how long a notification waits to be overtaken by the next of its story


@dataclass(frozen=True)
class Receiver:
    """Where notifications of a product go, and what they are signed with; an empty url is nowhere."""

    url: str
    secret: str

    @classmethod
    def of(cls, url: str, secrets: str) -> Self:
        return cls(url, secrets.partition(",")[0].strip())


class Notices:
    """Sends notifications. Order is not promised (agora.md §3.3): now and then one is overtaken by the next."""

    def __init__(
        self, recordings: Receiver, channels: Receiver, clock: Clock, faults: Faults, order: Order
    ) -> None:
        self.recordings, self.channels, self._order = recordings, channels, order
        self.sent: list[dict[str, Any]] = []  # every delivery, with the answer it got
        self._clock, self._faults = clock, faults
        self._last: dict[str, asyncio.Task[None]] = {}
        self._kept_back: dict[str, list[dict[str, Any]]] = {}
        self._held: dict[str, tuple[dict[str, Any], str]] = {}  # by story: waits to be overtaken
        self._count = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._http: aiohttp.ClientSession | None = None

    def send(self, product: int, event: int, payload: dict[str, Any], story: str = "") -> dict[str, Any]:
        """Notify, without waiting. Notifications of one `story` (a recording, a channel) may change places."""
        envelope: dict[str, Any] = {
            "noticeId": self._new_notice_id() if product == CHANNELS else str(uuid4()),
            "productId": product,
            "eventType": event,
            "notifyMs": 0,
            "payload": payload,
        }
        channel = str(payload.get("cname") or payload.get("channelName") or "")
        fault = self._faults.notification(event, channel)
        match fault.effect if fault else None:
            case "lose":
                self.sent.append({"envelope": envelope, "status": "lost"})
            case "late":
                assert fault
                self._spawn(self._deliver(envelope, after=fault.seconds))
            case "duplicate":
                self._queue(story, envelope)
                self._queue(story, envelope)
            case "reorder":
                self._kept_back.setdefault(story, []).append(envelope)
            case effect:
                self._queue(story, envelope, spoilt=effect or "")
        if event in (SESSION_EXIT, CHANNEL_CLOSED):
            for kept in reversed(self._kept_back.pop(story, [])):
                self._chain(story, kept)
        return envelope

    def forget(self) -> None:
        """Drop what is still to be sent, and the record of what was."""
        for task in self._tasks:
            task.cancel()
        self.sent.clear()
        self._last.clear()
        self._kept_back.clear()
        self._held.clear()

    async def close(self) -> None:
        self.forget()
        if self._http:
            await self._http.close()

    def _new_notice_id(self) -> str:
        """Three numbers with colons (agora.md addendum). Whether one may come again is not said; here none does."""
        self._count += 1
        return f"{int(time.time())}:{self._count}:{self._order.rng.randint(100, 999)}"

    def _queue(self, story: str, envelope: dict[str, Any], *, spoilt: str = "") -> None:
        overtaken = self._held.pop(story, None)
        if story and overtaken is None and self._order.flip():
            self._held[story] = envelope, spoilt
            self._spawn(self._release(story, envelope))
            return
        self._chain(story, envelope, spoilt=spoilt)
        if overtaken:
            self._chain(story, overtaken[0], spoilt=overtaken[1])

    async def _release(self, story: str, envelope: dict[str, Any]) -> None:
        """Nothing has overtaken it."""
        await asyncio.sleep(HELD_SECONDS)
        held = self._held.get(story)
        if held and held[0] is envelope:
            del self._held[story]
            self._chain(story, envelope, spoilt=held[1])

    def _chain(self, story: str, envelope: dict[str, Any], *, spoilt: str = "") -> None:
        story = story or str(envelope["noticeId"])
        self._last[story] = self._spawn(
            self._deliver(envelope, spoilt=spoilt, following=self._last.get(story))
        )

    async def _deliver(
        self,
        envelope: dict[str, Any],
        *,
        after: float = 0,
        spoilt: str = "",
        following: asyncio.Task[None] | None = None,
    ) -> None:
        """The first delivery waits for the one before it; retries wait for nothing."""
        if following:
            await asyncio.wait([following])
        await self._clock.sleep(after)
        if not self._receiver(envelope).url or await self._post(envelope, spoilt):
            return
        self._spawn(self._retry(envelope, spoilt))

    async def _retry(self, envelope: dict[str, Any], spoilt: str) -> None:
        for gap in RETRY_GAPS:
            await self._clock.sleep(gap)
            if await self._post(envelope, spoilt):
                return

    def _receiver(self, envelope: dict[str, Any]) -> Receiver:
        return self.channels if envelope["productId"] == CHANNELS else self.recordings

    async def _post(self, envelope: dict[str, Any], spoilt: str) -> bool:
        self._http = self._http or aiohttp.ClientSession()
        receiver = self._receiver(envelope)
        # Only the time of sending differs between deliveries of one notification.
        body = json.dumps(envelope | {"notifyMs": int(time.time() * 1000)}, separators=(",", ":")).encode()
        headers = {
            "Content-Type": "application/json;charset=utf-8",
            **self._signatures(receiver, body, spoilt),
        }
        timeout = aiohttp.ClientTimeout(ANSWER_SECONDS)
        record: dict[str, Any] = {"envelope": envelope, "status": "under way"}
        self.sent.append(record)
        try:
            async with self._http.post(receiver.url, data=body, headers=headers, timeout=timeout) as reply:
                json.loads(await reply.read())
                record["status"] = reply.status
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            record["status"] = type(error).__name__
        return bool(record["status"] == 200)

    def _signatures(self, receiver: Receiver, body: bytes, spoilt: str) -> dict[str, str]:
        secret = receiver.secret.encode() + (b", forged" if spoilt == "forge" else b"")
        signed = {
            "Agora-Signature": hmac.digest(secret, body, "sha1").hex(),
            "Agora-Signature-V2": hmac.digest(secret, body, "sha256").hex(),
        }
        if spoilt == "unsign":
            return {}
        if spoilt == "sha1_only":
            del signed["Agora-Signature-V2"]
        return signed

    def _spawn(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
