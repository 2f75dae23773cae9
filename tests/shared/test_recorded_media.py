"""What a recording left: whether it is all there, what is worth keeping, how long it plays."""

import struct
from dataclasses import dataclass, field
from typing import cast

import pytest

from shared.recorded_media import Media, NotPlayable, inspect_recording, mp4_seconds, select, sid_of
from shared.storage.bucket import Bucket, BucketObject

SID = "0123456789abcdef0123456789abcdef"
NAME = f"{SID}_session-a-b"


@dataclass
class MemoryBucket:
    """A bucket of texts and bytes."""

    objects: dict[str, bytes] = field(default_factory=dict)

    async def list(self, folder: str) -> list[BucketObject]:
        return [
            BucketObject(key, len(data), f'"{hash(data)}"')
            for key, data in sorted(self.objects.items())
            if key.startswith(folder)
        ]

    async def read(self, key: str, start: int = 0, length: int = 10_000) -> bytes:
        return self.objects[key][start : start + length]


def bucket(**files: bytes) -> Bucket:
    """The folder `r/` of a recording; `{name}` stands for what its names begin with."""
    return cast(Bucket, MemoryBucket({f"r/{name}": data for name, data in files.items()}))


def playlist(*slices: str, ended: bool = True) -> bytes:
    lines = [
        "#EXTM3U",
        *(line for name in slices for line in ("#EXTINF:15.0", name)),
        *(["#EXT-X-ENDLIST"] * ended),
    ]
    return "\n".join(lines).encode()


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def mp4(seconds: float, *, wide: bool = False, moov_last: bool = True) -> bytes:
    """A video as far as its boxes go."""
    if wide:
        header = struct.pack(">B3xQQIQ", 1, 0, 0, 1000, int(seconds * 1000)) + b"\0" * 80
    else:
        header = struct.pack(">B3xIIII", 0, 0, 0, 1000, int(seconds * 1000)) + b"\0" * 80
    moov = box(b"moov", box(b"mvhd", header))
    mdat = struct.pack(">I4sQ", 1, b"mdat", 16 + 5000) + b"\1" * 5000  # a box with a 64-bit length
    return box(b"ftyp", b"isom") + (mdat + moov if moov_last else moov + mdat)


FILES: list[tuple[str, dict[str, bytes], str]] = [
    ("nothing", {}, "absent"),
    ("another recording's files", {"f" * 32 + "_x.m3u8": playlist("a.ts")}, "absent"),
    ("slices without a playlist", {f"{NAME}_1.ts": b"x"}, "partial"),
    ("an MP4 without a playlist", {f"{NAME}_0.mp4": mp4(5)}, "partial"),
    ("a slice is missing", {f"{NAME}.m3u8": playlist(f"{NAME}_1.ts")}, "partial"),
    ("no MP4 yet", {f"{NAME}.m3u8": playlist(f"{NAME}_1.ts"), f"{NAME}_1.ts": b"x"}, "playable"),
    (
        "the playlist has not ended",
        {
            f"{NAME}.m3u8": playlist(f"{NAME}_1.ts", ended=False),
            f"{NAME}_1.ts": b"x",
            f"{NAME}_0.mp4": mp4(5),
        },
        "playable",
    ),
    (
        "all of it",
        {f"{NAME}.m3u8": playlist(f"{NAME}_1.ts"), f"{NAME}_1.ts": b"x", f"{NAME}_0.mp4": mp4(5)},
        "complete",
    ),
    (
        "one of two machines' MP4",
        {
            f"{NAME}.m3u8": playlist(f"{NAME}_1.ts"),
            f"{NAME}_1.ts": b"x",
            f"bak0_{NAME}.m3u8": playlist(f"bak0_{NAME}_2.ts"),
            f"bak0_{NAME}_2.ts": b"y",
            f"bak0_{NAME}_0.mp4": mp4(5),
        },
        "playable",
    ),
]


