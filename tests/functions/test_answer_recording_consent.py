"""The page about recording: asked by mail, answered and withdrawn by its link, with the text that was shown kept."""

import re
from typing import Any

import pytest

from tests.cast import Person, Stage
from tests.contract_scene import ContractScene
from tests.page_scene import PageScene

QUESTION = "May your online sessions be recorded?"


@pytest.fixture
def booked(stage: Stage) -> PageScene:
    """Somebody who has booked, and was mailed."""
    scene = PageScene(stage)
    scene.session = scene.book()
    scene.send()
    return scene


def answer(scene: PageScene, link: str, consented: str) -> str:
    """Press one of the two buttons, as the page has them. Gives the page that follows."""
    page = scene.look(link).raise_for_status().text
    shown = re.search(r'name="text_sha256" value="(\w+)"', page)
    assert shown and f'name="consented" value="{consented}"' in page
    return scene.press(link, consented=consented, text_sha256=shown[1]).raise_for_status().text


def stands(scene: PageScene, person: Person | None = None) -> bool | None:
    """Whether somebody agrees; null: they were not asked, or have not answered."""
    rows = consents(scene, "user_consents", person)
    return rows[0]["consented"] if rows else None


def consents(scene: PageScene, table: str, person: Person | None = None) -> list[dict[str, Any]]:
    order = "id" if table == "consent_history" else "created_at"
    return scene.stage.owner.execute(
        f"select * from public.{table} where user_id = %s and consent_type = 'session_recording' order by {order}",  # type: ignore[arg-type]
        ((person or scene.client).id,),
    ).fetchall()


def test_the_first_mail_asks_and_a_look_answers_nothing(booked: PageScene) -> None:
    """In the mail and on the page: what, who, how long, and what a no means."""
    mail = " ".join(booked.only_mail_to(booked.client)["TextBody"].split())
    link = booked.link_to("answer_recording_consent")

    page, head = booked.look(link), booked.stage.http.head(link)

    assert QUESTION in mail and "for 7 years from its end" in mail and "takes place, unrecorded" in mail
    assert "for 7 years from its end" in page.text and "Who can watch" in page.text
    assert "If you say no, they take place, unrecorded" in page.text
    assert (page.status_code, head.status_code, head.content) == (200, 200, b"")
    assert stands(booked) is None


def test_a_yes_keeps_what_the_server_saw_and_the_text_that_was_shown(booked: PageScene) -> None:
    """A second press adds no line."""
    link = booked.link_to("answer_recording_consent")

    pages = [answer(booked, link, "true"), booked.press(link, consented="true", text_sha256="").text]

    assert "You have agreed" in pages[0] and "The text has changed" in pages[1]
    (line,) = consents(booked, "consent_history")
    text = booked.stage.row("select * from public.recording_consent_texts where is_active")
    shown = text["body"].replace("[How long]", "for 7 years from its end")
    assert (line["consented"], line["version"], line["ip_address"]) == (True, "1", "127.0.0.1")
    assert line["user_agent"] == "Mozilla/5.0"
    assert (line["metadata"]["text"], line["metadata"]["text_id"]) == (shown, str(text["id"]))
    assert booked.press(link, consented="true", text_sha256=sha256_on(booked, link)).status_code == 200
    assert len(consents(booked, "consent_history")) == 1


def sha256_on(scene: PageScene, link: str) -> str:
    found = re.search(r'name="text_sha256" value="(\w+)"', scene.look(link).text)
    assert found
    return found[1]


def test_a_yes_is_withdrawn_by_the_same_link_with_one_press(booked: PageScene) -> None:
    """And given again. A changed text keeps nobody from a no, only from a yes to what they have not seen."""
    link = booked.link_to("answer_recording_consent")
    answer(booked, link, "true")
    shown = sha256_on(booked, link)
    booked.stage.execute(
        "update public.data_retention_policies set retention_days = 30 where table_name = 'session_recordings'"
    )
    try:
        stale = booked.press(link, consented="false", text_sha256=shown)
        refused = booked.press(link, consented="true", text_sha256=shown)
        assert "for 30 days from its end" in booked.look(link).text
    finally:
        booked.stage.execute(
            "update public.data_retention_policies set retention_days = 2555 where table_name = 'session_recordings'"
        )

    assert "You have said no" in stale.text and refused.status_code == 409
    assert stands(booked) is False
    assert "You have agreed" in answer(booked, link, "true")
    assert [line["consented"] for line in consents(booked, "consent_history")] == [True, False, True]
    withdrawn = consents(booked, "consent_history")[1]
    assert withdrawn["ip_address"] == "127.0.0.1"


@pytest.mark.parametrize("answered", [None, "true", "false"])
def test_a_reminder_asks_again_only_while_nobody_answered(stage: Stage, answered: str | None) -> None:
    """A no is an answer. A booking's mail still has the link, with other words, so that it can be changed."""
    scene = PageScene(stage)
    if answered:
        link = scene.make_link("answer_recording_consent", scene.client, None)
        answer(scene, link, answered)
    scene.tomorrow()
    scene.book()
    scene.send()

    asked = [QUESTION in mail["TextBody"].replace("\n", " ") for mail in scene.mails_to(scene.client)]
    links = ["answer-recording-consent" in mail["TextBody"] for mail in scene.mails_to(scene.client)]
    subjects = [mail["Subject"].partition(":")[0] for mail in scene.mails_to(scene.client)]

    assert sorted(subjects) == ["Booked", "Reminder"]
    assert asked == [answered is None] * 2
    assert sorted(links) == [answered is None, True]


def test_a_session_in_person_is_not_asked_about(stage: Stage) -> None:
    """It is never recorded."""
    scene = PageScene(stage)
    scene.book(session_location="in_person", physical_location="1 Street")
    scene.send()

    assert "answer-recording-consent" not in scene.only_mail_to(scene.client)["TextBody"]


def test_a_practitioner_is_asked_with_their_contract_and_in_bookings_until_they_answer(stage: Stage) -> None:
    """Without their yes nobody is ever recorded; whoever has had a contract for years is asked as well."""
    scene, contracts = PageScene(stage), ContractScene(stage)
    contracts.offer()
    scene.book()
    scene.send()
    page = answer(scene, scene.link_to("answer_recording_consent", contracts.practitioner), "true")

    assert "You have agreed" in page and stands(scene, contracts.practitioner)
    answer(scene, scene.link_to("answer_recording_consent", scene.practitioner), "true")
    count = len(scene.mails_to(scene.practitioner))
    scene.starts_at = scene.starts_at.replace(hour=18)
    scene.book()
    scene.send()
    newest = scene.mails_to(scene.practitioner)[count]
    assert "answer-recording-consent" not in newest["TextBody"]


def test_who_has_not_answered_is_seen_by_the_practitioner(stage: Stage) -> None:
    """On their dashboard, for sessions to come; by nobody else."""
    scene = PageScene(stage)
    scene.book()

    def people() -> list[dict[str, Any]]:
        (row,) = scene.stage.rest(
            "POST", "rpc/practitioner_dashboard", as_=scene.practitioner, json={}
        ).json()
        assert row["recording_consent"] == "unanswered"
        return list(row["upcoming"][0]["people"])

    (before,) = people()
    link = scene.make_link("answer_recording_consent", scene.client, None)
    answer(scene, link, "false")
    (after,) = people()

    assert before["client_id"] == str(scene.client.id)
    assert [before["recording_consent"], after["recording_consent"]] == ["unanswered", "declined"]
    assert before["has_signed_waiver"] is True
