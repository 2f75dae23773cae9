"""After a session: the mail leads to a page, what is rated is read with practitioners, and what happens in between."""

from typing import Any

import pytest

from tests.cast import Person, Stage
from tests.story_scene import StoryScene, hold, words

RATED = "select=name,rating_average,rating_count"


@pytest.fixture
def story(stage: Stage) -> StoryScene:
    return StoryScene(stage)


def attend(story: StoryScene, session: str, *people: Person) -> None:
    """They come, it lasts its time, and the scheduler completes it."""
    story.wait_until(1, session)
    room = story.row(session)["room_name"]
    for person in people:
        story.stage.invoke("create-agora-token", {"channelName": room}, as_=person).raise_for_status()
    story.wait_until(-story.row(session)["duration_minutes"] - 30, session)
    story.stage.invoke_as_service("advance-sessions").raise_for_status()
    assert story.row(session)["status"] == "completed"


def held_with(story: StoryScene, person: Person) -> str:
    """Another session of somebody's, held as they all are; and its mail has come."""
    session = story.stage.session(client=person, practitioner=story.practitioner, starts_in_minutes=3000)
    hold(story.stage, session["id"])
    assert "session_completed" in story.hear(person)
    return str(session["id"])


def average(story: StoryScene, reader: Person) -> tuple[Any, Any]:
    """As the booking wizard may read it, with the practitioners."""
    (row,) = story.read(f"practitioners?{RATED}&id=eq.{story.practitioner.practitioner_id}", reader)
    return row["rating_average"], row["rating_count"]


def rating(story: StoryScene, session: str) -> dict[str, Any]:
    return story.stage.row("select * from public.session_ratings where session_id = %s", session)


def test_from_the_session_to_the_average(story: StoryScene) -> None:
    """Held, mailed, rated on the page; seen by everybody from the fifth on, and in words by whoever led it."""
    client, session = story.client, story.book()
    story.stage.execute("update public.profiles set full_name = 'Zebulon Grey' where id = %s", client.id)
    story.hear(client)
    attend(story, session, client, story.practitioner)
    assert story.hear(client) == ["session_completed"]
    assert "Zebulon" in story.newest_text(client)
    link = story.link_to("rate_session")
    others = [held_with(story, client) for _ in range(4)]

    shown = story.look(link).text
    assert "How many stars do you give it?" in words(shown) and "required checked" not in shown
    before = story.stage.value("select count(*) from public.session_ratings where session_id = %s", session)
    assert before == 0, "looking rates nothing"
    said = story.submit(link, "Save the rating", stars="4", words="Calm <b>and</b>\r\nclear.")
    assert "Thank you. Your rating is kept." in said
    assert rating(story, session)["words"] == "Calm <b>and</b>\nclear."
    again = story.look(link).text
    assert "Calm &lt;b&gt;and&lt;/b&gt;" in again and 'value="4" required checked' in again

    reader = story.stage.client()
    assert average(story, reader) == (None, None)
    for other in others[:3]:
        story.rpc("rate_session", client, session_id=other, stars=5)
    assert average(story, reader) == (None, None)
    story.rpc("rate_session", client, session_id=others[3], stars=5)
    assert average(story, reader) == (4.8, 5)
    # In an embed as well, and the page that asks for everything gets what it always got.
    embed = f"session_schedules?select=practitioner:practitioners(name,rating_average)&id=eq.{session}"
    assert story.read(embed, client)[0]["practitioner"]["rating_average"] == 4.8
    (own,) = story.read(f"session_schedules?select=*,session_ratings(stars,words)&id=eq.{session}", client)
    assert own["session_ratings"] == {"stars": 4, "words": "Calm <b>and</b>\nclear."}
    (row,) = story.read(f"practitioners?select=*&id=eq.{story.practitioner.practitioner_id}", reader)
    assert not [name for name in row if name.startswith("rating")]

    # One mail to whoever led them, without who it was.
    assert story.hear(story.practitioner).count("ratings_received") == 1
    mail = story.newest_text(story.practitioner)
    assert "5 sessions with you were rated." in mail and "Calm <b>and</b> clear." in mail
    assert "Your average is now 4.8 of 5." in mail
    assert "Zebulon" not in mail and client.email not in mail and session not in mail
    read = story.rpc("list_my_ratings", story.practitioner)
    assert sorted(each["stars"] for each in read) == [4, 5, 5, 5, 5]


