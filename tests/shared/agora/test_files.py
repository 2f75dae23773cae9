"""Files of a recording: Agora's names, in the order in which they play."""

from dataclasses import dataclass

import pytest

from shared.agora.files import RecordedFile, announced_files, arrange, moment

FOLDER = "recordings/ab12/"
SID = "0123456789abcdef0123456789abcdef"
MIX = f"{SID}_session-1"


@dataclass(frozen=True)
class Object:
    """What a bucket listing gives."""

    key: str
    size: int = 100


def arranged(*names: str | tuple[str, int]) -> list[str]:
    objects = [
        Object(FOLDER + name) if isinstance(name, str) else Object(FOLDER + name[0], name[1])
        for name in names
    ]
    return [part.name for part in arrange(objects, SID)]


def test_mp4s_are_ordered_by_machine_and_index():
    """Ten comes after nine, and what another machine recorded after what the first one did."""
    in_order = [
        *[f"{MIX}_{index}.mp4" for index in range(12)],
        f"bak0_{MIX}_0.mp4",
        f"bak0_{MIX}_1.mp4",
        f"bak2_{MIX}_0.mp4",
    ]

    assert in_order == arranged(*sorted(in_order, reverse=True))


def test_mp4s_come_before_playlists_and_playlists_before_slices():
    """The kinds do not mix, whatever order the bucket lists them in."""
    slices = [f"{MIX}_20261122090000000.ts", f"{MIX}_20261122090015123.ts"]

    assert [f"{MIX}_0.mp4", f"{MIX}.m3u8", *slices] == arranged(
        slices[1], f"{MIX}.m3u8", slices[0], f"{MIX}_0.mp4"
    )


def test_individual_tracks_are_recognised_by_person_and_kind():
    """Person and track come from the name; a track that Agora does not document is sound and picture together."""
    person = f"{MIX}__uid_s_7__uid_e"
    expected = {
        ".m3u8": ("playlist", "7", "audio_and_video"),
        "_av.m3u8": ("playlist", "7", "audio_and_video"),
        "_audio.m3u8": ("playlist", "7", "audio"),
        "_video.m3u8": ("playlist", "7", "video"),
        "_video_20261122090000000.ts": ("slice", "7", "video"),
        "_video_20261122090000000.webm": ("webm", "7", "video"),
    }

    parts = [arrange([Object(f"{FOLDER}{person}{name}")], SID)[0] for name in expected]

    assert list(expected.values()) == [(part.kind, part.uid, part.track) for part in parts]


@pytest.mark.parametrize(
    ("plain", "first", "second", "winner"),
    [
        (100, 200, 300, "_1700000000000_2.m3u8"),
        (300, 100, 200, ".m3u8"),
        (100, 300, 200, "_1700000000000_1.m3u8"),
    ],
)
def test_of_playlists_from_the_backup_the_longest_counts(plain, first, second, winner):
    """After a backup transfer there are several; the short ones lack slices."""
    names = [
        (f"{MIX}.m3u8", plain),
        (f"{MIX}_1700000000000_1.m3u8", first),
        (f"{MIX}_1700000000000_2.m3u8", second),
    ]

    assert [f"{MIX}{winner}"] == arranged(*names)


def test_files_of_other_recordings_are_left_out():
    """The folder may hold a screenshot, a stranger's file, or the recording that was started in vain."""
    strangers = ["ffff_session-1_0.mp4", f"{MIX}_0.mp4.part", f"{MIX}.jpg", "notes.txt", f"x{MIX}_0.mp4", SID]

    assert arranged(*strangers) == []


def test_a_channel_name_with_every_sign_is_still_recognised():
    """Agora puts a hyphen for each sign that is not a letter, digit, space, quote or the like."""
    assert arranged(f"{SID}_a b'c>-0-_3.mp4") == [f"{SID}_a b'c>-0-_3.mp4"]


@pytest.mark.parametrize(
    ("file_list", "files"),
    [
        (None, ()),
        ("", ()),
        ([], ()),
        ("a.m3u8", (RecordedFile("a.m3u8"),)),
        ([{"filename": "web.mp4"}], (RecordedFile("web.mp4"),)),
        ([{"fileName": "a.m3u8", "uid": 7, "trackType": "audio"}], (RecordedFile("a.m3u8", "audio", "7"),)),
        ([{"fileName": "a.m3u8", "isPlayable": False}], (RecordedFile("a.m3u8"),)),
        (["a.m3u8", {"uid": "0"}, 7], ()),
    ],
)
def test_a_file_list_is_read_in_every_form(file_list, files):
    """One name, objects with either spelling, or nothing."""
    assert files == announced_files(file_list)


@pytest.mark.parametrize("name", ["s_c_0.mp4", "recordings/ab12/s_c_0.mp4"])
def test_a_key_has_its_prefix_once(name):
    """Agora sends some names with it and some without."""
    assert RecordedFile(name).key(("recordings", "ab12")) == "recordings/ab12/s_c_0.mp4"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(1700000000, 1700000000), (1700000000123, 1700000000.123), ("1700000000123", 1700000000.123)],
)
def test_seconds_and_milliseconds_are_distinguished(value, seconds):
    """The documents disagree about the unit."""
    found = moment(value)

    assert found is not None
    assert found.timestamp() == pytest.approx(seconds, abs=1e-4)


@pytest.mark.parametrize("value", [None, "", "soon", 0, -1, 10**30, float("nan"), float("inf"), []])
def test_an_unreadable_time_is_none(value):
    """A time that cannot be read is not now."""
    assert moment(value) is None
