"""The page on which a practitioner says whether they take a session over: the first yes has it."""

import re
from typing import Any

import pytest

from tests.cast import Person, Stage
from tests.page_scene import PageScene

from .test_answer_change import forms, row


@pytest.fixture
def offered(stage: Stage) -> PageScene:
    """A session that two practitioners were asked to lead, and mailed about."""
    scene = PageScene(stage)
    scene.call(scene.client, "Client of the scene")
    scene.session = scene.book()
    scene.quick, scene.slow = stage.practitioner(), stage.practitioner()
    scene.send()
    offer(scene, scene.quick, scene.slow)
    return scene


def offer(scene: PageScene, *to: Person) -> None:
    body = {"session_id": scene.session, "practitioner_ids": [str(each.practitioner_id) for each in to]}
    scene.stage.rest("POST", "rpc/offer_session_to", as_=scene.stage.admin(), json=body).raise_for_status()
    scene.send()


def status(scene: PageScene, person: Person) -> Any:
    return scene.stage.value(
        "select status from private.session_offers where session_id = %s and practitioner_id = %s"
        " order by id desc limit 1",
        scene.session,
        person.practitioner_id,
    )


def test_a_look_says_what_is_asked_and_who_the_client_is_not(offered: PageScene) -> None:
    """What, when, where, which part of the pay; looking is no answer."""
    link = offered.link_to("answer_offer", offered.quick)

    page, head = offered.look(link), offered.stage.http.head(link)

    words = " ".join(page.text.split())
    assert (200, 200, b"") == (page.status_code, head.status_code, head.content)
    assert "Whoever says yes first has it" in words and "Standing session" in words and "Where" in words
    assert "Client of the scene" not in words
    assert "Nothing was paid for it" in words or "of what was paid for it" in words
    assert {"Yes, I lead it", "No, I cannot"} == forms(page.text).keys()
    assert "open" == status(offered, offered.quick)


def test_what_a_practitioner_would_earn_is_said_as_their_part(offered: PageScene) -> None:
    """Of what the client paid, and not its sum."""
    offered.stage.execute(
        "insert into public.session_payments (session_id, practitioner_id, client_id, total_amount,"
        " practitioner_share, platform_share, currency, status, revenue_share_id)"
        " select %s, %s, %s, 61, 45.75, 15.25, 'cad', 'completed', (private.get_revenue_share(now())).id",
        offered.session,
        offered.practitioner.practitioner_id,
        offered.client.id,
    )

    words = " ".join(offered.look(offered.link_to("answer_offer", offered.quick)).text.split())

    assert "you earn <strong>75&nbsp;%</strong> of what was paid for it" in words
    assert not re.search(r"\b61\b|45\.75", words)


def test_the_first_yes_has_it_and_the_second_is_told(offered: PageScene) -> None:
    links = {each: offered.link_to("answer_offer", each) for each in (offered.quick, offered.slow)}
    yes = {each: forms(offered.look(link).text)["Yes, I lead it"] for each, link in links.items()}

    won = [offered.press(links[offered.quick], **yes[offered.quick]) for _ in range(2)]
    late = offered.press(links[offered.slow], **yes[offered.slow])

    assert [200, 200, 409] == [page.status_code for page in (*won, late)]
    assert all("You lead it" in page.text for page in won)
    assert "Somebody else has taken this session" in late.text and not forms(late.text)
    assert offered.quick.practitioner_id == row(offered)["practitioner_id"]
    seen = offered.look(links[offered.slow])
    assert (200, True) == (seen.status_code, "Somebody else leads it" in seen.text)


def test_a_no_is_said_again_and_is_not_taken_back(offered: PageScene) -> None:
    link = offered.link_to("answer_offer", offered.quick)
    page = forms(offered.look(link).text)

    pages = [offered.press(link, **page["No, I cannot"]) for _ in range(2)]
    changed = offered.press(link, **page["Yes, I lead it"])

    assert [200, 200, 409] == [each.status_code for each in (*pages, changed)]
    assert all("You said no" in each.text for each in pages)
    assert "You have answered this already" in changed.text
    assert offered.practitioner.practitioner_id == row(offered)["practitioner_id"]


@pytest.mark.parametrize("meanwhile", ["lapsed", "withdrawn", "cancelled", "busy", "paused", "no contract"])
def test_why_it_cannot_be_had_is_told_in_words(offered: PageScene, meanwhile: str) -> None:
    """On a look, and beside the refusal of a yes."""
    link = offered.link_to("answer_offer", offered.quick)
    yes = forms(offered.look(link).text)["Yes, I lead it"]
    me, run = offered.quick.practitioner_id, offered.stage.execute
    said = {"lapsed": "That has passed", "busy": "your time is taken then"}.get(meanwhile)
    match meanwhile:
        case "lapsed":
            run(
                "update private.session_offers set answer_until = now() where session_id = %s",
                offered.session,
            )
        case "withdrawn":
            offered.move(str(offered.session))
            said = "the question was taken back"
        case "cancelled":
            offered.cancel(str(offered.session))
            said = "the question was taken back"
        case "busy":
            offered.stage.session(
                client=offered.booker(),
                practitioner=offered.quick,
                scheduled_at=offered.starts_at,
                duration_minutes=45,
            )
        case "paused":
            run("update public.practitioners set available = false where id = %s", me)
            said = "you are paused, or your contract does not reach so far"
        case "no contract":
            run("update public.contract_rules set live_contract_needed = true")
            said = "you are paused, or your contract does not reach so far"
    assert said
    try:
        pressed, seen = offered.press(link, **yes), offered.look(link)
    finally:
        run("update public.contract_rules set live_contract_needed = false")

    assert (409, 200) == (pressed.status_code, seen.status_code)
    assert 'role="alert"' in pressed.text
    assert said in " ".join(seen.text.split())
    assert "Yes, I lead it" not in pressed.text + seen.text
    assert offered.practitioner.practitioner_id == row(offered)["practitioner_id"]


def test_a_yes_is_to_what_was_shown(offered: PageScene) -> None:
    """Not to a hall instead of a room on the screen, nor to a newer offer of another time."""
    link = offered.link_to("answer_offer", offered.quick)
    yes = forms(offered.look(link).text)["Yes, I lead it"]
    offered.stage.execute(
        "update public.session_schedules set session_location = 'in_person', physical_location = 'Hall - Street'"
        " where id = %s",
        offered.session,
    )
    moved = offered.press(link, **yes)
    offered.move(str(offered.session))
    offer(offered, offered.quick)
    again = offered.press(link, **yes)

    assert [409, 409] == [moved.status_code, again.status_code]
    assert all("Something has changed since you opened this page" in page.text for page in (moved, again))
    assert "Hall - Street" in moved.text
    accepted = offered.press(link, **forms(again.text)["Yes, I lead it"])
    assert (200, offered.quick.practitioner_id) == (accepted.status_code, row(offered)["practitioner_id"])


def test_nobody_else_answers(offered: PageScene) -> None:
    """Neither the client nor the practitioner who leads it, nor another one, with a link of their own."""
    for person in (offered.client, offered.practitioner, offered.stage.practitioner(), offered.stage.admin()):
        link = offered.make_link("answer_offer", person, offered.session)
        for reply in (offered.look(link), offered.press(link, accepts="true", offer=1, sequence=0)):
            assert reply.status_code == 410
    assert offered.practitioner.practitioner_id == row(offered)["practitioner_id"]
