"""Fragmented MP4: several films of ffmpeg's, one after the other, as one film with an index.

A film is `ftyp moov (moof mdat)*`. The first one's head is the head of all, and the others must be described alike:
same codecs, same parameters, same size of the picture. Of each fragment only its times are moved. The index (`sidx`)
and the length are known once everything went by: whoever wants them goes through the films twice.
"""

import struct
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

LARGEST_HEAD = 4 * 1024 * 1024  # of the boxes that are read whole
MOST_REFERENCES = 65535
MEHD_BYTES = 20
SIDX_BYTES = 40
CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf", b"mvex"}


class NotJoinable(Exception):
    """The films are described differently, or are no films."""


@dataclass(slots=True)
class Box:
    """A box inside a head that was read whole: its kind, and where its content stands."""

    kind: bytes
    start: int
    end: int


@dataclass(slots=True)
class Track:
    """A track as the head describes it."""

    timescale: int
    described: tuple[Any, ...]


@dataclass(slots=True)
class Index:
    """What a first pass has learnt: how long the film is, and where each fragment begins."""

    timescale: int = 0
    fragments: list[tuple[int, int]] = field(default_factory=list)  # bytes, and when it begins
    ends_at: int = 0

    @property
    def seconds(self) -> float:
        return self.ends_at / self.timescale if self.timescale else 0.0

    @property
    def size(self) -> int:
        """How many bytes it adds to the film."""
        count = len(self.fragments)
        return MEHD_BYTES + (SIDX_BYTES + 12 * count if 0 < count <= MOST_REFERENCES else 0)


