"""Recordings to join: films of several kinds, encoded once, and what is kept of the file they become."""

import re
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from functions.process_recording.sources import ALIKE, AS_FRAGMENTS
from tests.cast import Stage
from tests.sharing_scene import SharingScene

MEETING = "non monotonically increasing dts|Last message repeated"


class Kept(SharingScene):
    """A completed recording whose parts are what a test wants: each take a kind and its files."""

    def __init__(
        self, stage: Stage, *takes: tuple[str, Sequence[Path]], seconds: int, mode: str = "mix"
    ) -> None:
        super().__init__(stage)
        stage.execute("delete from private.recording_takes where recording_id = %s", self.id)
        for number, (kind, files) in enumerate(takes, start=1):
            self.add_take(number, kind, files, mode)
        self.complete(seconds)

    def add_take(self, number: int, kind: str, files: Sequence[Path], mode: str) -> None:
        """Copied and verified."""
        self.stage.execute(
            "insert into private.recording_takes (recording_id, session_id, number, mode, cname, recorder_uid,"
            " prefix, record_until, status, storage_path, duration_seconds, file_size_bytes)"
            " values (%s, %s, %s, %s, 'c', %s, 'p', now(), 'completed', 'x', 1, 1)",
            *(self.id, self.session["id"], number, mode, 4_000_000_000 + number),
        )
        names = [f"{number}-{file.name}" for file in files]
        kinds = [kind] * len(files)
        if kind == "slice":
            names, kinds = [f"{number}.m3u8", *names], ["playlist", *kinds]
        for position, (name, each) in enumerate(zip(names, kinds, strict=True), start=1):
            self.stage.execute(
                "insert into private.recording_files (take_id, position, kind, source_key, source_etag,"
                " size_bytes, storage_path) select id, %s, %s, 'k', 'e', 1, %s from private.recording_takes"
                " where recording_id = %s and number = %s",
                *(position, each, self._path(name), self.id, number),
            )
        for name, file in zip(names[-len(files) :], files, strict=True):
            self._put(self._path(name), file)

    def complete(self, seconds: int) -> None:
        """It is completed, with these takes."""
        self.stage.execute(
            "update public.session_recordings set status = 'processing' where id = %s", self.id
        )
        self.stage.execute(
            "update public.session_recordings set status = 'completed', duration_seconds = %s where id = %s",
            *(seconds, self.id),
        )

    def _path(self, name: str) -> str:
        return f"{self.session['id']}/{self.id}/{name}"

    def _put(self, path: str, file: Path) -> None:
        key = self.stage.env["SUPABASE_SECRET_KEY"]
        headers = {"apikey": key, "authorization": f"Bearer {key}", "x-upsert": "true"}
        kinds = {".mp4": "video/mp4", ".ts": "video/mp2t", ".webm": "video/webm"}
        with file.open("rb") as content:
            self.stage.http.post(
                f"/storage/v1/object/session-recordings/{path}",
                content=content,
                headers={**headers, "content-type": kinds[file.suffix]},
                timeout=60,
            ).raise_for_status()

    def join(self) -> dict[str, Any]:
        """Its turn comes, and the scheduler calls."""
        self.stage.execute(
            "update private.joined_files set lease_until = null where recording_id = %s", self.id
        )
        body = {"recording_id": str(self.id)}
        return dict(self.stage.invoke_as_service("process-recording", body).raise_for_status().json())

    @property
    def joined(self) -> dict[str, Any]:
        return self.stage.row("select * from private.joined_files where recording_id = %s", self.id)

    def download(self) -> httpx.Response:
        """By its link."""
        return self._open({"file": "joined"})

    @property
    def page(self) -> str:
        """As its owner's browser gets it."""
        return self._open({}, accept="text/html").raise_for_status().text

    def _open(self, which: dict[str, str], **headers: str) -> httpx.Response:
        link = self.stage.value("select private.replace_recording_link(%s, %s)", self.id, "https://x.test")
        return self.stage.http.get(
            "/functions/v1/open-recording",
            params={"token": link.partition("token=")[2], **which},
            headers=headers,
            follow_redirects=True,
        )


