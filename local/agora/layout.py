"""What a recording's files are called, and what its playlists and file lists say."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .media import SLICE_SECONDS, TRACKS, Slice, Studio, Track

JOIN_SECONDS = 1
IN_FILE_NAMES = str.maketrans(dict.fromkeys("!@#$%^&*()+_.=[]{}~|,;:?<>", "-"))


@dataclass
class Run:
    """What one machine recorded: slices [first, last) of the clip. A fail-over begins another run."""

    number: int
    first: int
    last: int

    @property
    def prefix(self) -> str:
        return f"bak{self.number - 1}_" if self.number else ""

    @property
    def is_empty(self) -> bool:
        return self.first == self.last


@dataclass(frozen=True)
class Stream:
    """One playlist and its slices: everybody mixed, or one track of one person."""

    name: str
    person: str
    slices: tuple[Slice, ...]


@dataclass(frozen=True)
class Layout:
    """The names that follow from what was asked for."""

    sid: str
    channel: str
    mode: str
    request: dict[str, Any]
    people: tuple[int, ...]  # whose tracks are recorded in individual mode
    began: datetime
    studio: Studio

    @property
    def wants_mp4(self) -> bool:
        return "mp4" in self.request.get("recordingFileConfig", {}).get("avFileType", [])

    def name(self, run: Run) -> str:
        return f"{run.prefix}{self.sid}_{self.channel.translate(IN_FILE_NAMES)}"

    def streams(self, run: Run) -> Iterator[Stream]:
        if self.mode == "mix":
            yield Stream(self.name(run), "0", self.studio.slices["audio_and_video"])
            return
        merged = self.request["recordingConfig"].get("streamMode") == "standard"
        tracks: tuple[Track, ...] = TRACKS if merged else ("audio", "video")
        for person in self.people:
            for track in tracks:
                # Agora does not publish what it calls the merged index; readers must not depend on this name.
                suffix = "av" if track == "audio_and_video" else track
                name = f"{self.name(run)}__uid_s_{person}__uid_e_{suffix}"
                yield Stream(name, str(person), self.studio.slices[track])

    def tracks(self) -> list[tuple[str, str]]:
        """Person and track of each stream that begins, as slice-start events tell them."""
        if self.mode == "mix":
            return [("0", "audio_and_video")]
        return [(str(person), track) for person in self.people for track in ("audio", "video")]

    def playlist(self, stream: Stream, first: int, last: int) -> bytes:
        """A playlist of slices [first, last), without the comma that a standard one has unless it is asked for."""
        comma = "," if "correctEXTINF" in str(self.request["recordingConfig"].get("privateParams")) else ""
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:3",
            "#EXT-X-MEDIA-SEQUENCE:0",
            "#EXT-X-ALLOW-CACHE:YES",
            f"#EXT-X-TARGETDURATION:{SLICE_SECONDS + 1}",
            f"#EXT-X-AGORA-TRACK-EVENT:EVENT=START,TRACK_TYPE=AUDIO,TIME={self.epoch_ms(first)}",
        ]
        for number in range(first, last):
            lines.append(f"#EXTINF:{stream.slices[number].seconds:.6f}{comma}")
            lines.append(self.slice_name(stream, number))
        return ("\n".join(lines) + "\n").encode()

    def slice_name(self, stream: Stream, number: int) -> str:
        return f"{stream.name}_{self.utc(number)}.ts"

    def file_list(self, keys: Sequence[str]) -> str | list[dict[str, Any]]:
        """Playlists and MP4s in the form that Agora gives this kind of recording: one name, or objects."""
        playlists = [key for key in keys if key.endswith(".m3u8")]
        if self.mode == "mix" and not self.wants_mp4:
            return playlists[0] if playlists else ""
        return [self._file(key) for key in playlists + [key for key in keys if key.endswith(".mp4")]]

    def utc(self, number: int) -> str:
        return self._at(number).strftime("%Y%m%d%H%M%S%f")[:17]

    def epoch_ms(self, number: int) -> int:
        return int(self._at(number).timestamp() * 1000)

    def _file(self, key: str) -> dict[str, Any]:
        owner = key.partition("__uid_s_")[2].partition("__uid_e_")[0]
        track = key.rpartition("__uid_e_")[2].removesuffix(".m3u8")
        return {
            "fileName": key,
            "trackType": track if track in ("audio", "video") else "audio_and_video",
            "uid": owner or "0",
            "mixedAllUser": not owner,
            "isPlayable": True,
            "sliceStartTime": self.epoch_ms(0),
        }

    def _at(self, number: int) -> datetime:
        return self.began + timedelta(seconds=JOIN_SECONDS + number * SLICE_SECONDS)
