"""Every page of ours in a browser: on a phone, in the dark, by keyboard, without scripts, with nothing from elsewhere.

A page is found in deploy.yaml and opened by the links in mails, or by one that is made for a session; what is reached
otherwise has a scene in visits/. One that cannot be opened by any of these fails. SHOTS=… keeps screenshots, to be
looked at.
"""

import os
import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from babel.messages.pofile import read_po

from deploy import languages
from deploy.functions import functions
from tests.browser_scene import in_a_browser, play
from tests.cast import Stage
from tests.functions.test_every_page import OPEN
from tests.page_scene import BROWSER

from .visits import LONG_NAME, SCENES, Visit, by_link

pytestmark = in_a_browser
# A feed is for calendar programs: no browser shows it.
PAGES = [
    function.target
    for function in functions().values()
    if function.is_page and function.target != "get_calendar_feed"
]
NEVER_READ = re.compile(r"<(style|script)\b.*?</\1>|<!--.*?-->", re.DOTALL)
READ_ALOUD = re.compile(r"""\b(?:aria-label|title|alt|placeholder)="([^"]*)\"""")
TAG_OR_GAP = re.compile(r"<[^<>]*>|%\(\w+\)[sd]|…")


@pytest.fixture(scope="module")
def visits(stage: Stage, unlimited: None) -> dict[str, Visit]:
    found: dict[str, Visit] = {}
    stage.execute(  # so that a place can be chosen
        "insert into public.studio_locations (name, address, city, latitude, longitude)"
        " values (%s, '1 Front Street', 'Toronto', 43.6, -79.4)",
        LONG_NAME,
    )
    for page in PAGES:
        scene = SCENES[page](stage) if page in SCENES else by_link(stage, page)
        unknown = f"{stage.env['PAGES_URL']}/{page.replace('_', '-')}?token=unknown"
        for visit in (*scene, Visit(page, "unknown", unknown)):
            if page not in OPEN or visit.url != unknown:
                found[f"{page}, {visit.name}"] = visit
    return found


@pytest.fixture(scope="module")
def french(stage: Stage, visits: dict[str, Visit]) -> dict[str, str]:
    """Each of them in French, as its address asks for it, before any button is pressed."""
    return {
        name: stage.http.get(httpx.URL(visit.url).copy_set_param("language", "fr-CA"), headers=BROWSER).text
        for name, visit in visits.items()
    }


@pytest.fixture(scope="module")
def facts(stage: Stage, visits: dict[str, Visit], french: dict[str, str]) -> dict[str, Any]:
    """All of them, one after the other."""
    scene = {
        "origin": stage.env["PAGES_URL"],
        "visits": [
            {"name": name, "url": visit.url, "presses": visit.presses, "runsScript": visit.runs_script}
            for name, visit in visits.items()
        ],
    }
    return play("pages.mjs", scene, seconds=900, SHOTS=os.environ.get("SHOTS", ""))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens(facts: dict[str, Any], visits: dict[str, Visit], page: str) -> None:
    """Somehow: by a link of a mail, by one made for a session, or by its scene. Unknown and past links say so."""
    shown = {name: facts[f"{name}: status"] for name, visit in visits.items() if visit.page == page}

    shown = {
        name: 200 if name == "status, key" and status == 503 else status for name, status in shown.items()
    }
    assert 200 in shown.values(), f"nobody gets to see {page}: it needs a scene in visits.py"
    assert shown.get(f"{page}, unknown", 404) == 404
    assert shown.get(f"{page}, over", 410) in (410, 200)  # those that end mails never end
    assert all(status < 500 for status in shown.values())


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_wrong_with_a_page(facts: dict[str, Any], visits: dict[str, Visit], page: str) -> None:
    """Axe, widths, sizes, the way of the keyboard; light and dark; the page behind its first button as well."""
    for name, visit in visits.items():
        if visit.page == page:
            assert facts[f"{name}: problems"] == [], name


@pytest.mark.parametrize("page", PAGES)
def test_a_page_asks_nobody_else(facts: dict[str, Any], visits: dict[str, Visit], page: str) -> None:
    """No font, no picture, no script, no counting."""
    for name, visit in visits.items():
        if visit.page == page:
            assert facts[f"{name}: asked elsewhere"] == [], name


@pytest.mark.parametrize("page", PAGES)
def test_a_page_speaks_to_people(facts: dict[str, Any], visits: dict[str, Visit], page: str) -> None:
    """No code, no token, no markup of others, no value that is missing."""
    for name, visit in visits.items():
        if visit.page == page:
            words = facts[f"{name}: words"]
            token = parse_qs(urlsplit(visit.url).query).get("token", ["-none-"])[0]
            assert len(words) > 20
            assert not re.search(
                r"\b(None|null|undefined|[a-z]+_[a-z_]+)\b|\{\{|[0-9a-f]{8}-[0-9a-f]{4}-", words
            ), words
            assert token == "unknown" or token not in words


@cache
def english() -> frozenset[str]:
    """Three words and more that the catalogue says in one go, without what is put in and the elements around it."""
    messages = [
        each for file in languages.FOLDER.glob("*.po") for each in read_po(BytesIO(file.read_bytes()))
    ]
    said = [
        each for message in messages for each in ([message.id] if isinstance(message.id, str) else message.id)
    ]
    pieces = {" ".join(piece.split()) for each in said for piece in TAG_OR_GAP.split(each)}
    return frozenset(piece for piece in pieces if len(re.findall(r"[^\W\d_]{2,}", piece)) >= 3)


def in_english(words: Iterator[str] | list[str]) -> set[str]:
    """What of that is said on a page."""
    return {piece for said in words for piece in english() if piece in said}


def read_on(html: str) -> Iterator[str]:
    """Each text of a page, and what is read aloud of it."""
    seen = NEVER_READ.sub("", html)
    for said in (*READ_ALOUD.findall(seen), *TAG_OR_GAP.split(seen)):
        yield " ".join(unescape(said).split())


@pytest.mark.parametrize("page", PAGES)
def test_a_page_speaks_french(french: dict[str, str], visits: dict[str, Visit], page: str) -> None:
    """No sentence of the catalogue is left in English: neither on the page nor in what is wrong with its link."""
    for name, visit in visits.items():
        if visit.page == page:
            assert '<html lang="fr-CA">' in french[name], name
            assert in_english(read_on(french[name])) == set(), name


@pytest.mark.parametrize("page", PAGES)
def test_what_came_of_a_button_is_said_in_french(
    facts: dict[str, Any], visits: dict[str, Visit], page: str
) -> None:
    """To whoever has a browser in French: it is asked as in English, and answers in their language."""
    for name, visit in visits.items():
        if visit.page == page and (words := facts.get(f"{name}: pressed in French")):
            assert in_english([words]) == set(), name


def test_english_on_a_page_is_found() -> None:
    """Between elements, around what is put in, and where it is only read aloud."""
    for left in (
        "<p>Nothing was booked and\n nothing was paid.</p>",
        "<p>A fee of 10 is due. Everybody who booked is told.</p>",
        '<nav aria-label="Keep it as it is"></nav>',
        "<p>If you cancel now, <strong>your credit comes back</strong> and can be used until 2027.</p>",
    ):
        assert in_english(read_on(left)), left
    assert not in_english(read_on("<style>Keep it as it is</style><p>Ne rien changer</p>"))
