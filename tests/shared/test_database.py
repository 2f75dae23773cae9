"""The database over PostgREST: what is asked, and what each of its refusals means to our caller."""

import json
import socket
from typing import Any
from uuid import UUID

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from shared.database import Database, Rpc, as_caller, as_service
from shared.errors import Broken, Refusal, Unavailable
from shared.wire import Output

from .conftest import PUBLISHABLE_KEY, SECRET_KEY, Environment


class Seat(Output):
    """A made-up row."""

    seat_id: int
    note: str | None = None


hold_seat_rpc = Rpc("hold_seat", gives=Seat, refuses=("workshop_full",))
book_seat_rpc = Rpc("book_seat", gives=Seat, remembers=True)
WORKSHOP = UUID("5a1e0000-0000-4000-8000-000000000002")


def caller(key: str | None = None) -> Database:
    return as_caller("the.callers.token", "request-1", key)


async def test_one_call_is_one_request_as_the_caller(project: HTTPServer) -> None:
    """The caller's own token goes along, the arguments by name, and the request id for whoever reads both logs."""
    project.expect_oneshot_request("/rest/v1/rpc/hold_seat", method="POST").respond_with_json(
        {"seat_id": 7, "new": 1}
    )
    database = caller()

    seat = await database.rpc(hold_seat_rpc, workshop_id=WORKSHOP, note=None)

    request, _ = project.log[0]
    assert Seat(seat_id=7) == seat
    assert {"workshop_id": str(WORKSHOP), "note": None} == request.json
    assert {
        "apikey": PUBLISHABLE_KEY,
        "authorization": "Bearer the.callers.token",
        "x-request-id": "request-1",
        "accept": "application/vnd.pgrst.object+json",
    }.items() <= {name.lower(): value for name, value in request.headers}.items()
    assert 1 == database.calls


async def test_a_call_for_many_rows_is_one_request_as_well(project: HTTPServer) -> None:
    """No rows is an answer too."""
    for answer in ([{"seat_id": 7}, {"seat_id": 8}], []):
        project.expect_oneshot_request("/rest/v1/rpc/hold_seat").respond_with_json(answer)
    database = caller()

    two, none = await database.rows(hold_seat_rpc), await database.rows(hold_seat_rpc)

    assert ([Seat(seat_id=7), Seat(seat_id=8)], []) == (two, none)
    assert ["application/json"] * 2 == [request.headers["accept"] for request, _ in project.log]
    assert 2 == database.calls


async def test_the_service_sends_its_key_and_no_token(project: HTTPServer, environment: Environment) -> None:
    """PostgREST reads no `Bearer sb_…`; the gateway turns the key into a role."""
    environment(SUPABASE_SECRET_KEY=SECRET_KEY)
    project.expect_oneshot_request("/rest/v1/rpc/hold_seat").respond_with_json({"seat_id": 7})

    await as_service("request-1").rpc(hold_seat_rpc)

    assert SECRET_KEY == project.log[0][0].headers["apikey"]
    assert "authorization" not in project.log[0][0].headers


async def test_an_anonymous_caller_sends_only_the_publishable_key(project: HTTPServer) -> None:
    """Whoever has no token is `anon` to the database."""
    project.expect_oneshot_request("/rest/v1/rpc/hold_seat").respond_with_json({"seat_id": 7})

    await as_caller(None, "request-1").rpc(hold_seat_rpc)

    assert "authorization" not in project.log[0][0].headers


async def test_an_idempotency_key_makes_one_request_of_a_remembering_call(project: HTTPServer) -> None:
    """In one request: the memory and the work are one transaction."""
    project.expect_oneshot_request("/rest/v1/rpc/call_once").respond_with_json({"seat_id": 7})

    seat = await caller("key-1").rpc(book_seat_rpc, workshop_id=WORKSHOP)

    assert Seat(seat_id=7) == seat
    assert {
        "rpc": "book_seat",
        "idempotency_key": "key-1",
        "arguments": {"workshop_id": str(WORKSHOP)},
    } == project.log[0][0].json


