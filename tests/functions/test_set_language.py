"""The choice at the foot of each page by mail: kept for its link's person, and leading back to that page alone."""

import re
from datetime import timedelta
from html import unescape

import httpx
import pytest

from deploy.functions import functions
from functions.set_language.contract import PAGES
from tests.cast import Person, Stage
from tests.page_scene import BROWSER, PageScene
from tests.sharing_scene import SharingScene

# Pages that are opened by no link of a person's: their foot leads to the same address in the other language.
WITHOUT_A_PERSON = {
    "find-my-sessions",
    "get-calendar-feed",
    "open-recording",
    "set-language",
    "show-refused-checkout",
    "status",
    "verify-signature",
}
# Where no way back may lead.
ELSEWHERE = [
    "https://evil.test/manage-session?token=x",
    "//evil.test/?token=x",
    "/\\evil.test?x=1",
    "\\\\evil.test?x=1",
    "/manage-session?token=x",
    "../manage-session?token=x",
    "manage-session/../../evil?x=1",
    "manage-session",
    "manage-session?",
    "manage-session?token=x#//evil.test",
    "manage-session?token=x/../evil",
    "manage-session?token=x\r\nlocation: https://evil.test",
    "manage-session?token=x\n",
    "manage-session?to ken=x",
    "manage-session?token=é",
    "manage-sessions?token=x",
    "Manage-Session?token=x",
    "evil.test?x=1",
    "javascript:alert(1)?x=1",
    "manage-session:x?x=1",
    "set-language?token=x",
    "open-recording?token=x",
    " manage-session?token=x",
    "manage-session?" + "x" * 2001,
]


@pytest.fixture(scope="module")
def scene(stage: Stage) -> PageScene:
    scene = PageScene(stage)
    scene.session = scene.book()
    scene.send()
    return scene


def language_of(scene: PageScene, person: Person) -> str | None:
    said: str | None = scene.stage.value("select private.find_language(%s)", person.id)
    return said


def foot(page: httpx.Response) -> dict[str, str]:
    """What the form at a page's foot holds, with the button pressed."""
    (form,) = re.findall(r'<form method="post" action="set-language">.*?</form>', page.text, re.DOTALL)
    fields = re.findall(r'name="(\w+)" value="([^"]*)"', form)
    return {name: unescape(value) for name, value in fields}


def test_a_page_turns_french_and_back_and_so_does_what_follows(scene: PageScene) -> None:
    """The page, the next notification, and the next mail."""
    link = scene.make_link("manage_session", scene.client, scene.session)
    others = "select count(*) from private.chosen_languages where user_id <> %s"
    before = scene.stage.value(others, scene.client.id)
    for days, language, of_the_page, title, names in (
        (1, "fr-CA", "English", "Séance déplacée", "lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"),
        (2, "en", "Français", "Session moved", "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"),
    ):
        page = scene.look(link)
        chosen = scene.press(scene.address("set_language"), **foot(page))
        assert (303, foot(page)["back"]) == (chosen.status_code, chosen.headers["location"])
        assert language == language_of(scene, scene.client)

        back = scene.look(str(httpx.URL(scene.address("set_language")).join(chosen.headers["location"])))
        assert back.status_code == 200
        assert language == back.headers["content-language"] and f'<html lang="{language}">' in back.text
        assert re.search(rf"<button[^>]*>{of_the_page}</button>", back.text)

        scene.move(scene.session, by=timedelta(days=days))
        scene.send()
        told = scene.stage.rest(
            "GET", "user_notifications?select=title,message&order=created_at.desc&limit=1", as_=scene.client
        ).json()
        assert title == told[0]["title"] and re.search(rf"\b({names})\b", told[0]["message"])
        assert re.search(rf"\b({names})\b", scene.mails_to(scene.client)[-1]["TextBody"])
    assert before == scene.stage.value(others, scene.client.id)


