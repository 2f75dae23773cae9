"""Stories of classes: one that an admin's page makes and deletes, and one whose hall changes."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.cast import Person, Stage
from tests.story_scene import AN_HOUR, StoryScene, words

# What the booking page and the admin's page list, and one's own sessions.
HOST = "practitioner_id=eq.{host}"
OPEN = (
    f"session_schedules?select=id&max_participants=gt.1&scheduled_at=gte.{{now}}&status=neq.cancelled&{HOST}"
)
ADMINS = f"session_schedules?select=id&max_participants=gt.1&notes=not.like.Joined%20group%20class*&{HOST}"
MINE = "session_schedules?select=id,class_name,notes&client_id=eq.{me}&status=in.(scheduled,in_progress,completed)"


@pytest.fixture
def story(stage: Stage) -> Iterator[StoryScene]:
    scene = StoryScene(stage)
    scene.halls = [
        scene.stage.rest(
            "POST",
            "studio_locations",
            as_=scene.admin,
            json={"name": f"Hall {name}", "address": "1 A street", "is_active": True},
        )
        .raise_for_status()
        .json()[0]
        for name in ("One", "Two")
    ]
    yield scene
    scene.stage.execute("update public.studio_locations set is_active = false where name like 'Hall%%'")


def listed(story: StoryScene, path: str, who: Person) -> list[str]:
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    path = path.format(now=now, host=story.practitioner.practitioner_id, me=who.id)
    return [row["id"] for row in story.read(path, who)]


def test_a_class_is_made_joined_once_and_deleted_by_the_admins_page(story: StoryScene) -> None:
    """Nobody sees it twice. Everybody in it is told once, and gets the credit back; it leaves every list."""
    people = [story.client, story.join_in()]
    everybody = [*people, story.practitioner, story.admin]

    group = story.make_class_on_page()
    assert [story.hear(person) for person in everybody] == [[], [], ["class_scheduled"], []]
    assert story.newest_event(story.practitioner).summary.value.startswith("Evening class")
    assert "Running late, or something came up?" in story.newest_text(story.practitioner)
    assert "0 of 8 places are booked" in story.look(story.link_to("manage_session", story.practitioner)).text
    seats = [story.take_seat(group, person) for person in people]

    assert [story.hear(person) for person in everybody] == [["session_booked"], ["session_booked"], [], []]
    assert [story.credits_of(person) for person in people] == [story.credits_each - 1] * 2
    assert story.row(group["id"])["current_participants"] == 2
    for person in everybody:
        assert listed(story, OPEN, person) == [str(group["id"])]
    assert listed(story, ADMINS, story.admin) == [str(group["id"])]
    for person, seat in zip(people, seats, strict=True):
        assert listed(story, MINE, person) == [seat]
    assert listed(story, MINE, story.admin) == []

    deleted = story.stage.rest("DELETE", f"session_schedules?id=eq.{group['id']}", as_=story.admin)
    assert deleted.is_success, deleted.text

    assert [story.hear(person) for person in everybody] == [["session_cancelled"]] * 3 + [[]]
    assert "Your credit is back" in story.newest_text(people[0])
    assert story.newest_event(people[1]).status.value == "CANCELLED"
    assert [story.credits_of(person) for person in people] == [story.credits_each] * 2
    assert listed(story, ADMINS, story.admin) == listed(story, OPEN, people[0]) == []
    assert not any(story.is_earned(seat) for seat in seats)


def test_a_hall_that_changes_is_told_once_and_leaving_is_free(story: StoryScene) -> None:
    """By mail, notification and calendar update; an hour before the start as well. Who stays has a seat as before."""
    people = [story.client, story.join_in()]
    before, after = (f"{hall['name']} - {hall['address']}" for hall in story.halls)
    group = story.make_class_on_page(session_location="in_person", physical_location=before)
    seats = [story.take_seat(group, person) for person in people]
    for person in people:
        assert story.hear(person) == ["session_booked"]
    assert story.hear(story.practitioner) == ["class_scheduled"]

    reply = story.patch(group["id"], story.admin, physical_location=after)
    assert reply.json()[0]["physical_location"] == after

    for person in (*people, story.practitioner):
        assert story.hear(person) == ["session_changed"]
        text = story.newest_text(person)
        assert "Hall Two, 1 A street Before, it was at Hall One, 1 A street." in text
        event = story.newest_event(person)
        assert (event.location.value, event.sequence.value) == ("Hall Two, 1 A street", "1")
    assert story.hear(story.admin) == []
    assert {row["physical_location"] for row in map(story.row, seats)} == {after}

    story.wait_until(AN_HOUR, group["id"])
    link = story.link_to("answer_change")
    page = words(story.look(link).text)
    assert "What you had agreed to was at Hall One, 1 A street." in page and "your credit comes back" in page
    assert "You have left." in story.submit(link, "Leave free of charge")

    assert [story.credits_of(person) for person in people] == [story.credits_each, story.credits_each - 1]
    assert (story.hear(story.client), story.hear(people[1])) == (["session_cancelled"], [])
    assert story.row(group["id"])["current_participants"] == 1
    assert [row["status"] for row in map(story.row, seats)] == ["cancelled", "scheduled"]
    assert not story.is_earned(seats[0])