def test_a_no_show_is_not_asked(story: StoryScene) -> None:
    """Their practitioner waited, and says so: no mail, and the page says why it takes no rating."""
    session = story.book()
    story.hear(story.client)
    story.wait_until(-20, session)
    absent = {
        "session_id": session,
        "user_id": str(story.client.id),
        "attended": False,
        "reason": "I waited.",
    }
    story.rpc("set_attendance", story.practitioner, **absent)
    story.wait_until(-90, session)
    story.stage.invoke_as_service("advance-sessions").raise_for_status()
    story.send()
    assert "session_completed" not in [
        kind for kind, status, _ in story.states(story.client) if status == "sent"
    ]
    assert "rate-session" not in "".join(mail["TextBody"] for mail in story.mails_to(story.client))
    link = story.make_link("rate_session", story.client, session)
    assert "Only a session that took place can be rated" in words(story.look(link).text)
    refused = story.press(link, stars=1)
    assert refused.status_code == 409 and "Only a session that took place can be rated." in refused.text


def test_what_is_reopened_or_moved_is_not_rated_until_it_is_held(story: StoryScene) -> None:
    client = story.client
    session = held_with(story, client)
    link = story.link_to("rate_session")
    story.submit(link, "Save the rating", stars="2")
    story.rpc("reopen_session", story.admin, session_id=session, reason="It goes on.")
    assert not rating(story, session)["is_counted"]
    assert "You gave it 2 stars." in words(story.look(link).text)
    hold(story.stage, session)
    assert rating(story, session)["is_counted"]
    assert "Thank you." in story.submit(link, "Save the rating", stars="3")

    # Moved to next week instead: the link of before is good, and waits as well.
    later = story.book()
    link = story.make_link("rate_session", client, later)
    story.move(later)
    assert "Save the rating" not in story.look(link).text
    story.cancel(later)
    assert story.press(link, stars=5).status_code == 409


def test_a_refund_does_not_buy_a_rating_off(story: StoryScene) -> None:
    """Paid singly, held, rated badly, refunded: it was held all the same."""
    session = story.pay_singly(story.client)
    story.hear(story.client)
    attend(story, session, story.client, story.practitioner)
    story.hear(story.client)
    link = story.link_to("rate_session")
    story.submit(link, "Save the rating", stars="1")

    body = {"session_id": session, "reason": "They were not happy."}
    story.stage.invoke("refund-payment", body, as_=story.admin).raise_for_status()

    assert rating(story, session)["is_counted"]
    assert "Thank you." in story.submit(link, "Save the rating", stars="2")


def test_an_erased_client_leaves_stars_and_no_words(story: StoryScene) -> None:
    """Their link is gone with them; the average stays, for whoever reads it."""
    client = story.client
    sessions = [held_with(story, client) for _ in range(5)]
    for session in sessions:
        story.rpc("rate_session", client, session_id=session, stars=4, words="It was about my knee.")
    link = story.link_to("rate_session")
    story.stage.invoke(
        "erase-my-account", {"confirmation": "ERASE MY ACCOUNT"}, as_=client
    ).raise_for_status()

    assert story.look(link).status_code == 404
    assert average(story, story.stage.client()) == (4, 5)
    assert [rating(story, session)["words"] for session in sessions] == [None] * 5
    assert [each["words"] for each in story.rpc("list_my_ratings", story.practitioner)] == [None] * 5
    story.hear(story.practitioner)
    assert "knee" not in story.newest_text(story.practitioner)


def test_an_admin_hides_one(story: StoryScene) -> None:
    """From what they read of all; its client sees that on the page, and whoever led it does not read it."""
    session = held_with(story, story.client)
    link = story.link_to("rate_session")
    story.submit(link, "Save the rating", stars="1", words="Call me at home.")
    (found,) = story.read(f"session_ratings?select=*&session_id=eq.{session}", story.admin)
    hidden = story.rpc("hide_session_rating", story.admin, rating_id=found["id"], reason="A private number.")
    assert hidden[0]["decision_reason"] == "A private number."
    assert "An admin has hidden your rating." in words(story.look(link).text)
    assert story.rpc("list_my_ratings", story.practitioner) == []
    assert "ratings_received" not in story.hear(story.practitioner)


def test_a_form_without_stars_keeps_what_was_typed(story: StoryScene) -> None:
    session = held_with(story, story.client)
    page = story.press(story.link_to("rate_session"), words="Half a thought")
    assert page.status_code == 422
    assert "Please choose one to five stars." in page.text and "Half a thought" in page.text
    page = story.press(story.link_to("rate_session"), stars=3, words="x" * 501)
    assert page.status_code == 422 and "should have at most 500 characters" in page.text
    assert 'value="3" required checked' in page.text
    assert not story.stage.value("select count(*) from public.session_ratings where session_id = %s", session)
