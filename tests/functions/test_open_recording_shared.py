"""A link that was shared: it plays without an account, ends, is counted, and asks for its password."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.cast import Stage
from tests.recording_scene import RecordingScene
from tests.sharing_scene import BROWSER, Browser, SharingScene, addresses, shared


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
