"""Agora's notifications: proving that one is genuine, and reading it into an event with a type.

Delivery is best effort: notifications get lost, arrive twice, late and out of order, and unknown types appear.
`notice_id` is the same on every resend. Nothing that Agora signs is an error here: what is not understood is `Other`.
"""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from shared.signed_json import id_in, read_signed, text_in

from .files import RecordedFile, announced_files, moment

CLOUD_RECORDING = 3
REALTIME_CHANNELS = 1
RECORDER_PLATFORM = 6  # in channel events: the recorder itself, which is nobody in particular

Change = Literal["opened", "closed", "joined", "left"]
CHANNEL_CHANGES: Mapping[int, Change] = {
    101: "opened",
    102: "closed",
    103: "joined",  # a host of a live channel
    104: "left",
    105: "joined",  # its audience
    106: "left",
    107: "joined",  # anybody in a communication channel, which ours are
    108: "left",
}


@dataclass(frozen=True, slots=True)
class RecorderStarted:
    """40, 70: it records."""


@dataclass(frozen=True, slots=True)
class SliceStarted:
    """42: the first picture or sound of somebody, or the first after an interruption."""

    started_at: datetime | None
    uid: str


@dataclass(frozen=True, slots=True)
class MediaExists:
    """4: the first playlist is in the bucket."""

    files: tuple[RecordedFile, ...]


@dataclass(frozen=True, slots=True)
class Uploaded:
    """31: every file is in the bucket."""

    files: tuple[RecordedFile, ...]


@dataclass(frozen=True, slots=True)
class BackedUp:
    """32: the recording is over, and a file or more will come to the bucket later, without another word."""

    files: tuple[RecordedFile, ...]


@dataclass(frozen=True, slots=True)
class RecorderLeft:
    """41, 71: the recorder left the channel; its files may still be on their way."""

    reason: int


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """11: the recording service is done. `normally` is False after bad parameters, for example."""

    normally: bool


@dataclass(frozen=True, slots=True)
class FailedOver:
    """12: another machine records on, under another uid; files called bak<n>_ will come."""

    new_uid: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """1: an error. Never terminal by itself; `is_grave` ones are a reason to query."""

    module: int
    level: int
    code: int
    sentence: str

    @property
    def is_grave(self) -> bool:
        """Fatal, or an upload or a start that failed (uploader 32, 47, 51; service 52)."""
        return (
            self.level >= 5
            or (self.module == 1 and self.code in (32, 47, 51))
            or (self.module, self.code) == (2, 52)
        )


@dataclass(frozen=True, slots=True)
class ChannelChanged:
    """Somebody came or went (product 1).

    `client_seq` puts the events of one client in order, whatever their times say: of somebody with two devices, each
    counts for itself.
    """

    change: Change
    uid: int
    is_recorder: bool
    client_seq: int | None = None
    stayed_seconds: int | None = None  # in a leave: how long they had been there
    reason: int | None = None  # in a leave: one of Agora's numbers


@dataclass(frozen=True, slots=True)
class Other:
    """Progress, warnings, and whatever Agora adds one day: worth keeping, moves nothing."""


Event = (
    RecorderStarted
    | SliceStarted
    | MediaExists
    | Uploaded
    | BackedUp
    | RecorderLeft
    | SessionEnded
    | FailedOver
    | Trouble
    | ChannelChanged
    | Other
)


@dataclass(frozen=True, slots=True)
class Notification:
    """One notification. `envelope` is what Agora sent, for the inbox; `event` is what its `payload` means."""

    notice_id: str
    product: int
    type: int
    channel: str
    recorder_uid: str  # empty for channel events; another one than we chose after a fail-over
    sid: str
    sequence: int | None
    happened_at: datetime | None
    event: Event
    payload: dict[str, Any]
    envelope: dict[str, Any]


def is_genuine(secrets: Iterable[str], body: bytes, headers: Mapping[str, str]) -> bool:
    """Whether these exact bytes were signed with one of the secrets.

    The SHA-256 signature decides if it is there, and the SHA-1 one only if it is not: a forger must not be able
    to choose. An empty secret opens nothing, since everybody knows it.
    """
    given = {
        name.lower(): value for name, value in headers.items() if name.lower().startswith("agora-signature")
    }
    algorithm = "sha256" if "agora-signature-v2" in given else "sha1"
    signature = given.get("agora-signature-v2", given.get("agora-signature", "")).strip().lower().encode()
    expected = [hmac.digest(secret.encode(), body, algorithm).hex().encode() for secret in secrets if secret]
    return any(hmac.compare_digest(one, signature) for one in expected)


def read_notification(body: bytes) -> Notification:
    """Read a body that `is_genuine`."""
    envelope = read_signed(body)
    payload = _object(envelope.get("payload"))
    product, kind = _number(envelope.get("productId")), _number(envelope.get("eventType"))
    of_channel = product == REALTIME_CHANNELS
    return Notification(
        notice_id=id_in(envelope.get("noticeId"), body),
        product=product,
        type=kind,
        channel=text_in(payload.get("channelName" if of_channel else "cname")),
        recorder_uid="" if of_channel else text_in(payload.get("uid")),
        sid=text_in(payload.get("sid") or envelope.get("sid")),
        sequence=payload["sequence"] if isinstance(payload.get("sequence"), int) else None,
        happened_at=moment(payload.get("sendts") or payload.get("ts") or envelope.get("notifyMs")),
        event=_channel_event(kind, payload) if of_channel else _recording_event(product, kind, payload),
        payload=payload,
        envelope=envelope,
    )


def _recording_event(product: int, kind: int, payload: dict[str, Any]) -> Event:
    details = _object(payload.get("details"))
    went_well = _number(details.get("status")) == 0
    match kind if product == CLOUD_RECORDING else None:
        case 1:
            return Trouble(
                module=_number(details.get("module")),
                level=_number(details.get("errorLevel")),
                code=_number(details.get("errorCode")),
                sentence=str(details.get("errorMsg") or "")[:500],
            )
        case 4:
            return MediaExists(announced_files(details.get("fileList")))
        case 11:
            return SessionEnded(normally=_number(details.get("exitStatus")) == 0)
        case 12:
            return FailedOver(_number(details.get("newUid"), below=2**32))
        case 31 if went_well:
            return Uploaded(announced_files(details.get("fileList")))
        case 32 if went_well:
            return BackedUp(announced_files(details.get("fileList")))
        case 40 | 70 if went_well:
            return RecorderStarted()
        case 41:
            return RecorderLeft(_number(details.get("leaveCode")))
        case 71:
            return RecorderLeft(0)
        case 42:
            return SliceStarted(moment(details.get("startUtcMs")), str(details.get("streamUid") or ""))
    return Other()


def _channel_event(kind: int, payload: dict[str, Any]) -> Event:
    if kind not in CHANNEL_CHANGES:
        return Other()
    return ChannelChanged(
        change=CHANNEL_CHANGES[kind],
        uid=_number(payload.get("uid") or payload.get("lastUid"), below=2**32),
        is_recorder=_number(payload.get("platform")) == RECORDER_PLATFORM
        and _number(payload.get("clientType")) == 10,
        client_seq=_number(payload.get("clientSeq"), below=2**63) or None,
        stayed_seconds=_number(payload["duration"]) if "duration" in payload else None,
        reason=_number(payload["reason"], below=10**6)
        if CHANNEL_CHANGES[kind] == "left" and "reason" in payload
        else None,
    )


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: Any, below: int = 2**31) -> int:
    """A whole number that its column can hold, as a number or as digits; 0 for anything else."""
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        return 0
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return 0
    return number if abs(number) < below else 0
