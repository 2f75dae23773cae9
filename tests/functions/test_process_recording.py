"""Copying a finished recording: whole, in order, at constant memory, whatever happens on the way."""

import hashlib
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from local.stack import Stack
from tests.cast import Stage
from tests.processor import Processor
from tests.recording_scene import RecordingScene, unknown_id, until
from tests.sharing_scene import addresses

MEGABYTE = 1024 * 1024


@pytest.fixture
def processor(stage: Stage) -> Iterator[Processor]:
    """One that runs, and has answered once."""
    processor = Processor.ready(stage)
    yield processor
    processor.kill()


def test_a_recording_is_copied_and_can_be_played(scene: RecordingScene) -> None:
    """The stored object equals its source to the last bit; duration and size are the video's own."""
    scene.record()

    done = scene.process()

    (file,) = scene.files()
    stored = scene.stored(done["storage_path"])
    assert (done["processed"], done["status"]) == (True, "completed")
    assert (
        hashlib.sha256(stored).digest()
        == hashlib.sha256(scene.source(file["source_key"])).digest()
        == file["sha256"]
    )
    recording = scene.recording
    assert (recording["file_size_bytes"], done["bytes"]) == (len(stored), len(stored))
    assert recording["duration_seconds"] > 0
    assert recording["completed_at"]
    assert recording["recording_url"].startswith(f"{scene.stage.env['PAGES_URL']}/open-recording?token=")


def test_a_second_run_for_a_finished_recording_does_nothing(scene: RecordingScene) -> None:
    """It is reported as it is."""
    scene.record()
    assert scene.process()["processed"]
    before, paths = scene.recording, scene.stored_paths()
    body = {"recording_id": str(before["id"])}

    again = scene.stage.invoke_as_service("process-recording", body).json()

    assert (again["processed"], again["status"]) == (False, "completed")
    assert (scene.recording, scene.stored_paths()) == (before, paths)


def test_without_an_id_the_recording_that_waited_longest_is_processed(scene: RecordingScene) -> None:
    """As the scheduler calls it."""
    scene.record()
    replies = []

    def had_its_turn() -> bool:
        scene.change(next_check_at="now() - interval '1 day'")  # a last notification may put it off again
        replies.append(scene.stage.invoke_as_service("process-recording").raise_for_status().json())
        return bool(replies[-1]["processed"])

    until(had_its_turn, "its turn")
    assert str(scene.recording["id"]) == replies[-1]["recording_id"]


def test_several_parts_are_kept_in_order(scene: RecordingScene) -> None:
    """Agora starts a new MP4 after 2 GB; together they are the recording."""
    scene.fault("recording", slices=4, mp4_parts=3, idle_after=100)
    scene.start().raise_for_status()
    scene.wait_for("processing", upload_complete=True)

    scene.process()

    files = scene.files()
    assert [file["kind"] for file in files] == ["mp4"] * 3
    assert [file["source_key"][-6:] for file in files] == ["_0.mp4", "_1.mp4", "_2.mp4"]
    for file in files:
        assert hashlib.sha256(scene.stored(file["storage_path"])).digest() == file["sha256"]


def test_the_slices_of_two_people_are_kept_where_there_is_no_mp4(scene: RecordingScene) -> None:
    """An individual recording has none: each playlist before its slices, all of them."""
    scene.fault("recording", codec="h264")
    scene.record(recording_mode="individual")

    scene.process()

    _are_slices(scene)


def test_webm_of_browsers_is_kept_and_plays(scene: RecordingScene) -> None:
    """They send VP8: every slice is a part by itself, and neither a playlist nor an index that nothing plays."""
    scene.record(recording_mode="individual")
    in_bucket = {key.rpartition("/")[2] for key in scene.source_keys()}

    processed = scene.process()

    assert (processed["processed"], processed["status"]) == (True, "completed")
    files = scene.files()
    assert {file["kind"] for file in files} == {"webm"}
    assert [key for key in in_bucket if key.endswith(".mpd")]
    kept = {file["storage_path"].rpartition("/")[2] for file in files}
    assert kept == {name for name in in_bucket if name.endswith(".webm")}
    assert all(scene.stored(file["storage_path"])[:4] == b"\x1a\x45\xdf\xa3" for file in files)  # EBML
    page = scene.stage.http.get(scene.recording["recording_url"], headers={"accept": "text/html"})
    assert len(addresses(page)) == len(files)
    slice_seconds = 6
    assert (
        scene.recording["duration_seconds"] == slice_seconds * len(files) // 4
    )  # sound and picture of two people