def test_a_browser_is_asked_until_somebody_has_chosen(scene: PageScene) -> None:
    """And what the address says goes first."""
    french = BROWSER | {"accept-language": "fr;q=0.9, en;q=0.5"}
    link = scene.make_link("manage_calendars", scene.practitioner, None)
    spoken = [
        scene.stage.http.get(address, headers=headers).headers["content-language"]
        for address, headers in ((link, BROWSER), (link, french), (f"{link}&language=en", french))
    ]
    assert ["en", "fr-CA", "en"] == spoken
    scene.stage.execute("select private.choose_language(%s, 'en')", scene.practitioner.id)
    assert "en" == scene.stage.http.get(link, headers=french).headers["content-language"]
    for person in (scene.client, scene.practitioner):
        scene.stage.execute("delete from private.chosen_languages where user_id = %s", person.id)


@pytest.mark.parametrize("back", ELSEWHERE)
def test_the_way_back_leads_nowhere_else(scene: PageScene, back: str) -> None:
    """And with it nothing is kept."""
    token = scene.token(scene.make_link("manage_session", scene.client, scene.session))
    reply = scene.press(scene.address("set_language"), token=token, back=back, language="fr-CA")

    assert reply.status_code == 422 and "location" not in reply.headers
    assert language_of(scene, scene.client) is None


def test_a_language_that_there_is_not_is_refused(scene: PageScene) -> None:
    link = scene.make_link("manage_session", scene.client, scene.session)
    for language in ("de", "fr", "FR-CA", "english"):
        reply = scene.press(
            scene.address("set_language"),
            token=scene.token(link),
            back="manage-session?token=x",
            language=language,
        )
        assert reply.status_code == 422
    assert language_of(scene, scene.client) is None


def test_a_get_changes_nothing_whatever_it_carries(scene: PageScene) -> None:
    """Scanners follow what they find."""
    link = scene.make_link("manage_session", scene.client, scene.session)
    query = {
        "token": scene.token(link),
        "back": f"manage-session?token={scene.token(link)}",
        "language": "fr-CA",
    }
    for method in ("GET", "HEAD"):
        reply = scene.stage.http.request(method, scene.address("set_language"), params=query, headers=BROWSER)
        assert reply.status_code == 200
    assert language_of(scene, scene.client) is None


def test_a_link_of_nobody_in_particular_chooses_for_nobody(scene: PageScene) -> None:
    """An unknown one, a calendar's address, a shared recording's; its own page offers an address, and no form."""
    chosen = "select count(*) from private.chosen_languages"
    before = scene.stage.value(chosen)
    calendars = scene.make_link("manage_calendars", scene.client, None)
    (feed,) = re.findall(r'readonly value="([^"]+)"', scene.press(calendars, press="make").text)
    shared = SharingScene(scene.stage).link().url
    for link in (f"{scene.address('manage_session')}?token=unknown", feed, shared):
        token = link.partition("=")[2] or link.rpartition("/")[2]
        body = {"token": token, "back": "manage-session?token=x", "language": "fr-CA"}
        assert scene.press(scene.address("set_language"), **body).status_code == 404
    assert before == scene.stage.value(chosen)
    player = scene.look(shared)
    assert player.status_code == 200 and 'action="set-language"' not in player.text
    assert 'hreflang="fr-CA"' in player.text


def test_it_leads_back_to_each_page_that_has_a_link_in_its_address() -> None:
    pages = {name for name, function in functions().items() if function.is_page}
    assert set(PAGES) == pages - WITHOUT_A_PERSON


@pytest.mark.parametrize("page", PAGES)
def test_each_page_by_link_has_the_choice_at_its_foot(scene: PageScene, page: str) -> None:
    """Whether or not there is anything else to see: for whom it was made, it says."""
    target = page.replace("-", "_")
    subject = "session_reminders" if page == "unsubscribe" else str(scene.session)
    link = scene.make_link(target, scene.client, None if page in ("pay-session", "find-classes") else subject)
    reply = scene.look(link)
    if reply.status_code == 200:
        held = foot(reply)
        assert held == {
            "token": scene.token(link),
            "back": f"{page}?token={scene.token(link)}",
            "language": "fr-CA",
        }
    else:
        assert reply.status_code in (404, 410, 409)
