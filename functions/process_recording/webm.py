"""WebM: slices of several people as tracks of one film, block by block, with its length and its cues in front.

Nothing is decoded, and the same slices give the same bytes: ffmpeg does not promise that of many inputs. A slice is
read when its moment comes. Length and cues are known once everything went by, as with fragments of MP4.
"""

import heapq
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field

from .fragments import NotJoinable

CLUSTER_MS = 5000
CUE_EVERY_MS = 2000
EBML, SEGMENT, INFO = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67", b"\x15\x49\xa9\x66"
TRACKS, CUES, CLUSTER = b"\x16\x54\xae\x6b", b"\x1c\x53\xbb\x6b", b"\x1f\x43\xb6\x75"
TIMESTAMP, SIMPLE_BLOCK, BLOCK_GROUP, BLOCK, REFERENCE = b"\xe7", b"\xa3", b"\xa0", b"\xa1", b"\xfb"
TIMESTAMP_SCALE, DURATION = b"\x2a\xd7\xb1", b"\x44\x89"
TRACK_ENTRY, TRACK_NUMBER, TRACK_UID, TRACK_TYPE, CODEC = b"\xae", b"\xd7", b"\x73\xc5", b"\x83", b"\x86"
ENTERED = {SEGMENT, CLUSTER}  # written as streams, they do not say how long they are
UNKNOWN_SIZE = b"\x01\xff\xff\xff\xff\xff\xff\xff"
A_MS_IN_NS = 1_000_000
PICTURE = b"\x01"
KEY = 0x80
CUE_BYTES = 27


@dataclass(slots=True)
class Index:
    """What a first pass has learnt. Times are in milliseconds, positions from the first cluster on."""

    cues: list[tuple[int, int, int]] = field(default_factory=list)  # time, track, position
    ends_at: int = 0

    @property
    def seconds(self) -> float:
        return self.ends_at / 1000

    @property
    def size(self) -> int:
        """How many bytes it adds."""
        return len(_duration(0)) + len(_cues(self, 0))


@dataclass(frozen=True, slots=True)
class Block:
    """A frame or a few, and when they are shown, from the beginning of their slice on."""

    at: int
    is_key: bool
    laced: int
    frames: memoryview


@dataclass(frozen=True, slots=True)
class Slice:
    """A file of one track."""

    described: dict[bytes, bytes]
    blocks: list[Block]


@dataclass(slots=True)
class _Lane:
    """A track: the slices that are to come, and what of the present one is left."""

    slices: list[tuple[int, str]]
    described: dict[bytes, bytes] = field(default_factory=dict)
    begins_at: int = 0
    left: Iterator[Block] = field(default_factory=lambda: iter(()))
    last_at: int = -1


async def merge(
    lanes: Sequence[Sequence[tuple[int, str]]],
    read: Callable[[str], Awaitable[bytes]],
    known: Index | None,
    learnt: Index,
) -> AsyncGenerator[bytes, None]:
    """The film of these lanes, each of slices and when they begin in ms. What it tells goes into `learnt`."""
    open_lanes = [_Lane(list(slices)) for slices in lanes]
    for lane in open_lanes:
        lane.described = read_slice(await read(lane.slices[0][1])).described
    yield _head(open_lanes, known)
    cluster, begins_at, written = bytearray(), 0, 0
    async for number, at, block in _in_order(open_lanes, read):
        shows = block.is_key and open_lanes[number - 1].described[TRACK_TYPE] == PICTURE
        is_cue = shows and (not learnt.cues or at - learnt.cues[-1][0] >= CUE_EVERY_MS)
        if not cluster or at - begins_at >= CLUSTER_MS or is_cue:
            if cluster:
                whole = _element(CLUSTER, bytes(cluster))
                written += len(whole)
                yield whole
            cluster, begins_at = bytearray(_element(TIMESTAMP, at.to_bytes(8))), at
            if is_cue:
                learnt.cues.append((at, number, written))
        flags = (KEY if block.is_key else 0) | block.laced
        body = bytes([0x80 | number]) + struct.pack(">hB", at - begins_at, flags)
        cluster += SIMPLE_BLOCK + (len(body) + len(block.frames) | 1 << 56).to_bytes(8) + body + block.frames
        learnt.ends_at = max(learnt.ends_at, at)
    yield _element(CLUSTER, bytes(cluster))


async def _in_order(
    lanes: list[_Lane], read: Callable[[str], Awaitable[bytes]]
) -> AsyncGenerator[tuple[int, int, Block], None]:
    """Every block with its track's number and its moment, as they are shown."""
    waiting: list[tuple[int, int, Block | None]] = []
    for number, lane in enumerate(lanes, start=1):
        heapq.heappush(waiting, (lane.slices[0][0], number, None))
    while waiting:
        at, number, block = heapq.heappop(waiting)
        lane = lanes[number - 1]
        if block:
            lane.last_at = at
            yield number, at, block
        else:  # its next slice begins
            lane.begins_at, path = lane.slices.pop(0)
            piece = read_slice(await read(path))
            if piece.described[CODEC] != lane.described[CODEC]:
                raise NotJoinable(f"{piece.described[CODEC]!r} follows {lane.described[CODEC]!r}.")
            lane.left = iter(piece.blocks)
        if following := next(lane.left, None):
            # Slices may overlap a little: what was written is not gone behind.
            moment = max(lane.begins_at + following.at, lane.last_at + 1)
            heapq.heappush(waiting, (moment, number, following))
        elif lane.slices:
            heapq.heappush(waiting, (max(lane.slices[0][0], lane.last_at + 1), number, None))


