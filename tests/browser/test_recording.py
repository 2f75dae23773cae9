"""Watching a shared recording in a browser: what its password opened is this browser's alone."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser_scene import in_a_browser, play
from tests.cast import Stage
from tests.recording_scene import SPEED, AgoraEmulator, RecordingScene
from tests.sharing_scene import Link, shared

pytestmark = in_a_browser
PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def emulator(stage: Stage) -> Iterator[AgoraEmulator]:
    """The emulator of the stack, at a test's pace."""
    agora = AgoraEmulator(stage.env)
    agora.set_speed(SPEED)
    yield agora
    agora.set_speed(1)
    agora.http.close()


@pytest.fixture(scope="module")
def links(stage: Stage, emulator: AgoraEmulator) -> dict[str, Link]:
    """A recording in one file and one in slices, each shared for one view with a password."""
    links = {}
    for name, mode in (("whole", "composite"), ("sliced", "individual")):
        scene = RecordingScene(stage, emulator)
        scene.fault("recording", codec="h264")
        scene.record(recording_mode=mode)
        scene.process()
        links[name] = shared(scene, password=PASSWORD, view_limit=1)
    return links


@pytest.fixture(scope="module")
def facts(links: dict[str, Link]) -> dict[str, Any]:
    """A watches both, then B tries."""
    addresses = {name: link.url for name, link in links.items()}
    return play("recording.mjs", {"links": addresses, "password": PASSWORD})


@pytest.mark.parametrize("name", ["whole", "sliced"])
def test_who_knows_the_password_watches_the_recording(facts: dict[str, Any], name: str) -> None:
    """From its beginning, its middle, and again when the page is loaded anew: the cookie goes with each request."""
    begun, again = facts[f"{name}: begun"], facts[f"{name}: again"]

    assert begun["duration"] > 1 and begun["videoWidth"] > 0 and "error" not in begun
    assert again == begun
    answers = [status for _, status in facts[f"{name}: loaded"]]
    assert {200, 302, 303} == {*answers}  # pages and playlists; files at the storage; what the form led to


@pytest.mark.parametrize("name", ["whole", "sliced"])
def test_the_view_is_a_cookie_that_scripts_do_not_see(
    facts: dict[str, Any], links: dict[str, Link], name: str
) -> None:
    """Sent to this function alone; the address bar shows the link as it was sent, and nothing more."""
    (cookie,) = facts[f"{name}: cookies"]

    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
    assert cookie["path"] == urlsplit(links[name].url).path
    assert facts[f"{name}: seen by scripts"] == ""
    assert facts[f"{name}: address"] == links[name].url
    assert all(cookie["value"] not in address for address, _ in facts[f"{name}: loaded"])


@pytest.mark.parametrize("name", ["whole", "sliced"])
def test_no_address_that_was_loaded_plays_for_somebody_else(
    facts: dict[str, Any], links: dict[str, Link], name: str
) -> None:
    """Page, part, playlist, slice: used up; the log has one line."""
    shown = facts[f"{name}: shown to another"]

    kinds = {"&".join(parse_qs(urlsplit(address).query)) for address, *_ in shown}
    assert kinds == {"", "share", "share&part"} | ({"share&file"} if name == "sliced" else set())
    for address, status, videos in shown:
        assert (status, videos) == (410 if "share=" in address else 404, 0), address
    assert facts[f"{name}: cookies of another"] == []
    assert links[name].row["view_count"] == len(links[name].views) == 1
