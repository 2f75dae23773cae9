"""Asking whether the waiver is signed."""

import uuid

from tests.cast import Stage


def sign(stage: Stage, person: object, **body: str) -> str:
    text = stage.value("select policy_text from public.waiver_policy where is_active")
    waiver = {"waiver_text": text.replace("[Date of signing]", "2026-11-22"), **body}
    reply = stage.invoke("create-liability-waiver", waiver, as_=person)
    assert reply.status_code == 200, reply.text
    return str(reply.json()["waiver_id"])


def test_the_status_contains_the_signature(stage: Stage) -> None:
    """Unsigned, then signed; an empty body, none at all and GET are the same question."""
    client = stage.client()

    before = stage.invoke("get-liability-waiver-status", {}, as_=client).json()
    signed = sign(stage, client)
    after = stage.invoke("get-liability-waiver-status", as_=client).json()
    by_get = stage.invoke("get-liability-waiver-status", as_=client, method="GET").json()

    assert (before["has_signed"], before["waiver"]) == (False, None)
    assert (after["has_signed"], after["waiver"]["id"], after["waiver"]["session_id"]) == (True, signed, None)
    assert after == by_get


def test_a_signature_for_a_session_counts_for_that_session_alone(stage: Stage) -> None:
    """A general one counts everywhere."""
    client = stage.client()
    one, two = stage.session(client=client), stage.session(client=client, starts_in_minutes=60)
    sign(stage, client, session_id=str(one["id"]))

    def ask(session: dict[str, object]) -> bool:
        body = {"session_id": str(session["id"])}
        return bool(stage.invoke("get-liability-waiver-status", body, as_=client).json()["has_signed"])

    assert (ask(one), ask(two)) == (True, False)
    assert not stage.invoke("get-liability-waiver-status", {}, as_=client).json()["has_signed"]
    sign(stage, client)
    assert ask(two)


def test_a_new_version_requires_a_new_signature(stage: Stage) -> None:
    """What was signed stays; what has to be signed today is something else."""
    client = stage.client()
    sign(stage, client)

    with stage.next_waiver_version("A new text of [Date of signing]"):
        status = stage.invoke("get-liability-waiver-status", {}, as_=client).json()
        assert not status["has_signed"]
        sign(stage, client)
        assert stage.invoke("get-liability-waiver-status", {}, as_=client).json()["has_signed"]

    assert stage.value("select count(*) from public.liability_waivers where user_id = %s", client.id) == 2


def test_another_clients_session_is_not_found(stage: Stage) -> None:
    """Not yours and not existing look the same, to the practitioner as well."""
    session = stage.session(client=stage.client())
    stranger = stage.client()

    theirs = stage.invoke("get-liability-waiver-status", {"session_id": str(session["id"])}, as_=stranger)
    nobodys = stage.invoke("get-liability-waiver-status", {"session_id": str(uuid.uuid4())}, as_=stranger)

    assert (theirs.status_code, theirs.json()) == (404, nobodys.json())


def test_a_malformed_id_is_named(stage: Stage) -> None:
    """422 with the field, in the body and in the query."""
    client = stage.client()

    posted = stage.invoke("get-liability-waiver-status", {"session_id": "soon"}, as_=client)
    asked = stage.invoke("get-liability-waiver-status?session_id=soon", as_=client, method="GET")

    assert [(r.status_code, r.json()["details"][0]["field"]) for r in (posted, asked)] == [
        (422, "session_id")
    ] * 2
