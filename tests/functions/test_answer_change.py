"""The page on which a client answers what somebody else did or asks: another time, or a change that was made."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.cast import Stage
from tests.page_scene import PageScene


@pytest.fixture
def booked(stage: Stage) -> PageScene:
    """Somebody who has booked, and was mailed."""
    scene = PageScene(stage)
    scene.session = scene.book()
    scene.send()
    return scene


def row(scene: PageScene) -> dict[str, Any]:
    return scene.stage.row("select * from public.session_schedules where id = %s", scene.session)


HALL = {"session_location": "in_person", "physical_location": "Hall 2 - Old Street"}


def propose(scene: PageScene, hours: float = 2) -> datetime:
    """The practitioner asks for a later time, and the mail about it goes out."""
    to: datetime = row(scene)["scheduled_at"] + timedelta(hours=hours)
    body = {"session_id": scene.session, "scheduled_at": to.isoformat()}
    scene.stage.rest("POST", "rpc/propose_session_time", as_=scene.practitioner, json=body).raise_for_status()
    scene.send()
    return to


def change(scene: PageScene, **columns: Any) -> None:
    """An admin changes the session, and the mail about it goes out."""
    path = f"session_schedules?id=eq.{scene.session}"
    scene.stage.rest("PATCH", path, as_=scene.stage.admin(), json=columns).raise_for_status()
    scene.send()


def forms(page: str) -> dict[str, dict[str, str]]:
    """What each button of a page sends, by what it says; that of the language, at the foot of every page, aside."""
    found = {}
    page = re.sub(r"<footer.*?</footer>", "", page, flags=re.DOTALL)
    for form in re.findall(r"<form.*?</form>", page, re.DOTALL):
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
        label = re.search(r"<button[^>]*>([^<]+)", form)
        assert label
        found[label[1]] = fields
    return found


def test_a_look_says_both_times_and_what_each_answer_means(booked: PageScene) -> None:
    """Scanners look by GET and HEAD, and that changes nothing."""
    to = propose(booked)
    link = booked.link_to("answer_change")

    page = booked.look(link)
    head = booked.stage.http.head(link)

    assert (200, 200, b"") == (page.status_code, head.status_code, head.content)
    words = " ".join(page.text.split())
    assert "Would another time suit you?" in words and "Asked for" in words and "Booked" in words
    assert "If you say yes, your session moves to" in words and "It costs nothing" in words
    assert "If you say no, or nothing until" in words
    assert {"Yes, move it", "No, keep my time"} == forms(page.text).keys()
    assert booked.starts_at == row(booked)["scheduled_at"] != to


@pytest.mark.parametrize(
    ("button", "said", "hours"),
    [("Yes, move it", "Your session has moved", 2), ("No, keep my time", "your session stays as it is", 0)],
)
def test_each_answer_is_given_once_and_said_again(
    booked: PageScene, button: str, said: str, hours: int
) -> None:
    """The second press, and a later look, say what was answered; the practitioner is told."""
    propose(booked)
    link = booked.link_to("answer_change")
    fields = forms(booked.look(link).text)[button]

    pages = [booked.press(link, **fields) for _ in range(2)]

    assert [200, 200] == [page.status_code for page in pages]
    assert all(said.lower() in " ".join(page.text.split()).lower() for page in pages)
    assert row(booked)["scheduled_at"] == booked.starts_at + timedelta(hours=hours)
    later = booked.look(link).text
    assert ("You said yes" if hours else "You said no") in later and not forms(later)
    booked.send()
    subject = booked.mails_to(booked.practitioner)[-1]["Subject"]
    assert subject.startswith("New time" if hours else "It stays")


def test_what_has_changed_since_the_page_was_opened_is_asked_anew(booked: PageScene) -> None:
    """A yes to one time is no yes to another, nor a no to a time one to the whole session."""
    propose(booked)
    link = booked.link_to("answer_change")
    old = forms(booked.look(link).text)
    to = propose(booked, hours=4)

    stale = [booked.press(link, **old[button]) for button in ("Yes, move it", "No, keep my time")]

    assert [409, 409] == [page.status_code for page in stale]
    assert all("Something has changed since you opened this page" in page.text for page in stale)
    assert all("Yes, move it" in page.text for page in stale)
    assert booked.starts_at == row(booked)["scheduled_at"]
    booked.press(link, **forms(stale[0].text)["Yes, move it"])
    assert to == row(booked)["scheduled_at"]


def test_two_presses_of_no_are_not_two_answers(booked: PageScene) -> None:
    """Where something else is asked beside the proposal, the second is still about the first."""
    change(booked, **HALL)
    propose(booked)
    link = booked.link_to("answer_change")
    no = forms(booked.look(link).text)["No, keep my time"]

    first, second = booked.press(link, **no), booked.press(link, **no)

    assert (200, 200, "scheduled") == (first.status_code, second.status_code, row(booked)["status"])
    assert "That is fine" in second.text  # the change is asked about next


@pytest.mark.parametrize("meanwhile", ["lapsed", "taken", "cancelled", "withdrawn", "begun"])
def test_what_came_between_is_told_kindly(booked: PageScene, meanwhile: str) -> None:
    to = propose(booked)
    link = booked.link_to("answer_change")
    yes = forms(booked.look(link).text)["Yes, move it"]
    said = {
        "lapsed": "That has passed, so your session stays as it is",
        "taken": "that time is taken by now",
        "cancelled": "This session is cancelled",
        "withdrawn": "is no longer asked for",
        "begun": "This session has begun, or is over",
    }[meanwhile]
    match meanwhile:
        case "lapsed":
            past = "update private.session_proposals set answer_until = now() where session_id = %s"
            booked.stage.execute(past, booked.session)
        case "taken":
            booked.stage.session(
                client=booked.booker(),
                practitioner=booked.practitioner,
                scheduled_at=to,
                duration_minutes=45,
            )
        case "cancelled":
            booked.cancel(str(booked.session), as_=booked.practitioner)
        case "withdrawn":
            booked.move(str(booked.session))
        case "begun":
            booked.stage.pass_time_until(booked.session, -5)
    before = row(booked)

    pressed, seen = booked.press(link, **yes), booked.look(link)

    assert (409, 200) == (pressed.status_code, seen.status_code)
    assert 'role="alert"' in pressed.text and not forms(pressed.text)
    assert said in " ".join(seen.text.split()) and not forms(seen.text)
    assert before == row(booked)


def test_a_change_that_was_made_is_agreed_to(booked: PageScene) -> None:
    """With what was agreed and what is now; after the yes the usual terms hold."""
    change(booked, scheduled_at=(booked.starts_at + timedelta(hours=3)).isoformat(), **HALL)
    link = booked.link_to("answer_change")
    page = booked.look(link).text
    words = " ".join(page.split())
    assert "Your session has changed" in words and "What you had agreed to was" in words
    assert (
        "Toronto time), online" in words
        and "Hall 2 - Old Street" in words
        and "your credit comes back" in words
    )
    assert "You can then cancel free of charge until" in words

    pages = [booked.press(link, **forms(page)["That is fine"]) for _ in range(2)]

    assert all("what is written here is what you have agreed to" in page.text for page in pages)
    agreed = booked.stage.row(
        "select scheduled_at, physical_location from private.session_agreements where session_id = %s",
        booked.session,
    )
    assert (row(booked)["scheduled_at"], HALL["physical_location"]) == tuple(agreed.values())


def test_who_is_moved_to_soon_leaves_freely(booked: PageScene) -> None:
    """The page says that a yes ends that; leaving returns exactly what it says."""
    soon = booked.stage.value("select date_trunc('hour', now() + interval '2 hours')")
    change(booked, scheduled_at=soon.isoformat())
    link = booked.link_to("answer_change")
    page = booked.look(link).text
    assert "too late to cancel free of charge" in page and "your credit comes back" in page

    pages = [booked.press(link, **forms(page)["Leave free of charge"]) for _ in range(2)]

    assert [200, 200] == [page.status_code for page in pages]
    assert "cancelled" == row(booked)["status"]
    assert booked.credits_each == booked.credits_of(booked.client)
    assert "This session is cancelled" in booked.look(link).text


def test_nothing_comes_back_where_nothing_was_paid(booked: PageScene) -> None:
    scene = PageScene(booked.stage)
    made = scene.stage.session(client=scene.client, practitioner=scene.practitioner, starts_in_minutes=4000)
    scene.session = str(made["id"])
    scene.send()
    change(scene, **HALL)

    words = " ".join(scene.look(scene.link_to("answer_change")).text.split())

    assert "no credit comes back, since none is in it" in words


def test_only_the_client_of_the_session_answers(booked: PageScene) -> None:
    """An admin's or the practitioner's link to this page opens nothing."""
    change(booked, **HALL)
    for person in (booked.stage.admin(), booked.practitioner, booked.stage.client()):
        link = booked.make_link("answer_change", person, booked.session)
        for reply in (booked.look(link), booked.press(link, accepts="false", sequence=1)):
            assert (410, "scheduled") == (reply.status_code, row(booked)["status"])
    link = booked.link_to("answer_change")
    for fields in (
        {"accepts": "true"},
        {"accepts": "perhaps", "sequence": 1},
        {"accepts": "true", "sequence": -1},
    ):
        assert booked.press(link, **fields).status_code == 422
    assert booked.stage.value(
        "select private.has_unagreed_change(s) from public.session_schedules s where id = %s", booked.session
    )
