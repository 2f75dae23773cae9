"""Completing an action: only the client it is for."""

import uuid

import pytest

from tests.cast import Person, Stage


@pytest.fixture
def people(stage: Stage) -> tuple[Person, Person, str]:
    """A client, their practitioner, and an action between them."""
    client, practitioner = stage.client(), stage.practitioner()
    stage.session(client=client, practitioner=practitioner)
    body = {"client_id": str(client.id), "title": "Walk", "action_type": "physical"}
    made = stage.invoke("create-action-recommendation", body, as_=practitioner).json()["recommendation"]
    return client, practitioner, made["id"]


@pytest.mark.parametrize("name", ["action_id", "recommendation_id"])
def test_the_client_completes_and_reopens_an_action(
    stage: Stage, people: tuple[Person, Person, str], name: str
) -> None:
    """The server's clock says when; reopening forgets it. Both names of the id are known."""
    client, _, action = people

    done = stage.invoke("update-action-status", {name: action, "completed": True}, as_=client).json()
    again = stage.invoke("update-action-status", {name: action, "completed": True}, as_=client).json()
    undone = stage.invoke("update-action-status", {name: action, "completed": False}, as_=client).json()

    assert done["success"] is True and done["recommendation"]["completed_at"]
    assert again["recommendation"]["completed_at"] == done["recommendation"]["completed_at"]
    assert (undone["recommendation"]["completed"], undone["recommendation"]["completed_at"]) == (False, None)


def test_nobody_else_completes_an_action(stage: Stage, people: tuple[Person, Person, str]) -> None:
    """Not the practitioner who wrote it, not a stranger; an unknown one looks the same."""
    _, practitioner, action = people

    replies = [
        stage.invoke("update-action-status", {"action_id": action, "completed": True}, as_=practitioner),
        stage.invoke("update-action-status", {"action_id": action, "completed": True}, as_=stage.client()),
        stage.invoke(
            "update-action-status", {"action_id": str(uuid.uuid4()), "completed": True}, as_=practitioner
        ),
    ]

    assert [(r.status_code, r.json()["code"]) for r in replies] == [(404, "recommendation_not_found")] * 3
    assert not stage.value("select completed from public.action_recommendations where id = %s", action)


def test_the_page_completes_an_action_by_writing_the_table(
    stage: Stage, people: tuple[Person, Person, str]
) -> None:
    """As the frontend does it: the time it sends gives way to the server's, and no other column moves."""
    client, practitioner, action = people
    path = f"action_recommendations?id=eq.{action}"

    done = stage.rest(
        "PATCH", path, as_=client, json={"completed": True, "completed_at": "1999-01-01T00:00:00Z"}
    )
    rewritten = stage.rest("PATCH", path, as_=client, json={"title": "Rest"})
    taken = stage.rest("PATCH", path, as_=client, json={"practitioner_id": str(uuid.uuid4())})
    unticked = stage.rest("PATCH", path, as_=practitioner, json={"completed": False, "completed_at": None})

    assert done.json()[0]["completed_at"].startswith("20")
    assert [r.status_code for r in (rewritten, taken, unticked)] == [403, 403, 403]


def test_completed_must_be_a_boolean(stage: Stage, people: tuple[Person, Person, str]) -> None:
    """Words such as "yes" are refused."""
    client, _, action = people

    reply = stage.invoke("update-action-status", {"action_id": action, "completed": "yes"}, as_=client)

    assert (reply.status_code, reply.json()["details"][0]["field"]) == (422, "completed")
