"""The front page of the stack as a visitor meets it, in a browser that may ask nobody but the stack.

SHOTS=… keeps screenshots, to be looked at.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.stack import Stack
from tests.browser_scene import in_a_browser, play

pytestmark = in_a_browser


@pytest.fixture(scope="module")
def seeded(states: Path) -> Iterator[Stack]:
    """As `make up` starts it, with its demo."""
    with Stack(states / "front", seed=True) as running:
        yield running


@pytest.fixture(scope="module")
def scene(seeded: Stack) -> dict[str, Any]:
    env = seeded.env
    home, sample, mail = env["SUPABASE_URL"], env["SITE_URL"], env["MAIL_URL"]
    return {"home": home, "sample": sample, "mail": mail, "ours": [home, sample, mail, env["STRIPE_API_URL"]]}


def way_in(scene: dict[str, Any]) -> str:
    """To the sample page, as its client: what the button on the front page leads to."""
    token = re.search(
        r'name="token" value="([^"]+)"', httpx.get(scene["home"], headers={"accept": "text/html"}).text
    )
    assert token
    led = httpx.post(
        f"{scene['home']}/_front/sign-in",
        data={"token": token[1], "who": "client", "site": scene["sample"]},
        headers={"origin": scene["home"]},
    )
    return led.headers["location"].removeprefix(scene["sample"])


def shots() -> dict[str, str]:
    return {"SHOTS": os.environ["SHOTS"]} if "SHOTS" in os.environ else {}


@pytest.fixture(scope="module")
def facts(scene: dict[str, Any]) -> dict[str, Any]:
    return play("front.mjs", scene, seconds=300, **shots())


def test_its_buttons_do_what_they_say(seeded: Stack, facts: dict[str, Any]) -> None:
    assert facts["copied"] == seeded.env["SUPABASE_PUBLISHABLE_KEY"]
    assert '"holds":true' in facts["Run now: check-invariants"]
    assert "tables moved" in facts["Skip an hour"] and "send-notifications: {" in facts["Skip an hour"]
    assert "✓ invariants" in facts["Ask the doctor"]
    assert "stripe-session-webhook answers 200" in facts["Stripe"]
    assert "answers 202" in facts["Agora"]


@pytest.mark.parametrize("who", ["client", "practitioner", "admin"])
def test_one_click_signs_in(facts: dict[str, Any], who: str) -> None:
    assert facts[f"signed in as {who}"] == f"{who}@demo.test"


def test_the_sample_page_books_and_pays_on_its_own_origin(facts: dict[str, Any]) -> None:
    assert facts["package"] == "It is paid. The credits are yours."
    assert facts["credits"] == "5 credits"
    assert facts["credit"].startswith("It is booked")
    assert facts["payment"] == "It is paid and booked."
    assert len([line for line in facts["sessions"] if line.endswith("scheduled")]) >= 2


def test_the_sample_page_says_why_not(facts: dict[str, Any]) -> None:
    """The sentence of the refusal, and not that a function returned a status."""
    assert facts["refused"] == "This time has passed."


def test_a_mail_is_all_there(facts: dict[str, Any]) -> None:
    """Its text, its headers, its calendar entry, and the page that a mail program shows."""
    for words in (
        "In the calendar: Standing session with Demo practitioner",
        "Its text",
        "Auto-Submitted",
        "client@demo.test",
    ):
        assert words in facts["mail"]
    assert facts["calendar"] == {"name": "session.ics", "path": None}
    assert "ession with Demo practitioner" in facts["mail's own page"]


def test_a_page_of_the_website_says_where_it_would_be(scene: dict[str, Any], facts: dict[str, Any]) -> None:
    assert f"{scene['sample']}/journal/entries?of=today" in facts["nowhere"]
    assert "SITE_URL=" in facts["nowhere"]


def test_nobody_else_is_asked(facts: dict[str, Any]) -> None:
    """By no page, the reference included, whose package has fonts, a logo and telemetry elsewhere."""
    assert facts["asked elsewhere"] == []
    assert facts["errors"] == []


def test_nothing_is_wrong_with_the_pages(seeded: Stack, scene: dict[str, Any], facts: dict[str, Any]) -> None:
    """Axe, widths, sizes, the way of the keyboard; light and dark. After the visit there is something on each."""
    home, sample, mail = scene["home"], scene["sample"], scene["mail"]
    first = httpx.get(f"{mail}/messages").json()[0]["id"]
    pages = {
        home: {"front": "/", "logs": "/_front/logs?of=send-notifications", "nowhere": "/journal/1"},
        mail: {"mails": "/", "mail": f"/messages/{first}"},
        sample: {"sample": "/", "sample, signed in": way_in(scene)},
    }
    for origin, paths in pages.items():
        visits = [
            {
                "name": name,
                "url": origin + path,
                "presses": False,
                "runsScript": name == "front" or origin == sample or name == "mail",
            }
            for name, path in paths.items()
        ]
        found = play(
            "pages.mjs", {"origin": origin, "beside": [home], "visits": visits}, seconds=240, **shots()
        )
        for name in paths:
            assert found[f"{name}: problems"] == [], name
            assert found[f"{name}: asked elsewhere"] == [], name
