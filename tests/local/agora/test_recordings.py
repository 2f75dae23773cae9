"""The emulator records: real media, named as Agora names it, through every disturbance it can play."""

import asyncio
from dataclasses import replace

import pytest

from shared.agora.answers import (
    AlreadyRunning,
    AlreadyStopping,
    Gone,
    NoData,
    Started,
    Status,
    Stopped,
    TaskConflict,
)
from shared.agora.playlist import read_playlist

from .conftest import SPEED, Emulator, watch

WHOLE_CLIP = 24.0


async def test_a_mix_is_a_film_that_plays(emulator: Emulator, tmp_path):
    """From acquire to the MP4: H.264 and AAC, as long as its playlist says, every slice there."""
    recorder = await emulator.start()
    await emulator.reaches(lambda seen: seen["slices"] == 4)

    stopped = await emulator.agora().stop(recorder)

    assert isinstance(stopped, Stopped)
    assert stopped.upload == "uploaded"
    mp4, playlist, *slices = emulator.parts(recorder.sid)
    assert ["mp4", "playlist", *["slice"] * 4] == [part.kind for part in (mp4, playlist, *slices)]
    assert {mp4.key, playlist.key} == {file.key(emulator.prefix) for file in stopped.files}
    film = watch(emulator.download(mp4.key, tmp_path))
    assert film.codecs == {"h264", "aac"}
    assert film.seconds == pytest.approx(WHOLE_CLIP, abs=0.3)
    read = read_playlist(emulator.text(playlist.key))
    assert read.is_ended
    assert read.duration_seconds == pytest.approx(WHOLE_CLIP)
    assert read.missing(part.key for part in slices) == ()
    assert watch(emulator.download(slices[-1].key, tmp_path)).codecs == {"h264", "aac"}


async def test_slices_arrive_while_it_records(emulator: Emulator):
    """The playlist is written anew with each, and closed at the end."""
    await emulator.control("clock", speed=30)
    recorder = await emulator.start()
    await emulator.reaches(lambda seen: seen["slices"] == 1)

    running = await emulator.agora().query(recorder)

    assert isinstance(running, Status)
    assert running.phase == "recording"
    assert [file.name.rpartition(".")[2] for file in running.files] == ["m3u8"]
    playlist = read_playlist(emulator.text(running.files[0].name))
    assert not playlist.is_ended
    assert len(playlist.names) >= 1
    await emulator.agora().stop(recorder)
    assert read_playlist(emulator.text(running.files[0].name)).is_ended


async def test_a_stop_after_a_moment_still_leaves_a_film(emulator: Emulator, tmp_path):
    """Whoever tries it out and stops at once has something to look at."""
    recorder = await emulator.start()

    await emulator.agora().stop(recorder)

    assert watch(emulator.download(emulator.parts(recorder.sid)[0].key, tmp_path)).seconds > 5


async def test_individual_recordings_have_tracks_for_everybody(emulator: Emulator, tmp_path):
    """No MP4; for each person sound, picture, and an index of both."""
    await emulator.control(f"channels/{emulator.channel}", uids=[7, 8], codec="h264")
    recorder = await emulator.start("individual")

    await emulator.agora().stop(recorder)

    playlists = [part for part in emulator.parts(recorder.sid) if part.kind == "playlist"]
    tracks = {"audio": {"aac"}, "video": {"h264"}, "audio_and_video": {"h264", "aac"}}
    assert {(uid, track) for uid in ("7", "8") for track in tracks} == {
        (one.uid, one.track) for one in playlists
    }
    for playlist in playlists:
        name = read_playlist(emulator.text(playlist.key)).names[0]
        slice_path = emulator.download(f"{'/'.join(emulator.prefix)}/{name}", tmp_path)
        assert tracks[playlist.track] == watch(slice_path).codecs


async def test_an_hls_only_mix_names_its_one_file(emulator: Emulator):
    """Then Agora's file list is a text and not a list."""
    recorder = await emulator.start(recordingFileConfig={"avFileType": ["hls"]})

    stopped = await emulator.agora().stop(recorder)

    assert isinstance(stopped, Stopped)
    assert [f"{recorder.sid}_{emulator.channel}.m3u8"] == [
        one.name.rpartition("/")[2] for one in stopped.files
    ]


async def test_a_playlist_lacks_its_commas_unless_they_are_configured(emulator: Emulator):
    """Agora's default, which strict readers do not take."""
    recorder = emulator.recorder()
    config = {**emulator.request(recorder)["recordingConfig"], "privateParams": "{}"}
    recorder = await emulator.start(recordingConfig=config)

    await emulator.agora().stop(recorder)

    text = emulator.text(next(part.key for part in emulator.parts(recorder.sid) if part.kind == "playlist"))
    assert "#EXTINF:6.000000\n" in text


async def test_signs_in_a_channel_name_become_hyphens(emulator: Emulator):
    """In file names only."""
    emulator.channel += "_a.b"
    recorder = await emulator.start()

    await emulator.agora().stop(recorder)

    assert {True} == {f"{recorder.sid}_{emulator.channel[:-4]}-a-b" in one.key for one in emulator.objects()}


