"""Opening a recording by its link: it plays without headers, is logged, and can be revoked."""

import re
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.cast import Stage
from tests.recording_scene import AgoraEmulator, RecordingScene
from tests.sharing_scene import BROWSER, Browser, addresses, shared


def link(scene: RecordingScene) -> str:
    return str(scene.recording["recording_url"])


def views(scene: RecordingScene) -> list[dict[str, object]]:
    query = "select * from public.recording_views where recording_id = %s order by viewed_at"
    return scene.stage.owner.execute(query, [scene.recording["id"]]).fetchall()


def test_the_link_redirects_to_the_video(finished: RecordingScene) -> None:
    """Without any header: to an address that is valid for a minute; no cache keeps it."""
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


def test_a_browser_gets_a_page_that_plays_the_recording(finished: RecordingScene) -> None:
    """The page holds addresses of ours, for a player that comes back after a minute; it runs no script but its own."""
    reply = httpx.get(link(finished), headers=BROWSER)

    assert reply.status_code == 200
    assert "<video" in reply.text
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    assert "/storage/v1/" not in reply.text
    (address,) = addresses(reply)
    assert httpx.get(address).status_code == 302


def test_each_view_is_logged_once(finished: RecordingScene) -> None:
    """Who and when; the requests of one page's player belong to that page's view."""
    before = len(views(finished))
    browser = Browser()
    (address,) = addresses(browser.get(link(finished)))

    for _ in range(3):
        browser.play(address)

    logged = views(finished)
    assert len(logged) == before + 1
    assert (logged[-1]["ip_address"], logged[-1]["user_agent"]) == ("127.0.0.1", BROWSER["user-agent"])


def test_a_look_by_head_begins_no_view_and_leads_to_no_file(finished: RecordingScene) -> None:
    """Own and shared, whatever it accepts: an unlimited link is answered as its page is, a door stays shut."""
    shares = [shared(finished), shared(finished, view_limit=1), shared(finished, password="correct horse")]
    before = len(views(finished))

    for address in (link(finished), *(share.url for share in shares)):
        for headers in (BROWSER, {"accept": "*/*"}):
            reply = httpx.head(address, headers=headers)
            assert (reply.status_code, reply.content) == (200, b"")
            assert reply.headers["content-type"].startswith("text/html")
            assert "location" not in reply.headers and "set-cookie" not in reply.headers
    assert httpx.head(f"{link(finished)}x").status_code == 404
    assert len(views(finished)) == before
    assert [share.row["view_count"] for share in shares] == [0, 0, 0]


def test_links_of_before_open_at_the_functions_address(finished: RecordingScene) -> None:
    """They stand in mails and rows. The page that they show plays from the new address, in the same view."""
    old = link(finished).replace("/open-recording", "/functions/v1/open-recording")
    share = shared(finished, password="correct horse")
    before, browser = len(views(finished)), Browser()

    (address,) = addresses(browser.get(old))

    assert address.startswith(f"{finished.stage.env['PAGES_URL']}/open-recording?token=")
    assert browser.play(address).status_code == 302
    assert len(views(finished)) == before + 1
    assert httpx.get(old).status_code == 302
    form = {"share": share.token, "password": "correct horse"}
    opened = browser.post(f"{finished.stage.env['FUNCTIONS_URL']}/open-recording", form)
    assert "<video" in browser.get(opened.headers["location"]).text
    assert share.row["view_count"] == 1


def test_the_view_of_another_link_is_not_accepted(finished: RecordingScene, sliced: RecordingScene) -> None:
    """Its key under this link's name starts a view of its own; so does what is no key."""
    here, there = Browser(), Browser()
    here.get(link(finished))
    there.get(link(sliced))
    (name,), (key,) = here.cookies, there.cookies.values()
    before = len(views(finished))

    for borrowed in (key, "", "x" * 64, "é"):
        httpx.get(link(finished), headers={"cookie": f"{name}={borrowed}".encode()})

    assert len(views(finished)) == before + 4


def test_the_cookie_of_a_view_is_only_this_functions(finished: RecordingScene) -> None:
    """Out of reach of scripts, of other sites, and of other paths of the origin; it ends with the view."""
    reply = httpx.get(link(finished), headers=BROWSER)

    made = SimpleCookie(reply.headers["set-cookie"])
    (cookie,) = made.values()
    assert cookie["path"] == urlsplit(link(finished)).path == "/open-recording"
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "lax", "86400")
    assert (cookie["secure"], cookie["domain"]) == ("", "")  # this stack has no TLS
    assert cookie.value not in reply.text and link(finished).partition("token=")[2] not in cookie.key
    assert finished.stage.value(
        "select count(*) from public.recording_views where key_sha256 = sha256(%s)", cookie.value.encode()
    )