@pytest.mark.parametrize(("files", "expected"), [case[1:] for case in FILES], ids=[case[0] for case in FILES])
async def test_the_state_of_a_mix_follows_from_its_files(files: dict[str, bytes], expected: str) -> None:
    """From nothing to all that will ever come."""
    assert (await inspect_recording(bucket(**files), "r/", "mix", SID)).found == expected


async def media_of(mode: str = "mix", **files: bytes) -> tuple[Bucket, Media]:
    stored = bucket(**files)
    return stored, await inspect_recording(stored, "r/", mode, SID)  # type: ignore[arg-type]


async def test_mp4s_are_kept_in_their_order() -> None:
    """By index, not by letters; together they are as long as the recording."""
    files = {f"{NAME}_{index}.mp4": mp4(10 + index) for index in (10, 2, 0)}
    stored, media = await media_of(
        **files, **{f"{NAME}.m3u8": playlist(f"{NAME}_1.ts"), f"{NAME}_1.ts": b"x"}
    )

    chosen = await select(stored, media)

    assert [part.name for part in chosen.parts] == [f"{NAME}_{index}.mp4" for index in (0, 2, 10)]
    assert chosen.duration_seconds == 42


@pytest.mark.parametrize(
    "video", [b"", b"not a video", mp4(5)[:40], mp4(0)], ids=["empty", "none", "cut", "no time"]
)
async def test_an_mp4_that_does_not_play_is_replaced_by_the_slices(video: bytes) -> None:
    """As after a machine's failure."""
    files = {
        f"{NAME}.m3u8": playlist(f"{NAME}_1.ts", f"{NAME}_2.ts"),
        f"{NAME}_1.ts": b"x",
        f"{NAME}_2.ts": b"y",
    }
    stored, media = await media_of(**files, **{f"{NAME}_0.mp4": video})

    chosen = await select(stored, media)

    assert [part.name for part in chosen.parts] == [f"{NAME}.m3u8", f"{NAME}_1.ts", f"{NAME}_2.ts"]
    assert chosen.duration_seconds == 30


async def test_tracks_of_people_are_parallel_and_those_of_machines_consecutive() -> None:
    """An individual recording is as long as its longest track, over all its machines."""

    def track(name: str, uid: int, *slices: str) -> dict[str, bytes]:
        stem = f"{name}__uid_s_{uid}__uid_e_video"
        names = [f"{stem}_{one}.ts" for one in slices]
        return {f"{stem}.m3u8": playlist(*names), **dict.fromkeys(names, b"x")}

    stored, media = await media_of(
        "individual",
        **track(NAME, 1001, "1", "2"),
        **track(NAME, 1002, "1"),
        **track(f"bak0_{NAME}", 1001, "3"),
    )

    assert media.found == "complete"
    assert (await select(stored, media)).duration_seconds == 45


async def test_sound_and_picture_of_a_person_play_together_where_agora_indexes_them_together() -> None:
    """Agora also writes the index of both; one without it keeps two."""
    files: dict[str, bytes] = {}
    for uid, tracks in ((1001, ("_audio", "_video", "")), (1002, ("_audio", "_video"))):
        for track in tracks:
            stem = f"{NAME}__uid_s_{uid}__uid_e{track}"
            files |= {f"{stem}.m3u8": playlist(f"{stem}_1.ts"), f"{stem}_1.ts": b"x"}
    stored, media = await media_of("individual", **files)

    chosen = await select(stored, media)

    playlists = [(part.uid, part.track) for part in chosen.parts if part.kind == "playlist"]
    assert playlists == [("1001", "audio_and_video"), ("1002", "audio"), ("1002", "video")]


