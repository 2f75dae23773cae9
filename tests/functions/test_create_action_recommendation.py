"""Recommending an action: a practitioner to a client of theirs."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.cast import Person, Stage

BREATHE = {
    "title": "Ten slow breaths",
    "action_type": "mindfulness",
    "frequency": "daily",
    "due_date": "2026-12-24",
}


def test_a_practitioner_recommends_to_their_client(stage: Stage) -> None:
    """The whole row comes back, and the client finds it in the table the page reads."""
    client, practitioner = stage.client(), stage.practitioner()
    session = stage.session(client=client, practitioner=practitioner)
    body = {**BREATHE, "client_id": str(client.id), "session_id": str(session["id"])}

    reply = stage.invoke("create-action-recommendation", body, as_=practitioner)

    assert reply.status_code == 200 and reply.json()["success"] is True
    made = reply.json()["recommendation"]
    assert {name: made[name] for name in body} == body and made["completed"] is False
    assert [row["id"] for row in stage.rest("GET", "action_recommendations", as_=client).json()] == [
        made["id"]
    ]


def test_a_template_fills_in_the_fields_that_are_not_given(stage: Stage) -> None:
    """The practitioner's own words win."""
    client, practitioner = stage.client(), stage.practitioner()
    stage.session(client=client, practitioner=practitioner)
    template = stage.row("select * from public.action_templates where practitioner_id is null limit 1")

    made = stage.invoke(
        "create-action-recommendation",
        {"client_id": str(client.id), "template_id": str(template["id"]), "frequency": "twice"},
        as_=practitioner,
    ).json()["recommendation"]

    assert (made["title"], made["action_type"], made["frequency"]) == (
        template["title"],
        template["action_type"],
        "twice",
    )


def test_a_practitioner_keeps_templates_of_their_own(stage: Stage) -> None:
    """Made, changed and retired in the table; used by nobody else; counted by client and by template."""
    client, practitioner, other = stage.client(), stage.practitioner(), stage.practitioner()
    for hours, host in enumerate((practitioner, other)):
        stage.session(client=client, practitioner=host, starts_in_minutes=60 * hours)
    own = {"practitioner_id": str(practitioner.practitioner_id), "title": "Stand", "action_type": "physical"}
    template = stage.rest("POST", "action_templates", as_=practitioner, json=own).json()[0]["id"]
    row = f"action_templates?id=eq.{template}"
    assert stage.rest("PATCH", row, as_=practitioner, json={"title": "Stand still"}).json()
    body = {"client_id": str(client.id), "template_id": template}

    def use(host: Person) -> httpx.Response:
        return stage.invoke("create-action-recommendation", body, as_=host)

    made = use(practitioner).json()["recommendation"]
    assert (made["title"], made["template_id"]) == ("Stand still", template)
    refused = use(other)
    assert (refused.status_code, refused.json()["code"]) == (404, "template_not_found")
    assert stage.rest("GET", row, as_=other).json() == []
    assert stage.rest("PATCH", row, as_=practitioner, json={"is_active": False}).json()
    refused = use(practitioner)
    assert (refused.status_code, refused.json()["code"]) == (409, "template_retired")

    done = {"action_id": made["id"], "completed": True}
    assert (
        stage.invoke("update-action-status", done, as_=client).json()["recommendation"]["template_id"]
        == template
    )
    progress = stage.rest(
        "GET", "recommendation_progress?grouped_by=neq.client_and_template&order=grouped_by", as_=practitioner
    ).json()
    assert [(line["template_title"], line["open"], line["done"]) for line in progress] == [
        (None, 0, 1),
        ("Stand still", 0, 1),
    ]
    assert {line["last_completed_at"] is None for line in progress} == {False}


def test_only_a_practitioner_recommends(stage: Stage) -> None:
    """A client does not, not even to themselves."""
    client = stage.client()

    reply = stage.invoke("create-action-recommendation", {**BREATHE, "client_id": str(client.id)}, as_=client)

    assert (reply.status_code, reply.json()["code"]) == (403, "not_a_practitioner")


def test_a_practitioner_recommends_only_to_a_client_of_theirs(stage: Stage) -> None:
    """Another practitioner's client and nobody at all look the same."""
    client, practitioner, other = stage.client(), stage.practitioner(), stage.practitioner()
    session = stage.session(client=client, practitioner=practitioner)

    def ask(**body: str) -> tuple[int, str]:
        reply = stage.invoke("create-action-recommendation", {**BREATHE, **body}, as_=other)
        return reply.status_code, reply.json()["code"]

    assert ask(client_id=str(client.id)) == (404, "client_not_found")
    assert ask(client_id=str(uuid.uuid4())) == (404, "client_not_found")
    stage.session(client=client, practitioner=other, starts_in_minutes=60)
    assert ask(client_id=str(client.id), session_id=str(session["id"])) == (404, "session_not_found")
    assert ask(client_id=str(client.id), template_id=str(uuid.uuid4())) == (404, "template_not_found")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("action_type", "dance"),
        ("due_date", "tomorrow"),
        ("title", ""),
        ("title", "x" * 201),
        ("client_id", 7),
        ("titel", "a typo"),
    ],
)
def test_a_wrong_field_is_named(stage: Stage, field: str, value: object) -> None:
    """422, and which one."""
    practitioner = stage.practitioner()
    body = {**BREATHE, "client_id": str(uuid.uuid4()), field: value}

    reply = stage.invoke("create-action-recommendation", body, as_=practitioner)

    assert (reply.status_code, reply.json()["details"][0]["field"]) == (422, field)


def test_an_idempotency_key_makes_one_recommendation(stage: Stage) -> None:
    """Twenty at once under one key: one row; each reply has its id, or says that the first still runs."""
    client, practitioner = stage.client(), stage.practitioner()
    stage.session(client=client, practitioner=practitioner)
    key = {"idempotency-key": str(uuid.uuid4())}

    def ask(_: int) -> tuple[int, str]:
        reply = stage.invoke(
            "create-action-recommendation",
            {**BREATHE, "client_id": str(client.id)},
            as_=practitioner,
            headers=key,
        )
        body = reply.json()
        return reply.status_code, body["recommendation"]["id"] if reply.status_code == 200 else body["code"]

    with ThreadPoolExecutor(20) as many:
        answers = list(many.map(ask, range(20)))

    made = {answer for status, answer in answers if status == 200}
    assert len(made) == 1
    assert {a for a in answers if a[0] != 200} <= {(409, "request_in_progress")}
    assert (
        stage.value("select count(*) from public.action_recommendations where client_id = %s", client.id) == 1
    )
    assert ask(0) == (200, made.pop())
