"""The copy of a waiver: what the client was shown, their signature, and the evidence of it."""

import hashlib

import pytest

from tests.cast import Person, Stage
from tests.contract_scene import BROWSER, drawing, pages_of


@pytest.fixture(scope="module")
def client(stage: Stage) -> Person:
    """Somebody with a name that is read from right to left."""
    client = stage.client()
    stage.execute("update public.profiles set full_name = 'علي' where id = %s", client.id)
    return client


@pytest.fixture(scope="module")
def shown(stage: Stage) -> str:
    """The waiver as a browser in Japan shows it."""
    text: str = stage.value("select policy_text from public.waiver_policy where is_active")
    return text.replace("[Date of signing]", "2026年11月22日")


@pytest.fixture(scope="module")
def waiver(stage: Stage, client: Person, shown: str) -> str:
    body = {"waiver_text": shown, "signature_name": "علي Ali", "signature_image": drawing()}
    reply = stage.invoke("create-liability-waiver", body, as_=client, headers=BROWSER)
    return str(reply.raise_for_status().json()["waiver_id"])


def test_the_copy_shows_the_text_and_who_signed(
    stage: Stage, client: Person, waiver: str, shown: str
) -> None:
    """In the scripts it was written in, with the hash of exactly that text."""
    reply = stage.invoke("get-waiver-pdf", {"waiver_id": waiver}, as_=client)

    assert (200, "application/pdf") == (reply.status_code, reply.headers["content-type"])
    text = " ".join(pages_of(reply.content))
    assert "LIABILITY WAIVER AND ASSUMPTION OF RISK" in text
    assert "2026年11月22日" in text
    assert "علي" in text
    text_sha256 = hashlib.sha256(shown.encode()).hexdigest()
    evidence = stage.value("select evidence_sha256 from public.liability_waivers where id = %s", waiver)
    for fact in (text_sha256, evidence, client.email, "127.0.0.1", "Browser/1.0", waiver):
        assert fact in text, fact
    admins = stage.invoke(f"get-waiver-pdf?waiver_id={waiver}", as_=stage.admin(), method="GET")
    assert reply.content == admins.content


def test_other_people_get_not_found(stage: Stage, client: Person, waiver: str, shown: str) -> None:
    """Not even the practitioner's, who may know that it was signed: the copy says from where."""
    practitioner = stage.practitioner()
    session = stage.session(client=client, practitioner=practitioner)
    body = {"waiver_text": shown, "session_id": str(session["id"])}
    for_session = stage.invoke("create-liability-waiver", body, as_=client).json()["waiver_id"]

    for person, which in ((practitioner, for_session), (practitioner, waiver), (stage.client(), waiver)):
        reply = stage.invoke("get-waiver-pdf", {"waiver_id": which}, as_=person)

        assert (404, "waiver_not_found") == (reply.status_code, reply.json()["code"])