@pytest.mark.parametrize(
    "query", ["", "?token=", "?token=x", "?token=" + "0" * 64, "?token=x&part=2", "?token=x&file=y"]
)
def test_an_unknown_link_is_refused(finished: RecordingScene, query: str) -> None:
    """For programs in the usual shape, for people on a page."""
    address = f"{finished.stage.env['FUNCTIONS_URL']}/open-recording{query}"

    for_programs, for_people = httpx.get(address), httpx.get(address, headers=BROWSER)

    assert (for_programs.status_code, for_programs.json()["code"]) == (404, "recording_not_found")
    assert (for_people.status_code, for_people.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "ask for a new one" in for_people.text


def test_a_part_that_does_not_exist_is_not_found(finished: RecordingScene) -> None:
    """Nor any other object of the bucket, whatever the name says."""
    for extra in (
        "&part=2",
        "&part=0",
        "&file=x.ts",
        "&file=../../x",
        f"&file={finished.recording['storage_path']}",
    ):
        assert httpx.get(link(finished) + extra).status_code in (404, 422), extra


def test_a_recording_in_slices_plays_from_a_rewritten_playlist(sliced: RecordingScene) -> None:
    """Each slice at an address of ours that still needs the link: signed when it is played, not before."""
    parts = addresses(httpx.get(link(sliced), headers=BROWSER))

    playlist = httpx.get(parts[0])

    assert len(parts) >= 2
    assert playlist.headers["content-type"].startswith("application/vnd.apple.mpegurl")
    assert playlist.text.startswith("#EXTM3U")
    slices = [line for line in playlist.text.splitlines() if line and not line.startswith("#")]
    reply = httpx.get(slices[0], follow_redirects=True)
    assert (reply.status_code, reply.headers["content-type"]) == (200, "video/mp2t")
    assert reply.content[0] == 0x47  # how every packet of MPEG-TS begins


def test_the_player_of_streams_comes_from_us_and_is_kept(sliced: RecordingScene) -> None:
    """Without a link, compressed for browsers; another version has another address, and an unknown one is refused."""
    page = httpx.get(link(sliced), headers=BROWSER)
    (address,) = re.findall(r'"streamsScript": "([^"]+)"', page.text)
    script, plain = httpx.get(address), httpx.get(address, headers={"accept-encoding": "identity"})

    assert address.startswith(f"{sliced.stage.env['PAGES_URL']}/open-recording?script=hls-")
    assert (script.status_code, script.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    assert "immutable" in script.headers["cache-control"]
    assert script.headers["content-encoding"] == "gzip" and script.content == plain.content
    assert int(script.headers["content-length"]) < len(plain.content) / 2
    policy = page.headers["content-security-policy"]
    assert (
        "media-src 'self' blob:" in policy and "connect-src 'self'" in policy and "worker-src" not in policy
    )
    unknown = httpx.get(address.replace("hls-", "hls-0"))
    assert (unknown.status_code, unknown.json()["code"]) == (404, "script_not_found")


def test_a_file_is_saved_under_the_sessions_name(finished: RecordingScene) -> None:
    """Also by a browser that follows the link without scripts; the view is the page's."""
    browser, before = Browser(), len(views(finished))
    page = browser.get(link(finished))
    (href,) = re.findall(r'href="([^"]+download=1)"', page.text)

    reply = browser.get(href.replace("&amp;", "&"))
    video = httpx.get(reply.headers["location"], headers={"range": "bytes=0-31"})

    assert reply.status_code == 302 and video.content[4:8] == b"ftyp"
    assert re.search(r'attachment; filename="[^"/]+20[0-9-]{8}\.mp4"', video.headers["content-disposition"])
    assert len(views(finished)) == before + 1
    assert "download=1" not in Browser().get(shared(finished).url).text


@pytest.mark.parametrize("part", [1, 2])
def test_each_part_has_a_page_without_scripts(sliced: RecordingScene, part: int) -> None:
    """Its address opens the page at that part."""
    page = httpx.get(f"{link(sliced)}&part={part}", headers=BROWSER)

    assert f'&amp;part={part}"></video>' in page.text
    assert f"this is part {part}" in page.text


def test_staff_replaces_the_link(stage: Stage, agora: AgoraEmulator) -> None:
    """The old one ends at once, and views of it too; a client may not, a stranger learns nothing."""
    scene = RecordingScene(stage, agora)
    scene.record()
    scene.process()
    old = link(scene)
    (address,) = addresses(httpx.get(old, headers=BROWSER))
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


def test_the_files_cannot_be_reached_without_the_link(finished: RecordingScene) -> None:
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


def test_tokens_are_stored_only_as_hashes_and_never_logged(finished: RecordingScene, stack: object) -> None:
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


# Links that were shared
