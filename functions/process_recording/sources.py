"""What a recording's parts are: films of everybody, one after the other, or people recorded alone, side by side.

Copied, never decoded, and the same bytes each time.
"""

import re
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Literal, Protocol

from shared.storage.supabase import Storage

from . import ffmpeg, fragments, webm
from .contract import StoredFile
from .fragments import NotJoinable

LARGEST_SLICE = 16 * 1024 * 1024
MOST_LANES = 34  # of seventeen people, as many as Agora records
LONGEST_SLICE_S = 16  # Agora ends one after fifteen
SIGNED_FOR_S = 900  # as long as this function may run
# Timescales of their own would differ between takes.
AS_FRAGMENTS = (
    *("-map", "0:v:0?", "-map", "0:a:0?", "-c", "copy", "-fflags", "+bitexact", "-bsf:a", "aac_adtstoasc"),
    *("-video_track_timescale", "90000", "-use_editlist", "0"),
    *("-movflags", "+frag_keyframe+delay_moov+default_base_moof+frag_discont+skip_trailer"),
    *("-frag_duration", "10000000", "-f", "mp4"),
)
ALIKE = ("-bsf:v", "h264_mp4toannexb")  # what describes an MP4 is written as ffmpeg writes it for slices
WEBM_NAME = re.compile(r"__uid_s_(?P<uid>.+?)__uid_e_(?P<track>audio|video)_(?P<utc>\d{17})\.webm")


class Index(Protocol):
    """What going through all of it has told: how long it is, and how many bytes it adds if it is put in."""

    @property
    def seconds(self) -> float: ...
    @property
    def size(self) -> int: ...


class Source(Protocol):
    """The parts of a recording, as one stream. `index` is of the last time that it was read to its end."""

    kind: Literal["mp4", "webm"]
    films: int
    index: Index

    def read(self, index: Index | None) -> AsyncGenerator[bytes, None]: ...


@dataclass(frozen=True, slots=True)
class Film:
    """What ffmpeg reads at once: an MP4, or the slices of a playlist one after the other, which are one stream."""

    paths: tuple[str, ...]
    is_mp4: bool


class Films:
    """MP4s and playlists, of which each take has one or more."""

    kind: Literal["mp4", "webm"] = "mp4"

    def __init__(self, storage: Storage, program: str, files: Sequence[StoredFile]) -> None:
        self._storage = storage
        self._program = program
        self._films: list[Film] = []
        for file in files:
            if file.kind == "slice" and self._films and not self._films[-1].is_mp4:
                self._films[-1] = Film((*self._films[-1].paths, file.storage_path), is_mp4=False)
            else:
                self._films.append(
                    Film((file.storage_path,) if file.kind == "mp4" else (), file.kind == "mp4")
                )
        self.films = len(self._films)
        self.index: Index = fragments.Index()

    async def read(self, index: Index | None) -> AsyncGenerator[bytes, None]:
        """Raises NotJoinable where two of them are described differently."""
        joiner = fragments.Joiner(index if isinstance(index, fragments.Index) else None)
        for film in self._films:
            async with aclosing(await self._run(film)) as running, aclosing(joiner.add(running)) as pieces:
                async for piece in pieces:
                    yield piece
        self.index = joiner.index

    async def _run(self, film: Film) -> AsyncGenerator[bytes, None]:
        if film.is_mp4:
            source = ffmpeg.from_address("mp4", await self._storage.sign(film.paths[0], SIGNED_FOR_S))
            return ffmpeg.run(self._program, [*source, *ALIKE, *AS_FRAGMENTS])
        source = ffmpeg.from_pipe("mpegts")
        return ffmpeg.run(self._program, [*source, *AS_FRAGMENTS], self._read(film.paths))

    async def _read(self, paths: tuple[str, ...]) -> AsyncGenerator[bytes, None]:
        for path in paths:
            async with aclosing(self._storage.read(path)) as pieces:
                async for piece in pieces:
                    yield bytes(piece)


class People:
    """WebM slices: sound and picture of each are tracks of their own, in time by the moments in the slices' names."""

    kind: Literal["mp4", "webm"] = "webm"
    films = 1

    def __init__(self, storage: Storage, files: Sequence[StoredFile]) -> None:
        self._storage = storage
        self._slices: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
        begins_at = 0.0
        for _, theirs in groupby(files, key=lambda file: file.take):
            take = [(*_named(file), file) for file in theirs]
            first = min(moment for _, _, moment, _ in take)
            for uid, track, moment, file in take:
                self._slices[uid, track].append(
                    (round(1000 * (begins_at + (moment - first).total_seconds())), file.storage_path)
                )
            latest = max(slices[-1][0] for slices in self._slices.values()) / 1000
            ends_at = begins_at + take[0][3].seconds
            # While everybody was away nothing was recorded, and the moments go on.
            begins_at = ends_at if latest < ends_at else latest + LONGEST_SLICE_S
        self.index: Index = webm.Index()

    async def read(self, index: Index | None) -> AsyncGenerator[bytes, None]:
        """Who came first is first, and the picture before the sound: what a player shows that knows one of each."""
        learnt = webm.Index()
        lanes = sorted(
            self._slices.items(), key=lambda lane: (min(lane[1])[0], lane[0][0], lane[0][1] != "video")
        )
        if len(lanes) > MOST_LANES:
            raise NotJoinable(f"{len(lanes)} tracks.")
        known = index if isinstance(index, webm.Index) else None
        merged = webm.merge([sorted(slices) for _, slices in lanes], self._read, known, learnt)
        async with aclosing(merged) as pieces:
            async for piece in pieces:
                yield piece
        self.index = learnt

    async def _read(self, path: str) -> bytes:
        read = bytearray()
        async with aclosing(self._storage.read(path)) as pieces:
            async for piece in pieces:
                read += piece
                if len(read) > LARGEST_SLICE:
                    raise NotJoinable("A slice that is no slice.")
        return bytes(read)


def source(storage: Storage, program: str, files: Sequence[StoredFile]) -> Source:
    """The parts as what they are. Raises NotJoinable: people who were recorded alone, in slices of another kind."""
    if {file.kind for file in files} == {"webm"}:
        return People(storage, files)
    if any(file.mode != "mix" or file.kind == "webm" for file in files):
        raise NotJoinable("Each of several people was recorded alone, and not all as WebM.")
    return Films(storage, program, files)


def _named(file: StoredFile) -> tuple[str, str, datetime]:
    found = WEBM_NAME.search(file.storage_path)
    if not found:
        raise NotJoinable("A slice whose name says neither whose it is nor when it began.")
    try:
        moment = datetime.strptime(found["utc"] + "000", "%Y%m%d%H%M%S%f").replace(tzinfo=UTC)
    except ValueError as error:
        raise NotJoinable("A slice that began at no moment.") from error
    return found["uid"], found["track"], moment