class Joiner:
    """Puts films one after the other. Given an index, the film carries it."""

    def __init__(self, index: Index | None = None) -> None:
        self.index = Index()
        self._known = index
        self._tracks: dict[int, Track] = {}
        self._sequence = 0
        self._begins_at = self._ends_at = Fraction(0)

    async def add(self, film: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
        """The bytes that the next film adds. Raises NotJoinable."""
        reader = _Reader(film)
        self._begins_at = self._ends_at
        has_head, head_size = False, 0
        while found := await reader.next_box():
            kind, header, length = found
            if kind == b"mdat":
                if not head_size:
                    raise NotJoinable("Media come before what describes them.")
                self.index.fragments[-1] = (head_size + len(header) + length, self.index.fragments[-1][1])
                head_size = 0
                yield header
                async for piece in reader.content(length):
                    yield piece
                continue
            if length > LARGEST_HEAD:
                raise NotJoinable(f"A {kind.decode(errors='replace')} box of {length} bytes.")
            content = bytearray(await reader.whole(length))
            if kind == b"ftyp" and not self._tracks:
                yield header + content
            elif kind == b"moov":
                has_head = True
                with _as_boxes():
                    is_first = self._meet(content)
                    head = self._head(content) if is_first else b""
                yield head
            elif kind == b"moof":
                if not has_head:
                    raise NotJoinable("A fragment comes before what describes it.")
                with _as_boxes():
                    self._move(content)
                head_size = len(header) + length
                yield header + content
        if not has_head:
            raise NotJoinable("It is no film.")

    def _meet(self, moov: bytearray) -> bool:
        """Whether this head is the first; the others are compared with it."""
        tracks = dict(_tracks(moov))
        if not self._tracks:
            self._tracks = tracks
            self.index.timescale = next(iter(tracks.values())).timescale
            return True
        if tracks != self._tracks:
            raise NotJoinable(f"{_said(tracks)} follows {_said(self._tracks)}.")
        return False

    def _head(self, moov: bytearray) -> bytes:
        index = self._known
        if index is None:
            return struct.pack(">I4s", len(moov) + 8, b"moov") + moov
        (movie_scale,) = struct.unpack_from(">I", moov, _find(moov, b"mvhd").start + 12)
        mehd = struct.pack(
            ">I4sIQ",
            MEHD_BYTES,
            b"mehd",
            1 << 24,
            round(Fraction(index.ends_at, index.timescale) * movie_scale),
        )
        mvex = _find(moov, b"mvex")
        struct.pack_into(">I", moov, mvex.start - 8, mvex.end - mvex.start + 8 + len(mehd))
        moov[mvex.start : mvex.start] = mehd
        return struct.pack(">I4s", len(moov) + 8, b"moov") + moov + _sidx(index, next(iter(self._tracks)))

    def _move(self, moof: bytearray) -> None:
        """Move a fragment's times to where its film begins, and note where it stands."""
        self._sequence += 1
        struct.pack_into(">I", moof, _find(moof, b"mfhd").start + 4, self._sequence)
        first: int | None = None
        for traf in _children(moof, 0, len(moof), b"traf"):
            track_id, default = _fragment_defaults(moof, traf)
            track = self._tracks.get(track_id)
            tfdt = next(_children(moof, traf.start, traf.end, b"tfdt"), None)
            if track is None or tfdt is None or moof[tfdt.start] != 1:
                raise NotJoinable("A fragment of a track that nothing describes.")
            (at,) = struct.unpack_from(">Q", moof, tfdt.start + 4)
            at += round(self._begins_at * track.timescale)
            struct.pack_into(">Q", moof, tfdt.start + 4, at)
            runs = _children(moof, traf.start, traf.end, b"trun")
            ends_at = at + sum(_run_duration(moof, run, default) for run in runs)
            self._ends_at = max(self._ends_at, Fraction(ends_at, track.timescale))
            if first is None:
                first = round(Fraction(at, track.timescale) * self.index.timescale)
        self.index.fragments.append((0, first or 0))
        self.index.ends_at = round(self._ends_at * self.index.timescale)


class _Reader:
    """Boxes out of a stream of bytes."""

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self._pieces = aiter(pieces)
        self._held = bytearray()

    async def next_box(self) -> tuple[bytes, bytes, int] | None:
        """Kind, header, and the length of the content that follows; None at the end."""
        if not await self._fill(8):
            if self._held:
                raise NotJoinable("It ends in the middle of a box.")
            return None
        length, kind = struct.unpack_from(">I4s", self._held)
        size = 8
        if length == 1:
            size = 16
            if not await self._fill(16):
                raise NotJoinable("It ends in the middle of a box.")
            (length,) = struct.unpack_from(">Q", self._held, 8)
        if length < size:
            raise NotJoinable("A box without a length.")
        header = bytes(self._held[:size])
        del self._held[:size]
        return kind, header, length - size

    async def whole(self, length: int) -> bytes:
        return b"".join([piece async for piece in self.content(length)])

    async def content(self, length: int) -> AsyncGenerator[bytes, None]:
        while length:
            if not self._held and not await self._fill(1):
                raise NotJoinable("It ends in the middle of a box.")
            piece = bytes(self._held[:length])
            del self._held[: len(piece)]
            length -= len(piece)
            yield piece

    async def _fill(self, count: int) -> bool:
        while len(self._held) < count:
            piece = await anext(self._pieces, None)
            if piece is None:
                return False
            self._held += piece
        return True


@contextmanager
def _as_boxes() -> Iterator[None]:
    try:
        yield
    except (struct.error, IndexError, StopIteration) as error:
        raise NotJoinable("A box that is shorter than what has to be in it.") from error


def _boxes(data: bytes | bytearray, start: int, end: int) -> Iterator[Box]:
    while start + 8 <= end:
        length, kind = struct.unpack_from(">I4s", data, start)
        if length < 8 or start + length > end:
            raise NotJoinable("A box that is longer than what it is in.")
        yield Box(kind, start + 8, start + length)
        start += length


def _children(data: bytes | bytearray, start: int, end: int, kind: bytes) -> Iterator[Box]:
    return (box for box in _boxes(data, start, end) if box.kind == kind)


def _every(data: bytes | bytearray, start: int, end: int) -> Iterator[Box]:
    for box in _boxes(data, start, end):
        yield box
        if box.kind in CONTAINERS:
            yield from _every(data, box.start, box.end)


def _find(data: bytes | bytearray, kind: bytes, within: Box | None = None) -> Box:
    start, end = (within.start, within.end) if within else (0, len(data))
    for box in _every(data, start, end):
        if box.kind == kind:
            return box
    raise NotJoinable(f"There is no {kind.decode()} box.")


def _tracks(moov: bytearray) -> Iterator[tuple[int, Track]]:
    for trak in _children(moov, 0, len(moov), b"trak"):
        tkhd, mdhd, stsd = (_find(moov, kind, trak) for kind in (b"tkhd", b"mdhd", b"stsd"))
        (track_id,) = struct.unpack_from(">I", moov, tkhd.start + (20 if moov[tkhd.start] else 12))
        (timescale,) = struct.unpack_from(">I", moov, mdhd.start + (20 if moov[mdhd.start] else 12))
        yield track_id, Track(timescale, _described(moov, next(_boxes(moov, stsd.start + 8, stsd.end))))


def _described(moov: bytearray, entry: Box) -> tuple[Any, ...]:
    """What two takes must have in common. How many bits a second each had is no part of it."""
    if entry.kind == b"avc1":
        size = struct.unpack_from(">HH", moov, entry.start + 24)
        avcc = next(_children(moov, entry.start + 78, entry.end, b"avcC"), None)
        return ("H.264", *size, bytes(moov[avcc.start : avcc.end]) if avcc else b"")
    if entry.kind == b"mp4a":
        channels, _bits, _, _, rate = struct.unpack_from(">HHHHI", moov, entry.start + 16)
        esds = next(_children(moov, entry.start + 28, entry.end, b"esds"), None)
        return ("AAC", channels, rate >> 16, _audio_config(moov[esds.start : esds.end]) if esds else b"")
    raise NotJoinable(f"{entry.kind.decode(errors='replace')} is neither H.264 nor AAC.")


def _audio_config(esds: bytearray) -> bytes:
    """The DecoderSpecificInfo of an esds as ffmpeg writes it (tag 5, a length in four bytes): profile, rate, channels.

    They are in its first two bytes. An MP4 may go on to say that nothing else is hidden in it, which slices never say.
    """
    at = esds.find(b"\x05\x80\x80\x80")
    if at < 0 or esds[at + 4] < 2:
        raise NotJoinable("Sound without what describes it.")
    return bytes(esds[at + 5 : at + 7])


def _fragment_defaults(moof: bytearray, traf: Box) -> tuple[int, int | None]:
    """A fragment's track, and how long a sample of it is where the run does not say."""
    tfhd = next(_children(moof, traf.start, traf.end, b"tfhd"))
    flags, track_id = struct.unpack_from(">II", moof, tfhd.start)
    at = tfhd.start + 8 + (8 if flags & 0x1 else 0) + (4 if flags & 0x2 else 0)
    return track_id, struct.unpack_from(">I", moof, at)[0] if flags & 0x8 else None


def _run_duration(moof: bytearray, run: Box, default: int | None) -> int:
    flags, count = struct.unpack_from(">II", moof, run.start)
    if not flags & 0x100:
        if default is None:
            raise NotJoinable("Samples without a duration.")
        return int(default) * int(count)
    at = run.start + 8 + (4 if flags & 0x1 else 0) + (4 if flags & 0x4 else 0)
    step = 4 * (flags >> 8 & 0xF).bit_count()
    if at + step * count > run.end:
        raise NotJoinable("A run that is longer than its box.")
    return sum(struct.unpack_from(">I", moof, at + step * number)[0] for number in range(count))


def _sidx(index: Index, track_id: int) -> bytes:
    """Where each fragment is, so that a player finds a moment without reading all before it."""
    fragments = index.fragments
    if not fragments or len(fragments) > MOST_REFERENCES:
        return b""
    ends = [at for _, at in fragments[1:]] + [index.ends_at]
    references = b"".join(
        struct.pack(">III", size, max(0, end - at), 0x90000000)
        for (size, at), end in zip(fragments, ends, strict=True)
    )
    body = struct.pack(">IIIQQHH", 1 << 24, track_id, index.timescale, fragments[0][1], 0, 0, len(fragments))
    return struct.pack(">I4s", 8 + len(body) + len(references), b"sidx") + body + references


def _said(tracks: dict[int, Track]) -> str:
    return " and ".join(
        " ".join(str(word) for word in track.described if not isinstance(word, bytes))
        for track in tracks.values()
    )
