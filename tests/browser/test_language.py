"""The language at the foot of a page, on a phone: chosen, kept for the next visit and mail, and chosen back."""

import os

from tests.browser_scene import in_a_browser, play
from tests.cast import Stage
from tests.page_scene import PageScene

pytestmark = in_a_browser


def test_a_page_is_switched_to_french_and_back(stage: Stage) -> None:
    scene = PageScene(stage)
    scene.session = scene.book()
    scene.send()
    link = scene.link_to("manage_session")
    names = {"en": "English", "fr-CA": "Français"}
    for start, end, told in (
        ("en", "fr-CA", "Séance annulée"),
        ("fr-CA", "en", "Session cancelled"),
    ):
        # The browser asks for the one that it is switched away from.
        seen = play(
            "language.mjs", {"link": link, "from": start, "to": end}, SHOTS=os.environ.get("SHOTS", "")
        )
        assert not [name for name in seen if name.endswith("is too wide")]
        assert [start, end, end] == [seen[f"{at}: language"] for at in ("as it was", "chosen", "again")]
        assert names[end] == seen["as it was: foot"] and names[start] == seen["chosen: foot"]
        assert link == seen["chosen: address"]

        scene.cancel(scene.session)
        scene.send()
        notified = stage.rest(
            "GET",
            "user_notifications?select=title&kind=eq.session_cancelled&order=created_at.desc&limit=1",
            as_=scene.client,
        ).json()
        assert told == notified[0]["title"]
        scene.session = scene.book()
        scene.send()
        link = scene.link_to("manage_session")
