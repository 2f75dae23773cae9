"""The one line that is written about a request: all that people search for, and no secret."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from pytest_httpserver import HTTPServer

from shared.call import Call
from shared.errors import Unavailable
from shared.serving import endpoint
from shared.settings import ServiceSettings
from shared.wire import Input, Output
from tests.shared.conftest import JWT_SECRET, PUBLISHABLE_KEY, SECRET_KEY, Environment

from .made_up import SOMEBODY, Seat, hold_seat, last_log_line, serve, signed_in


async def test_a_good_request_is_answered_and_logged(
    seats: AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line of JSON: which function, which request, who, how it ended, how long, how often the database."""
    trace, span = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
    headers = {"x-request-id": "request-1", "traceparent": f"00-{trace}-{span}-01"}
    before = datetime.now(UTC)
    reply = await seats.post("/", json={"seats": 2}, headers=signed_in() | headers)

    line = last_log_line(capsys)
    assert (200, {"seat_id": 7}) == (reply.status_code, reply.json())
    assert "request-1" == reply.headers["x-request-id"]
    took = timedelta(milliseconds=line.pop("ms"))
    written = datetime.fromisoformat(line.pop("time"))
    # Rounded: the time to a millisecond, how long it took to a tenth of one.
    assert before - timedelta(milliseconds=2) < written - took < written < datetime.now(UTC)
    assert {
        "severity": "INFO",
        "message": "hold_seat 200",
        "trace": trace,
        "span": span,
        "function": "hold_seat",
        "request_id": "request-1",
        "caller": SOMEBODY,
        "database_calls": 1,
        "seats": 2,
        "status": 200,
    } == line


