"""The emulator records everybody separately: whom, in which files, from when until when."""

import pytest

from shared.agora.playlist import read_playlist

from .conftest import Emulator, watch


def playlist_of(emulator: Emulator, sid: str, uid: int, track: str = "video") -> str:
    part = next(
        one
        for one in emulator.parts(sid)
        if one.kind == "playlist" and one.uid == str(uid) and one.track == track
    )
    return emulator.text(part.key)


async def test_browsers_that_send_vp8_give_webm_and_an_index(emulator: Emulator, tmp_path):
    """Sound and picture in WebM slices that play, and one MPD that names all of them."""
    await emulator.join(7)
    recorder = await emulator.start("individual")
    await emulator.reaches(lambda seen: seen["slices"] >= 2)
    await emulator.agora().stop(recorder)

    by_ending: dict[str, list[str]] = {}
    for part in emulator.parts(recorder.sid):
        by_ending.setdefault(part.name.rpartition(".")[2], []).append(part.key)
    assert set(by_ending) == {"m3u8", "mpd", "webm"}
    assert len(by_ending["m3u8"]) == 2
    codecs = {track: set() for track in ("audio", "video")}
    for key in by_ending["webm"]:
        film = watch(emulator.download(key, tmp_path))
        assert film.seconds == pytest.approx(6, abs=0.3)
        codecs["audio" if "_audio_" in key else "video"] |= film.codecs
    assert codecs == {"audio": {"opus"}, "video": {"vp8"}}
    (index,) = by_ending["mpd"]
    assert all(f'media="{key.rpartition("/")[2]}"' in emulator.text(index) for key in by_ending["webm"])


async def test_default_streams_keep_their_sound_in_ts(emulator: Emulator):
    """Without a merged index, as `standard` would write."""
    await emulator.join(7)
    config = emulator.request(emulator.recorder("individual"))["recordingConfig"] | {"streamMode": "default"}
    recorder = await emulator.start("individual", recordingConfig=config)
    await emulator.agora().stop(recorder)

    endings = {(part.track, part.name.rpartition(".")[2]) for part in emulator.parts(recorder.sid)}
    assert endings == {("audio", "m3u8"), ("audio", "ts"), ("video", "m3u8"), ("video", "webm")}


@pytest.mark.parametrize(("group", "recorded"), [(0, 2), (1, 7), (2, 8)])
async def test_a_group_reaches_so_many_people(group, recorded, emulator: Emulator):
    """Whoever came later than that has no file at all."""
    for uid in range(1, 9):
        await emulator.join(uid)
    config = emulator.request(emulator.recorder("individual"))["recordingConfig"]
    recorder = await emulator.start(
        "individual", recordingConfig=config | {"subscribeUidGroup": group, "streamMode": "default"}
    )
    await emulator.agora().stop(recorder)

    assert {str(uid) for uid in range(1, recorded + 1)} == {one.uid for one in emulator.parts(recorder.sid)}


async def test_the_next_one_is_recorded_once_somebody_has_left(emulator: Emulator):
    """In a mix the eighteenth, in a group of two the third."""
    for uid in range(1, 19):
        await emulator.join(uid)
    await emulator.start()
    seen = await emulator.reaches(lambda seen: seen["people"])
    assert seen["people"] == list(range(1, 18))

    await emulator.leave(3, 1)

    await emulator.reaches(lambda seen: 18 in seen["people"] and 3 not in seen["people"])


async def test_latecomers_are_in_later_slices(emulator: Emulator):
    """Their tracks begin when they come; nothing is missing of anybody."""
    await emulator.control("clock", speed=30)
    await emulator.join(7, codec="h264")
    recorder = await emulator.start("individual")
    await emulator.reaches(lambda seen: seen["slices"] == 2)
    await emulator.join(8, codec="h264")
    await emulator.control("clock", speed=200)
    await emulator.reaches(lambda seen: seen["slices"] == 4)
    await emulator.agora().stop(recorder)

    early, late = (read_playlist(playlist_of(emulator, recorder.sid, uid)) for uid in (7, 8))
    assert len(early.names) == 4
    assert 1 <= len(late.names) <= 2
    assert early.started_at
    assert late.started_at
    assert (late.started_at - early.started_at).total_seconds() >= 12


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
async def test_an_interruption_shows_in_the_playlist(seed, emulator: Emulator):
    """DISCONTINUITY and a new START, whose time has 13 digits or 17; the earliest is when it began."""
    await emulator.control("order", seed=seed)
    await emulator.control("clock", speed=30)
    await emulator.join(7, codec="h264")
    await emulator.join(8, codec="h264")
    recorder = await emulator.start("individual")
    await emulator.reaches(lambda seen: seen["slices"] == 1)
    await emulator.leave(7, 10)
    await emulator.reaches(lambda seen: seen["slices"] >= 2 and 7 not in seen["people"])
    await emulator.join(7, codec="h264")
    await emulator.control("clock", speed=200)
    await emulator.reaches(lambda seen: seen["slices"] == 4)
    await emulator.agora().stop(recorder)

    text, whole = (playlist_of(emulator, recorder.sid, uid) for uid in (7, 8))
    assert (text.count("#EXT-X-DISCONTINUITY\n"), whole.count("#EXT-X-DISCONTINUITY\n")) == (2, 1)
    times = [line.rpartition("TIME=")[2] for line in text.splitlines() if "EVENT=START" in line]
    assert len(times) == 2
    assert len({len(time) for time in times} & {13, 17}) == 1
    assert read_playlist(text).started_at == read_playlist(whole).started_at


async def test_both_forms_of_time_are_written(emulator: Emulator):
    """In one playlist always the same."""
    lengths = set()
    for seed in range(1, 7):
        await emulator.control("order", seed=seed)
        recorder = await emulator.start()
        await emulator.agora().stop(recorder)
        playlist = next(one for one in emulator.parts(recorder.sid) if one.kind == "playlist")
        lines = [line for line in emulator.text(playlist.key).splitlines() if "EVENT=START" in line]
        lengths |= {len(line.rpartition("TIME=")[2]) for line in lines}

    assert lengths == {13, 17}


async def test_nothing_is_recorded_before_somebody_comes(emulator: Emulator):
    """The recorder waits, and records whoever comes."""
    await emulator.control(f"channels/{emulator.channel}", uids=[])
    recorder = await emulator.start()
    await emulator.reaches(lambda seen: seen["state"] == "recording")
    assert (await emulator.seen())["slices"] == 0

    await emulator.join(7)

    await emulator.reaches(lambda seen: seen["slices"] >= 1)
    await emulator.agora().stop(recorder)
    assert (await emulator.seen())["upload"] == "uploaded"
