"""Stories of somebody who paid singly: the waiver that the checkout did not ask for, and a substitute who earns it."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cast import Person, Stage
from tests.story_scene import StoryScene, words


@pytest.fixture
def story(stage: Stage) -> StoryScene:
    """Somebody who has never signed anything, and has paid on Stripe's page."""
    scene = StoryScene(stage)
    scene.client = stage.client()
    scene.hear(scene.client)
    scene.session = scene.pay_singly(scene.client)
    return scene


@pytest.fixture
def required(stage: Stage) -> Iterator[None]:
    """An admin has switched the rule on."""

    def switch(on: bool) -> None:
        path = "session_rules?id=not.is.null"
        stage.rest("PATCH", path, as_=stage.admin(), json={"waiver_required_to_enter": on}).raise_for_status()

    switch(True)
    yield
    switch(False)


def enter(story: StoryScene, person: Person) -> list[tuple[int, str | None]]:
    """As the video page does: the room, then the token."""
    room = story.row(story.session)["room_name"]
    asked = [
        ("create-agora-room", {"channelName": room, "isGroup": False, "sessionId": story.session}),
        ("create-agora-token", {"channelName": room, "role": "publisher"}),
    ]
    replies = [story.stage.invoke(name, body, as_=person) for name, body in asked]
    return [(reply.status_code, reply.json().get("code")) for reply in replies]


def people_of(story: StoryScene) -> list[dict[str, Any]]:
    (dashboard,) = story.rpc("practitioner_dashboard", story.practitioner)
    return list((dashboard["today"] + dashboard["upcoming"])[0]["people"])


@pytest.mark.usefixtures("required")
def test_paid_without_a_waiver(story: StoryScene) -> None:
    """Asked by each mail until it is signed, marked for the practitioner, and at the door not let in without."""
    client = story.client
    assert sorted(story.hear(client)) == ["payment_received", "session_booked"]
    assert story.hear(story.practitioner) == ["session_booked"]
    assert all("sign-waiver?token=" in mail["TextBody"] for mail in story.mails_to(client)[-2:])
    assert [person["has_signed_waiver"] for person in people_of(story)] == [False]
    story.wait_until(5, story.session)

    assert enter(story, client) == [(409, "waiver_required")] * 2
    assert enter(story, story.practitioner) == [(200, None)] * 2
    link = story.link_to("sign_waiver")
    assert "ASSUMPTION OF RISK" in words(story.look(link).text)
    assert "Ana Müller" in story.submit(link, "Sign", signature_name="Ana Müller")
    assert [person["has_signed_waiver"] for person in people_of(story)] == [True]
    assert enter(story, client) == [(200, None)] * 2
    assert story.hear(client) == ["waiver_signed"] and story.hear(story.practitioner) == []
    (kept,) = story.read(f"liability_waivers?select=signature_name&user_id=eq.{client.id}", client)
    assert kept == {"signature_name": "Ana Müller"}


@pytest.mark.parametrize("way", ["given", "offered"])
def test_a_substitute_leads_and_earns_a_session_that_was_paid_for(story: StoryScene, way: str) -> None:
    """At a studio that the client chose by mail. The first practitioner has the hour back, and none of the money."""
    client, first = story.client, story.practitioner
    second, third = story.stage.practitioner(), story.stage.practitioner()
    everybody = (client, first, second, third, story.admin)
    # Of all admins of the stage this one was there first: not every one of any number is mailed.
    story.stage.execute("update auth.users set created_at = '2001-01-01' where id = %s", story.admin.id)
    studio = {"name": "Studio Three", "address": "3 A street", "is_active": True}
    place = story.stage.rest("POST", "studio_locations", as_=story.admin, json=studio).json()[0]["id"]
    for person in everybody:
        story.hear(person)
    chosen = story.submit(story.link_to("choose_place"), "Choose this place", place=place)
    assert "It is at a studio" in chosen
    for person in everybody:
        story.hear(person)
    ids = [str(person.practitioner_id) for person in (second, third)]

    wanted = story.submit(story.link_to("manage_session", first), "Ask for a substitute")
    assert "The administrators look for one." in wanted
    assert [story.hear(person) for person in everybody] == [[], [], [], [], ["substitute_wanted"]]
    page = story.link_to("find_substitute", story.admin)
    if way == "given":
        assert "leads it now" in story.submit(page, "Give it to them", practitioner=ids[0])
    else:
        assert "They are asked by mail." in story.submit(page, "Ask whom you have chosen", practitioner=ids)
        assert [story.hear(person) for person in everybody] == [[], [], *[["session_offered"]] * 2, []]
        assert "Thank you. You lead it." in story.submit(
            story.link_to("answer_offer", second), "Yes, I lead it"
        )
        late = words(story.look(story.link_to("answer_offer", third)).text)
        assert "Somebody else leads it. Thank you all the same." in late

    told = [story.hear(person) for person in everybody]
    assert told == [
        ["session_changed"],
        ["session_given_away"],
        ["session_changed"],
        ["session_offer_closed"] if way == "offered" else [],
        [],
    ]
    assert "leads your session instead of" in story.newest_text(client)
    assert story.newest_event(first).status.value == "CANCELLED"
    assert story.newest_event(second).dtstart.value == story.starts_at
    page = story.look(story.link_to("manage_session", client)).text
    assert "your credit comes back" in words(page)

    story.wait_until(-90, story.session)
    story.stage.invoke_as_service("advance-sessions").raise_for_status()
    assert story.row(story.session)["status"] == "completed"
    assert story.payments(first) == []
    (earned,) = story.payments(second)
    assert (earned["session_id"], earned["status"], earned["practitioner_share"]) == (
        story.session,
        "completed",
        75,
    )
    story.stage.execute("update public.studio_locations set is_active = false where id = %s", place)
