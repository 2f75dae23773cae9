"""A class falls into time at which whoever leads it is away: told once, and to who has a seat when it is decided."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from tests.cast import Person, Stage
from tests.story_scene import StoryScene, words

from .test_read_busy_calendars import OtherCalendar, event


@pytest.fixture
def story(stage: Stage) -> StoryScene:
    """A class with somebody in it; of all admins of the stage this one is told."""
    scene = StoryScene(stage)
    stage.execute("update auth.users set created_at = '2000-02-02' where id = %s", scene.admin.id)
    scene.group = scene.make_class_on_page()
    scene.seat_id = scene.take_seat(scene.group, scene.client)
    for person in (scene.client, scene.practitioner, scene.admin):
        scene.hear(person)
    return scene


def waits(story: StoryScene) -> list[str]:
    """The classes that wait for a person, as check-invariants says it."""
    story.stage.execute("update private.matter_settings set noted_at = '2000-01-01'")
    story.send()
    query = "select subject from private.matters where kind = 'class_in_time_off' and settled_at is null"
    subjects = [row["subject"] for row in story.stage.owner.execute(query).fetchall()]
    checked = story.stage.invoke_as_service("check-invariants").json()
    known = [each for rule in checked["waiting"] for each in rule["examples"]]
    assert all(subject in known for subject in subjects)
    return [subject for subject in subjects if subject == str(story.group["id"])]


def be_away(story: StoryScene) -> Any:
    since = story.starts_at - timedelta(hours=1)
    (taken,) = story.rpc(
        "take_time_off",
        story.practitioner,
        starts_at=since.isoformat(),
        ends_at=(since + timedelta(hours=4)).isoformat(),
    )
    return taken


def heard(story: StoryScene, *more: Person) -> list[list[str]]:
    return [story.hear(person) for person in (story.client, story.practitioner, story.admin, *more)]


def test_an_admin_gives_a_class_away_whose_practitioner_takes_time_off(story: StoryScene) -> None:
    """Who has a seat hears of the substitute, and of nothing before."""
    second = story.stage.practitioner()
    story.hear(second)

    assert [str(story.group["id"])] == be_away(story)["kept_class_ids"]

    assert [[], ["sessions_collide"], ["sessions_collide"]] == heard(story)
    assert "you take time off when you are to lead a class" in story.newest_text(story.practitioner)
    assert "takes time off when they are to lead a class" in story.newest_text(story.admin)
    assert [str(story.group["id"])] == waits(story)
    be_away(story)
    assert [[], [], []] == heard(story)
    # Its practitioner's page says why, and leads on.
    page = words(story.look(story.link_to("manage_session", story.practitioner)).text)
    assert "You took time off at this time." in page and "Ask for a substitute" in page

    page = story.link_to("find_substitute", story.admin)
    given = story.submit(page, "Give it to them", practitioner=str(second.practitioner_id))

    assert "leads it now" in given
    assert [["session_changed"], ["session_given_away"], [], ["session_changed"]] == heard(story, second)
    assert [] == waits(story)
    assert 1 == story.stage.value(
        "select count(*) from public.practitioner_time_off"
        " where practitioner_id = %s and tstzrange(starts_at, ends_at) @> %s::timestamptz",
        story.practitioner.practitioner_id,
        story.starts_at,
    )


def test_a_mail_that_is_late_says_nothing_that_is_over(story: StoryScene) -> None:
    """Cancelled by the admin before the mails went out: only that is told."""
    be_away(story)
    story.rpc("cancel_session", story.admin, session_id=str(story.group["id"]))
    client, practitioner, admin = heard(story)
    assert (client, admin) == (["session_cancelled"], []) and "sessions_collide" not in practitioner
    assert [] == waits(story)


def test_whoever_leads_it_says_so_though_another_calendar_has_something(
    story: StoryScene, httpserver: HTTPServer
) -> None:
    """An entry that was added elsewhere after the class was made: theirs to say which of the two it is."""
    other = OtherCalendar(story.stage, httpserver)
    other.stage.execute(
        "update private.busy_calendars set practitioner_id = %s where practitioner_id = %s",
        story.practitioner.practitioner_id,
        other.practitioner.practitioner_id,
    )
    other.practitioner = story.practitioner
    other.holds(event(story.starts_at))
    for _ in range(2):
        assert {"read": 1} == other.read()

    assert [[], ["sessions_collide"], ["sessions_collide"]] == heard(story)
    assert "your other calendar has something at the time" in story.newest_text(story.practitioner)
    assert "manage-calendars" in story.mails_to(story.practitioner)[-1]["TextBody"]
    assert "manage-calendars" not in story.mails_to(story.admin)[-1]["TextBody"]
    assert [str(story.group["id"])] == waits(story)

    link = story.link_to("manage_session", story.practitioner)
    assert "Your other calendar has something at this time." in words(story.look(link).text)
    said = story.submit(link, "I lead it")

    assert "You lead it, then." in said and "other calendar" not in said
    assert [] == waits(story)
    other.read()
    assert [[], [], []] == heard(story)
    assert [] == waits(story)
    assert 403 == story.press(story.link_to("manage_session"), act="lead").status_code
    story.stage.execute("delete from private.busy_calendars")
