"""Telling what somebody has agreed to: all kinds or one, named in the body or in the query."""

from typing import Any

import pytest

from tests.cast import Person, Stage


@pytest.fixture(scope="module")
def client(stage: Stage) -> Person:
    """Agrees to be recorded, and not any more to mails."""
    client = stage.client()
    for kind, consented in (("session_recording", True), ("marketing", True), ("marketing", False)):
        body = {"consent_type": kind, "consented": consented}
        stage.invoke("record-consent", body, as_=client).raise_for_status()
    return client


def test_without_a_kind_every_kind_has_an_answer(stage: Stage, client: Person) -> None:
    """Whether there is a row or not."""
    reply = stage.invoke("get-consent-status", as_=client).json()

    assert reply["user_id"] == str(client.id)
    assert reply["consent_status"] == {
        "data_processing": False,
        "marketing": False,
        "session_recording": True,
        "data_sharing": False,
        "third_party_sharing": False,
        "analytics": False,
    }
    assert [row["consent_type"] for row in reply["consents"]] == ["marketing", "session_recording"]
    assert reply["has_consent"] is None


@pytest.mark.parametrize(
    "asked",
    [
        {"body": {"consent_type": "session_recording"}},
        {"query": "?consent_type=session_recording"},
        {"query": "?consent_type=session_recording", "method": "GET"},
        {"query": "?consent_type=marketing", "body": {"consent_type": "session_recording"}},
    ],
)
def test_one_kind_may_be_named_in_body_or_query(stage: Stage, client: Person, asked: dict[str, Any]) -> None:
    """Older callers had to use the query; `invoke` sends a body."""
    name = f"get-consent-status{asked.get('query', '')}"
    reply = stage.invoke(name, asked.get("body"), as_=client, method=asked.get("method", "POST")).json()

    assert reply["has_consent"] is True
    assert [row["consent_type"] for row in reply["consents"]] == ["session_recording"]


def test_a_withdrawn_consent_and_a_missing_one_are_both_reported_as_not_given(
    stage: Stage, client: Person
) -> None:
    """The row of the first is still shown."""
    withdrawn, never = (
        stage.invoke("get-consent-status", {"consent_type": kind}, as_=client).json()
        for kind in ("marketing", "analytics")
    )

    assert (withdrawn["has_consent"], len(withdrawn["consents"])) == (False, 1)
    assert (never["has_consent"], never["consents"]) == (False, [])


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_an_unknown_kind_is_refused(stage: Stage, client: Person, method: str) -> None:
    """In the query as well."""
    reply = stage.invoke("get-consent-status?consent_type=everything", as_=client, method=method)

    assert (reply.status_code, reply.json()["details"][0]["field"]) == (422, "consent_type")


def test_the_consents_of_other_people_are_not_shown(stage: Stage, client: Person) -> None:
    """An admin too asks about themselves."""
    reply = stage.invoke("get-consent-status", as_=stage.admin()).json()

    assert (reply["consents"], set(reply["consent_status"].values())) == ([], {False})


def test_an_anonymous_caller_gets_401(stage: Stage) -> None:
    """With a bad token as well as without any."""
    assert stage.invoke("get-consent-status").status_code == 401
