"""Recording a consent: what the server saw, every change of it kept, and agreeing anew after a withdrawal."""

from typing import Any

import pytest

from tests.cast import Person, Stage

KINDS = {
    "data_processing", "marketing", "session_recording", "data_sharing", "third_party_sharing", "analytics",
}  # fmt: skip


def record(stage: Stage, person: Person, consented: bool, **body: Any) -> dict[str, Any]:
    """Decide about being recorded; gives the reply."""
    body = {"consent_type": "session_recording", "consented": consented, **body}
    headers = {"user-agent": "Browser/1.0"}
    return dict(stage.invoke("record-consent", body, as_=person, headers=headers).raise_for_status().json())


def history(stage: Stage, person: Person) -> list[dict[str, Any]]:
    """The person's lines about being recorded, as they read them."""
    reply = stage.rest("GET", "consent_history?consent_type=eq.session_recording&order=id", as_=person)
    return list(reply.raise_for_status().json())


def test_a_consent_keeps_what_the_server_saw(stage: Stage) -> None:
    """Not what the body or a header claims; the reply is the row."""
    client = stage.client()

    reply = record(
        stage,
        client,
        True,
        version="3",
        metadata={"page": "x"},
        ip_address="203.0.113.9",
        user_agent="claimed",
    )

    assert (reply["success"], reply["message"]) == (True, "Your consent was recorded.")
    row = reply["consent"]
    assert (row["user_id"], row["consent_type"], row["consented"]) == (
        str(client.id),
        "session_recording",
        True,
    )
    assert (row["version"], row["metadata"], row["revoked_at"]) == ("3", {"page": "x"}, None)
    assert (row["ip_address"], row["user_agent"]) == ("127.0.0.1", "Browser/1.0")


def test_a_person_can_consent_again_after_a_withdrawal(stage: Stage) -> None:
    """It stands again, dated anew, and the history says how it went."""
    client = stage.client()
    first = record(stage, client, True)["consent"]
    withdrawn = record(stage, client, False)["consent"]
    again = record(stage, client, True)["consent"]

    assert withdrawn["revoked_at"] is not None and withdrawn["revoked_ip_address"] == "127.0.0.1"
    assert (again["revoked_at"], again["revoked_ip_address"]) == (None, None)
    assert first["id"] == again["id"] and again["consent_date"] > first["consent_date"]
    assert stage.value("select public.has_consent(%s, 'session_recording')", client.id)
    lines = history(stage, client)
    assert [line["consented"] for line in lines] == [True, False, True]
    assert {(line["ip_address"], line["user_agent"]) for line in lines} == {("127.0.0.1", "Browser/1.0")}


def test_a_consent_the_page_writes_itself_has_no_witnessed_address(stage: Stage) -> None:
    """The line is there; an address that was seen earlier is not taken for it."""
    client = stage.client()
    record(stage, client, True)
    changed = stage.rest(
        "PATCH", f"user_consents?user_id=eq.{client.id}", as_=client, json={"consented": False}
    )

    assert changed.status_code == 200
    assert [
        (line["consented"], line["ip_address"], line["user_agent"]) for line in history(stage, client)
    ] == [
        (True, "127.0.0.1", "Browser/1.0"),
        (False, None, None),
    ]


def test_the_history_can_only_be_read(stage: Stage) -> None:
    """By its owner; nobody writes it, or gives the database an address."""
    client = stage.client()
    record(stage, client, True)
    line = {"user_id": str(client.id), "consent_type": "marketing", "consented": True}
    argued = {**line, "ip_address": "203.0.113.9"}

    assert history(stage, stage.client()) == []
    assert stage.rest("POST", "consent_history", as_=client, json=line).status_code == 403
    assert stage.rest("DELETE", f"consent_history?user_id=eq.{client.id}", as_=client).status_code == 403
    assert stage.rest("POST", "rpc/record_consent", as_=client, json=argued).status_code == 403


def test_a_repeated_idempotency_key_records_once(stage: Stage) -> None:
    """A repeat is answered as the first time, and is no second line."""
    client = stage.client()
    body = {"consent_type": "session_recording", "consented": True}
    replies = [
        stage.invoke("record-consent", body, as_=client, headers={"idempotency-key": "k"}) for _ in range(2)
    ]

    assert replies[0].json() == replies[1].json()
    assert len(history(stage, client)) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"consent_type": "everything", "consented": True}, "consent_type"),
        ({"consent_type": "marketing", "consented": "yes"}, "consented"),
        ({"consent_type": "marketing", "consented": True, "version": ""}, "version"),
        ({"consent_type": "marketing", "consented": True, "metadata": {"x": "y" * 9000}}, "metadata"),
    ],
)
def test_an_invalid_field_is_named(stage: Stage, body: dict[str, Any], field: str) -> None:
    reply = stage.invoke("record-consent", body, as_=stage.client())

    assert (reply.status_code, reply.json()["details"][0]["field"]) == (422, field)


def test_an_anonymous_caller_gets_401(stage: Stage) -> None:
    body = {"consent_type": "marketing", "consented": True}

    assert stage.invoke("record-consent", body).status_code == 401


def test_metadata_that_is_longer_than_it_looks_is_refused_by_name(stage: Stage) -> None:
    """A short number can be three hundred digits: what the table does not take is the caller's body, not our fault."""
    client = stage.client()
    body = {"consent_type": "session_recording", "consented": True, "metadata": {"n": [1e300] * 100}}

    reply = stage.invoke("record-consent", body, as_=client)

    assert (reply.status_code, reply.json()["code"]) == (422, "invalid_value")
    assert [{"field": "metadata", "problem": "must keep the rule: metadata is short"}] == reply.json()[
        "details"
    ]
    assert not history(stage, client)