async def test_a_refusal_has_its_code_in_the_log(
    seats: AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    """Enough to count refusals by kind."""
    reply = await seats.post("/", json={"note": "full"}, headers=signed_in())

    assert (409, "workshop_full") == (reply.status_code, reply.json()["code"])
    assert {"code": "workshop_full", "status": 409, "caller": SOMEBODY}.items() <= last_log_line(
        capsys
    ).items()


@pytest.mark.parametrize(
    ("note", "status", "severity"),
    [("fine", 200, "INFO"), ("full", 409, "WARNING"), ("broken", 500, "ERROR"), ("away", 503, "ERROR")],
)
async def test_a_line_is_as_severe_as_its_answer(
    seats: AsyncClient, capsys: pytest.CaptureFixture[str], note: str, status: int, severity: str
) -> None:
    """What clouds sort and alarm by."""
    reply = await seats.post("/", json={"note": note}, headers=signed_in())

    line = last_log_line(capsys)
    assert (status, severity) == (reply.status_code, line["severity"])
    assert line["message"].startswith(f"hold_seat {status}")


@pytest.mark.parametrize("header", ["", "00-x-y-01", "ff", f"00-{'0' * 32}-{'1' * 16}-01\n", "\u00e9" * 55])
async def test_a_malformed_trace_is_no_trace(
    seats: AsyncClient, capsys: pytest.CaptureFixture[str], header: str
) -> None:
    """It is whatever a caller writes."""
    headers = [*signed_in().items(), ("traceparent", header.replace("\n", " x").encode("latin-1"))]
    await seats.post("/", json={}, headers=headers)  # type: ignore[arg-type]

    assert not {"trace", "span"} & last_log_line(capsys).keys()


async def test_what_is_forbidden_says_by_which_rule_in_the_log_alone(
    project: HTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """A missing grant is a fault of ours, and the caller's 403 does not tell it from any other."""
    denied = {"code": "42501", "message": "permission denied for table seats", "details": None, "hint": None}
    project.expect_request("/rest/v1/rpc/hold_seat").respond_with_json(denied, 403)
    async with serve(hold_seat) as client:
        reply = await client.post("/", json={}, headers=signed_in())

    assert (403, "not_allowed") == (reply.status_code, reply.json()["code"])
    assert "seats" not in reply.text
    assert "42501 permission denied for table seats" == last_log_line(capsys)["reason"]


async def test_a_line_has_the_ids_that_people_search_for_and_no_words(
    project: HTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the request and from the reply; what somebody wrote in an id's place is not one."""

    class Ask(Input):
        session_id: str
        recording_id: str
        note: str

    class Told(Output):
        payment_id: UUID

    @endpoint(caller="public")
    async def look(call: Call[Ask]) -> Told:
        return Told(payment_id=UUID(SOMEBODY))

    async with serve(look) as client:
        await client.post(
            "/", json={"session_id": SOMEBODY, "recording_id": "my secret", "note": "my secret"}
        )

    written = capsys.readouterr().out
    assert {"session_id": SOMEBODY, "payment_id": SOMEBODY}.items() <= json.loads(written).items()
    assert "my secret" not in written


@pytest.mark.parametrize(
    "secret",
    [
        SECRET_KEY,
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmVk",
        "sk_live_0123456789",
        "whsec_0123456789",
        "somebody@somewhere.test",
        "https://s3.test/x?X-Amz-Signature=0123456789abcdef",
    ],
)
async def test_no_error_writes_a_secret_into_the_log(
    project: HTTPServer, environment: Environment, capsys: pytest.CaptureFixture[str], secret: str
) -> None:
    """Whichever library quotes it: a setting, a token, a signed address, somebody's mail address."""
    environment(SUPABASE_SECRET_KEY=SECRET_KEY)

    @endpoint(caller="public", settings=(ServiceSettings,))
    async def fail(call: Call[Any]) -> Seat:
        ServiceSettings.read()
        raise ValueError(f"cannot reach {secret}")

    @endpoint(caller="public")
    async def refuse(call: Call[Any]) -> Seat:
        raise Unavailable(details=f"cannot reach {secret}") from ValueError(secret)

    async with serve(fail) as client, serve(refuse) as other:
        await client.post("/")
        await other.post("/")

    written = capsys.readouterr().out
    assert "cannot reach" in written
    assert secret.rpartition("=")[2] not in written


async def test_what_a_person_wrote_stays_out_of_a_traceback(
    project: HTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """A model that does not fit quotes what it was given."""

    @endpoint(caller="public")
    async def look(call: Call[Any]) -> Seat:
        return Seat.model_validate({"seat_id": call.raw.decode()})

    async with serve(look) as client:
        assert 500 == (await client.post("/", content="my 'diary', input_type=of today")).status_code

    written = capsys.readouterr().out
    assert "seat_id" in written and "diary" not in written


async def test_any_text_can_be_logged(project: HTTPServer, capsys: pytest.CaptureFixture[str]) -> None:
    """Half a letter in a fact, as somebody's JSON may hold one, costs neither the line nor the answer."""

    @endpoint(caller="public")
    async def look(call: Call[Any]) -> Seat:
        call.log(heard="\ud800")
        return Seat(seat_id=1)

    async with serve(look) as client:
        reply = await client.post("/")

    assert 200 == reply.status_code
    assert "\ud800" == last_log_line(capsys)["heard"]


async def test_a_fault_of_ours_is_logged_in_full_and_not_explained_to_the_caller(
    seats: AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    """The caller gets the one shape and no detail; the log has the traceback."""
    reply = await seats.post("/", json={"note": "broken"}, headers=signed_in())

    assert (500, "internal_error") == (reply.status_code, reply.json()["code"])
    assert "cook" not in reply.text
    assert "ZeroDivisionError: the secret of the cook" in last_log_line(capsys)["error"]


@pytest.mark.parametrize("given", ["ä", "a b", "k" * 65, "", "<script>"])
async def test_a_request_id_is_kept_only_if_it_is_harmless(seats: AsyncClient, given: str) -> None:
    """It goes on to the database, into the log and back to the caller."""
    reply = await seats.post("/", json={}, headers=signed_in() | {"x-request-id": given.encode()})

    assert 200 == reply.status_code
    assert given != reply.headers["x-request-id"] != ""


async def test_the_log_contains_no_credential_and_nothing_a_person_wrote(
    seats: AsyncClient, project: HTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever happens: a refused body, a fault, a database that answers nonsense."""
    token = signed_in()["authorization"].split()[1]
    project.clear()
    project.expect_request("/rest/v1/rpc/hold_seat").respond_with_json({"seat_id": "my diary"})

    await seats.post("/", json={"note": "my diary", "seats": "my diary"}, headers=signed_in())
    await seats.post("/", json={"note": "broken"}, headers=signed_in())
    await seats.post("/", json={"note": "my diary"}, headers=signed_in())

    log = capsys.readouterr().out
    assert [422, 500, 500] == [json.loads(line)["status"] for line in log.splitlines()]
    for secret in (token, PUBLISHABLE_KEY, JWT_SECRET, "my diary"):
        assert secret not in log