async def test_an_idempotency_key_is_ignored_by_calls_that_remember_nothing(project: HTTPServer) -> None:
    """Reading twice is harmless."""
    project.expect_oneshot_request("/rest/v1/rpc/hold_seat").respond_with_json({"seat_id": 7})

    await caller("key-1").rpc(hold_seat_rpc)

    assert 1 == len(project.log)


async def refused(project: HTTPServer, status: int, body: dict[str, Any] | str | bytes) -> Refusal:
    """What a caller is told when PostgREST answers so."""
    text = json.dumps(body) if isinstance(body, dict) else body
    project.expect_oneshot_request("/rest/v1/rpc/hold_seat").respond_with_response(Response(text, status))
    with pytest.raises(Refusal) as raised:
        await caller().rpc(hold_seat_rpc)
    return raised.value


def postgrest(
    code: str, message: str = "in English", details: str | None = None, hint: str | None = None
) -> Any:
    return {"code": code, "message": message, "details": details, "hint": hint}


@pytest.mark.parametrize("status", [402, 403, 404, 409, 422, 429])
async def test_a_refusal_of_ours_is_passed_on_in_the_words_of_the_database(
    project: HTTPServer, status: int
) -> None:
    """`private.refuse` writes the sentence into message, the code into details, the way forward into hint."""
    body = postgrest(f"PT{status}", "No seat is left.", "workshop_full", "Ask for the next one.")

    refusal = await refused(project, status, body)

    assert status == refusal.status
    assert {
        "error": "No seat is left.",
        "code": "workshop_full",
        "message": "No seat is left.",
        "details": None,
        "hint": "Ask for the next one.",
    } == refusal.body()


async def test_a_counted_refusal_comes_as_an_answer_with_its_body_in_a_header(project: HTTPServer) -> None:
    """An error would have rolled the count back. How long to wait is passed on."""
    body = postgrest("PT429", "Too often.", "too_many_requests")
    headers = {"refusal": json.dumps(body), "retry-after": "60"}
    project.expect_oneshot_request("/rest/v1/rpc/hold_seat").respond_with_json(
        {"seat_id": None}, 429, headers
    )

    with pytest.raises(Refusal) as raised:
        await caller().rpc(hold_seat_rpc)

    assert (429, "too_many_requests") == (raised.value.status, raised.value.code)
    assert {"retry-after": "60"} == raised.value.headers


OTHERS_SAY = [
    (401, "PGRST301", 401, "invalid_token"),
    (401, "PGRST302", 401, "invalid_token"),
    (401, "PGRST303", 401, "invalid_token"),
    (401, "42501", 403, "not_allowed"),
    (403, "42501", 403, "not_allowed"),
    (409, "23505", 409, "already_exists"),
    (409, "23503", 409, "not_possible"),
    (400, "23514", 422, "invalid_value"),
    (400, "23502", 409, "not_possible"),
    (409, "23P01", 409, "not_possible"),
    (400, "22P02", 422, "invalid_value"),
    (400, "22P05", 422, "invalid_value"),
    (400, "22003", 422, "invalid_value"),
    (500, "40P01", 503, "database_busy"),
    (500, "55P03", 503, "database_busy"),
    (503, "PGRST001", 503, "database_busy"),
    (503, "PGRST002", 503, "database_busy"),
    (500, "57014", 504, "database_timeout"),
    (504, "PGRST003", 504, "database_timeout"),
    (404, "PGRST202", 503, "schema_behind"),
    (400, "PGRST204", 503, "schema_behind"),
    (404, "PGRST205", 503, "schema_behind"),
    (404, "42883", 503, "schema_behind"),
    (400, "42703", 503, "schema_behind"),
    (404, "42P01", 503, "schema_behind"),
    (406, "PGRST116", 500, "internal_error"),
    (500, "XX000", 500, "internal_error"),
    (400, "P0001", 500, "internal_error"),
]


