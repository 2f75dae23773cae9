"""The switch at the foot of a page: by keyboard, without scripts; remembered of whoever came by a link of theirs."""

from typing import Any

import pytest

from shared.languages import spoken
from shared.languages.catalogue import gettext
from tests.browser_scene import in_a_browser, play
from tests.cast import Stage
from tests.page_scene import PageScene

pytestmark = in_a_browser


@pytest.fixture(scope="module")
def visits(stage: Stage) -> dict[str, str]:
    scene = PageScene(stage)
    known = scene.make_link("manage_session", scene.client, scene.book())
    return {
        "known": known,
        "times": f"{known}&show=times",
        "unknown": scene.address("find_my_sessions"),
        "refused": f"{scene.address('manage_session')}?token=unknown",
    }


@pytest.fixture(scope="module")
def facts(visits: dict[str, str]) -> dict[str, Any]:
    return play("languages.mjs", {"visits": visits})


def seen(facts: dict[str, Any], name: str) -> list[tuple[str, str]]:
    """The language and the heading at each step."""
    steps = ("first", "switched", "opened again", "the other way")
    return [(facts[f"{name}: {step}"]["language"], facts[f"{name}: {step}"]["heading"]) for step in steps]


def in_french(heading: str) -> str:
    with spoken("fr-CA"):
        titre = gettext(heading)
    assert titre != heading
    return titre


@pytest.mark.parametrize(("name", "heading"), [("known", "Your session"), ("times", "Another time")])
def test_who_came_by_a_link_is_remembered(facts: dict[str, Any], name: str, heading: str) -> None:
    """By one button, that leads back to what was looked at; until they press the other one."""
    titre = in_french(heading)
    assert {"tag": "BUTTON", "words": "Français", "lang": "fr-CA"} == facts[f"{name}: offered"]
    assert [("en", heading), ("fr-CA", titre), ("fr-CA", titre), ("en", heading)] == seen(facts, name)
    for step in ("switched", "the other way"):
        assert facts[f"{name}: first"]["query"] == facts[f"{name}: {step}"]["query"]
        assert facts[f"{name}: first"]["path"] == facts[f"{name}: {step}"]["path"]


@pytest.mark.parametrize(
    ("name", "heading"), [("unknown", "My sessions"), ("refused", "This link is not known")]
)
def test_who_is_not_known_follows_a_link(facts: dict[str, Any], name: str, heading: str) -> None:
    """The address says it, so nothing is remembered of them, and nothing else in it is lost."""
    titre = in_french(heading)
    assert {"tag": "A", "words": "Français", "lang": "fr-CA"} == facts[f"{name}: offered"]
    assert [("en", heading), ("fr-CA", titre), ("en", heading), ("fr-CA", titre)] == seen(facts, name)
    before = facts[f"{name}: first"]["query"]
    assert before | {"language": "fr-CA"} == facts[f"{name}: switched"]["query"]
