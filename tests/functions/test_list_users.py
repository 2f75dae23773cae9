"""Listing users: everybody, for admins, in one call."""

import uuid
from datetime import datetime
from typing import Any

import pytest

from tests.cast import Person, Stage

MANY = 1_100  # more than auth's own list gives at once, and than the API gives rows


@pytest.fixture(scope="module")
def crowd(stage: Stage) -> str:
    """People who signed up long ago, two of them at the same instant. Gives their domain."""
    domain = f"{uuid.uuid4().hex}.test"
    stage.execute(
        "insert into auth.users (id, email, created_at, email_confirmed_at)"
        " select gen_random_uuid(), n || '@' || %s, timestamptz '2001-01-01' + greatest(n, 2) * interval '1 minute',"
        "        case when n > 1 then now() end from generate_series(1, %s) n",
        domain,
        MANY,
    )
    return domain


@pytest.fixture(scope="module")
def admin(stage: Stage) -> Person:
    return stage.admin()


def listed(stage: Stage, admin: Person, body: dict[str, Any] | None = None) -> dict[str, Any]:
    reply = stage.invoke("list-users", body, as_=admin)
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


def test_every_user_is_listed_as_the_page_asks(stage: Stage, admin: Person, crowd: str) -> None:
    """Without a body, newest first, with roles and practitioner; beyond any page that others cut it into."""
    client, practitioner = stage.client(), stage.practitioner()

    reply = listed(stage, admin)

    users = {user["id"]: user for user in reply["users"]}
    assert (len(users), reply["next_cursor"]) == (stage.value("select count(*) from auth.users"), None)
    assert MANY == sum(str(user["email"]).endswith(crowd) for user in users.values())
    times = [datetime.fromisoformat(user["created_at"]) for user in reply["users"]]
    assert times == sorted(times, reverse=True)
    assert {name: users[str(client.id)][name] for name in ("email", "roles", "practitioner")} == {
        "email": client.email,
        "roles": [],
        "practitioner": None,
    }
    assert users[str(client.id)]["email_confirmed_at"]
    host = users[str(practitioner.id)]
    assert host["roles"] == [{"role": "practitioner"}]
    assert host["practitioner"] == {
        "id": str(practitioner.practitioner_id),
        "name": "Practitioner",
        "available": True,
    }
    assert users[str(admin.id)]["roles"] == [{"role": "admin"}]


def test_pages_list_every_user_once(stage: Stage, admin: Person, crowd: str) -> None:
    """Also those who came at the same instant, and while others come in."""
    seen: dict[str, str] = {}
    cursor = None
    while True:
        page = listed(stage, admin, {"page_size": 400, "cursor": cursor})
        assert not seen.keys() & {user["id"] for user in page["users"]}
        seen |= {user["id"]: user["email"] for user in page["users"]}
        cursor = page["next_cursor"]
        if cursor is None:
            break
        assert len(page["users"]) == 400
        stage.client()

    assert MANY == sum(str(email).endswith(crowd) for email in seen.values())


def test_a_page_may_end_between_two_users_of_the_same_instant(
    stage: Stage, admin: Person, crowd: str
) -> None:
    """The last two came together; neither is lost, and after them is nothing."""
    last_but_two = stage.row("select created_at, id from auth.users where email = %s", f"3@{crowd}")
    before = f"{last_but_two['created_at'].isoformat()}/{last_but_two['id']}"

    first = listed(stage, admin, {"page_size": 1, "cursor": before})
    second = listed(stage, admin, {"page_size": 1, "cursor": first["next_cursor"]})

    found = [page["users"][0] for page in (first, second)]
    assert {user["email"] for user in found} == {f"1@{crowd}", f"2@{crowd}"}
    assert sum(user["email_confirmed_at"] is None for user in found) == 1
    assert second["next_cursor"] is None


def test_only_admins_list_users(stage: Stage) -> None:
    """Not a practitioner, not a client, not through the API itself, and nobody without an account."""
    for person in (stage.client(), stage.practitioner()):
        reply = stage.invoke("list-users", as_=person)
        assert (reply.status_code, reply.json()["code"]) == (403, "admins_only")
        assert stage.rest("POST", "rpc/list_users", as_=person, json={}).status_code == 403
    assert stage.invoke("list-users").status_code == 401


@pytest.mark.parametrize("body", [{"page_size": 0}, {"page_size": 1001}, {"cursor": "somewhere"}])
def test_an_impossible_page_is_refused(stage: Stage, admin: Person, body: dict[str, Any]) -> None:
    """422, as any value that does not fit."""
    assert stage.invoke("list-users", body, as_=admin).status_code == 422
