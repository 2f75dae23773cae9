"""A session every week on a phone: booked by the link of a mail, with a conflict, moved and cancelled by another's."""

import os
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.browser_scene import in_a_browser, play
from tests.cast import Stage
from tests.story_scene import StoryScene

pytestmark = in_a_browser
TORONTO = ZoneInfo("America/Toronto")


@pytest.fixture
def story(stage: Stage) -> StoryScene:
    """Somebody with credits, and a practitioner who works by day, one of whose hours is taken."""
    scene = StoryScene(stage)
    stage.execute("select private.grant_credits(%s, 8)", scene.client.id)
    # Before all whom other tests have made here: the page lists fifty.
    stage.execute(
        "update public.practitioners set name = 'A practitioner' where id = %s",
        scene.practitioner.practitioner_id,
    )
    stage.execute(
        "update public.practitioner_calendars set is_always_open = false, time_zone = %s where practitioner_id = %s",
        TORONTO.key,
        scene.practitioner.practitioner_id,
    )
    stage.execute(
        "insert into public.practitioner_availability (practitioner_id, day_of_week, start_time, end_time)"
        " select %s, day, '09:00', '13:00' from generate_series(0, 6) day",
        scene.practitioner.practitioner_id,
    )
    scene.starts_at = (scene.starts_at.astimezone(TORONTO) + timedelta(days=1)).replace(hour=10)
    stage.session(
        client=scene.booker(),
        practitioner=scene.practitioner,
        scheduled_at=scene.starts_at + timedelta(weeks=2),
        duration_minutes=45,
    )
    scene.hear(scene.client)
    return scene


def test_a_series_is_booked_moved_and_cancelled_on_a_phone(story: StoryScene) -> None:
    kind = "duration_minutes = 45 and session_type = 'standing' and not is_group"
    asked: dict[str, Any] = {
        "book": story.link_to("book_series"),
        "practitioner": str(story.practitioner.practitioner_id),
        "kind": str(story.stage.value(f"select id from public.session_types where {kind}")),
        "start": f"{story.starts_at:%Y-%m-%dT%H:%M}",
        "sessions": 5,
    }
    shots = os.environ.get("SHOTS", "")
    seen = play("series.mjs", asked, SHOTS=shots)

    assert not [name for name in seen if name.endswith("is too wide")]
    assert f"{story.starts_at:%A}s at 10:00 AM" in seen["dates"]
    assert "4 of these 5 can be booked as they are" in seen["dates"]
    assert "This time is taken." in seen["dates"]
    assert "5 sessions are booked" in seen["booked"] and "5 left" in seen["booked"]
    assert story.hear(story.client) == ["series_booked"]

    second = story.starts_at + timedelta(days=7)
    weekday = (second + timedelta(days=-1 if second.weekday() else 1)).replace(hour=11, tzinfo=TORONTO)
    seen = play(
        "series.mjs", {"manage": story.link_to("manage_series"), "moved": weekday.isoformat()}, SHOTS=shots
    )

    assert not [name for name in seen if name.endswith("is too wide")]
    assert "5 are still to come" in seen["series"]
    assert "All of them can be moved" in seen["dates to move to"]
    assert "4 sessions are moved" in seen["moved"]
    assert "4 sessions are cancelled. 4 credits are back." in seen["cancelled"]
    assert "1 is still to come" in seen["cancelled"]
    assert story.hear(story.client) == ["series_moved", "series_cancelled"]
