"""The story of a series after it is booked: moved, cancelled, refunded and erased in the middle, each told once."""

import re
from datetime import timedelta

import pytest

from tests.cast import Person, Stage
from tests.story_scene import StoryScene, words

from .test_book_series import book_three, buy_package, events, form_of, sessions


@pytest.fixture
def story(stage: Stage) -> StoryScene:
    return StoryScene(stage)


def test_all_that_follow_are_moved_and_then_cancelled_on_their_page(story: StoryScene) -> None:
    """From the second one on; the first stays. Each is told once, and calendars follow."""
    story.stage.execute("select private.grant_credits(%s, 3)", story.client.id)
    booked = book_three(story)
    assert (story.hear(story.client), story.hear(story.practitioner)) == (
        ["series_booked"],
        ["series_booked"],
    )
    link = story.link_to("manage_series")
    assert "3 are still to come" in words(story.look(link).text)

    times = story.look(f"{link}&show=times&session={booked[1]['id']}").raise_for_status().text
    asked = form_of(times, "See each date") | {
        "starts_at": [(booked[1]["scheduled_at"] + timedelta(days=1, hours=1)).isoformat()]
    }
    dates = story.press(link, **asked).raise_for_status().text
    assert "All of them can be moved" in words(dates) and sessions(story) == booked
    moved = story.press(link, **form_of(dates, "Move all 2")).raise_for_status().text

    assert "2 sessions are moved" in words(moved)
    later = timedelta(days=1, hours=1)
    assert [booked[0]["scheduled_at"], *(each["scheduled_at"] + later for each in booked[1:])] == [
        each["scheduled_at"] for each in sessions(story)
    ]
    assert (story.hear(story.client), story.hear(story.practitioner)) == (["series_moved"], ["series_moved"])
    assert ["1", "1"] == [event.sequence.value for event in events(story.mails_to(story.client)[-1])]
    assert "as you asked" in story.newest_text(story.client)

    # Its practitioner cancels what follows.
    had = story.credits_of(story.client)
    page = story.submit(
        story.link_to("manage_series", story.practitioner),
        "Cancel this one and all that follow",
        session=str(booked[1]["id"]),
    )
    assert "2 sessions are cancelled" in page and "1 is still to come" in page
    assert story.credits_of(story.client) == had + 2
    assert (story.hear(story.client), story.hear(story.practitioner)) == (["series_cancelled"], [])
    assert "2 credits are back" in story.newest_text(story.client)
    mail = story.mails_to(story.client)[-1]
    assert ["CANCELLED"] * 2 == [event.status.value for event in events(mail)]


def test_one_alone_is_moved_by_its_own_link_and_the_rest_is_cancelled_late(story: StoryScene) -> None:
    """So close to the first one its credit is used; its fee and those of the others follow their own hours."""
    story.stage.execute("select private.grant_credits(%s, 3)", story.client.id)
    booked = book_three(story)
    story.hear(story.client)
    alone = story.make_link("manage_session", story.client, str(booked[2]["id"]))
    other = booked[2]["scheduled_at"] + timedelta(days=2)
    story.press(alone, act="move", starts_at=other.isoformat()).raise_for_status()
    assert story.hear(story.client) == ["session_rescheduled"]
    story.wait_until(60, booked[0]["id"])

    link = story.link_to("manage_series")
    assert "Too late: its credit does not come back" in words(story.look(link).text)
    had = story.credits_of(story.client)
    first = str(booked[0]["id"])
    # Of a page that was opened while it was free.
    refused = story.press(link, act="cancel", session=first, shown_terms=f"{first}=1,0.00")
    assert refused.status_code == 409
    assert "What cancelling costs has changed since you opened this page." in words(refused.text)
    assert story.credits_of(story.client) == had
    assert story.press(link, act="cancel", session=first, shown_terms="free").status_code == 422
    page = story.submit(link, "Cancel this one and all that follow", session=first)

    assert "3 sessions are cancelled" in page and "2 credits are back" in page
    assert story.credits_of(story.client) == had + 2
    assert story.hear(story.client) == ["series_cancelled"]
    assert "Nothing of this series is still to come" in words(story.look(link).text)