def test_slices_are_kept_where_an_mp4_is_lost(scene: RecordingScene) -> None:
    """The machine that failed took its MP4 with it; the other's alone would be half a recording."""
    scene.fault("recording", gone_for=1, lost_mp4=True, failover_after=8)
    scene.start().raise_for_status()
    scene.wait_for("recording")
    until(
        lambda: any("/bak0_" in key and key.endswith(".ts") for key in scene.source_keys()),
        "a second machine",
    )
    scene.stop().raise_for_status()
    scene.reconcile_to("processing", upload_complete=True)

    scene.process()

    _are_slices(scene)


def _are_slices(scene: RecordingScene) -> None:
    files = scene.files()
    kinds = [file["kind"] for file in files]
    assert kinds[0] == "playlist"
    assert set(kinds) == {"playlist", "slice"}
    assert kinds.count("playlist") >= 2
    assert scene.stored_paths() == sorted(file["storage_path"] for file in files)
    assert scene.take["duration_seconds"] > 0


def test_a_copy_killed_ten_times_ends_with_one_identical_object(scene: RecordingScene, stack: Stack) -> None:
    """Each process goes on where the one before stopped; nothing is lost, doubled or mixed."""
    size = 24 * MEGABYTE
    scene.fault("recording", slices=1, mp4_bytes=size, idle_after=30)
    scene.start().raise_for_status()
    scene.wait_for("processing", upload_complete=True)

    for fatal_byte in sorted(random.Random(4).sample(range(size), 10)):
        processor = Processor.ready(scene.stage)
        with ThreadPoolExecutor(1) as beside:
            reply = beside.submit(processor.post, scene.recording["id"])
            until(lambda at=fatal_byte: _uploaded(scene, stack) >= at, f"byte {fatal_byte}")
            processor.kill()
        assert isinstance(reply.exception(), httpx.TransportError)
        assert scene.take["status"] == "processing"
        scene.change(lease_until="now()")  # two minutes pass
    done = scene.process()

    (file,) = scene.files()
    assert done["status"] == "completed"
    assert scene.stored_paths() == [file["storage_path"]]
    source = hashlib.sha256(scene.source(file["source_key"])).digest()
    assert hashlib.sha256(scene.stored(file["storage_path"])).digest() == source == file["sha256"]


def test_memory_does_not_grow_with_the_file(scene: RecordingScene, processor: Processor) -> None:
    """160 MB pass through at most 80 MB above what the idle function holds: chunks, and botocore's 18 MB.

    It takes about 60; on a busy machine a few more chunks wait. `make bench` says how many do on an idle one.
    """
    scene.fault("recording", slices=1, mp4_bytes=160 * MEGABYTE, idle_after=30)
    scene.start().raise_for_status()
    recording = scene.wait_for("processing", upload_complete=True)
    with processor.above_idle() as above_idle:
        done = processor.post(recording["recording_id"])

    assert done["status"] == "completed"
    assert done["bytes"] >= 160 * MEGABYTE
    assert above_idle[0] <= 80 * MEGABYTE, f"{above_idle[0] / MEGABYTE:.0f} MB"


def test_ten_callers_at_once_copy_a_recording_once(scene: RecordingScene) -> None:
    """The lease is one caller's; the others find it taken."""
    scene.record()
    body = {"recording_id": str(scene.recording["id"])}

    with ThreadPoolExecutor(10) as crowd:
        replies = list(
            crowd.map(lambda _: scene.stage.invoke_as_service("process-recording", body).json(), range(10))
        )

    assert sum(reply["processed"] for reply in replies) == 1
    assert len(scene.stored_paths()) == 1


