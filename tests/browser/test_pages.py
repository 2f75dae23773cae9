"""Every page of ours in a browser: on a phone, in the dark, by keyboard, without scripts, with nothing from elsewhere.

A page is found in deploy.yaml and opened by the links in mails, or by one that is made for a session; what is reached
otherwise has a scene in visits.py. One that cannot be opened by any of these fails. SHOTS=… keeps screenshots, to be
looked at.
"""

import os
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from deploy.functions import functions
from tests.browser_scene import in_a_browser, play
from tests.cast import Stage
from tests.functions.test_every_page import OPEN

from .visits import LONG_NAME, SCENES, Visit, by_link

pytestmark = in_a_browser
# A feed is for calendar programs: no browser shows it.
PAGES = [
    function.target
    for function in functions().values()
    if function.is_page and function.target != "get_calendar_feed"
]


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
def facts(stage: Stage, visits: dict[str, Visit]) -> dict[str, Any]:
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