async def test_after_its_end_a_recording_is_gone(emulator: Emulator):
    """For a moment it is exiting, then nobody knows it."""
    recorder = await emulator.start()
    await emulator.agora().stop(recorder)

    at_once = await emulator.agora(patience=0).query(recorder)
    await asyncio.sleep(0.05)

    assert isinstance(at_once, AlreadyStopping | Gone)
    assert await emulator.agora(patience=0).query(recorder) == Gone()
    assert await emulator.agora(patience=0).stop(recorder) == Gone()


async def test_a_query_under_other_names_finds_nothing(emulator: Emulator):
    """Another mode, uid or resource finds nothing."""
    recorder = await emulator.start()
    agora = emulator.agora(patience=0)

    for wrong in ({"mode": "individual"}, {"uid": 4_000_000_002}, {"resource_id": "x"}, {"sid": "x"}):
        assert await agora.stop(replace(recorder, **wrong)) == Gone()
    assert isinstance(await agora.stop(recorder), Stopped)


async def test_one_recorder_records_once(emulator: Emulator):
    """The same resource runs already; another one for the same channel and uid is a conflict."""
    recorder = await emulator.acquire()
    agora, request = emulator.agora(), emulator.request(recorder)
    assert isinstance(await agora.start(recorder, request), Started)

    again = await agora.start(recorder, request)
    twin = await agora.start(await emulator.acquire(), request)
    other = await emulator.acquire(uid=4_000_000_002)
    paid_twice = await agora.start(other, emulator.request(other))

    assert again == AlreadyRunning(None)
    assert twin == TaskConflict()
    assert isinstance(paid_twice, Started)
    counted = (await emulator.http.get("/_control/recordings")).json()["started"]
    assert counted == {emulator.channel: 2}


async def test_a_start_whose_answer_is_lost_runs_on(emulator: Emulator):
    """The next start is answered that it runs; the sid is in the bucket, and with it the recording can be stopped."""
    recorder = await emulator.acquire()
    await emulator.fault("start", reset=True, perform=True)

    started = await emulator.agora().start(recorder, emulator.request(recorder))

    assert started == AlreadyRunning(None)
    await emulator.reaches(lambda seen: seen["files"])
    sid = emulator.objects()[0].key.rpartition("/")[2].partition("_")[0]
    assert isinstance(await emulator.agora().stop(replace(recorder, sid=sid)), Stopped)


async def test_a_fail_over_continues_in_other_files(emulator: Emulator, tmp_path):
    """Gone for a while, then back under another uid; both parts play, in order."""
    recorder = await emulator.start()
    await emulator.reaches(lambda seen: seen["slices"] >= 1)
    await emulator.control("clock", speed=1)
    await emulator.control(f"recordings/{recorder.sid}/failover")
    await emulator.reaches(lambda seen: 12 in seen["events"])

    gone = await emulator.agora(patience=0).stop(recorder)
    await emulator.control("clock", speed=SPEED)
    stopped = await emulator.agora(patience=60).stop(recorder)

    assert gone == Gone()
    assert isinstance(stopped, Stopped)
    assert (await emulator.seen())["uid"] != str(recorder.uid)
    parts = emulator.parts(recorder.sid)
    mp4s = [part for part in parts if part.kind == "mp4"]
    assert [0, 1] == [part.failover for part in mp4s]
    seconds = sum(watch(emulator.download(part.key, tmp_path)).seconds for part in mp4s)
    playlists = [read_playlist(emulator.text(part.key)) for part in parts if part.kind == "playlist"]
    assert seconds == pytest.approx(sum(one.duration_seconds for one in playlists), abs=0.6)


@pytest.mark.parametrize("from_backup", [False, True])
async def test_some_files_come_late(from_backup, emulator: Emulator):
    """The recording is over and its playlist names slices that are not there; later they are."""
    await emulator.fault("recording", late_files_after=200, playlist_from_backup=from_backup)
    recorder = await emulator.start()
    await emulator.reaches(lambda seen: seen["slices"] == 4)

    stopped = await emulator.agora().stop(recorder)

    assert isinstance(stopped, Stopped)
    assert stopped.upload == "backuped"
    there = {one.key for one in emulator.objects()}
    announced = {file.key(emulator.prefix) for file in stopped.files}
    assert [key for key in announced - there if key.endswith(".mp4")]
    await emulator.reaches(lambda seen: not seen["files_still_to_come"])
    parts = emulator.parts(recorder.sid)
    assert announced <= {one.key for one in emulator.objects()}
    (playlist,) = [part for part in parts if part.kind == "playlist"]
    assert from_backup is playlist.key.endswith("_1.m3u8")
    read = read_playlist(emulator.text(playlist.key))
    assert len(read.names) == 4
    assert read.missing(part.key for part in parts) == ()