@pytest.mark.parametrize(("status", "code", "means", "called"), OTHERS_SAY)
async def test_errors_of_postgresql_and_postgrest_are_translated(
    project: HTTPServer, status: int, code: str, means: int, called: str
) -> None:
    """No reply has the name of a table, and only what is our fault is a 500."""
    secret = 'duplicate key value violates unique constraint "workshops_secret_key"'

    refusal = await refused(project, status, postgrest(code, secret, secret))

    assert (means, called) == (refusal.status, refusal.code)
    if refusal.code != "internal_error":
        assert "workshops_secret_key" not in json.dumps(refusal.body())


@pytest.mark.parametrize(
    ("rule", "details"),
    [
        ("notes_is_short", [{"field": "notes", "problem": "must keep the rule: notes is short"}]),
        (
            "physical_location_is_short",
            [{"field": "physical_location", "problem": "must keep the rule: physical location is short"}],
        ),
        ("check", None),
    ],
)
async def test_a_value_out_of_bounds_is_named(project: HTTPServer, rule: str, details: Any) -> None:
    """By its column, as the rule's name has it; the table's name stays inside."""
    message = f'new row for relation "workshops" violates check constraint "workshops_{rule}"'

    refusal = await refused(project, 400, postgrest("23514", message))

    assert (422, "invalid_value", details) == (refusal.status, refusal.code, refusal.details)
    assert "workshops" not in json.dumps(refusal.body())


@pytest.mark.parametrize(
    ("status", "body", "means"),
    [
        (502, "<html>Bad Gateway</html>", 502),
        (503, b"\xff\xfe", 503),
        (504, "", 504),
        (500, "<html>", 500),
        (403, "[]", 500),
        (200, "not JSON", 500),
        (204, "", 500),
    ],
)
async def test_an_answer_that_postgrest_did_not_write_is_a_failure(
    project: HTTPServer, status: int, body: str | bytes, means: int
) -> None:
    """A gateway in between may answer anything."""
    assert means == (await refused(project, status, body)).status


async def test_a_row_that_does_not_fit_the_contract_is_our_fault(project: HTTPServer) -> None:
    """The schema and the contract disagree: that is for the log, not for the caller."""
    refusal = await refused(project, 200, {"seat_id": "what somebody wrote"})

    assert isinstance(refusal, Broken)
    assert "seat_id" in str(refusal.details)
    assert "what somebody wrote" not in str(refusal.details)


async def test_what_is_not_in_the_schema_is_named_in_the_log_alone(project: HTTPServer) -> None:
    """A release that is ahead of its migrations says what it waits for, and callers try again."""
    missing = "Could not find the function public.hold_seat(workshop_id) in the schema cache"

    refusal = await refused(project, 404, postgrest("PGRST202", missing))

    assert (503, "60") == (refusal.status, refusal.headers["retry-after"])
    assert missing in repr(refusal.__cause__)
    assert missing in str(refusal)  # as workers log it that go on with the next
    assert "hold_seat" not in json.dumps(refusal.body())


async def test_a_reply_without_a_field_is_of_an_older_schema(project: HTTPServer) -> None:
    """The function is there already, its new column is not."""
    refusal = await refused(project, 200, {})

    assert (503, "schema_behind") == (refusal.status, refusal.code)
    assert "seat_id" in repr(refusal.__cause__)


@pytest.mark.parametrize("code", ["PT", "PTxyz", "PT99", "PT200", "PT1000"])
async def test_an_invalid_status_is_our_fault(project: HTTPServer, code: str) -> None:
    """An SQL function that refuses with nonsense does not take the process with it."""
    assert 500 == (await refused(project, 400, postgrest(code))).status


async def test_an_unreachable_database_is_503(environment: Environment) -> None:
    """Nothing listens at all."""
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    environment(SUPABASE_URL=f"http://127.0.0.1:{port}", SUPABASE_PUBLISHABLE_KEY="k")

    with pytest.raises(Unavailable) as raised:
        await caller().rpc(hold_seat_rpc)

    assert 503 == raised.value.status
