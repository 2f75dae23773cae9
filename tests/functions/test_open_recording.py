"""Opening a recording by its link: it plays without headers, is logged, and can be revoked."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.cast import Stage
from tests.recording_scene import Agora, Scene

BROWSER = {"accept": "text/html,application/xhtml+xml", "user-agent": "Mozilla/5.0 (a browser)"}


@pytest.fixture(scope="module")
def finished(stage: Stage, agora: Agora) -> Scene:
    """A recording that can be played."""
    scene = Scene(stage, agora)
    scene.record()
    scene.process()
    return scene


@pytest.fixture(scope="module")
def sliced(stage: Stage, agora: Agora) -> Scene:
    """One without an MP4: two people, each with slices of their own."""
    scene = Scene(stage, agora)
    scene.record(recording_mode="individual")
    scene.process()
    return scene


def link(scene: Scene) -> str:
    return str(scene.recording["recording_url"])


def views(scene: Scene) -> list[dict[str, object]]:
    query = "select * from public.recording_views where recording_id = %s order by viewed_at"
    return scene.stage.owner.execute(query, [scene.recording["id"]]).fetchall()


def test_the_link_leads_to_the_video(finished: Scene) -> None:
    """With no header at all: a redirect to an address that is good for a minute, and nothing is kept on the way."""
    reply = httpx.get(link(finished))

    assert reply.status_code == 302
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["referrer-policy"] == "no-referrer"
    video = httpx.get(reply.headers["location"], headers={"range": "bytes=0-31"})
    assert (video.status_code, video.content[4:8], video.headers["content-type"]) == (
        206,
        b"ftyp",
        "video/mp4",
    )


def test_a_browser_gets_a_page_that_plays_it(finished: Scene) -> None:
    """The page holds addresses of ours, for a player that comes back after a minute; it runs no script but its own."""
    reply = httpx.get(link(finished), headers=BROWSER)

    assert reply.status_code == 200
    assert "<video" in reply.text
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    assert "/storage/v1/" not in reply.text
    (address,) = re.findall(r'"(http[^"]+part=1)"', reply.text)
    assert httpx.get(address).status_code == 302


def test_each_view_is_logged_once(finished: Scene) -> None:
    """Who and when; the requests of one page's player belong to that page's view."""
    before = len(views(finished))
    page = httpx.get(link(finished), headers=BROWSER)
    (address,) = re.findall(r'"(http[^"]+part=1)"', page.text)

    for _ in range(3):
        httpx.get(address)

    logged = views(finished)
    assert len(logged) == before + 1
    assert (logged[-1]["ip_address"], logged[-1]["user_agent"]) == ("127.0.0.1", BROWSER["user-agent"])


def test_another_links_view_is_no_pass(finished: Scene, sliced: Scene) -> None:
    """Whose view it was counts: a borrowed one is a new one."""
    page = httpx.get(link(sliced), headers=BROWSER)
    view = parse_qs(urlsplit(re.findall(r'"(http[^"]+part=1)"', page.text)[0]).query)["view"][0]
    before = len(views(finished))

    httpx.get(f"{link(finished)}&view={view}")

    assert len(views(finished)) == before + 1


@pytest.mark.parametrize(
    "query", ["", "?token=", "?token=x", "?token=" + "0" * 64, "?token=x&part=2", "?token=x&file=y"]
)
def test_an_unknown_link_leads_nowhere(finished: Scene, query: str) -> None:
    """For programs in the usual shape, for people on a page."""
    address = f"{finished.stage.env['FUNCTIONS_URL']}/open-recording{query}"

    for_programs, for_people = httpx.get(address), httpx.get(address, headers=BROWSER)

    assert (for_programs.status_code, for_programs.json()["code"]) == (404, "recording_not_found")
    assert (for_people.status_code, for_people.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "ask for a new one" in for_people.text


def test_there_are_no_more_parts_than_there_are(finished: Scene) -> None:
    """Nor other objects of the bucket, whatever the name says."""
    for extra in (
        "&part=2",
        "&part=0",
        "&file=x.ts",
        "&file=../../x",
        f"&file={finished.recording['storage_path']}",
    ):
        assert httpx.get(link(finished) + extra).status_code in (404, 422), extra


def test_a_recording_in_slices_plays_from_a_rewritten_playlist(sliced: Scene) -> None:
    """Each slice at an address of ours that still needs the link: signed when it is played, not before."""
    page = httpx.get(link(sliced), headers=BROWSER)
    parts = re.findall(r'"(http[^"]+part=\d+)"', page.text)

    playlist = httpx.get(parts[0])

    assert len(parts) >= 2
    assert playlist.headers["content-type"].startswith("application/vnd.apple.mpegurl")
    assert playlist.text.startswith("#EXTM3U")
    slices = [line for line in playlist.text.splitlines() if line and not line.startswith("#")]
    reply = httpx.get(slices[0], follow_redirects=True)
    assert (reply.status_code, reply.headers["content-type"]) == (200, "video/mp2t")
    assert reply.content[0] == 0x47  # how every packet of MPEG-TS begins


def test_staff_rotates_the_link(stage: Stage, agora: Agora) -> None:
    """The old one ends at once, the page's view with it; a client may not, a stranger learns nothing."""
    scene = Scene(stage, agora)
    scene.record()
    scene.process()
    old = link(scene)
    page = httpx.get(old, headers=BROWSER)
    (address,) = re.findall(r'"(http[^"]+part=1)"', page.text)
    body = {"recording_id": str(scene.recording["id"])}

    by_client = stage.rest("POST", "rpc/rotate_recording_link", as_=scene.client, json=body)
    by_stranger = stage.rest("POST", "rpc/rotate_recording_link", as_=stage.client(), json=body)
    by_practitioner = stage.rest("POST", "rpc/rotate_recording_link", as_=scene.practitioner, json=body)

    assert (by_client.status_code, by_stranger.status_code, by_practitioner.status_code) == (403, 404, 200)
    new = by_practitioner.json()[0]["recording_url"]
    assert [httpx.get(one).status_code for one in (old, address, new)] == [404, 404, 302]
    shown = stage.rest(
        "GET", f"session_recordings?select=recording_url&id=eq.{scene.recording['id']}", as_=scene.client
    )
    assert shown.json() == [{"recording_url": new}]


