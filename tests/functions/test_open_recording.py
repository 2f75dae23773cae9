"""Opening a recording by its link: it plays without headers, is logged, and can be revoked."""

import re
from concurrent.futures import ThreadPoolExecutor
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.cast import Stage
from tests.recording_scene import AgoraEmulator, RecordingScene
from tests.sharing_scene import BROWSER, Browser, SharingScene, addresses, shared


@pytest.fixture(scope="module")
def finished(stage: Stage, emulator: AgoraEmulator) -> RecordingScene:
    """A recording that can be played."""
    scene = RecordingScene(stage, emulator)
    scene.record()
    scene.process()
    return scene


@pytest.fixture(scope="module")
def sliced(stage: Stage, emulator: AgoraEmulator) -> RecordingScene:
    """One without an MP4: two people, each with slices of their own."""
    scene = RecordingScene(stage, emulator)
    scene.fault("recording", codec="h264")
    scene.record(recording_mode="individual")
    scene.process()
    return scene


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


def test_a_shared_link_plays_without_an_account(finished: RecordingScene) -> None:
    """Page, redirect to the file, and a range of it: no header, no sign-in."""
    link, browser = shared(finished), Browser()

    page = browser.get(link.url)
    (address,) = addresses(page)
    reply = browser.play(address)
    video = httpx.get(reply.headers["location"], headers={"range": "bytes=100-131"})

    assert page.status_code == 200 and "/storage/v1/" not in page.text
    assert address == f"{link.url}&part=1"
    assert (reply.status_code, video.status_code, len(video.content)) == (302, 206, 32)
    assert video.headers["content-range"].startswith("bytes 100-131/")
    assert link.row["view_count"] == 1


def test_shared_pages_are_neither_indexed_nor_cached(finished: RecordingScene) -> None:
    """Pages and redirects alike; the address goes to nobody as a referrer, and the page is in no frame."""
    link = shared(finished)
    for reply in (link.get(), link.get(accept="*/*"), httpx.get(f"{link.url}x", headers=BROWSER)):
        assert "noindex" in reply.headers["x-robots-tag"]
        assert reply.headers["referrer-policy"] == "no-referrer"
        assert reply.headers["cache-control"] == "no-store"
    policy = link.get().headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy


def test_a_shared_playlist_is_rewritten_for_its_link(sliced: RecordingScene) -> None:
    """Every slice at our address with the shared token, of the same view."""
    link, browser = shared(sliced), Browser()
    parts = addresses(browser.get(link.url))

    playlist = browser.play(parts[0])
    slices = [line for line in playlist.text.splitlines() if line and not line.startswith("#")]
    reply = httpx.get(browser.play(slices[0]).headers["location"])

    assert (reply.status_code, reply.content[0]) == (200, 0x47)
    assert all(f"share={link.token}" in line for line in slices)
    assert link.row["view_count"] == 1


def test_a_password_is_asked_once_for_each_view(stage: Stage) -> None:
    """The form comes first and counts as no view; the right password leads to a page that can be reloaded."""
    link, browser = SharingScene(stage).link(password="correct horse"), Browser()

    form = browser.get(link.url)
    wrong, right = link.open("wrong horse", browser), link.open("correct horse", browser)

    assert 'type="password"' in form.text and "<video" not in form.text
    assert "form-action 'self'" in form.headers["content-security-policy"]
    assert wrong.status_code == 403 and "not the password" in wrong.text
    assert "set-cookie" not in form.headers and "set-cookie" not in wrong.headers
    assert (right.status_code, right.headers["location"]) == (303, link.url)
    for _ in range(2):
        assert "<video" in browser.get(right.headers["location"]).text
    assert link.open("correct horse", browser).status_code == 303  # the button pressed twice is one view
    assert link.row["view_count"] == 1
    # The right password gave the guesses back.
    assert 0 == stage.value(
        "select count(*) from private.rate_uses where rule = 'password guesses' and subject = %s", link.id
    )


def test_a_password_in_the_address_is_ignored(stage: Stage) -> None:
    """It would end up in histories and logs."""
    link = SharingScene(stage).link(password="correct horse")

    assert "<video" not in link.get("&password=correct%20horse").text
    program = httpx.get(link.url)
    assert (program.status_code, program.json()["code"]) == (403, "share_link_closed")
    assert link.row["view_count"] == 0


def test_password_guesses_are_limited(stage: Stage) -> None:
    """Of ten at once five are compared; then it is locked for a while, for the right one as well."""
    link = SharingScene(stage).link(password="correct horse")

    with ThreadPoolExecutor(10) as many:
        replies = [reply.status_code for reply in many.map(lambda n: link.open(f"guess {n}"), range(10))]
    locked = link.open("correct horse")

    assert sorted(replies) == [403] * 5 + [429] * 5
    assert locked.status_code == 429 and "Please try again in" in locked.text
    assert 0 < int(locked.headers["retry-after"]) <= 15 * 60
    stage.execute("update private.rate_uses set ends_at = ends_at - interval '15 minutes'")
    assert link.open("correct horse").status_code == 303


