"""Real media: a short H.264/AAC clip, made once, cut into HLS slices and joined into MP4s of any size.

Sound and picture of each slice are there as WebM, too: what Agora writes for browsers that send VP8.

The clip is a test pattern with a running clock and a tone. It is encoded once and kept beside this file, for every
stack; everything else is copied out of it without encoding.
"""

import asyncio
import fcntl
import hashlib
import io
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

Track = Literal["audio_and_video", "audio", "video"]
Container = Literal["ts", "webm"]
TRACKS: tuple[Track, ...] = ("audio_and_video", "audio", "video")

SLICE_SECONDS = 6
SLICES = 4
LINE = 4096  # bytes of padding that carry one number

_PATTERN = f"testsrc2=size=1280x720:rate=15:duration={SLICE_SECONDS * SLICES}"
_CAPTION = (
    "drawtext=text='Recorded by the local Agora  %{pts\\:hms}'"
    ":x=(w-text_w)/2:y=h-90:fontsize=36:fontcolor=white:box=1:boxcolor=black@0.6:boxborderw=14"
)
_TONE = f"sine=frequency=220:sample_rate=48000:duration={SLICE_SECONDS * SLICES}"


class FfmpegFailed(Exception):
    """The media could not be made; the message is ffmpeg's own."""


@dataclass(frozen=True)
class Slice:
    """One slice of the clip. Of sound and picture together there is no WebM."""

    ts: Path
    seconds: float

    def path(self, container: Container) -> Path:
        return self.ts.with_suffix(f".{container}")


class Studio:
    """The clip and what is cut from it. `open` first."""

    def __init__(self) -> None:
        source = Path(__file__)
        self._folder = source.parent / ".clip" / hashlib.sha256(source.read_bytes()).hexdigest()[:12]
        self._joining = asyncio.Lock()

    async def open(self) -> None:
        """Make the clip if there is none yet. Half of one is never taken for a whole one."""
        self._folder.parent.mkdir(exist_ok=True)
        with (self._folder.parent / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two stacks that start for the first time make one between them
            if not self._folder.exists():
                await self._make()

    async def _make(self) -> None:
        draft = self._folder.with_suffix(".draft")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        try:
            await _encode(draft, f"{_PATTERN},{_CAPTION}")
        except FfmpegFailed:
            await _encode(draft, _PATTERN)  # no font on this machine: the pattern has a clock of its own
        for number in range(SLICES):
            await _ffmpeg(
                *("-copyts", "-i", draft / f"audio_and_video-{number}.ts", "-c", "copy", "-muxdelay", "0"),
                *("-map", "0:a", draft / f"audio-{number}.ts"),
                *("-c", "copy", "-muxdelay", "0", "-map", "0:v", draft / f"video-{number}.ts"),
            )
            await _ffmpeg(
                *("-i", draft / f"audio_and_video-{number}.ts"),
                *("-map", "0:a", "-c:a", "libopus", "-b:a", "32k", draft / f"audio-{number}.webm"),
                *("-map", "0:v", "-c:v", "libvpx", "-b:v", "400k", "-vf", "scale=640:360"),
                *("-deadline", "realtime", "-cpu-used", "8", draft / f"video-{number}.webm"),
            )
        draft.rename(self._folder)

    @cached_property
    def slices(self) -> dict[Track, tuple[Slice, ...]]:
        lengths = re.findall(r"#EXTINF:([\d.]+)", (self._folder / "audio_and_video.m3u8").read_text())
        return {
            track: tuple(
                Slice(self._folder / f"{track}-{number}.ts", float(length))
                for number, length in enumerate(lengths)
            )
            for track in TRACKS
        }

    async def mp4(self, slices: Sequence[Slice]) -> Path:
        """These slices as one MP4 that starts playing before it is loaded."""
        path = self._folder / f"{'+'.join(one.ts.stem for one in slices)}.mp4"
        async with self._joining:
            if not path.exists():
                draft = path.with_suffix(f".{os.getpid()}.mp4")  # another stack may be joining the same
                joined = "concat:" + "|".join(str(one.ts) for one in slices)
                await _ffmpeg("-i", joined, "-c", "copy", "-movflags", "+faststart", draft)
                draft.rename(path)
        return path


class Padded(io.RawIOBase):
    """An MP4 followed by a `free` box that makes it `size` bytes long, read in constant memory.

    Players skip the box. Every line of it says where it stands: a copy with two parts swapped differs.
    """

    def __init__(self, path: Path, size: int) -> None:
        super().__init__()
        self._movie = path.read_bytes()
        self.size = max(size, len(self._movie) + 16)
        padding = self.size - len(self._movie)
        self._head = (
            self._movie + (1).to_bytes(4) + b"free" + padding.to_bytes(8)
        )  # size 1: the length follows
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence])
        return self._at

    def read(self, size: int = -1) -> bytes:
        end = self.size if size < 0 else min(self.size, self._at + size)
        data = self._head[self._at : end]
        if end > len(self._head):
            start = max(self._at, len(self._head))
            lines = b"".join(b"%04095d\n" % line for line in range(start // LINE, end // LINE + 1))
            data += lines[start % LINE :][: end - start]
        self._at = max(self._at, end)
        return data


async def _encode(folder: Path, picture: str) -> None:
    await _ffmpeg(
        *("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", _TONE),
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", "32", "-pix_fmt", "yuv420p"),
        *("-force_key_frames", f"expr:gte(t,n_forced*{SLICE_SECONDS})"),
        *("-c:a", "aac", "-b:a", "48k", "-ac", "1"),
        *("-f", "hls", "-hls_time", str(SLICE_SECONDS), "-hls_list_size", "0"),
        *("-hls_segment_filename", folder / "audio_and_video-%d.ts", folder / "audio_and_video.m3u8"),
    )


async def _ffmpeg(*arguments: str | Path) -> None:
    import imageio_ffmpeg  # type: ignore[import-untyped]

    process = await asyncio.create_subprocess_exec(
        imageio_ffmpeg.get_ffmpeg_exe(),
        *("-hide_banner", "-loglevel", "error", "-y", "-threads", "1"),
        *(str(argument) for argument in arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, problem = await process.communicate()
    if process.returncode:
        raise FfmpegFailed(problem.decode(errors="replace").strip())
