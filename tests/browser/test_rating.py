"""Sessions are rated on a phone, each by the link of the mail after it; the average is there from the fifth on."""

import os

import pytest

from tests.browser_scene import in_a_browser, play
from tests.cast import Stage
from tests.functions.test_rate_session import attend, average, held_with, rating
from tests.story_scene import StoryScene

pytestmark = in_a_browser


@pytest.fixture
def story(stage: Stage) -> StoryScene:
    return StoryScene(stage)


def test_a_session_is_rated_on_a_phone(story: StoryScene) -> None:
    """Held, mailed, opened and pressed; changed; and never shown of four."""
    client, session = story.client, story.book()
    story.hear(client)
    attend(story, session, client, story.practitioner)
    assert story.hear(client) == ["session_completed"]
    links = {"light": [story.link_to("rate_session")], "dark": []}
    for scheme in ("light", "dark", "dark"):
        held_with(story, client)
        links[scheme].append(story.link_to("rate_session"))
    shots = os.environ.get("SHOTS", "")
    words = "Calm, and I slept well for the first time in weeks."

    seen = play("rating.mjs", {"links": links, "stars": [4, 2], "words": words}, SHOTS=shots)

    assert not [name for name in seen if name.endswith("is too wide")]
    assert "How many stars do you give it?" in seen["light 0"]
    assert all("Thank you. Your rating is kept." in said for name, said in seen.items() if " rated" in name)
    assert "Thank you. Your rating is kept." in seen["dark changed"]
    assert (rating(story, session)["stars"], rating(story, session)["words"]) == (4, words)
    reader = story.stage.client()
    assert average(story, reader) == (None, None), "four, of which two were changed"

    held_with(story, client)
    play(
        "rating.mjs",
        {"links": {"light": [story.link_to("rate_session")], "dark": []}, "stars": [3], "words": ""},
    )
    assert average(story, reader) == (4.6, 5)