def read_slice(data: bytes) -> Slice:
    """A WebM of one track. What a crash cut off at its end is left out. Raises NotJoinable."""
    scale, cluster_at, described = A_MS_IN_NS, 0, dict[bytes, bytes]()
    blocks: list[tuple[int, Block]] = []
    for kind, content in _walk(memoryview(data)):
        match kind:
            case _ if kind == INFO:
                scale = int.from_bytes(dict(_elements(content)).get(TIMESTAMP_SCALE, b"\x0f\x42\x40"))
            case _ if kind == TRACKS:
                entries = [entry for entry_kind, entry in _elements(content) if entry_kind == TRACK_ENTRY]
                if len(entries) != 1:
                    raise NotJoinable(f"A slice of {len(entries)} tracks.")
                described = {name: bytes(value) for name, value in _elements(entries[0])}
            case _ if kind == TIMESTAMP:
                cluster_at = int.from_bytes(content)
            case _ if kind in (SIMPLE_BLOCK, BLOCK_GROUP):
                is_simple, grouped = (
                    kind == SIMPLE_BLOCK,
                    {} if kind == SIMPLE_BLOCK else dict(_elements(content)),
                )
                block = content if is_simple else grouped.get(BLOCK, content[:0])
                if len(block) < 4 or not block[0] & 0x80:
                    raise NotJoinable("A block of no track.")
                at, flags = struct.unpack_from(">hB", block, 1)
                is_key = bool(flags & KEY) if is_simple else REFERENCE not in grouped
                moment = (cluster_at + at) * scale // A_MS_IN_NS
                blocks.append((moment, Block(0, is_key, flags & 0x06, block[4:])))
    if not blocks or not {CODEC, TRACK_TYPE} <= described.keys():
        raise NotJoinable("A slice in which nothing is.")
    first = min(moment for moment, _ in blocks)
    return Slice(
        described,
        [Block(moment - first, each.is_key, each.laced, each.frames) for moment, each in blocks],
    )


def _walk(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """The elements of a file one after the other, those of a segment and of its clusters among them."""
    at = 0
    while at + 2 <= len(data):
        kind, size, start = _header(data, at)
        if kind in ENTERED:
            at = start
            continue
        if start + size > len(data):
            return
        yield kind, data[start : start + size]
        at = start + size


def _elements(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    at = 0
    while at < len(data):
        kind, size, start = _header(data, at)
        if start + size > len(data):
            raise NotJoinable("An element that is longer than what it is in.")
        yield kind, data[start : start + size]
        at = start + size


def _header(data: memoryview, at: int) -> tuple[bytes, int, int]:
    """An element's kind and size, and where its content begins."""
    kind_length = 9 - data[at].bit_length()
    kind = bytes(data[at : at + kind_length])
    at += kind_length
    if kind_length > 4 or at >= len(data) or not data[at]:
        raise NotJoinable("It is no WebM.")
    length = 9 - data[at].bit_length()
    size = int.from_bytes(data[at : at + length]) & ((1 << 7 * length) - 1)
    return kind, size, at + length


def _head(lanes: list[_Lane], index: Index | None) -> bytes:
    says = {b"\x42\x86": b"\x01", b"\x42\xf7": b"\x01", b"\x42\xf2": b"\x04", b"\x42\xf3": b"\x08"}
    says |= {b"\x42\x82": b"webm", b"\x42\x87": b"\x04", b"\x42\x85": b"\x02"}
    file = _element(EBML, b"".join(_element(name, value) for name, value in says.items()))
    info = _element(TIMESTAMP_SCALE, A_MS_IN_NS.to_bytes(8))
    info += _element(b"\x4d\x80", b"process-recording") + _element(b"\x57\x41", b"process-recording")
    info += _duration(index.ends_at) if index else b""
    tracks = b""
    for number, lane in enumerate(lanes, start=1):
        entry = {**lane.described, TRACK_NUMBER: bytes([number]), TRACK_UID: bytes([number])}
        tracks += _element(TRACK_ENTRY, b"".join(_element(name, value) for name, value in entry.items()))
    head = _element(INFO, info) + _element(TRACKS, tracks)
    return file + SEGMENT + UNKNOWN_SIZE + head + (_cues(index, len(head)) if index else b"")


def _element(kind: bytes, content: bytes) -> bytes:
    return kind + (len(content) | 1 << 56).to_bytes(8) + content


def _duration(milliseconds: int) -> bytes:
    return _element(DURATION, struct.pack(">d", milliseconds))


def _cues(index: Index, before: int) -> bytes:
    """All of one length, so that how long they are does not depend on where they point."""
    before += len(CUES) + 8 + CUE_BYTES * len(index.cues)
    points = (
        b"\xbb\x99\xb3\x88" + at.to_bytes(8)
        + b"\xb7\x8d\xf7\x81" + bytes([track]) + b"\xf1\x88" + (before + position).to_bytes(8)
        for at, track, position in index.cues
    )  # fmt: skip
    return _element(CUES, b"".join(points))
