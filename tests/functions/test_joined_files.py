"""One file to download: the parts of a recording joined, verified, and offered only then."""

import asyncio
import hashlib
import random
import re
import struct
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import accumulate
from pathlib import Path

import httpx
import pytest

from functions.process_recording.fragments import Joiner, NotJoinable
from functions.process_recording.webm import read_slice
from local.stack import Stack
from tests.cast import Stage
from tests.joined_scene import Kept, Media
from tests.processor import Processor
from tests.recording_scene import RecordingScene, until

MEGABYTE = 1024 * 1024
LONG_S = 400


@pytest.fixture(scope="module")
def media(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> "Media":
    """Films of several kinds, encoded once."""
    return Media(Path(stage.env["FFMPEG_PATH"]), tmp_path_factory.mktemp("media"))


def test_two_takes_of_a_session_become_one_file(scene: RecordingScene, media: Media) -> None:
    """As Agora left them: as long as both together, and decoded from the first frame to the last."""
    scene.record_take()
    scene.start().raise_for_status()
    scene.record_take()
    scene.complete()
    for _ in range(2):
        assert scene.process()["processed"]

    assert scene.process()["joined"]

    row = scene.stage.row("select * from private.joined_files where recording_id = %s", scene.recording["id"])
    stored = scene.stored(row["storage_path"])
    assert (row["status"], row["kind"], row["size_bytes"]) == ("joined", "mp4", len(stored))
    assert hashlib.sha256(stored).digest() == row["sha256"]
    assert row["duration_seconds"] == pytest.approx(scene.recording["duration_seconds"], abs=3)
    assert media.seconds(stored) == pytest.approx(scene.recording["duration_seconds"], abs=3)
    assert not scene.process()["joined"]


@pytest.mark.parametrize("order", ["mp4 mp4", "slice mp4", "mp4 slice", "slice slice", "slice"])
def test_takes_of_either_kind_are_joined(stage: Stage, media: Media, order: str) -> None:
    """What a crash left has no MP4; its streams are the same. It is downloaded by the recording's link."""
    film = media.film("film.mp4", 13)
    files = {"mp4": [film], "slice": media.slices(film)}
    takes = [(kind, files[kind]) for kind in order.split()]
    kept = Kept(stage, *takes, seconds=13 * len(takes))
    before = kept.download()
    assert "file=joined" not in kept.page

    assert kept.join()["joined"], kept.joined

    assert before.status_code == 404
    assert re.search(r'href="[^"]+;file=joined&amp;download=1"[^>]*>Download all of it \(1 MB\)', kept.page)
    found = kept.download()
    assert found.headers["content-type"] == "video/mp4"
    assert len(found.content) == kept.joined["size_bytes"]
    assert media.seconds(found.content) == pytest.approx(13 * len(takes), abs=0.5)
    assert fragments_of_index(found.content) == [
        match.start() - 4 for match in re.finditer(b"moof", found.content)
    ]


def test_people_recorded_alone_become_one_webm(scene: RecordingScene, media: Media) -> None:
    """Browsers send VP8: sound and picture of both are tracks of one file, side by side, over two takes."""
    scene.record_take(recording_mode="individual")
    scene.start(recording_mode="individual").raise_for_status()
    scene.record_take(recording_mode="individual")
    scene.complete()
    for _ in range(2):
        assert scene.process()["processed"]

    assert scene.process()["joined"], scene.stage.row(
        "select failure_code, failure_reason from private.joined_files where recording_id = %s",
        scene.recording["id"],
    )

    row = scene.stage.row("select * from private.joined_files where recording_id = %s", scene.recording["id"])
    stored = scene.stored(row["storage_path"])
    assert (row["kind"], row["storage_path"].rpartition("/")[2]) == ("webm", "joined.webm")
    assert row["duration_seconds"] == pytest.approx(scene.recording["duration_seconds"], abs=3)
    assert media.seconds(stored) == pytest.approx(scene.recording["duration_seconds"], abs=3)
    said = media.describe(stored)
    assert said.count("Video: vp8") == said.count("Audio: opus") == 2
    assert "Duration: 00:" in said
    segment = stored.index(b"\x18\x53\x80\x67") + 12
    cue_points = stored[stored.index(b"\x1c\x53\xbb\x6b") :].partition(b"\x1f\x43\xb6\x75")[0]
    cues = [segment + int.from_bytes(each) for each in re.findall(rb"\xf1\x88(.{8})", cue_points, re.DOTALL)]
    assert len(cues) >= 2
    assert {stored[at : at + 4] for at in cues} == {b"\x1f\x43\xb6\x75"}


def test_what_is_one_file_already_stays_as_it_is(stage: Stage, media: Media) -> None:
    """An MP4 that Agora wrote."""
    kept = Kept(stage, ("mp4", [media.film("film.mp4", 13)]), seconds=13)

    assert not kept.join()["joined"]
    assert not stage.value("select count(*) from private.joined_files where recording_id = %s", kept.id)


def test_without_ffmpeg_a_recording_stays_its_parts(stage: Stage, media: Media) -> None:
    """It is complete, and joined as soon as there is one."""
    film = media.film("film.mp4", 13)
    kept = Kept(stage, ("mp4", [film]), ("mp4", [film]), seconds=26)
    processor = Processor.ready(stage, FFMPEG_PATH="/nowhere/ffmpeg")

    reply = processor.post(kept.id)

    processor.kill()
    assert (reply["joined"], reply["status"]) == (False, "completed")
    assert (kept.joined["status"], kept.joined["attempts"]) == ("waiting", 0)
    assert kept.join()["joined"]


def test_takes_of_different_sizes_stay_files(stage: Stage, media: Media) -> None:
    """Nothing is encoded anew; and it is not tried again and again."""
    kept = Kept(
        stage,
        ("mp4", [media.film("film.mp4", 13)]),
        ("mp4", [media.film("small.mp4", 5, "320x180")]),
        seconds=18,
    )

    assert not kept.join()["joined"]

    row = kept.joined
    assert (row["status"], row["failure_code"]) == ("given_up", "not_joinable")
    assert "H.264 320 180" in row["failure_reason"]
    assert kept.download().status_code == 404


def test_what_is_shorter_than_what_was_recorded_is_not_offered(stage: Stage, media: Media) -> None:
    """Half a film: it is tried again later, and given up with its reason after twelve times."""
    kept = Kept(stage, ("slice", media.slices(media.film("film.mp4", 13))), seconds=60)

    assert not kept.join()["joined"]

    row = kept.joined
    assert (row["status"], row["failure_code"]) == ("waiting", "not_whole")
    assert kept.download().status_code == 404
    stage.execute("update private.joined_files set attempts = 11 where recording_id = %s", kept.id)
    kept.join()
    assert kept.joined["status"] == "given_up"
    assert stage.value("select count(*) from private.set_aside_work where id = %s", str(kept.id)) == 1


def test_what_is_no_film_is_no_end_of_the_queue(stage: Stage, media: Media, tmp_path: Path) -> None:
    """ffmpeg says so, and its words are kept."""
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"\0\0\0\x18ftypmp42" + bytes(5000))
    kept = Kept(stage, ("mp4", [media.film("film.mp4", 13)]), ("mp4", [broken]), seconds=20)

    assert not kept.join()["joined"]
    assert kept.joined["failure_code"] == "ffmpeg_failed"
    assert kept.joined["failure_reason"]


