"""Every page of ours as a reader of French sees it: in each of its states, with its buttons, and when it refuses."""

import html
import re
from collections.abc import Iterator

import httpx
import pytest

from tests.browser.visits import SCENES, Visit, by_link
from tests.cast import Stage
from tests.page_scene import BROWSER, PageScene

from .test_answer_change import forms
from .test_answer_offer import offer
from .test_every_page import OPEN, PAGES

FRENCH = {**BROWSER, "accept-language": "fr-CA,fr;q=0.9,en;q=0.8"}
# What is no words of ours: names, and texts that somebody agrees to.
OTHERS = re.compile(
    r"<(style|script|bdi|code|option)\b.*?</\1>|<div class=\"text\".*?</div>|<footer lang=\"en\">.*?</footer>",
    re.DOTALL,
)
ENGLISH = re.compile(
    r"\b(?:the|you|your|it|its|is|are|of|with|this|that|and|for|by|have|has|was|to|until|yes|no)\b",
    re.IGNORECASE,
)


@pytest.fixture
def offered(stage: Stage) -> PageScene:
    """A session that two practitioners were asked to lead."""
    scene = PageScene(stage)
    scene.session = scene.book()
    scene.quick, scene.slow = stage.practitioner(), stage.practitioner()
    offer(scene, scene.quick, scene.slow)
    return scene


@pytest.mark.parametrize(
    "page", sorted({*PAGES} - {"get_calendar_feed"})
)  # that one is for calendar programs
def test_nothing_on_a_page_is_left_in_english(stage: Stage, unlimited: None, page: str) -> None:
    """Nor behind its first button, which says in French what it does and does what it says."""
    seen = 0
    for visit in list(
        visits_of(stage, page)
    ):  # the whole scene first: later visits fill the class of the first
        shown = stage.http.get(visit.url, headers=FRENCH)
        assert shown.status_code < 500 or page == "status", visit.name
        check_french(visit.name, shown)
        seen += shown.status_code in (200, 503)
        buttons = forms(re.sub(r"<footer.*", "", shown.text, flags=re.DOTALL))
        if visit.presses and buttons:
            label, fields = next(iter(buttons.items()))
            pressed = stage.http.post(visit.url, data=fields, headers=FRENCH, follow_redirects=True)
            assert pressed.status_code < 500, (visit.name, label)
            check_french(f"{visit.name}, pressed", pressed)
    assert seen


def test_a_page_refuses_in_french_and_changes_nothing(offered: PageScene) -> None:
    """Too late, twice, wrong, unknown: by the page's own words, those of the database and those of a form's fields."""
    stage = offered.stage
    quick, slow = (
        offered.make_link("answer_offer", each, offered.session) for each in (offered.quick, offered.slow)
    )
    yes = {link: forms(look(stage, link).text)["Oui, je la donne"] for link in (quick, slow)}
    calendars = offered.make_link("manage_calendars", offered.practitioner, None)

    won = press(stage, quick, **yes[quick])
    late = press(stage, slow, **yes[slow])
    no_address = press(stage, calendars, press="add", address="calendar")
    no_press = press(stage, calendars, press="sing")
    unknown = look(stage, f"{offered.address('answer_offer')}?token=unknown")

    assert (200, "C’est vous qui la donnez.") == (
        won.status_code,
        found(won, r"C’est vous qui la donnez\."),
    )
    assert 409 == late.status_code and found(late, r"Quelqu’un d’autre a pris cette séance\.")
    assert 422 == no_address.status_code and found(
        no_address, r"Veuillez donner l’adresse complète du calendrier"
    )
    assert 422 == no_press.status_code and found(no_press, r"press\s: devrait être ")
    assert 404 == unknown.status_code and found(unknown, r"Ce lien est inconnu\.")
    for page in (won, late, no_address, unknown):
        check_french(page.url.path, page)
    assert offered.quick.practitioner_id == stage.value(
        "select practitioner_id from public.session_schedules where id = %s", offered.session
    )


def test_a_program_is_refused_in_english(stage: Stage) -> None:
    """Whatever it says it reads: what it shows of us it may compare."""
    refused = stage.http.post(
        PageScene(stage).address("answer_offer"),
        json={"token": "unknown", "accepts": True},
        headers={"accept": "application/json", "accept-language": "fr-CA"},
    )

    assert (404, "This link is not known.") == (refused.status_code, refused.json()["error"])


def visits_of(stage: Stage, page: str) -> Iterator[Visit]:
    yield from SCENES[page](stage) if page in SCENES else by_link(stage, page)
    if page not in OPEN:
        yield Visit(page, "unknown", f"{stage.env['PAGES_URL']}/{page.replace('_', '-')}?token=unknown")


def look(stage: Stage, link: str) -> httpx.Response:
    return stage.http.get(link, headers=FRENCH)


def press(stage: Stage, link: str, **fields: str) -> httpx.Response:
    return stage.http.post(link, data=fields, headers=FRENCH)


def words(page: httpx.Response) -> str:
    """What is read of it, by eye and ear, but names and texts of law."""
    ours = OTHERS.sub(" ", page.text)
    aloud = re.findall(r'aria-label="([^"]*)"', ours)
    read = html.unescape(" ".join([re.sub(r"<[^>]*>", " ", ours), *aloud]))
    return " ".join(re.sub(r"\S+[-./@]\S+", " ", read).split())  # without addresses, and names of functions


def found(page: httpx.Response, pattern: str) -> str | None:
    match = re.search(pattern, words(page))
    return match and match[0]


def check_french(name: str, page: httpx.Response) -> None:
    assert 'lang="fr-CA"' in page.text and "fr-CA" == page.headers["content-language"], name
    assert [] == ENGLISH.findall(words(page)), (name, words(page))
    assert not re.search(r"\w{2}[.?!]</?\w*>?[A-ZÀÉ][a-zé' ]", OTHERS.sub(" ", page.text)), (
        f"{name}: two sentences touch"
    )
