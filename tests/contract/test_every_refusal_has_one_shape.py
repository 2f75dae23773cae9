"""Whatever is wrong with a request to whichever function: one shape, a stable code, and CORS headers."""

import json
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import httpx
import pytest
from pydantic.fields import FieldInfo

from deploy.functions import Function
from tests.cast import Person, Stage

ASKED = "authorization, x-client-info, apikey, content-type, x-retry-count, traceparent, tracestate, baggage"
JSON = {"content-type": "application/json"}


def fields(function: Function) -> dict[str, FieldInfo]:
    """What a function reads, by its name on the wire."""
    takes = function.contract().takes
    return {field.alias or name: field for name, field in takes.model_fields.items()} if takes else {}


def required(function: Function) -> set[str]:
    return {name for name, field in fields(function).items() if field.is_required()}


def reads_json(function: Function) -> bool:
    return bool(fields(function)) and "POST" in function.methods


@pytest.fixture(scope="session")
def person(stage: Stage) -> Person:
    """Somebody signed in, with no part in anything."""
    return stage.client()


@pytest.fixture
def credentials(function: Function, stage: Stage, person: Person) -> dict[str, str]:
    """The headers with which this function may be called: a person's token, or the secret key."""
    if "user" in function.callers:
        return person.headers
    return {"apikey": stage.env["SUPABASE_SECRET_KEY"]} if "service" in function.callers else {}


def check(reply: httpx.Response, status: int, code: str | None = None) -> dict[str, Any]:
    """The one shape, with CORS; gives the body."""
    assert status == reply.status_code, reply.text
    body: dict[str, Any] = reply.json()
    assert {"error", "code", "message", "details", "hint"} == body.keys()
    assert body["error"] == body["message"] != ""
    assert code in (None, body["code"]), body
    assert "*" == reply.headers["access-control-allow-origin"]
    assert "application/json" == reply.headers["content-type"]
    assert reply.headers["x-request-id"]
    return body


def test_a_preflight_is_granted_what_supabase_js_sends(function: Function, stage: Stage) -> None:
    """Eight headers, without any credentials."""
    asking = {"origin": "https://app.test", "access-control-request-method": "POST"}

    reply = stage.invoke(
        function.name, method="OPTIONS", headers=asking | {"access-control-request-headers": ASKED}
    )

    assert reply.status_code in (200, 204)
    assert "*" == reply.headers["access-control-allow-origin"]
    granted = {name.strip() for name in reply.headers["access-control-allow-headers"].lower().split(",")}
    assert set(ASKED.split(", ")) <= granted
    assert "POST" in reply.headers["access-control-allow-methods"]


def test_an_unsupported_method_is_405(function: Function, stage: Stage, credentials: dict[str, str]) -> None:
    """The reply lists the supported ones."""
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - {*function.methods}:
        reply = stage.invoke(function.name, method=method, headers=credentials)

        check(reply, 405, "method_not_allowed")
        assert {*function.methods, "OPTIONS"} == {*reply.headers["allow"].split(", ")}


@pytest.mark.which(that=lambda function: function.callers != ("public",))
def test_an_anonymous_caller_and_a_forged_token_get_401(function: Function, stage: Stage) -> None:
    """A webhook counts as anonymous until its signature is verified."""
    method = function.methods[0]
    forged = {"authorization": f"Bearer {'x' * 20}.{'y' * 20}.{'z' * 20}"}

    check(stage.invoke(function.name, {}, method=method), 401)
    check(stage.invoke(function.name, {}, method=method, headers=forged), 401)


@pytest.mark.which(that=lambda function: function.callers == ("service",))
def test_people_may_not_call_functions_of_the_service(
    function: Function, stage: Stage, person: Person
) -> None:
    """They are signed in, so it is 403 and not 401."""
    check(stage.invoke(function.name, {}, as_=person), 403, "not_allowed")


@pytest.mark.which(that=lambda function: function.callers == ("user",))
def test_the_service_may_not_call_functions_for_people(function: Function, stage: Stage) -> None:
    """The gateway passes the secret key on as a token of its role, which any function can read."""
    check(stage.invoke_as_service(function.name), 403, "not_allowed")


