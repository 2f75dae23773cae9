"""What a recording leaves in the bucket: file names as Agora writes them, sorted into the order they play in.

    mix          <sid>_<cname>.m3u8    <sid>_<cname>_<utc>.ts    <sid>_<cname>_<index>.mp4
    individual   <sid>_<cname>__uid_s_<uid>__uid_e_<track>.m3u8    …_<track>_<utc>.ts
                 of browsers that send VP8                         …_<track>_<utc>.webm, and an .mpd of both tracks
    fail-over    bak<n>_ before any of these: the recording went on elsewhere, so it plays after the parts before
    from backup  <sid>_<cname>_<tick>_<index>.m3u8: a playlist that Agora forwarded later

In these names every `_` of the channel is a `-`, so `_` separates. Nothing here rebuilds a channel name: a recording's
files are those in its own folder that carry its sid.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

from shared.signed_json import sane

Kind = Literal["mp4", "playlist", "slice", "webm"]  # a WebM plays by itself, a slice needs its playlist

_NAME = re.compile(
    r"(?:bak(?P<failover>\d+)_)?(?P<sid>[^_]+)_(?P<cname>[^_]*)"
    r"(?:__uid_s_(?P<uid>.+?)__uid_e(?:_(?P<track>[A-Za-z]+))?)?"
    r"(?:_(?P<tick>\d+))?(?:_(?P<index>\d+))?\.(?P<extension>[a-z0-9]+)"
)
_KINDS: Mapping[str, Kind] = {
    "mp4": "mp4",
    "m3u8": "playlist",
    "mpd": "playlist",
    "ts": "slice",
    "webm": "webm",
}


@dataclass(frozen=True, slots=True)
class RecordedFile:
    """A file as Agora announces it, in an answer or a notification."""

    name: str
    track: str = "audio_and_video"
    uid: str = "0"
    started_at: datetime | None = None

    def key(self, prefix: Sequence[str]) -> str:
        """Its key in the bucket. Agora sends some names with the prefix and some without."""
        folder = "/".join(prefix) + "/"
        return self.name if self.name.startswith(folder) else folder + self.name


class StoredObject(Protocol):
    """An object of a bucket listing. Size is in bytes."""

    @property
    def key(self) -> str: ...
    @property
    def size(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Part:
    """A file of a recording, found in the bucket.

    `failover` is 0 for the first machine and n + 1 for files named `bak<n>_`. `uid` is None in mix mode.
    """

    key: str
    size: int
    kind: Kind
    failover: int
    uid: str | None
    track: str
    index: int

    @property
    def name(self) -> str:
        return self.key.rpartition("/")[2]

    @property
    def identity(self) -> object:
        """Equal for a playlist and its copies from Agora's backup; every other file is itself."""
        if self.kind != "playlist":
            return self.key
        return (self.failover, self.uid, self.track, self.name.rpartition(".")[2])


def arrange(objects: Iterable[StoredObject], sid: str) -> tuple[Part, ...]:
    """The files of recording `sid` among `objects`, in playing order; anything else is left out.

    MP4s first, then playlists, then slices, TS before WebM; within each by person and track, then by fail-over, then by
    index or time. Of a playlist and the copies of it that came from Agora's backup only one remains: the longest.
    """
    parts: dict[object, Part] = {}
    for stored in objects:
        part = _part(stored, sid)
        if part is None:
            continue
        rival = parts.get(part.identity)
        if rival is None or (part.size, part.index) > (rival.size, rival.index):
            parts[part.identity] = part
    kinds: tuple[Kind, ...] = ("mp4", "playlist", "slice", "webm")
    return tuple(
        sorted(
            parts.values(),
            key=lambda part: (kinds.index(part.kind), part.uid or "", part.track, part.failover, part.index),
        )
    )


def announced_files(file_list: Any) -> tuple[RecordedFile, ...]:
    """Agora's `fileList`: one name in HLS-only mix recordings, a list of objects otherwise, sometimes nothing."""
    if isinstance(file_list, str):
        return (RecordedFile(file_list),) if file_list else ()
    if not isinstance(file_list, list):
        return ()
    entries = (entry for entry in file_list if isinstance(entry, dict))
    return tuple(_announced(entry) for entry in entries if entry.get("fileName") or entry.get("filename"))


def moment(value: Any) -> datetime | None:
    """A time as Agora writes it: epoch seconds or milliseconds. The documents disagree; the magnitude tells."""
    try:
        number = int(value)
        seconds = number / 1000 if number > 100_000_000_000 else number
        return sane(datetime.fromtimestamp(seconds, UTC))
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _announced(entry: dict[str, Any]) -> RecordedFile:
    return RecordedFile(
        name=str(entry.get("fileName") or entry["filename"]),
        track=str(entry.get("trackType") or "audio_and_video"),
        uid=str(entry.get("uid") or "0"),
        started_at=moment(entry.get("sliceStartTime")),
    )


def _part(stored: StoredObject, sid: str) -> Part | None:
    found = _NAME.fullmatch(stored.key.rpartition("/")[2])
    if not found or found["sid"] != sid or found["extension"] not in _KINDS:
        return None
    # One number after the name is a slice's time or an MP4's index; two are a backup playlist's tick and index.
    return Part(
        key=stored.key,
        size=stored.size,
        kind=_KINDS[found["extension"]],
        failover=0 if found["failover"] is None else int(found["failover"]) + 1,
        uid=found["uid"],
        track=found["track"] if found["track"] in ("audio", "video") else "audio_and_video",
        index=int(found["index"] or found["tick"] or 0),
    )