def test_a_link_for_one_view_is_opened_by_one_of_ten(stage: Stage) -> None:
    """Looking at it before uses nothing up; who has opened it goes on."""
    link = SharingScene(stage).link(view_limit=1)
    before, browsers = link.get(), [Browser() for _ in range(10)]

    with ThreadPoolExecutor(10) as many:
        replies = list(many.map(lambda browser: link.open(browser=browser), browsers))

    assert before.status_code == 200 and "<video" not in before.text
    assert sorted(reply.status_code for reply in replies) == [303] + [410] * 9
    assert link.row["view_count"] == 1
    shown = [browser.get(link.url) for browser in browsers]
    assert sorted(page.status_code for page in shown) == [200] + [410] * 9
    assert ["<video" in page.text for page in shown] == [page.status_code == 200 for page in shown]
    assert "as often as it could be" in link.get().text


@pytest.mark.parametrize("view_limit", [None, 1, 3])
def test_an_address_that_is_passed_on_shows_nothing(sliced: RecordingScene, view_limit: int | None) -> None:
    """All that A's page loads, and what A's address bar shows, is a closed door to B; the log has A's line alone."""
    link = shared(sliced, password="correct horse", **({"view_limit": view_limit} if view_limit else {}))
    a, loaded = Browser(), [link.url]
    loaded.append(link.open("correct horse", a).headers["location"])
    parts = addresses(a.get(link.url))
    for part in parts:
        playlist = a.play(part)
        assert playlist.text.startswith("#EXTM3U")
        slices = [line for line in playlist.text.splitlines() if line and not line.startswith("#")]
        assert a.play(slices[0]).status_code == 302
        loaded += [part, *slices]

    for address in loaded:
        for _ in range(2):  # as a page, and as a player would
            page, player = Browser().get(address), httpx.get(address)
            refused = (410, "share_link_used_up") if view_limit == 1 else (403, "share_link_closed")
            assert page.status_code == (410 if view_limit == 1 else 200)
            assert "<video" not in page.text and "set-cookie" not in page.headers
            assert (player.status_code, player.json()["code"]) == refused

    assert link.row["view_count"] == len(link.views) == 1
    assert len(loaded) > 4


def test_every_viewer_is_a_line_in_the_log(finished: RecordingScene) -> None:
    """Six people with one address are six views, also where no password asks who they are."""
    link = shared(finished)
    browsers = [Browser() for _ in range(6)]

    for browser in browsers * 2:
        (address,) = addresses(browser.get(link.url))
        assert browser.play(address).status_code == 302

    assert link.row["view_count"] == len(link.views) == 6


def test_a_limit_holds_for_many_at_once(finished: RecordingScene) -> None:
    """Twenty people and three views: three play, each of them is a line, and nobody else gets a byte."""
    link = shared(finished, view_limit=3)
    browsers = [Browser() for _ in range(20)]

    def watch(browser: Browser) -> int:
        link.open(None, browser)
        return browser.play(f"{link.url}&part=1").status_code

    with ThreadPoolExecutor(10) as many:
        played = list(many.map(watch, browsers))

    assert sorted(played) == [302] * 3 + [410] * 17
    assert link.row["view_count"] == len(link.views) == 3


def test_a_view_ends_after_a_day(stage: Stage) -> None:
    """Then it is another one, and where there is none left it is over."""
    link, browser = SharingScene(stage).link(view_limit=1), Browser()
    link.open(browser=browser)
    assert browser.get(link.url).status_code == 200

    stage.execute(
        "update public.recording_views set viewed_at = now() - interval '25 hours' where link_id = %s",
        link.id,
    )

    assert browser.get(link.url).status_code == 410


def test_an_expired_link_is_reported_as_expired(stage: Stage) -> None:
    """To people on a page, to programs by a code; a view that was open is over too."""
    link, browser = SharingScene(stage).link(), Browser()
    (address,) = addresses(browser.get(link.url))
    link.change(created_at="now() - interval '8 days'", expires_at="now() - interval '1 second'")

    page, program = link.get(), httpx.get(link.url)

    assert (page.status_code, program.status_code) == (410, 410)
    assert "has expired" in page.text and program.json()["code"] == "share_link_expired"
    assert browser.get(address).status_code == 410


def test_a_signed_address_is_neither_stored_nor_logged(finished: RecordingScene, stack: object) -> None:
    """It cannot be taken back; nor are shared tokens and passwords."""
    link, browser = shared(finished, password="correct horse"), Browser()
    opened = link.open("correct horse", browser).headers["location"]
    signed = browser.play(opened).headers["location"]
    secret = parse_qs(urlsplit(signed).query)["token"][0]
    assert httpx.get(signed).status_code == 200

    (view_key,) = browser.cookies.values()
    kept = {secret, *link.token.split("."), view_key, "correct horse"}
    for table in (
        "session_recordings", "recording_views", "recording_share_links", "audit_logs", "consent_history",
    ):  # fmt: skip
        dump = str(
            finished.stage.owner.execute(f"select to_jsonb(t)::text as row from public.{table} t").fetchall()
        )
        assert "/object/sign/" not in dump and not [each for each in kept if each in dump], table
    for log in Path(stack.state, "log").glob("*.log"):  # type: ignore[attr-defined]
        text = log.read_text(errors="replace")
        assert not [each for each in kept if each in text], log.name