def test_another_take_makes_it_outdated(stage: Stage, media: Media) -> None:
    """Until it is joined anew there is none to download; completed again without one, it stays."""
    film = media.film("film.mp4", 13)
    kept = Kept(stage, ("mp4", [film]), ("mp4", [film]), seconds=26)
    kept.join()
    kept.complete(26)
    stays = kept.download().status_code
    kept.add_take(3, "mp4", [film], "mix")
    kept.complete(39)

    assert (stays, kept.download().status_code) == (200, 404)
    assert kept.join()["joined"]
    assert media.seconds(kept.download().content) == pytest.approx(39, abs=0.5)


def test_a_join_killed_at_any_byte_goes_on(stage: Stage, media: Media, stack: Stack) -> None:
    """Storage keeps what it has; at the end there is one file, the same as if nothing had happened."""
    film = media.long(media.film("fine.mp4", 20, rate="2000k"), 6)
    kept = Kept(stage, ("mp4", [film]), ("mp4", [film]), seconds=240)
    paths = stage.value("select count(*) from storage.objects where name like %s", f"{kept.session['id']}/%")
    size = 2 * film.stat().st_size

    for fatal_byte in sorted(random.Random(4).sample(range(size - 8 * MEGABYTE), 5)):
        processor = Processor.ready(stage)
        with ThreadPoolExecutor(1) as beside:
            reply = beside.submit(processor.post, kept.id)
            until(lambda at=fatal_byte: uploaded(kept, stack) >= at, f"byte {fatal_byte}")
            children = processor.process.children()
            processor.kill()
        assert isinstance(reply.exception(), httpx.TransportError)
        until(lambda left=children: not any(child.is_running() for child in left), "ffmpeg's end")
        assert kept.joined["status"] == "waiting"
        stage.execute("update private.joined_files set lease_until = now() where recording_id = %s", kept.id)
    assert kept.join()["joined"]

    found = kept.download().content
    assert hashlib.sha256(found).digest() == kept.joined["sha256"]
    assert media.seconds(found) == pytest.approx(240, abs=1)
    now = stage.value("select count(*) from storage.objects where name like %s", f"{kept.session['id']}/%")
    assert now == paths + 1