@pytest.mark.parametrize(
    "files",
    [
        {},
        {f"{NAME}.m3u8": playlist(f"{NAME}_1.ts")},
        {f"{NAME}.m3u8": playlist()},
    ],
    ids=["nothing", "a slice is missing", "an empty playlist"],
)
async def test_files_that_do_not_play_are_not_kept(files: dict[str, bytes]) -> None:
    """It is tried again later, and then has failed."""
    stored, media = await media_of(**files)

    with pytest.raises(NotPlayable):
        await select(stored, media)


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("moov_last", [False, True])
async def test_the_length_of_an_mp4_is_read_from_its_header(wide: bool, moov_last: bool) -> None:
    """Wherever it stands, of either version, in two small reads."""
    video = mp4(12.5, wide=wide, moov_last=moov_last)
    reads: list[int] = []

    async def read(start: int, length: int) -> bytes:
        reads.append(length)
        return video[start : start + length]

    assert await mp4_seconds(len(video), read) == 12.5
    assert len(reads) <= 2 and max(reads) <= 4096


@pytest.mark.parametrize("many", [2, 1_000_000])
async def test_of_what_is_no_film_little_is_read(many: int) -> None:
    """Boxes without end, and one that was cut off within its header."""
    video, reads = box(b"free", b"") * many + b"\0\0", 0

    async def read(start: int, length: int) -> bytes:
        nonlocal reads
        reads += 1
        return video[start : start + length]

    assert await mp4_seconds(len(video), read) == 0
    assert reads <= 2


@pytest.mark.parametrize(
    ("keys", "sid"),
    [
        ([], None),
        (["r/readme"], None),
        ([f"r/{NAME}.m3u8"], SID),
        ([f"r/bak0_{NAME}.m3u8"], SID),
        ([f"r/{NAME}_20260101100000000.ts"], SID),
    ],
)
def test_the_sid_is_in_every_file_name(keys: list[str], sid: str | None) -> None:
    """So a recording can be found whose start was never answered."""
    assert sid_of([BucketObject(key, 1, "") for key in keys]) == sid


async def test_webm_slices_are_kept_and_their_playlist_is_not() -> None:
    """Of a browser that sends VP8: no player of HLS plays them, and each plays by itself."""
    tracks = {track: f"{NAME}__uid_s_7__uid_e_{track}" for track in ("audio", "video")}
    files = {f"{name}.m3u8": playlist(f"{name}_1.webm", f"{name}_2.webm") for name in tracks.values()}
    files |= {f"{name}_{at}.webm": b"x" for name in tracks.values() for at in (1, 2)}
    stored, media = await media_of("individual", **files, **{f"{NAME}__uid_s_7__uid_e_av.mpd": b"<MPD/>"})

    chosen = await select(stored, media)

    assert media.found == "complete"
    assert [part.kind for part in chosen.parts] == ["webm"] * 4
    assert {part.track for part in chosen.parts} == {"audio", "video"}
    assert chosen.duration_seconds == 30


async def test_who_changes_device_has_a_playlist_and_webm_slices() -> None:
    """The merged index holds the one half, and the slices the other; nothing twice."""
    person = f"{NAME}__uid_s_7__uid_e"
    files = {f"{person}_av.m3u8": playlist(f"{person}_av_1.ts"), f"{person}_av_1.ts": b"x"}
    for track in ("audio", "video"):
        names = [f"{person}_{track}_1.ts", f"{person}_{track}_2.webm"]
        files |= {f"{person}_{track}.m3u8": playlist(*names), **dict.fromkeys(names, b"x")}
    stored, media = await media_of("individual", **files)

    chosen = await select(stored, media)

    names = sorted(part.name.removeprefix(person) for part in chosen.parts)
    assert names == ["_audio_2.webm", "_av.m3u8", "_av_1.ts", "_video_2.webm"]
    assert chosen.duration_seconds == 30


async def test_webm_that_is_missing_is_not_kept() -> None:
    """A recording without it is not whole."""
    name = f"{NAME}__uid_s_7__uid_e_video"
    stored, media = await media_of("individual", **{f"{name}.m3u8": playlist(f"{name}_1.webm")})

    with pytest.raises(NotPlayable, match="partial"):
        await select(stored, media)