def test_a_copy_that_lost_its_lease_stops(scene: RecordingScene) -> None:
    """One that slept through its lease must not write into the work of the next."""
    scene.record()
    claim = "select (take).lease_id as lease from public.claim_take_copy(%s)"
    slept = scene.stage.value(claim, scene.recording["id"])
    scene.change(lease_until="now()")
    scene.stage.value(claim, scene.recording["id"])

    refused = scene.stage.http.post(
        "/rest/v1/rpc/renew_take_lease",
        json={"take_id": str(scene.take["id"]), "lease_id": str(slept)},
        headers={"apikey": scene.stage.env["SUPABASE_SECRET_KEY"]},
    )

    assert (refused.status_code, refused.json()["details"]) == (409, "lease_lost")


def test_a_failing_storage_is_retried_and_the_recording_fails_in_the_end(scene: RecordingScene) -> None:
    """Processing all the while, with growing delays; then failed with the reason, and the source is still there."""
    scene.record()
    limit = "update storage.buckets set file_size_limit = %s where id = 'session-recordings'"
    scene.stage.execute(limit, 1000)
    try:
        first = scene.process()
        waits = [
            scene.stage.value(
                "select next_check_at - now() from private.recording_takes where id = %s",
                scene.take["id"],
            )
        ]
        scene.process()
        waits.append(
            scene.stage.value(
                "select next_check_at - now() from private.recording_takes where id = %s",
                scene.take["id"],
            )
        )
        scene.change(deadline_at="now() - interval '1 second'")
        last = scene.process()
    finally:
        scene.stage.execute(limit, None)

    assert (first["processed"], first["status"]) == (False, "processing")
    assert waits[1] > waits[0] * 1.5
    assert last["status"] == "failed"
    assert scene.take["failure_code"] == "storage_refused"
    assert "maximum allowed size" in scene.take["failure_reason"]
    assert scene.source_keys()

    retried = scene.stage.http.post(
        "/rest/v1/rpc/retry_take",
        json={"take_id": str(scene.take["id"])},
        headers={"apikey": scene.stage.env["SUPABASE_SECRET_KEY"]},
    )
    scene.reconcile_to("processing", upload_complete=True)
    assert retried.status_code == 200
    assert scene.process()["status"] == "completed"


def test_a_source_that_changed_is_copied_from_the_start(scene: RecordingScene) -> None:
    """Half of one version and half of another is no recording."""
    scene.record()
    scene.stage.execute("update storage.buckets set file_size_limit = 1000 where id = 'session-recordings'")
    scene.process()  # planned, and refused
    scene.stage.execute("update storage.buckets set file_size_limit = null where id = 'session-recordings'")
    (file,) = scene.files()
    scene.bucket().put_object(
        Bucket=scene.stage.env["RECORDING_S3_BUCKET"],
        Key=file["source_key"],
        Body=scene.source(file["source_key"]) + b"\0\0\0\x08free",
    )

    changed = scene.process()
    copied = scene.process()

    assert (changed["processed"], scene.take["copy_failures"]) == (False, 2)
    assert copied["status"] == "completed"
    assert scene.stored(copied["storage_path"]).endswith(b"free")


def test_only_the_service_processes_recordings(scene: RecordingScene) -> None:
    """Only recordings that exist; a typo in the body is named."""
    assert scene.stage.invoke("process-recording", {}, as_=scene.practitioner).status_code == 403
    assert scene.stage.invoke("process-recording", {}).status_code == 401
    missing = scene.stage.invoke_as_service("process-recording", {"recording_id": unknown_id()})
    assert (missing.status_code, missing.json()["code"]) == (404, "recording_not_found")
    typo = scene.stage.invoke_as_service("process-recording", {"recording": unknown_id()})
    assert (typo.status_code, typo.json()["details"][0]["field"]) == (422, "recording")


def _uploaded(scene: RecordingScene, stack: Stack) -> int:
    """How many bytes storage has of the recording's first upload: counted on its disk, so as not to disturb it."""
    files = scene.files()
    if not files or not files[0]["upload_url"]:
        return -1
    part = stack.state / "uploads" / files[0]["upload_url"].rpartition("/")[2]
    return part.stat().st_size if part.exists() else -1