BODIES = [
    ("two megabytes", b'{"x": "' + b"x" * 2_000_000 + b'"}', JSON, 413, "body_too_large"),
    ("not JSON by its type", b'{"x": 1}', {"content-type": "text/plain"}, 415, "unsupported_media_type"),
    ("cut off", b'{"x": ', JSON, 422, "malformed_json"),
    ("not UTF-8", b'{"x": "\xff"}', JSON, 422, "malformed_json"),
    ("nested too deep", b"[" * 200_000, JSON, 422, "malformed_json"),
    ("a list", b"[]", JSON, 422, "invalid_body"),
    ("a number", b"42", JSON, 422, "invalid_body"),
]


@pytest.mark.which(that=reads_json)
def test_a_body_that_is_no_json_object_is_refused(
    function: Function, stage: Stage, credentials: dict[str, str]
) -> None:
    """Before anything is asked of the database."""
    for what, content, headers, status, code in BODIES:
        reply = stage.invoke(function.name, content=content, headers=credentials | headers)

        assert code == check(reply, status)["code"], what


def invalid_values(field: FieldInfo) -> Iterator[Any]:
    """Values that fit no field of this kind."""
    kinds = get_args(field.annotation) or (field.annotation,)
    if str in kinds or any(get_origin(kind) is Literal for kind in (field.annotation, *kinds)):
        yield 5
    else:
        yield "certainly not"
    yield ["a", "list"]
    if get_origin(field.annotation) is not dict:
        yield {"an": "object"}


@pytest.mark.which(that=reads_json)
def test_an_invalid_value_is_refused_with_the_name_of_its_field(
    function: Function, stage: Stage, credentials: dict[str, str]
) -> None:
    """Each field, a wrong kind of value and an unknown word for an enumeration included."""
    for name, field in fields(function).items():
        for value in invalid_values(field):
            body = check(stage.invoke(function.name, {name: value}, headers=credentials), 422, "invalid_body")

            assert name in {problem["field"].split(".")[0] for problem in body["details"]}, body


@pytest.mark.which(that=fields)
def test_a_nul_character_is_refused_with_the_name_of_its_field(
    function: Function, stage: Stage, credentials: dict[str, str]
) -> None:
    """PostgreSQL text cannot contain one, so no field may, at any depth."""
    for name in fields(function):
        if "POST" in function.methods:
            reply = stage.invoke(function.name, {name: "a\x00b"}, headers=credentials)
        else:
            reply = stage.invoke(f"{function.name}?{name}=a%00b", method="GET", headers=credentials)

        assert name in json.dumps(check(reply, 422, "invalid_body")["details"])


@pytest.mark.which(that=required)
def test_a_missing_field_is_named(function: Function, stage: Stage, credentials: dict[str, str]) -> None:
    """An empty object is refused with the names of all required fields."""
    body = check(stage.invoke(function.name, {}, headers=credentials), 422, "invalid_body")

    assert required(function) <= {problem["field"] for problem in body["details"]}


def test_an_unknown_function_is_404(stage: Stage) -> None:
    """From the gateway, with a CORS header."""
    reply = stage.invoke("no-such-function", {})

    assert (404, "*") == (reply.status_code, reply.headers["access-control-allow-origin"])


def test_rows_of_another_person_are_404(stage: Stage, person: Person) -> None:
    """The reply is the same as for a row that does not exist, so it does not tell whether theirs does."""
    theirs = str(stage.session(client=stage.client())["id"])
    nothing = "5a1e0000-0000-4000-8000-00000000dead"
    for name, field in (
        ("get-liability-waiver-status", "session_id"),
        ("get-recording-status", "session_id"),
        ("start-agora-recording", "session_id"),
        ("stop-agora-recording", "session_id"),
        ("update-action-status", "action_id"),
    ):
        more = {"completed": True} if name == "update-action-status" else {}
        replies = [stage.invoke(name, {field: each, **more}, as_=person) for each in (theirs, nothing)]

        assert check(replies[0], 404) == check(replies[1], 404), name