def test_nobody_reaches_the_files_past_the_link(finished: Scene) -> None:
    """Neither the client nor the practitioner signs, reads or lists in the bucket, nor reads its paths."""
    path = finished.recording["storage_path"]
    for person in (finished.client, finished.practitioner):
        http, headers = finished.stage.http, person.headers
        assert http.get(f"/storage/v1/object/session-recordings/{path}", headers=headers).status_code >= 400
        signed = http.post(
            f"/storage/v1/object/sign/session-recordings/{path}", json={"expiresIn": 60}, headers=headers
        )
        assert signed.status_code >= 400
        listed = http.post("/storage/v1/object/list/session-recordings", json={"prefix": ""}, headers=headers)
        assert listed.status_code >= 400 or listed.json() == []
        row = finished.stage.rest("GET", "session_recordings?select=storage_path", as_=person)
        assert row.status_code == 403


def test_the_database_keeps_no_token_and_the_log_says_none(finished: Scene, stack: object) -> None:
    """A link's hash is all there is to steal."""
    token = link(finished).partition("token=")[2]
    httpx.get(link(finished))
    stored = finished.stage.value(
        "select count(*) from private.recording_links where encode(token_sha256, 'hex') = %s", token
    )

    assert stored == 0
    log = Path(stack.state, "log", "open-recording.log")  # type: ignore[attr-defined]
    assert "open_recording" in log.read_text()
    assert token not in log.read_text()
