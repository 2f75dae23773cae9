"""What a recording's files are called, and what its playlists and file lists say."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from .channels import Codec
from .media import SLICE_SECONDS, Container, Studio, Track

JOIN_SECONDS = 1
IN_FILE_NAMES = str.maketrans(dict.fromkeys("!@#$%^&*()+_.=[]{}~|,;:?<>", "-"))
EVERYBODY = 0  # whose tracks a mix is
PLAYLISTS = ("m3u8", "mpd")


@dataclass(frozen=True)
class Written:
    """A slice of the clip, when it began (seconds after the recorder came), and who is in it, sending what."""

    number: int
    at: float
    people: Mapping[int, Codec]

    def follows(self, other: "Written") -> bool:
        return self.number == other.number + 1 and self.at == other.at + SLICE_SECONDS


@dataclass
class Run:
    """What one machine recorded: slices of the clip from `first` on. A fail-over begins another run."""

    number: int
    first: int
    slices: list[Written] = field(default_factory=list)

    @property
    def last(self) -> int:
        """The first slice that it did not record."""
        return self.first + len(self.slices)

    @property
    def prefix(self) -> str:
        return f"bak{self.number - 1}_" if self.number else ""

    @property
    def people(self) -> list[int]:
        """Everybody in it, in the order in which they came."""
        return list(dict.fromkeys(uid for written in self.slices for uid in written.people))


@dataclass(frozen=True)
class Stream:
    """One playlist and its slices: everybody mixed, or one track of one person."""

    name: str
    person: int
    track: Track
    kind: Literal["m3u8", "mpd"]
    slices: tuple[Written, ...]

    @property
    def file_name(self) -> str:
        return f"{self.name}.{self.kind}"


@dataclass(frozen=True)
class Layout:
    """The names that follow from what was asked for."""

    sid: str
    channel: str
    mode: str
    request: dict[str, Any]
    began: datetime
    studio: Studio
    # agora.md §5.3: TIME has 17 digits in the file guide and 13 in the playback guide
    time_digits: Literal[13, 17] = 13

    @property
    def wants_mp4(self) -> bool:
        return "mp4" in self.request.get("recordingFileConfig", {}).get("avFileType", [])

    @property
    def is_merged(self) -> bool:
        """agora.md §2.2.2: `standard` also writes an index of sound and picture together."""
        return bool(self.request["recordingConfig"].get("streamMode") == "standard")

    def name(self, run: Run) -> str:
        return f"{run.prefix}{self.sid}_{self.channel.translate(IN_FILE_NAMES)}"

    def streams(self, run: Run) -> Iterator[Stream]:
        """The playlists of a run, with the slices of each."""
        if self.mode == "mix":
            yield Stream(self.name(run), EVERYBODY, "audio_and_video", "m3u8", tuple(run.slices))
            return
        for person in run.people:
            name = f"{self.name(run)}__uid_s_{person}__uid_e"
            theirs = [one for one in run.slices if person in one.people]
            yield Stream(f"{name}_audio", person, "audio", "m3u8", tuple(theirs))
            yield Stream(f"{name}_video", person, "video", "m3u8", tuple(theirs))
            # agora.md §5.1: of VP8 the merged index is an MPD; who changes device in between has both of them.
            # Its name is not documented: decision 0057.
            for codec, kind in (("h264", "m3u8"), ("vp8", "mpd")):
                together = tuple(one for one in theirs if one.people[person] == codec)
                if self.is_merged and together:
                    yield Stream(f"{name}_av", person, "audio_and_video", kind, together)  # type: ignore[arg-type]

    def container(self, stream: Stream, written: Written) -> Container:
        """agora.md §5.1: WebM for who sends VP8, in mixes never; sound alone stays TS where nothing is merged."""
        is_vp8 = written.people.get(stream.person) == "vp8" and self.mode == "individual"
        return "webm" if is_vp8 and (stream.track == "video" or self.is_merged) else "ts"

    def content(self, stream: Stream, written: Written) -> Path:
        return self.studio.slices[stream.track][written.number].path(self.container(stream, written))

    def playlist(self, stream: Stream, *, is_closed: bool = False) -> bytes:
        """A playlist, without the comma that a standard one has unless it is asked for (agora.md §5.4)."""
        if stream.kind == "mpd":
            return self._index(stream)
        comma = "," if "correctEXTINF" in str(self.request["recordingConfig"].get("privateParams")) else ""
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:3",
            "#EXT-X-MEDIA-SEQUENCE:0",
            "#EXT-X-ALLOW-CACHE:YES",
            f"#EXT-X-TARGETDURATION:{SLICE_SECONDS + 1}",
        ]
        for written in stream.slices:
            lines += self._beginning(stream, written)
            seconds = self.studio.slices[stream.track][written.number].seconds
            lines.append(f"#EXTINF:{seconds:.6f}{comma}")
            lines.append(self.slice_name(stream, written))
        if is_closed:
            lines.append("#EXT-X-ENDLIST")
        return ("\n".join(lines) + "\n").encode()

    def _beginning(self, stream: Stream, written: Written) -> list[str]:
        """agora.md addendum: where a stream begins, or begins again, as in the samples of the file guide."""
        if not begins(stream, written):
            return []
        time = self.utc(written.at) if self.time_digits == 17 else str(self.epoch_ms(written.at))
        kinds = ("AUDIO", "VIDEO") if stream.track == "audio_and_video" else (stream.track.upper(),)
        rotate = (
            [] if kinds == ("AUDIO",) else [f"#EXT-X-AGORA-ROTATE:WIDTH=1280,HEIGHT=720,ROTATE=0,TIME={time}"]
        )
        events = [f"#EXT-X-AGORA-TRACK-EVENT:EVENT=START,TRACK_TYPE={kind},TIME={time}" for kind in kinds]
        return ["#EXT-X-DISCONTINUITY", *rotate, *events]

    def _index(self, stream: Stream) -> bytes:
        """The merged index of WebM slices, with the attributes that Agora's own converter looks for."""
        tracks: tuple[Track, ...] = ("audio", "video")
        lines = ['<?xml version="1.0" encoding="utf-8"?>', '<MPD type="static"><Period>']
        for track in tracks:
            alone = Stream(
                stream.name.removesuffix("av") + track, stream.person, track, "m3u8", stream.slices
            )
            lines.append(f'<AdaptationSet contentType="{track}"><Representation id="{track}"><SegmentList>')
            for written in stream.slices:
                if begins(stream, written):
                    lines.append(f'<ExtDiscontinuity time="{self.utc(written.at)}"/>')
                lines.append(f'<SegmentURL media="{self.slice_name(alone, written)}"/>')
            lines.append("</SegmentList></Representation></AdaptationSet>")
        return ("\n".join([*lines, "</Period></MPD>"]) + "\n").encode()

    def slice_name(self, stream: Stream, written: Written) -> str:
        return f"{stream.name}_{self.utc(written.at)}.{self.container(stream, written)}"

    def file_list(self, keys: Sequence[str]) -> str | list[dict[str, Any]]:
        """Playlists and MP4s in the form that Agora gives this kind of recording: one name, or objects."""
        playlists = [key for key in keys if key.endswith(PLAYLISTS)]
        if self.mode == "mix" and not self.wants_mp4:
            return playlists[0] if playlists else ""
        return [self._file(key) for key in playlists + [key for key in keys if key.endswith(".mp4")]]

    def utc(self, seconds: float) -> str:
        return self._at(seconds).strftime("%Y%m%d%H%M%S%f")[:17]

    def epoch_ms(self, seconds: float) -> int:
        return int(self._at(seconds).timestamp() * 1000)

    def _file(self, key: str) -> dict[str, Any]:
        owner = key.partition("__uid_s_")[2].partition("__uid_e_")[0]
        track = key.rpartition("__uid_e_")[2].partition(".")[0]
        return {
            "fileName": key,
            "trackType": track if track in ("audio", "video") else "audio_and_video",
            "uid": owner or "0",
            "mixedAllUser": not owner,
            "isPlayable": True,
            "sliceStartTime": self.epoch_ms(0),
        }

    def _at(self, seconds: float) -> datetime:
        return self.began + timedelta(seconds=JOIN_SECONDS + seconds)


def begins(stream: Stream, written: Written) -> bool:
    """Whether it is the stream's first slice, or the first after an interruption."""
    at = stream.slices.index(written)
    return at == 0 or not written.follows(stream.slices[at - 1])
