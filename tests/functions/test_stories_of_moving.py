"""The story of a session that its practitioner moves: what each is told, who must say yes, what leaving costs then."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.cast import Stage
from tests.story_scene import AN_HOUR, StoryScene, words


@pytest.fixture
def story(stage: Stage) -> StoryScene:
    """A client has booked, and everybody knows."""
    scene = StoryScene(stage)
    scene.session = scene.book()
    assert scene.hear(scene.client) == scene.hear(scene.practitioner) == ["session_booked"]
    return scene


def move(story: StoryScene, to: datetime) -> tuple[int, str]:
    """The practitioner updates the row, as the reschedule dialog does. Gives what a toast would show."""
    columns = {"scheduled_at": to.isoformat(), "notes": f"\n\nRescheduled on {to:%x}"}
    reply = story.patch(story.session, story.practitioner, **columns)
    return reply.status_code, reply.json()["message"] if reply.is_error else ""


def ask(story: StoryScene, at: datetime) -> None:
    """On the page of the session, the practitioner chooses a time that needs a yes."""
    link = story.link_to("manage_session", story.practitioner)
    story.press(f"{link}&show=times", act="propose", starts_at=at.isoformat()).raise_for_status()


def test_inside_hours_and_notice_it_moves_and_leaving_is_free_until_the_start(story: StoryScene) -> None:
    later = story.starts_at + timedelta(days=1)

    assert move(story, later) == (200, "")

    assert (story.hear(story.client), story.hear(story.practitioner)) == (["session_rescheduled"], [])
    assert "You did not ask for this" in story.newest_text(story.client)
    event = story.newest_event(story.client)
    assert (event.dtstart.value, event.sequence.value) == (later, "1")
    assert story.row(story.session)["calendar_sequence"] == 1

    # An hour before the start nobody else would get a credit back.
    story.wait_until(AN_HOUR, story.session)
    page = story.look(story.link_to("manage_session")).text
    assert "If you cancel now, your credit comes back. That is so until" in words(page)
    assert "Your credit is back" in story.cancel_by_link(story.client)

    assert story.credits_of(story.client) == story.credits_each
    assert not story.is_earned(story.session) and story.payments(story.practitioner) == []
    assert story.hear(story.client) == ["session_cancelled"]
    assert story.hear(story.practitioner) == ["session_cancelled"]


def test_a_late_move_is_refused_in_a_sentence_and_made_by_a_yes(story: StoryScene) -> None:
    """Then it is as agreed: whoever leaves so late has used the credit, and the practitioner has earned it."""
    soon = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=40)

    assert move(story, soon) == (
        409,
        "This time is outside your hours, or too close to the session: your client must agree to it.",
    )
    assert story.row(story.session)["scheduled_at"] == story.starts_at
    assert story.hear(story.client) == story.hear(story.practitioner) == []

    ask(story, soon)
    assert story.hear(story.client) == ["change_proposed"]
    assert story.row(story.session)["scheduled_at"] == story.starts_at
    link = story.link_to("answer_change")
    assert "If you say yes, your session moves to" in words(story.look(link).text)
    assert "You said yes, and your session has moved." in story.submit(link, "Yes, move it")

    assert story.hear(story.client) == story.hear(story.practitioner) == ["session_rescheduled"]
    assert "has said yes to the time" in story.newest_text(story.practitioner)
    assert "You did not ask for this" not in story.newest_text(story.client)
    assert story.newest_event(story.practitioner).dtstart.value == soon
    page = story.look(story.link_to("manage_session")).text
    assert "your credit is used" in words(page)
    story.cancel_by_link(story.client)

    assert story.credits_of(story.client) == story.credits_each - 1
    assert story.hear(story.client) == story.hear(story.practitioner) == ["session_cancelled"]
    assert story.is_earned(story.session)


def test_a_no_leaves_all_as_it_was_and_the_practitioner_hears_of_it(story: StoryScene) -> None:
    soon = datetime.now(UTC) + timedelta(minutes=AN_HOUR)
    ask(story, soon)
    assert story.hear(story.client) == ["change_proposed"]

    said = story.submit(story.link_to("answer_change"), "No, keep my time")

    assert "You said no to the other time, and your session stays as it is." in said
    assert story.row(story.session)["scheduled_at"] == story.starts_at
    assert (story.hear(story.client), story.hear(story.practitioner)) == ([], ["change_declined"])
    assert story.credits_of(story.client) == story.credits_each - 1
