"""Opening a recording by its link: it plays without headers, is logged, and can be revoked."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.cast import Stage
from tests.recording_scene import AgoraEmulator, RecordingScene
from tests.sharing_scene import BROWSER, Link, SharingScene


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
    scene.record(recording_mode="individual")
    scene.process()
    return scene


def shared(scene: RecordingScene, **body: Any) -> Link:
    """A link to it, made by its client."""
    body = {"recording_id": str(scene.recording["id"]), **body}
    made = scene.stage.invoke("create-recording-share-link", body, as_=scene.client).raise_for_status().json()
    return Link(scene.stage, made["share_link_id"], made["url"])


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
    (address,) = re.findall(r'"(http[^"]+part=1)"', reply.text)
    assert httpx.get(address).status_code == 302


def test_each_view_is_logged_once(finished: RecordingScene) -> None:
    """Who and when; the requests of one page's player belong to that page's view."""
    before = len(views(finished))
    page = httpx.get(link(finished), headers=BROWSER)
    (address,) = re.findall(r'"(http[^"]+part=1)"', page.text)

    for _ in range(3):
        httpx.get(address)

    logged = views(finished)
    assert len(logged) == before + 1
    assert (logged[-1]["ip_address"], logged[-1]["user_agent"]) == ("127.0.0.1", BROWSER["user-agent"])


def test_the_view_id_of_another_link_is_not_accepted(
    finished: RecordingScene, sliced: RecordingScene
) -> None:
    """A borrowed one starts a view of its own."""
    page = httpx.get(link(sliced), headers=BROWSER)
    view = parse_qs(urlsplit(re.findall(r'"(http[^"]+part=1)"', page.text)[0]).query)["view"][0]
    before = len(views(finished))

    httpx.get(f"{link(finished)}&view={view}")

    assert len(views(finished)) == before + 1


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


def test_staff_replaces_the_link(stage: Stage, agora: AgoraEmulator) -> None:
    """The old one ends at once, and views of it too; a client may not, a stranger learns nothing."""
    scene = RecordingScene(stage, agora)
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
    link = shared(finished)

    page = link.get()
    (address,) = re.findall(r'"(http[^"]+part=1)"', page.text)
    reply = httpx.get(address)
    video = httpx.get(reply.headers["location"], headers={"range": "bytes=100-131"})

    assert page.status_code == 200 and "/storage/v1/" not in page.text
    assert "share=" in address and "view=" in address
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
    link = shared(sliced)
    parts = re.findall(r'"(http[^"]+part=\d+)"', link.get().text)

    playlist = httpx.get(parts[0])
    slices = [line for line in playlist.text.splitlines() if line and not line.startswith("#")]
    reply = httpx.get(slices[0], follow_redirects=True)

    assert (reply.status_code, reply.content[0]) == (200, 0x47)
    assert all(f"share={link.token}" in line for line in slices)
    assert link.row["view_count"] == 1


def test_a_password_is_asked_once_for_each_view(stage: Stage) -> None:
    """The form comes first and counts as no view; the right password leads to a page that can be reloaded."""
    link = SharingScene(stage).link(password="correct horse")

    form, wrong, right = link.get(), link.open("wrong horse"), link.open("correct horse")

    assert 'type="password"' in form.text and "<video" not in form.text
    assert "form-action 'self'" in form.headers["content-security-policy"]
    assert wrong.status_code == 403 and "not the password" in wrong.text
    assert right.status_code == 303 and "correct" not in right.headers["location"]
    for _ in range(2):
        assert "<video" in httpx.get(right.headers["location"], headers=BROWSER).text
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
    before = link.get()

    with ThreadPoolExecutor(10) as many:
        replies = list(many.map(lambda _: link.open(), range(10)))

    assert before.status_code == 200 and "<video" not in before.text
    assert sorted(reply.status_code for reply in replies) == [303] + [410] * 9
    assert link.row["view_count"] == 1
    (opened,) = (reply.headers["location"] for reply in replies if reply.status_code == 303)
    assert "<video" in httpx.get(opened, headers=BROWSER).text
    assert "as often as it could be" in link.get().text


def test_a_view_ends_after_a_day(stage: Stage) -> None:
    """Then it is another one, and where there is none left it is over."""
    link = SharingScene(stage).link(view_limit=1)
    opened = link.open().headers["location"]

    stage.execute(
        "update public.recording_views set viewed_at = now() - interval '25 hours' where link_id = %s",
        link.id,
    )

    assert httpx.get(opened, headers=BROWSER).status_code == 410


def test_an_expired_link_is_reported_as_expired(stage: Stage) -> None:
    """To people on a page, to programs by a code; a view that was open is over too."""
    link = SharingScene(stage).link()
    (address,) = re.findall(r'"(http[^"]+part=1)"', link.get().text)
    link.change(created_at="now() - interval '8 days'", expires_at="now() - interval '1 second'")

    page, program = link.get(), httpx.get(link.url)

    assert (page.status_code, program.status_code) == (410, 410)
    assert "has expired" in page.text and program.json()["code"] == "share_link_expired"
    assert httpx.get(address).status_code == 410


def test_a_signed_address_is_neither_stored_nor_logged(finished: RecordingScene, stack: object) -> None:
    """It cannot be taken back; nor are shared tokens and passwords."""
    link = shared(finished, password="correct horse")
    opened = link.open("correct horse").headers["location"]
    signed = httpx.get(opened).headers["location"]
    secret = parse_qs(urlsplit(signed).query)["token"][0]
    assert httpx.get(signed).status_code == 200

    kept = {secret, link.token, "correct horse"}
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
