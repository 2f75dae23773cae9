"""The page of the classes: what everybody sees, what a link opens, and the seat that is taken by it."""

import re

import pytest

from tests.cast import Person, Stage
from tests.page_scene import PageScene
from tests.story_scene import words


@pytest.fixture
def scene(stage: Stage) -> PageScene:
    stage.execute("delete from private.rate_uses where rule like 'session link%%'")
    scene = PageScene(stage)
    # First of all that come, so that no other test's classes push it off the list.
    scene.group = scene.make_class(
        class_name="Evening <b>class</b>", duration_minutes=60, scheduled_at=scene.starts_at.replace(hour=6)
    )
    return scene


def link(scene: PageScene, person: Person) -> str:
    return scene.make_link("find_classes", person, None)


def seats(scene: PageScene, person: Person) -> int:
    return int(
        scene.stage.value(
            "select count(*) from public.session_schedules where group_class_id = %s and client_id = %s"
            " and status = 'scheduled'",
            scene.group["id"],
            person.id,
        )
    )


def test_without_a_link_it_shows_what_everybody_may_see(scene: PageScene) -> None:
    """Which classes, and how full; nobody's name but who leads them. Looking changes nothing, whatever the address."""
    scene.stage.join(scene.group, scene.booker())
    asked = "select count(*) from private.session_link_requests"
    before = scene.stage.value(asked)

    page = scene.look(scene.address("find_classes"))
    head = scene.stage.http.head(scene.address("find_classes"))

    assert (page.status_code, head.status_code) == (200, 200)
    assert "Evening &lt;b&gt;class&lt;/b&gt;" in page.text and "2 of 3 seats are free" in words(page.text)
    assert "class_id=" not in page.text and page.headers["cache-control"] == "no-store"
    with_address = scene.look(f"{scene.address('find_classes')}?address={scene.client.email}")
    assert with_address.status_code == 200
    assert before == scene.stage.value(asked)


def test_the_link_is_sent_to_whoever_has_an_account(scene: PageScene) -> None:
    """The answer is the same for every address; what is none is said beside the form."""
    page = scene.address("find_classes")
    known, unknown = (
        re.sub(
            "<style.*?</style>",
            "",
            scene.press(page, address=address).text.replace(address, "…"),
            flags=re.DOTALL,
        )
        for address in (scene.client.email, "nobody@stage.test")
    )
    strip = re.compile(r'nonce="[^"]*"')
    assert strip.sub("", known) == strip.sub("", unknown)
    scene.send()
    assert scene.look(scene.link_to("find_classes")).status_code == 200

    wrong = scene.press(page, address="nobody")
    assert wrong.status_code == 422 and "Please type your mail address." in wrong.text
    program = scene.stage.http.post(page, json={"address": "nobody"})
    assert (program.status_code, program.json()["code"]) == (422, "address_not_possible")


def test_a_free_seat_is_taken_by_the_link(scene: PageScene) -> None:
    """With a credit, once; a GET takes nothing, and nobody waits where a seat is free."""
    address = f"{link(scene, scene.client)}&class_id={scene.group['id']}"
    for act in ("take", "wait"):
        assert scene.look(f"{address}&act={act}").status_code == 200
    assert seats(scene, scene.client) == 0
    refused = scene.press(address, act="wait")
    assert refused.status_code == 409 and "There is a free seat in this class." in refused.text

    assert "Take it with a credit" in scene.look(address).text
    for _ in range(2):
        assert "You have a seat" in words(scene.press(address, act="take").raise_for_status().text)
    assert (seats(scene, scene.client), scene.credits_of(scene.client)) == (1, scene.credits_each - 1)


def test_the_current_waiver_is_signed_first(scene: PageScene) -> None:
    """Without it no seat is taken; its evidence is what the server saw."""
    person = scene.stage.client()
    scene.stage.execute("select private.grant_credits(%s, 1)", person.id)
    address = f"{link(scene, person)}&class_id={scene.group['id']}"
    version = scene.stage.value("select version from public.waiver_policy where is_active")

    for unsigned, status in (
        ({}, 422),
        ({"version": version}, 422),
        ({"version": version + 7, "signature_name": "A"}, 409),
    ):
        assert scene.press(address, act="take", **unsigned).status_code == status
    assert seats(scene, person) == 0
    scene.press(address, act="take", version=version, signature_name="Some Body").raise_for_status()

    assert seats(scene, person) == 1
    signed = scene.stage.row("select * from public.liability_waivers where user_id = %s", person.id)
    assert (signed["signature_name"], str(signed["ip_address"])) == ("Some Body", "127.0.0.1")


def test_who_has_no_credit_is_led_to_the_websites_checkout(scene: PageScene) -> None:
    """With the class and its price in the address, as the website's own pages lead there."""
    scene.stage.execute(
        "update public.user_session_credits set expires_at = now() where user_id = %s", scene.client.id
    )
    page = scene.look(f"{link(scene, scene.client)}&class_id={scene.group['id']}").text

    (leads,) = re.findall(r'href="([^"]*/sessions/payment\?[^"]*)"', page)
    assert (
        f"group_session_id={scene.group['id']}" in leads
        and "is_group=true" in leads
        and "session_type_id=" in leads
    )


def test_nobody_signs_or_takes_a_seat_past_the_page(scene: PageScene) -> None:
    """The service alone says what was seen; lists of others are nobody's."""
    token = scene.token(link(scene, scene.client))
    body = {"token": token, "class_id": str(scene.group["id"]), "with_credit": True}
    for person in (None, scene.client):
        reply = scene.stage.rest("POST", "rpc/take_class_seat", as_=person, json=body)
        assert reply.status_code in (401, 403, 404), reply.text
        sent = scene.stage.rest("POST", "rpc/request_class_links", as_=person, json={"address": "a@b.test"})
        assert sent.status_code in (401, 403, 404)
    away = scene.stage.practitioner()
    scene.stage.group_class(practitioner=away, starts_in_minutes=100)  # sooner, and shown to nobody
    scene.stage.execute(
        "update public.practitioners set available = false where id = %s", away.practitioner_id
    )
    listed = scene.stage.rest("POST", "rpc/list_coming_classes", as_=scene.client, json={"at_most": 1})
    assert len(listed.raise_for_status().json()) == 1
    assert scene.stage.rest("POST", "rpc/list_coming_classes", json={}).status_code in (401, 403, 404)


def test_the_waiver_of_a_seat_is_signed_in_the_language_of_the_page(scene: PageScene) -> None:
    """What the form shows is what is kept."""
    person = scene.stage.client()
    scene.stage.execute("select private.grant_credits(%s, 1)", person.id)
    address = f"{link(scene, person)}&class_id={scene.group['id']}&language=fr-CA"

    page = scene.look(address).raise_for_status().text
    shown = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    scene.press(address, act="take", signature_name="Zoé", **shown).raise_for_status()

    assert "EXONÉRATION DE RESPONSABILITÉ" in page and "ASSUMPTION OF RISK" not in page
    signed = scene.stage.row("select * from public.liability_waivers where user_id = %s", person.id)
    assert signed["language"] == "fr-CA" and "EXONÉRATION" in signed["waiver_text"]
    assert seats(scene, person) == 1
