"""A person's bearer beside the secret key, as a careless proxy sends both: the person acts, and nothing more."""

import json
import uuid

import httpx
import pytest

from deploy.functions import Function
from local.stack import Stack
from tests.cast import Person, Stage


@pytest.fixture(scope="session")
def person(stage: Stage) -> Person:
    """Somebody signed in, with no part in anything."""
    return stage.client()


def called_by(stack: Stack, function: Function, request_id: str) -> str:
    """Who a request came from, as the function itself understood it."""
    log = (stack.state / "log" / f"{function.name}.log").read_text()
    (line,) = [each for each in log.splitlines() if request_id in each]
    caller: str = json.loads(line)["caller"]
    return caller


@pytest.mark.which(that=lambda function: "SUPABASE_SECRET_KEY" in function.secrets)
def test_a_bearer_beside_the_secret_key_is_the_person(
    function: Function, stack: Stack, stage: Stage, person: Person
) -> None:
    """Every function that could recognise the key; the platform's own refuse, as they refuse any person."""
    request_id = str(uuid.uuid4())
    headers = {"apikey": stage.env["SUPABASE_SECRET_KEY"], "x-request-id": request_id}

    reply = stage.invoke(function.name, {}, as_=person, headers=headers)

    asks = {"user", "service"} & {*function.callers}
    assert called_by(stack, function, request_id) == (str(person.id) if asks else "anonymous")
    if asks == {"service"}:
        assert (reply.status_code, reply.json()["code"]) == (403, "not_allowed")


def test_the_key_lends_a_person_no_rows(stage: Stage, person: Person) -> None:
    """Nor erases somebody else, nor writes of others into the audit log."""
    other, both = stage.client(), {"apikey": stage.env["SUPABASE_SECRET_KEY"]}

    def as_person(function: str, body: dict[str, object]) -> httpx.Response:
        return stage.invoke(function, body, as_=person, headers=both)

    erased = as_person("erase-my-account", {"user_id": str(other.id), "confirmation": "ERASE MY ACCOUNT"})
    alone = stage.invoke(
        "erase-my-account", {"user_id": str(other.id), "confirmation": "ERASE MY ACCOUNT"}, as_=person
    )

    assert (erased.status_code, erased.json()["code"]) == (alone.status_code, alone.json()["code"])
    assert erased.status_code in (403, 404)
    assert stage.value("select count(*) from auth.users where id = %s", other.id) == 1
