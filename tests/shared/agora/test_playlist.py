"""Playlists: Agora's own dialect, its length, and what is still missing."""

from datetime import UTC, datetime

import pytest

from shared.agora.playlist import read_playlist, readdress

AGORAS = """#EXTM3U
#EXT-X-VERSION:3
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-ALLOW-CACHE:YES
#EXT-X-TARGETDURATION:17
#EXT-X-AGORA-TRACK-EVENT:EVENT=START,TRACK_TYPE=AUDIO,TIME=20190611073246073
#EXTINF:15.936000
s_c_20190611073246073.ts
#EXT-X-AGORA-TRACK-EVENT:EVENT=START,TRACK_TYPE=VIDEO,TIME=1560238367073
#EXTINF:16.064000
s_c_20190611073302009.ts
#EXTINF:3
s_c_20190611073318073.ts
#EXT-X-ENDLIST
"""


def test_agoras_playlist_is_read_without_its_commas():
    """Strict readers fail at `#EXTINF:15.936000`; the length is the sum all the same."""
    playlist = read_playlist(AGORAS)

    assert playlist.duration_seconds == 35.0
    assert playlist.names == (
        "s_c_20190611073246073.ts",
        "s_c_20190611073302009.ts",
        "s_c_20190611073318073.ts",
    )
    assert playlist.is_ended


def test_the_earliest_track_begins_the_recording():
    """Both spellings of a time, 17 digits and epoch milliseconds."""
    assert read_playlist(AGORAS).started_at == datetime(2019, 6, 11, 7, 32, 46, 73000, UTC)


@pytest.mark.parametrize(
    "line", ["#EXTINF:6.000000,", "#EXTINF:6.000000", "#EXTINF:6,a title", "#EXTINF: 6.0 ,", "#EXTINF:6"]
)
def test_every_spelling_of_a_length_counts(line):
    """With the comma, without it, with a title, with blanks."""
    assert read_playlist(f"#EXTM3U\r\n{line}\r\na.ts\r\n").duration_seconds == 6


@pytest.mark.parametrize("text", ["", "#EXTM3U", "not a playlist at all"])
def test_a_playlist_without_slices_has_no_length(text):
    """Nothing, an empty one, or a text that only looks like a name."""
    playlist = read_playlist(text)

    assert playlist.duration_seconds == 0
    assert not playlist.is_ended
    assert playlist.started_at is None


def test_missing_slices_are_named():
    """Slices lie beside their playlist, so their names decide, and not the folder."""
    keys = [
        "recordings/ab/s_c_20190611073246073.ts",
        "recordings/ab/s_c_20190611073318073.ts",
        "recordings/ab/s_c.m3u8",
    ]
    playlist = read_playlist(AGORAS)

    assert playlist.missing(keys) == ("s_c_20190611073302009.ts",)
    assert playlist.missing([*keys, "recordings/ab/s_c_20190611073302009.ts"]) == ()


def test_a_player_gets_addresses_and_commas():
    """Everything else stays as it is, and reading it again gives the same length."""
    text = readdress(AGORAS, lambda name: f"https://storage.test/{name}?signed")

    assert "#EXTINF:15.936000,\nhttps://storage.test/s_c_20190611073246073.ts?signed\n" in text
    assert "TIME=20190611073246073\n" in text
    assert text.endswith("#EXT-X-ENDLIST\n")
    assert read_playlist(text).duration_seconds == 35.0


def test_a_player_gets_no_webm():
    """Of somebody who came back in a browser: nothing in a playlist plays it, and what follows is another beginning."""
    text = readdress("#EXTM3U\n#EXTINF:6.0\na.ts\n#EXTINF:6.0\nb.webm\n#EXTINF:6.0\nc.ts\n", str)

    assert text.split() == ["#EXTM3U", "#EXTINF:6.0,", "a.ts", "#EXT-X-DISCONTINUITY", "#EXTINF:6.0,", "c.ts"]
    assert readdress("b.webm", str) == "#EXT-X-DISCONTINUITY\n"


@pytest.mark.parametrize(
    ("names", "plays"), [(["a.ts"], True), (["a.webm"], False), (["a.webm", "b.ts"], True)]
)
def test_a_playlist_of_webm_alone_does_not_play(names, plays):
    """Agora writes one for every browser that sends VP8."""
    assert read_playlist("\n".join(["#EXTM3U", *names])).plays is plays