class Media:
    """What a recorder writes: H.264 with a key frame every two seconds, and AAC."""

    def __init__(self, program: Path, folder: Path) -> None:
        self._program, self._folder = program, folder

    def run(self, *arguments: str | Path) -> None:
        command = [self._program, "-v", "error", "-y", *arguments]
        subprocess.run([str(word) for word in command], check=True, timeout=120)

    def film(self, name: str, seconds: int, size: str = "640x360", rate: str = "300k") -> Path:
        path = self._folder / name
        if not path.exists():
            noise = f"testsrc2=size={size}:rate=15:duration={seconds},noise=alls=20:allf=t"
            self.run(
                *(
                    "-f",
                    "lavfi",
                    "-i",
                    noise,
                    "-f",
                    "lavfi",
                    "-i",
                    f"sine=sample_rate=48000:duration={seconds}",
                ),
                *(
                    "-c:v",
                    "libx264",
                    "-preset",
                    "ultrafast",
                    "-b:v",
                    rate,
                    "-minrate",
                    rate,
                    "-maxrate",
                    rate,
                ),
                *(
                    "-bufsize",
                    rate,
                    "-g",
                    "30",
                    "-bf",
                    "0",
                    "-pix_fmt",
                    "yuv420p",
                    "-c:a",
                    "aac",
                    "-b:a",
                    "48k",
                    path,
                ),
            )
        return path

    def slices(self, film: Path) -> list[Path]:
        """As HLS, six seconds each."""
        self.run(
            *("-i", film, "-c", "copy", "-f", "hls", "-hls_time", "6", "-hls_list_size", "0"),
            *("-hls_segment_filename", self._folder / f"{film.stem}-%d.ts", self._folder / "x.m3u8"),
        )
        return sorted(self._folder.glob(f"{film.stem}-*.ts"))

    def slice(self, track: str, uid: int, seconds: int) -> Path:
        """Six seconds of VP8 or Opus, named as what somebody sent so many seconds after noon."""
        once = self._folder / f"{track}.webm"
        if not once.exists():
            film = self.film("six.mp4", 6)
            self.run("-i", film, "-map", "0:v", "-c:v", "libvpx", "-b:v", "300k", self._folder / "video.webm")
            self.run("-i", film, "-map", "0:a", "-c:a", "libopus", "-b:a", "32k", self._folder / "audio.webm")
        moment = datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(seconds=seconds)
        path = self._folder / f"sid_c__uid_s_{uid}__uid_e_{track}_{moment:%Y%m%d%H%M%S}000.webm"
        if not path.exists():
            path.symlink_to(once)
        return path

    def fragments(self, film: Path) -> Path:
        """As the function has it made."""
        path = film.with_name(f"fragments-{film.name}")
        self.run("-i", film, *ALIKE, *AS_FRAGMENTS, path)
        return path

    def long(self, film: Path, times: int) -> Path:
        """The same again and again."""
        path = film.with_name(f"{times}-{film.name}")
        if not path.exists():
            self.run("-stream_loop", str(times - 1), "-i", film, "-c", "copy", path)
        return path

    def describe(self, film: bytes) -> str:
        """What ffmpeg says of it, as of a file in which it can go back."""
        path = self._folder / "described"
        path.write_bytes(film)
        command = [str(self._program), "-hide_banner", "-i", str(path)]
        return subprocess.run(command, capture_output=True, timeout=60, check=False).stderr.decode()

    def seconds(self, film: bytes, *tracks: str) -> float:
        """How long it plays, every frame decoded; an error in one fails.

        Where two slices of sound meet, two decoded frames may have one moment: players do not mind, ffmpeg says so.
        """
        command = [str(self._program), "-v", "error", "-xerror", "-i", "pipe:0"]
        command += [*(word for track in tracks for word in ("-map", track)), "-f", "null"]
        done = subprocess.run(
            [*command, "-progress", "pipe:1", "-"], input=film, capture_output=True, timeout=60, check=False
        )
        said = [line for line in done.stderr.decode().splitlines() if not re.search(MEETING, line)]
        assert (done.returncode, said) == (0, [])
        times = [line for line in done.stdout.decode().split() if line.startswith("out_time_us=")]
        return int(times[-1].partition("=")[2]) / 1e6
