"""The page of the waiver: for whoever paid singly and has not signed; and the rule by which nobody enters unsigned."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cast import Person, Stage
from tests.page_scene import PageScene
from tests.payment_scene import PaymentScene

NAME = "Ana Müller-Ó"


class Paid(PageScene):
    """Somebody who paid singly, past the page that asks for the waiver."""

    def __init__(self, stage: Stage) -> None:
        paying = PaymentScene(stage)
        super().__init__(stage)  # welcomes are none of this scene's
        self.client, self.practitioner = paying.client, paying.practitioner
        opened = paying.pay(paying.from_checkout_page()).raise_for_status()
        paying.receive_event(paying.payment(opened).completed()).raise_for_status()
        (self.row,) = paying.sessions()
        self.session = str(self.row["id"])


@pytest.fixture
def paid(stage: Stage) -> Paid:
    scene = Paid(stage)
    scene.send()
    return scene


def waivers(scene: PageScene) -> list[dict[str, Any]]:
    return scene.stage.owner.execute(
        "select * from public.liability_waivers where user_id = %s", (scene.client.id,)
    ).fetchall()


def test_who_paid_singly_is_asked_to_sign_and_a_look_signs_nothing(paid: Paid) -> None:
    """In the booking's mail, and in the receipt's."""
    mails = [mail["TextBody"] for mail in paid.mails_to(paid.client)]
    page = paid.look(paid.link_to("sign_waiver"))

    assert len(mails) == 2 and all("sign-waiver?token=" in mail for mail in mails)
    assert "ASSUMPTION OF RISK" in page.text and "[Date of signing]" not in page.text
    assert waivers(paid) == []


def test_signing_keeps_the_text_the_name_and_what_the_server_saw(paid: Paid) -> None:
    """Once: pressing again finds the first signature. No mail asks any more."""
    link = paid.link_to("sign_waiver")

    pressed = [paid.press(link, version="1", signature_name=name) for name in (NAME, "Somebody Else")]

    assert [page.status_code for page in pressed] == [200, 200]
    assert all(f"<bdi>{NAME}</bdi>" in page.text for page in pressed)
    (waiver,) = waivers(paid)
    assert (waiver["signature_name"], waiver["ip_address"], waiver["user_agent"]) == (
        NAME,
        "127.0.0.1",
        "Mozilla/5.0",
    )
    assert waiver["session_id"] is None and "[Date of signing]" not in waiver["waiver_text"]
    paid.move(paid.session)
    paid.send()
    assert "sign-waiver" not in paid.mails_to(paid.client)[-1]["TextBody"]


@pytest.mark.parametrize("name", ["", "   ", "\u00a0\u2003\u200b", "\u3164", "\u2800", "..."])
def test_a_name_of_blanks_is_no_signature(paid: Paid, name: str) -> None:
    page = paid.press(paid.link_to("sign_waiver"), version="1", signature_name=name)

    assert page.status_code == 422 and "Please type your name" in page.text
    assert waivers(paid) == []


@pytest.mark.parametrize("name", ["Ωμέγα", "李小龙", "ක්‍රිෂාන්", "محمد", "X Æ"])
def test_names_of_every_script_sign(paid: Paid, name: str) -> None:
    page = paid.press(paid.link_to("sign_waiver"), version="1", signature_name=name)

    assert page.status_code == 200
    assert waivers(paid)[0]["signature_name"] == name


def test_another_version_than_the_one_shown_is_not_signed(paid: Paid) -> None:
    page = paid.press(paid.link_to("sign_waiver"), version="99", signature_name=NAME)

    assert page.status_code == 409 and waivers(paid) == []


def test_unsigned_is_marked_for_practitioner_and_admin(paid: Paid) -> None:
    stage, admin = paid.stage, paid.stage.admin()

    def marks() -> tuple[bool, int, int]:
        (dashboard,) = stage.rest("POST", "rpc/practitioner_dashboard", as_=paid.practitioner, json={}).json()
        (person,) = dashboard["upcoming"][0]["people"]
        path = f"admin_sessions_without_waiver?session_id=eq.{paid.session}"
        listed = stage.rest("GET", path, as_=admin).json()
        stage.execute(
            "delete from private.platform_figures"
        )  # counted by the clock; without, by the page itself
        (row,) = stage.rest("POST", "rpc/admin_dashboard", as_=admin, json={}).json()
        return person["has_signed_waiver"], len(listed), row["attention"]["admin_sessions_without_waiver"]

    is_signed, listed, attention = marks()
    assert (is_signed, listed) == (False, 1) and attention >= 1
    paid.press(paid.link_to("sign_waiver"), version="1", signature_name=NAME).raise_for_status()
    assert marks() == (True, 0, attention - 1)
    path = "admin_sessions_without_waiver"
    assert stage.rest("GET", path, as_=paid.practitioner).json() == []


@pytest.fixture
def required(stage: Stage) -> Iterator[None]:
    """The rule is on, by an admin's hand."""

    def switch(on: bool) -> None:
        body = {"waiver_required_to_enter": on}
        reply = stage.rest("PATCH", "session_rules?id=not.is.null", as_=stage.admin(), json=body)
        assert reply.json()[0]["waiver_required_to_enter"] is on

    switch(True)
    yield
    switch(False)


def enter(stage: Stage, person: Person, session: dict[str, Any]) -> list[tuple[int, str | None]]:
    body = {"channelName": session["room_name"], "role": "publisher"}
    replies = [stage.invoke(name, body, as_=person) for name in ("create-agora-room", "create-agora-token")]
    return [(reply.status_code, reply.json().get("code")) for reply in replies]


@pytest.mark.usefixtures("required")
def test_nobody_enters_unsigned_where_the_rule_says_so(stage: Stage) -> None:
    """The sentence says where to sign. Whoever leads is not asked; a seat in a class is."""
    scene = PageScene(stage)
    scene.client = stage.client()
    alone = stage.session(client=scene.client, practitioner=scene.practitioner)
    other, second = stage.practitioner(), stage.client()
    group = stage.group_class(practitioner=other)
    seat = stage.join(group, second)
    scene.run()  # says where the pages are

    refused = enter(stage, scene.client, alone) + enter(stage, second, seat)
    led = enter(stage, scene.practitioner, alone) + enter(stage, other, group)
    body = {"channelName": alone["room_name"], "role": "publisher"}
    sentence = stage.invoke("create-agora-room", body, as_=scene.client).json()
    for person, session in ((scene.client, alone), (second, seat)):
        link = scene.make_link("sign_waiver", person, str(session["id"]))
        scene.press(link, version="1", signature_name=NAME)

    assert refused == [(409, "waiver_required")] * 4
    assert led == [(200, None)] * 4
    assert sentence["message"] == "Please sign the liability waiver before you enter."
    assert f"{stage.env['PAGES_URL']}/find-my-sessions" in sentence["hint"]
    assert enter(stage, scene.client, alone) + enter(stage, second, seat) == [(200, None)] * 4


def test_everybody_enters_while_the_rule_is_off(stage: Stage) -> None:
    person = stage.client()

    assert enter(stage, person, stage.session(client=person)) == [(200, None)] * 2
