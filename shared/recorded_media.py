"""What a recording left in the bucket: which files, in which order, whether all are there, how long they play."""

import struct
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from .agora.files import Part, arrange
from .agora.playlist import Playlist, read_playlist
from .agora.recorder import Mode
from .storage.bucket import Bucket, BucketObject

Found = Literal["absent", "partial", "playable", "complete"]

READ_BYTES = 4096  # of an MP4 at a time
NEEDED_BYTES = 256  # of a box: its header, or what it begins with
MOST_BOXES = 100  # before the one that tells its length


class NotPlayable(Exception):
    """There are no files, or slices are missing among them, or none of them plays."""


@dataclass(frozen=True, slots=True)
class Media:
    """The files of one recording, as the bucket lists them now."""

    mode: Mode
    objects: dict[str, BucketObject]
    parts: tuple[Part, ...]
    playlists: dict[str, Playlist]

    @property
    def found(self) -> Found:
        """Nothing; a playlist whose slices are not all here; all that plays by now; or all that will ever come.

        A playlist ends with its recording, and a mix is followed by an MP4 of each machine; a crash keeps both back.
        """
        playlists = self.playlists.values()
        if not self.parts:
            return "absent"
        if not playlists or any(playlist.missing(self.objects) for playlist in playlists):
            return "partial"
        is_ended = all(playlist.is_ended for playlist in playlists)
        return "complete" if is_ended and (self.mode == "individual" or self.has_every_mp4) else "playable"

    @property
    def has_every_mp4(self) -> bool:
        """Whether each machine that wrote a playlist also wrote an MP4."""
        machines = {part.failover for part in self.parts if part.key in self.playlists}
        return machines <= {part.failover for part in self.parts if part.kind == "mp4"}


def sid_of(objects: Iterable[BucketObject]) -> str | None:
    """The sid in the names of a folder's files: how a recording is found whose start was never answered."""
    for stored in objects:
        words = stored.key.rpartition("/")[2].split("_")
        sid = words[1] if words[0].startswith("bak") and len(words) > 2 else words[0]
        if len(words) > 1 and sid:
            return sid
    return None


async def inspect_recording(bucket: Bucket, folder: str, mode: Mode, sid: str | None) -> Media:
    """List a recording's folder and read its playlists."""
    listed = await bucket.list(folder)
    parts = arrange(listed, sid or sid_of(listed) or "")
    playlists = {
        part.key: read_playlist((await bucket.read(part.key)).decode(errors="replace"))
        for part in parts
        if part.kind == "playlist" and part.key.endswith(".m3u8")
    }
    return Media(mode, {stored.key: stored for stored in listed}, parts, playlists)


@dataclass(frozen=True, slots=True)
class Selection:
    """The files to keep, in playing order, and how many seconds they play."""

    parts: tuple[Part, ...]
    duration_seconds: float


async def select(bucket: Bucket, media: Media) -> Selection:
    """The MP4s where they tell the whole story, else the playlists, each before its slices; WebM slices by themselves.

    Raises NotPlayable.
    """
    if media.found in ("absent", "partial"):
        raise NotPlayable(f"The files of this recording are {media.found}.")
    if media.mode == "mix" and media.has_every_mp4:
        videos = tuple(part for part in media.parts if part.kind == "mp4")
        seconds = [await _mp4_seconds(bucket, part) for part in videos]
        if videos and all(seconds):
            return Selection(videos, sum(seconds))
    kept: list[Part] = []
    seconds_of_track: dict[tuple[str | None, str], float] = defaultdict(float)
    for part in media.parts:
        if part.key in media.playlists:
            kept += _worth_playing(media, part)
            seconds_of_track[part.uid, part.track] += media.playlists[part.key].duration_seconds
    # One person's playlists follow each other; two persons' run side by side.
    longest = max(seconds_of_track.values(), default=0.0)
    if not longest:
        raise NotPlayable("No file of this recording plays.")
    return Selection(tuple(dict.fromkeys(kept)), longest)


def _worth_playing(media: Media, listed: Part) -> list[Part]:
    """A playlist and its slices; without it where it lists WebM alone, which no player of playlists plays.

    Of somebody whose sound and picture are also told together, only that playlist, and the WebM slices: an index of
    them plays nowhere, and somebody who changed device has both (decision 0057).
    """
    playlist = media.playlists[listed.key]
    by_name = {part.name: part for part in media.parts}
    slices = [by_name[name] for name in playlist.names if name in by_name]
    if listed.track != "audio_and_video" and any(
        (other.uid, other.failover, other.track) == (listed.uid, listed.failover, "audio_and_video")
        and media.playlists[other.key].names
        for other in media.parts
        if other.key in media.playlists
    ):
        return [part for part in slices if part.kind == "webm"]
    return [listed, *slices] if playlist.plays else slices


async def _mp4_seconds(bucket: Bucket, part: Part) -> float:
    return await mp4_seconds(part.size, lambda start, length: bucket.read(part.key, start, length))


async def mp4_seconds(size: int, read: Callable[[int, int], Awaitable[bytes]]) -> float:
    """How long an MP4 plays, by its `mvhd` box; 0 if it has none, as when its machine failed before writing it.

    Boxes are passed over by their headers, which come some at a time: two reads for a film, however large.
    """
    at, begins, held = 0, 0, b""
    for _ in range(MOST_BOXES):
        if at + 8 > size:
            break
        if min(at + NEEDED_BYTES, size) > begins + len(held):
            begins, held = at, await read(at, READ_BYTES)
        box = held[at - begins :]
        if len(box) < 8:  # it has become shorter
            return 0
        length, kind = struct.unpack(">I4s", box[:8])
        if length == 1 and len(box) >= 16:
            (length,) = struct.unpack(">Q", box[8:16])
        if kind == b"moov":
            return _mvhd_seconds(box[:NEEDED_BYTES])
        if length < 8:  # 0 means "to the end of the file", and anything else is no box
            return 0
        at += length
    return 0


def _mvhd_seconds(moov: bytes) -> float:
    at = moov.find(b"mvhd")
    if at < 0 or at + 36 > len(moov):
        return 0
    is_64_bit = moov[at + 4] == 1
    scale, duration = struct.unpack_from(">IQ" if is_64_bit else ">II", moov, at + (24 if is_64_bit else 16))
    return duration / scale if scale else 0