def test_a_refund_in_the_middle_and_an_account_that_is_erased(story: StoryScene) -> None:
    """The credits that were left are gone, the sessions stand or fall by the rules of each; an erased person's go."""
    buy_package(story)
    booked = book_three(story)
    lot = booked[0]["credit_lot_id"]
    story.stage.execute("select private.revoke_credits(%s, 5, 'Refunded')", lot)
    had = story.credits_of(story.client)
    story.rpc("cancel_session_series", story.client, session_id=str(booked[1]["id"]))
    # Their price went back, so no credit comes back: two fewer are owed.
    assert story.credits_of(story.client) == had
    assert 1 == story.stage.value("select credits_owed from public.user_session_credits where id = %s", lot)
    story.hear(story.client)
    assert "No credit came back" in story.newest_text(story.client)

    link = story.link_to("manage_series")
    erased = story.stage.invoke("erase-my-account", {"confirmation": "ERASE MY ACCOUNT"}, as_=story.client)
    assert erased.is_success, erased.text
    assert story.look(link).status_code in (404, 410)
    assert 0 == story.stage.value(
        "select count(*) from public.session_series where client_id = %s", story.client.id
    )


def test_the_mail_with_links_has_one_to_each_series(story: StoryScene) -> None:
    """For whoever booked it and whoever leads it, beside those to its sessions; none once nothing of it is to come."""
    story.stage.execute("select private.grant_credits(%s, 3)", story.client.id)
    booked = book_three(story)
    heard = [story.hear(person) for person in (story.client, story.practitioner)]
    assert heard == [["series_booked"]] * 2

    def ask(person: Person) -> str:
        story.stage.execute("delete from private.rate_uses where rule like 'session link%%'")
        story.press(story.address("find_my_sessions"), address=person.email).raise_for_status()
        assert story.hear(person) == ["my_sessions"]
        return str(story.mails_to(person)[-1]["TextBody"])

    for person in (story.client, story.practitioner):
        text = ask(person)
        assert "3 to come, the next on" in " ".join(text.split())
        (link,) = re.findall(r"https?://\S+/manage-series\?token=\w+", text)
        assert "3 are still to come" in words(story.look(link).text)

    story.rpc("cancel_session_series", story.client, session_id=str(booked[1]["id"]))
    story.hear(story.client), story.hear(story.practitioner)
    assert "1 to come, the next on" in " ".join(ask(story.client).split())
    # Whoever else leads the last of it by now has no part in the series.
    second = story.stage.practitioner()
    story.rpc(
        "give_session_to",
        story.admin,
        session_id=str(booked[0]["id"]),
        practitioner_id=str(second.practitioner_id),
        outside_hours=True,
    )
    story.hear(story.client), story.hear(story.practitioner), story.hear(second)
    assert "manage-series" not in ask(second)
    assert "manage-series" in ask(story.client)


def test_time_off_asks_whoever_holds_sessions_in_it(story: StoryScene) -> None:
    """One mail with both; one is moved by its link, free of charge and too late for it, the other kept."""
    story.stage.execute("select private.grant_credits(%s, 3)", story.client.id)
    booked = book_three(story)
    story.hear(story.client), story.hear(story.practitioner)
    since = booked[0]["scheduled_at"] - timedelta(hours=2)

    (taken,) = story.rpc(
        "take_time_off",
        story.practitioner,
        starts_at=since.isoformat(),
        ends_at=(since + timedelta(days=8)).isoformat(),
        reason="A wedding",
    )

    assert sorted(taken["asked_session_ids"]) == sorted(str(each["id"]) for each in booked[:2])
    assert (story.hear(story.client), story.hear(story.practitioner)) == (["time_off_wanted"], [])
    told = story.newest_text(story.client)
    assert "would like to be away when you have 2 sessions" in told and "wedding" not in told
    links = re.findall(
        r"https?://\S+/manage-session\?token=\w+", story.mails_to(story.client)[-1]["TextBody"]
    )
    to = booked[0]["scheduled_at"] + timedelta(days=10)
    story.press(links[0], act="move", starts_at=to.isoformat()).raise_for_status()

    assert to == story.row(booked[0]["id"])["scheduled_at"]
    assert story.row(booked[1]["id"])["status"] == "scheduled"
    assert story.hear(story.practitioner) == ["session_rescheduled"]
    # What it left is off now, and nobody books it.
    refused = story.stage.invoke(
        "book-session-with-credit",
        story.from_booking_page(scheduled_at=booked[0]["scheduled_at"].isoformat()),
        as_=story.join_in(),
    ).json()
    assert refused["code"] == "slot_taken"
    assert "A wedding" in {
        row["reason"] for row in story.read("practitioner_time_off?select=reason", story.practitioner)
    }
