"""Copies: a recording from the local bucket to local storage, by `process-recording` and by curl, in turns.

Both do the same: what is read is hashed on its way (`curl | tee >(sha256sum) | curl`), and what storage holds is read
back and hashed (`curl | sha256sum`). Ours also goes on after a kill at any byte. Each goes first in every other turn.

The clock calls one process each minute, so a copy is one of a process that has copied before. The first of a process
is told by itself: it imports the bucket's client meanwhile. Memory is what all of them take above what it was before.
"""

import json
import os
import shlex
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.processes import Processes
from tests.cast import Stage
from tests.recording_scene import AgoraEmulator, RecordingScene

from .programs import Running, Server, running

MEGABYTE = 1_000_000
PATIENCE_S = 300


@dataclass
class Copies:
    """What was seen, a value a turn; of the first of the process and of memory one in all."""

    ours_mb_s: list[float] = field(default_factory=list)
    curl_mb_s: list[float] = field(default_factory=list)
    first_mb_s: float = 0.0
    above_idle_mb: float = 0.0


def measure(
    stage: Stage,
    agora: AgoraEmulator,
    function: Server,
    processes: Processes,
    turns: int,
    size_mb: int,
    on_progress: Callable[[str], None],
) -> Copies:
    """Let Agora write a recording of this size, copy it both ways, and do so again."""
    copies = Copies()
    with running(function, processes) as server:
        _process(server, stage, "00000000-0000-4000-8000-000000000000", 404)  # it is up, and has idled
        with _peak(server) as above_idle:
            on_progress(f"the first of {turns}, {size_mb} MB")
            first, _ = _recorded(stage, agora, size_mb)
            copies.first_mb_s = size_mb / _timed(_process, server, stage, first["recording_id"], 200)
            for turn in range(1, turns + 1):
                on_progress(f"{turn} of {turns}: a recording of {size_mb} MB")
                take, key = _recorded(stage, agora, size_mb)

                def by_curl(key: str = key) -> None:
                    copies.curl_mb_s.append(size_mb / _timed(_curl, stage, key, size_mb))

                def by_ours(recording_id: Any = take["recording_id"]) -> None:
                    copies.ours_mb_s.append(size_mb / _timed(_process, server, stage, recording_id, 200))

                for name, copy in (("curl", by_curl), ("ours", by_ours))[:: 1 if turn % 2 else -1]:
                    on_progress(f"{turn} of {turns}: {name}")
                    copy()
    copies.above_idle_mb = above_idle[0]
    return copies


def _recorded(stage: Stage, agora: AgoraEmulator, size_mb: int) -> tuple[dict[str, Any], str]:
    """A take that is to be copied, and the key of its file in the bucket."""
    scene = RecordingScene(stage, agora)
    scene.fault("recording", slices=1, mp4_bytes=size_mb * MEGABYTE, idle_after=30)
    scene.start().raise_for_status()
    take = scene.wait_for("processing", upload_complete=True)
    scene.change(lease_until="null", next_check_at="now()")  # its turn has come
    return take, next(key for key in scene.source_keys() if key.endswith(".mp4"))


def _timed(work: Callable[..., None], *arguments: Any) -> float:
    began = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - began


def _process(server: Running, stage: Stage, recording_id: Any, expected: int) -> None:
    headers = {"apikey": stage.env["SUPABASE_SECRET_KEY"]}
    status, said = server.post(headers, json.dumps({"recording_id": str(recording_id)}), PATIENCE_S)
    assert status == expected, said


# What is read is hashed while it is written, and what was written is read back and hashed; both are printed.
VERIFIED = """
set -e -o pipefail
sums=$(mktemp -d) && trap 'rm -r "$sums"' EXIT
curl -sS --fail "${SIGNED[@]}" "$SOURCE" \\
  | tee >(sha256sum > "$sums/read") \\
  | curl -sS --fail-with-body -XPOST "${HEADERS[@]}" -H "content-type: video/mp4" -T- "$STORED" > /dev/null
curl -sS --fail "${HEADERS[@]}" "$STORED" | sha256sum > "$sums/stored"
until [ -s "$sums/read" ]; do sleep 0.01; done
cut -c-64 "$sums/read" "$sums/stored"
"""


def _curl(stage: Stage, key: str, size_mb: int) -> None:
    """The shortest verified way for the same bytes."""
    env, secret = stage.env, stage.env["SUPABASE_SECRET_KEY"]
    source = f"{env['RECORDING_S3_ENDPOINT']}/{env['RECORDING_S3_BUCKET']}/{key}"
    stored = f"{env['SUPABASE_URL']}/storage/v1/object/session-recordings/bench/{key}"
    arrays = _headers("SIGNED", _signed(env, source)) + _headers(
        "HEADERS", {"apikey": secret, "authorization": f"Bearer {secret}"}
    )
    bash = subprocess.run(  # noqa: PLW1510 (checked below, with its words)
        [shutil.which("bash") or "bash", "-c", arrays + VERIFIED],
        env={"PATH": os.environ["PATH"], "SOURCE": source, "STORED": stored},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert bash.returncode == 0, bash.stderr
    read, held = bash.stdout.split()
    assert read == held, f"{key} arrived otherwise"
    size = stage.value("select metadata ->> 'size' from storage.objects where name = %s", f"bench/{key}")
    assert int(size) >= size_mb * MEGABYTE, f"{size} bytes arrived"


def _signed(env: dict[str, str], url: str) -> dict[str, str]:
    """What the bucket has to be shown: it takes no signed addresses."""
    key = Credentials(env["RECORDING_S3_ACCESS_KEY"], env["RECORDING_S3_SECRET_KEY"])
    request = AWSRequest("GET", url)
    S3SigV4Auth(key, "s3", env["RECORDING_S3_REGION"]).add_auth(request)
    return dict(request.headers.items())


def _headers(name: str, headers: dict[str, str]) -> str:
    """An array of bash with curl's options for them."""
    options = " ".join(f"-H {shlex.quote(f'{one}: {value}')}" for one, value in headers.items())
    return f"{name}=({options})\n"


@contextmanager
def _peak(server: Running) -> Iterator[list[float]]:
    """How far the memory of all its processes rises above what it is now; known at the end."""
    idle, peak, is_over = _resident_mb(server), [0.0], threading.Event()

    def watch() -> None:
        while not is_over.wait(0.02):
            peak[0] = max(peak[0], _resident_mb(server) - idle)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        is_over.set()
        watcher.join()


def _resident_mb(server: Running) -> float:
    return float(sum(process.memory_info().rss for process in server.processes()) / MEGABYTE)