def test_a_broken_slice_or_film_is_refused_and_nothing_else(media: Media) -> None:
    """Cut off or changed anywhere, it is read or refused."""
    chance, film = random.Random(7), media.fragments(media.film("six.mp4", 6)).read_bytes()
    whole = media.slice("video", 1, 0).read_bytes()
    for _ in range(300):
        for original, read in ((whole, read_slice), (film, join_film)):
            broken = bytearray(
                original[: chance.randrange(len(original))] if chance.random() < 0.5 else original
            )
            for _ in range(chance.randrange(4)):
                broken[chance.randrange(min(2000, len(broken)))] = chance.randrange(256) if broken else 0
            with suppress(NotJoinable):
                read(bytes(broken))


def join_film(film: bytes) -> None:
    async def pieces() -> AsyncGenerator[bytes]:
        yield film

    async def join() -> None:
        async for _ in Joiner().add(pieces()):
            pass

    asyncio.run(join())


def test_a_class_of_seven_is_in_time(stage: Stage, media: Media, processor: Processor) -> None:
    """Each comes a little later, and one is away for a minute: seven pictures and sounds, where they belong."""
    slices = []
    for person in range(7):
        for number in range(12):
            seconds = person + 6 * number + (60 if person == 3 and number >= 6 else 0)
            slices += [media.slice(track, person, seconds) for track in ("video", "audio")]
    kept = Kept(stage, ("webm", slices), seconds=72, mode="individual")
    with processor.above_idle() as above_idle:
        assert processor.post(kept.id)["joined"], (kept.joined["failure_code"], kept.joined["failure_reason"])

    found = kept.download()
    assert found.headers["content-type"] == "video/webm"
    said = media.describe(found.content)
    assert said.count("Video: vp8") == said.count("Audio: opus") == 7
    assert kept.joined["duration_seconds"] == 3 + 72 + 60
    assert media.seconds(found.content) == pytest.approx(72, abs=0.1)  # of the first
    assert media.seconds(found.content, "0:6", "0:7") == pytest.approx(3 + 72 + 60, abs=0.1)
    assert above_idle[0] <= 96 * MEGABYTE, f"{above_idle[0] / MEGABYTE:.0f} MB"
    print(f"{above_idle[0] / MEGABYTE:.0f} MB above idle")


@pytest.fixture
def processor(stage: Stage) -> Iterator[Processor]:
    """One that has answered once."""
    processor = Processor.ready(stage)
    yield processor
    processor.kill()


def test_two_hundred_megabytes_are_joined_within_96(stage: Stage, media: Media, processor: Processor) -> None:
    """Above the idle function, ffmpeg included."""
    film = media.long(media.film("fine.mp4", 20, rate="2000k"), LONG_S // 20)
    kept = Kept(stage, ("mp4", [film]), ("mp4", [film]), seconds=2 * LONG_S)
    with processor.above_idle() as above_idle:
        done = processor.post(kept.id)

    assert done["joined"], kept.joined
    assert kept.joined["size_bytes"] >= 190 * MEGABYTE
    assert above_idle[0] <= 96 * MEGABYTE, f"{above_idle[0] / MEGABYTE:.0f} MB"
    print(f"{above_idle[0] / MEGABYTE:.0f} MB above idle")


def test_a_recording_being_erased_is_not_joined_and_its_file_goes(stage: Stage, media: Media) -> None:
    """Nothing is left in storage, and the receipt counts it."""
    film = media.film("film.mp4", 13)
    kept = Kept(stage, ("mp4", [film]), ("mp4", [film]), seconds=26)
    kept.join()
    other = Kept(stage, ("mp4", [film]), ("mp4", [film]), seconds=26)
    for each in (kept, other):
        stage.execute(
            "insert into private.recording_erasure_queue (recording_id, reason) values (%s, 'asked')", each.id
        )

    assert not other.join()["joined"]
    assert kept.download().status_code == 404
    stage.invoke_as_service("purge-recordings", {"recording_id": str(kept.id)}).raise_for_status()

    receipt = stage.row("select * from public.recording_erasures where recording_id = %s", kept.id)
    assert receipt["files"] == 3
    left = "select count(*) from storage.objects where name like %s"
    assert 0 == stage.value(left, f"{kept.session['id']}/%")


def fragments_of_index(film: bytes) -> list[int]:
    """Where an MP4's index says that its fragments begin."""
    at = film.index(b"sidx") - 4
    length, (count,) = int.from_bytes(film[at : at + 4]), struct.unpack_from(">H", film, at + 38)
    sizes = [struct.unpack_from(">I", film, at + 40 + 12 * number)[0] for number in range(count)]
    begins = list(accumulate(sizes, initial=at + length))
    assert begins.pop() == len(film)
    return begins


def uploaded(kept: Kept, stack: Stack) -> int:
    """How many bytes storage has of the join: counted on its disk, so as not to disturb it."""
    upload = kept.joined["upload_url"]
    if not upload:
        return -1
    part = stack.state / "uploads" / upload.rpartition("/")[2]
    return part.stat().st_size if part.exists() else -1