async def test_long_recordings_come_in_several_mp4s(emulator: Emulator, tmp_path):
    """Each plays by itself; together they are the whole."""
    await emulator.fault("recording", mp4_parts=3, slices=4)
    recorder = await emulator.start()

    await emulator.agora().stop(recorder)

    mp4s = [part for part in emulator.parts(recorder.sid) if part.kind == "mp4"]
    assert [0, 1, 2] == [part.index for part in mp4s]
    seconds = [watch(emulator.download(part.key, tmp_path)).seconds for part in mp4s]
    assert sum(seconds) == pytest.approx(WHOLE_CLIP, abs=0.6)


async def test_a_large_file_is_large_and_plays(emulator: Emulator, tmp_path):
    """Padding is what players skip."""
    await emulator.fault("recording", mp4_bytes=20_000_001)
    recorder = await emulator.start()

    await emulator.agora().stop(recorder)

    mp4 = emulator.parts(recorder.sid)[0]
    assert mp4.size == 20_000_001
    assert watch(emulator.download(mp4.key, tmp_path)).codecs == {"h264", "aac"}


async def test_a_recording_without_senders_has_no_file(emulator: Emulator):
    """206/435, and not a single file."""
    await emulator.fault("recording", slices=0)
    recorder = await emulator.start()

    assert await emulator.agora().stop(recorder) == NoData()
    assert emulator.objects() == []


async def test_an_empty_channel_ends_a_recording(emulator: Emulator):
    """After maxIdleTime, with everything uploaded; coming back in time keeps it alive."""
    await emulator.control(f"channels/{emulator.channel}", uids=[7])
    await emulator.start()
    await emulator.control(f"channels/{emulator.channel}", uids=[])
    await emulator.control(f"channels/{emulator.channel}", uids=[7])
    await emulator.control("clock", speed=20_000)
    await asyncio.sleep(0.1)
    assert (await emulator.seen())["state"] == "recording"

    await emulator.control(f"channels/{emulator.channel}", uids=[])

    seen = await emulator.reaches(lambda seen: seen["state"] == "exited")
    assert ("idle", "uploaded") == (seen["ended_by"], seen["upload"])


async def test_a_recording_without_anybody_ends_by_itself(emulator: Emulator):
    """No file, and nothing left to stop."""
    await emulator.control(f"channels/{emulator.channel}", uids=[7])
    await emulator.control(f"channels/{emulator.channel}", uids=[])
    recorder = await emulator.start()
    await emulator.control("clock", speed=20_000)

    seen = await emulator.reaches(lambda seen: seen["state"] == "exited")

    assert ("idle", "", []) == (seen["ended_by"], seen["upload"], seen["files"])
    assert await emulator.agora().stop(recorder) == Gone()


async def test_a_crash_leaves_the_files_written_so_far(emulator: Emulator):
    """A query answers 20 for a moment, then nobody is there; the playlist was never closed."""
    recorder = await emulator.start()
    await emulator.reaches(lambda seen: seen["slices"] >= 1)
    await emulator.control("clock", speed=1)
    await emulator.control(f"recordings/{recorder.sid}/crash")
    await emulator.reaches(lambda seen: seen["state"] == "exited")

    status = await emulator.agora(patience=0).query(recorder)

    assert isinstance(status, Status)
    assert status.phase == "crashed"
    playlist = next(part for part in emulator.parts(recorder.sid) if part.kind == "playlist")
    assert not read_playlist(emulator.text(playlist.key)).is_ended


@pytest.mark.parametrize(
    ("change", "because"),
    [
        ({"token": ""}, "neither a 007 nor a 006"),
        ({"token": "007eJxTYHhuGCT90E3Yo2"}, "not readable"),
        ({"uid_of_token": 4_000_000_009}, "another uid"),
        ({"channel_of_token": "session-2"}, "another channel"),
    ],
)
async def test_a_bad_token_is_accepted_and_then_fatal(change, because, emulator: Emulator):
    """As with Agora: the start says 200, and then nobody is there."""
    whose = replace(
        emulator.recorder(),
        uid=change.get("uid_of_token", 4_000_000_001),
        channel=change.get("channel_of_token", emulator.channel),
    )
    token = change.get("token", emulator.request(whose)["token"])

    recorder = await emulator.start(token=token)

    assert await emulator.agora().query(recorder) == Gone()
    seen = await emulator.seen()
    assert because in seen["doomed_because"]
    assert [1, 11] == seen["events"]


async def test_a_recorder_with_the_uid_of_a_person_does_not_run(emulator: Emulator):
    """One of the two is thrown out."""
    await emulator.control(f"channels/{emulator.channel}", uids=[4_000_000_001])

    await emulator.start()

    assert "uid" in (await emulator.seen())["doomed_because"]


async def test_a_wrong_bucket_shows_when_the_first_file_is_written(emulator: Emulator):
    """Uploader error 32, an abnormal exit, and nothing to be found."""
    recorder = emulator.recorder()
    storage = {**emulator.request(recorder)["storageConfig"], "bucket": "nobodys-bucket"}
    await emulator.start(storageConfig=storage)

    seen = await emulator.reaches(lambda seen: seen["state"] == "exited")

    assert "NoSuchBucket" in seen["doomed_because"]
    assert [1, 11] == seen["events"][-2:]
