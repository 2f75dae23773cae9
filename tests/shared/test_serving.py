"""The life of a request: what gets in, what comes back, and the one line that is written about it."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
import pytest
from httpx import ASGITransport, AsyncClient
from pytest_httpserver import HTTPServer
from starlette.applications import Starlette
from starlette.responses import RedirectResponse
from starlette.routing import Route

from shared.call import Call
from shared.database import Rpc
from shared.errors import Conflict, Unavailable
from shared.serving import endpoint
from shared.settings import MissingSettings, ServiceSettings, Settings
from shared.wire import Input, Output, StrictInput

from .conftest import JWT_SECRET, PUBLISHABLE_KEY, SECRET_KEY, Environment

SOMEBODY = "5a1e0000-0000-4000-8000-000000000001"
JSON = {"content-type": "application/json"}
VERBS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]


class HoldSeat(Input):
    """A made-up body."""

    seats: int = 1
    note: str | None = None
    guests: tuple[str, ...] = ()


class Seat(Output):
    """A made-up reply."""

    seat_id: int


hold_seat_rpc = Rpc("hold_seat", gives=Seat)


def raise_or_return(note: str | None) -> None:
    """Every ending a request can have, by the note it carries."""
    match note:
        case "full":
            raise Conflict("workshop_full", "No seat is left.")
        case "broken":
            raise ZeroDivisionError("the secret of the cook")
        case "away":
            raise Unavailable("stripe_unavailable", headers={"retry-after": "5"})


@endpoint(caller="user", methods=("POST", "GET"), verifies=True)
async def hold_seat(call: Call[HoldSeat]) -> Seat:
    """Ends as its note says, else asks the database."""
    call.log(seats=call.body.seats)
    raise_or_return(call.body.note)
    return await call.database.rpc(hold_seat_rpc, seats=call.body.seats)


@endpoint(caller=("user", "service"), settings=(ServiceSettings,))
async def close_workshop(call: Call[StrictInput]) -> Seat:
    """For people and for the platform."""
    return Seat(seat_id=1 if call.caller and call.caller.is_service else 2)


@endpoint(caller="user", refusals_with_200=True, verifies=True)
async def book_ticket(call: Call[HoldSeat]) -> Seat:
    """For a page that reads a reason only with status 200."""
    raise_or_return(call.body.note)
    return Seat(seat_id=1)


@endpoint(caller="user")
async def find_seat(call: Call[HoldSeat]) -> Seat:
    """Hands the caller's token on, as its note says: or answers by itself, or asks who it is."""
    match call.body.note:
        case "by itself":
            return Seat(seat_id=1)
        case "for whom":
            call.log(who=call.user.id)
    return await call.database.rpc(hold_seat_rpc, seats=call.body.seats)


@endpoint(caller="public", methods=("GET",))
async def open_ticket(call: Call[Any]) -> RedirectResponse:
    """For everybody, and elsewhere."""
    return RedirectResponse("https://elsewhere.test/")


def serve(function: Any) -> AsyncClient:
    """A client of one function, served as the functions framework serves it."""
    app = Starlette(routes=[Route("/", function, methods=VERBS)])
    return AsyncClient(
        transport=ASGITransport(app, client=("192.0.2.44", 1)), base_url="http://functions.test"
    )


@pytest.fixture
async def seats(project: HTTPServer) -> AsyncIterator[AsyncClient]:
    project.expect_request("/rest/v1/rpc/hold_seat").respond_with_json({"seat_id": 7})
    async with serve(hold_seat) as client:
        yield client


@pytest.fixture
async def workshops(project: HTTPServer, environment: Environment) -> AsyncIterator[AsyncClient]:
    environment(SUPABASE_SECRET_KEY=SECRET_KEY)
    async with serve(close_workshop) as client:
        yield client


@pytest.fixture
async def tickets(project: HTTPServer) -> AsyncIterator[AsyncClient]:
    async with serve(open_ticket) as client:
        yield client


def signed_in() -> dict[str, str]:
    claims = {"sub": SOMEBODY, "role": "authenticated", "aud": "authenticated", "exp": 4_000_000_000}
    return {"apikey": PUBLISHABLE_KEY, "authorization": f"Bearer {jwt.encode(claims, JWT_SECRET, 'HS256')}"}


def last_log_line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The last line of the log."""
    line: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return line


async def test_a_good_request_is_answered_and_logged(
    seats: AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line of JSON: which function, which request, who, how it ended, how long, how often the database."""
    trace, span = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
    headers = {"x-request-id": "request-1", "traceparent": f"00-{trace}-{span}-01"}
    reply = await seats.post("/", json={"seats": 2}, headers=signed_in() | headers)

    line = last_log_line(capsys)
    assert (200, {"seat_id": 7}) == (reply.status_code, reply.json())
    assert "request-1" == reply.headers["x-request-id"]
    assert 0 < line.pop("ms") < 5000
    written = datetime.fromisoformat(line.pop("time"))
    assert abs(written - datetime.now(UTC)) < timedelta(seconds=5)
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


async def test_an_empty_body_is_an_empty_object(seats: AsyncClient) -> None:
    """`functions.invoke(name)` sends neither body nor type."""
    assert 200 == (await seats.post("/", headers=signed_in())).status_code


async def test_a_get_request_reads_its_query(seats: AsyncClient, project: HTTPServer) -> None:
    """In a query string everything is text, so text that looks like a number is one."""
    reply = await seats.get("/?seats=3", headers=signed_in())

    assert 200 == reply.status_code
    assert {"seats": 3} == project.log[-1][0].json


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


async def test_a_page_may_receive_a_domain_refusal_with_status_200(
    project: HTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not one of who asks, how, or with what body, and not our own faults."""
    async with serve(book_ticket) as booth:
        full = await booth.post("/", json={"note": "full"}, headers=signed_in())
        line = last_log_line(capsys)
        others = [
            await booth.post("/", json={"note": "full"}),
            await booth.get("/", headers=signed_in()),
            await booth.post("/", content=b"{}", headers={**signed_in(), "content-type": "text/plain"}),
            await booth.post("/", json={"seats": "many"}, headers=signed_in()),
            await booth.post("/", json={"note": "broken"}, headers=signed_in()),
            await booth.post("/", json={"note": "away"}, headers=signed_in()),
        ]

    assert 200 == full.status_code
    assert {
        "success": False,
        "error": "No seat is left.",
        "code": "workshop_full",
    }.items() <= full.json().items()
    assert [401, 405, 415, 422, 500, 503] == [reply.status_code for reply in others]
    assert all("success" not in reply.json() for reply in others)
    assert {"code": "workshop_full", "status": 200}.items() <= line.items()


async def test_a_fault_of_ours_is_logged_in_full_and_not_explained_to_the_caller(
    seats: AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    """The caller gets the one shape and no detail; the log has the traceback."""
    reply = await seats.post("/", json={"note": "broken"}, headers=signed_in())

    assert (500, "internal_error") == (reply.status_code, reply.json()["code"])
    assert "cook" not in reply.text
    assert "ZeroDivisionError: the secret of the cook" in last_log_line(capsys)["error"]


async def test_a_refusal_may_have_headers(seats: AsyncClient) -> None:
    """Such as when to come back."""
    reply = await seats.post("/", json={"note": "away"}, headers=signed_in())

    assert (503, "5") == (reply.status_code, reply.headers["retry-after"])


@pytest.mark.parametrize(
    ("body", "media_type", "status", "code", "field"),
    [
        ("{", "application/json", 422, "malformed_json", ""),
        ('{"seats": 1}', "text/plain", 415, "unsupported_media_type", None),
        ('{"seats": 1}', "", 415, "unsupported_media_type", None),
        # A form of ours is read where a function says so, and nowhere else.
        ("seats=1", "application/x-www-form-urlencoded", 415, "unsupported_media_type", None),
        ('{"seats": "2"}', "application/json", 422, "invalid_body", "seats"),
        ('{"seats": 1.5}', "application/json", 422, "invalid_body", "seats"),
        ('{"seats": true}', "application/json", 422, "invalid_body", "seats"),
        ('{"guests": ["a", 5]}', "application/json", 422, "invalid_body", "guests.1"),
        ('{"guests": ["a", "b\\u0000"]}', "application/json", 422, "invalid_body", "guests.1"),
        ('{"note": "\\u0000"}', "application/json; charset=utf-8", 422, "invalid_body", "note"),
        ('{"note": "\\ud800"}', "application/json", 422, "malformed_json", ""),
        ("[]", "application/json", 422, "invalid_body", ""),
        ("null", "application/json", 422, "invalid_body", ""),
        ("[" * 100_000, "application/json", 422, "malformed_json", ""),
        (b"\xff", "application/json", 422, "malformed_json", ""),
    ],
    ids=str,
)
async def test_a_body_that_does_not_fit_is_refused_with_the_path_of_the_field(
    seats: AsyncClient, body: str | bytes, media_type: str, status: int, code: str, field: str | None
) -> None:
    """Nothing is guessed: "2" is no number. The database is not asked."""
    reply = await seats.post("/", content=body, headers=signed_in() | {"content-type": media_type})

    assert (status, code) == (reply.status_code, reply.json()["code"])
    assert field == (reply.json()["details"][0]["field"] if reply.json()["details"] else None)


async def test_an_escaped_backslash_before_u0000_is_only_text(seats: AsyncClient) -> None:
    """`\\\\u0000` in JSON is a backslash and five letters."""
    assert (
        200
        == (await seats.post("/", content=b'{"note": "\\\\u0000"}', headers=signed_in() | JSON)).status_code
    )


async def test_a_long_body_is_refused_unread(seats: AsyncClient) -> None:
    """By its announced length, and where there is none by what has come so far."""

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 100_000

    honest = await seats.post("/", content=b" " * 2_000_000, headers=signed_in() | JSON)
    streamed = await seats.post("/", content=endless(), headers=signed_in() | JSON)

    assert [413, 413] == [honest.status_code, streamed.status_code]
    assert "body_too_large" == streamed.json()["code"]


@pytest.mark.parametrize("key", ["", " ", "k" * 256, "schlüssel"])
async def test_an_idempotency_key_must_be_printable_and_short(seats: AsyncClient, key: str) -> None:
    """At most 255 long, as the database keeps it."""
    headers = {name: value.encode() for name, value in (signed_in() | {"idempotency-key": key}).items()}

    reply = await seats.post("/", json={}, headers=headers)

    assert (422, "invalid_idempotency_key") == (reply.status_code, reply.json()["code"])


async def test_an_anonymous_caller_gets_401_and_the_wrong_kind_of_caller_403(
    seats: AsyncClient, workshops: AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    """A function names its kinds of callers; the log names who was turned away."""
    nobody = await seats.post("/", headers={"apikey": PUBLISHABLE_KEY})
    service = await seats.post("/", headers={"apikey": SECRET_KEY})

    assert (401, "not_signed_in", "Bearer") == (
        nobody.status_code,
        nobody.json()["code"],
        nobody.headers["www-authenticate"],
    )
    assert (403, "not_allowed") == (service.status_code, service.json()["code"])
    assert {"caller": "service", "status": 403}.items() <= last_log_line(capsys).items()


def test_who_decides_verifies() -> None:
    """Whoever holds a secret or serves the platform too, and whoever says so; nobody else."""
    verifies = {
        each.contract.name
        for each in (hold_seat, close_workshop, book_ticket, find_seat, open_ticket)
        if each.contract.verifies
    }  # type: ignore[attr-defined]

    assert {"hold_seat", "close_workshop", "book_ticket"} == verifies


async def test_a_caller_is_claimed_until_the_database_has_answered(
    project: HTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """The token goes on as it came; the log says who it names, and that nobody knows, until somebody does."""
    asked = project.expect_ordered_request
    refused = {"code": "PGRST301", "message": "JWSError", "details": None, "hint": None}
    full = {"code": "PT409", "message": "No seat is left.", "details": "workshop_full", "hint": None}
    asked("/rest/v1/rpc/hold_seat", headers=signed_in()).respond_with_json({"seat_id": 7})
    asked("/rest/v1/rpc/hold_seat", headers=signed_in()).respond_with_json(full, 409)
    asked("/rest/v1/rpc/hold_seat", headers=signed_in()).respond_with_json(refused, 401)
    asked("/rest/v1/rpc/hold_seat", headers=signed_in()).respond_with_json({}, 503)
    asked("/rest/v1/rpc/hold_seat", headers=signed_in()).respond_with_json({"message": "No key"}, 401)

    async with serve(find_seat) as client:
        told = []
        for _ in range(5):
            reply = await client.post("/", json={}, headers=signed_in())
            told.append((reply.status_code, last_log_line(capsys)["caller"]))
        odd = await client.post("/", content=b"{", headers=signed_in() | JSON)

    claimed = f"claimed {SOMEBODY}"
    assert [(200, SOMEBODY), (409, SOMEBODY), (401, claimed), (503, claimed), (500, claimed)] == told
    assert (422, claimed) == (odd.status_code, last_log_line(capsys)["caller"])


@pytest.mark.parametrize("note", ["by itself", "for whom"])
async def test_nothing_is_answered_to_somebody_who_is_only_claimed(
    project: HTTPServer, capsys: pytest.CaptureFixture[str], note: str
) -> None:
    """A mistake in a function: it says nothing, and does nothing for whom the token names."""
    async with serve(find_seat) as client:
        reply = await client.post("/", json={"note": note}, headers=signed_in())

    assert (500, "internal_error") == (reply.status_code, reply.json()["code"])
    assert f"claimed {SOMEBODY}" == last_log_line(capsys)["caller"]
    assert [] == project.log


async def test_a_function_may_serve_people_and_the_service(workshops: AsyncClient) -> None:
    """It receives which of the two is calling."""
    assert {"seat_id": 1} == (await workshops.post("/", headers={"apikey": SECRET_KEY})).json()
    assert {"seat_id": 2} == (await workshops.post("/", headers=signed_in())).json()


async def test_an_unknown_field_is_refused_unless_the_frontend_calls_the_function(
    workshops: AsyncClient,
) -> None:
    """A typo in a new caller's code shows at once; old callers may send what they always sent."""
    reply = await workshops.post("/", json={"note": "x"}, headers=signed_in())

    assert (422, "note") == (reply.status_code, reply.json()["details"][0]["field"])


async def test_what_is_told_of_a_wrong_body_is_short(workshops: AsyncClient) -> None:
    """Its caller may have thought of any number of fields, of any length."""
    body = json.dumps({f"{n}{'x' * 1000}": 1 for n in range(500)})
    reply = await workshops.post("/", headers=signed_in() | JSON, content=body)

    refused = reply.json()
    assert (422, 100) == (reply.status_code, len(refused["details"]))
    assert {200} == {len(each["field"]) for each in refused["details"]}
    assert refused["message"].startswith("0xxx") and len(refused["message"]) < 300


async def test_an_unsupported_method_gets_the_supported_ones(tickets: AsyncClient) -> None:
    """405 with `allow`, whoever asks."""
    reply = await tickets.post("/")

    assert (405, "GET, OPTIONS") == (reply.status_code, reply.headers["allow"])


async def test_a_public_function_admits_everybody_and_may_answer_anything(
    tickets: AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    """A bad token does not matter where no token does."""
    reply = await tickets.get("/", headers={"authorization": "Bearer made-up"})

    assert (307, "https://elsewhere.test/") == (reply.status_code, reply.headers["location"])
    assert {"caller": "anonymous", "status": 307, "database_calls": 0}.items() <= last_log_line(
        capsys
    ).items()


async def test_every_answer_can_be_read_by_a_browser(seats: AsyncClient, tickets: AsyncClient) -> None:
    """Without CORS a browser hides status and body; a preflight asks for eight headers and gets them."""
    asked = (
        "authorization, x-client-info, apikey, content-type, x-retry-count, traceparent, tracestate, baggage"
    )
    preflight = await seats.options("/", headers={"access-control-request-headers": asked})

    assert 204 == preflight.status_code
    assert set(asked.split(", ")) <= set(preflight.headers["access-control-allow-headers"].split(", "))
    for reply in (
        preflight,
        await tickets.get("/"),
        await tickets.post("/"),
        await seats.post("/"),
        await seats.post("/", content="{", headers=signed_in() | JSON),
        await seats.post("/", json={"note": "broken"}, headers=signed_in()),
        await seats.post("/", json={"note": "full"}, headers=signed_in()),
    ):
        assert "*" == reply.headers["access-control-allow-origin"], reply


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


@pytest.mark.parametrize(("proxies", "address"), [(1, "203.0.113.9"), (2, "198.51.100.7"), (9, "192.0.2.1")])
async def test_the_address_is_the_one_our_own_proxy_saw(
    project: HTTPServer, environment: Environment, proxies: int, address: str
) -> None:
    """What stands left of our proxies' entries in the header, the client wrote."""
    environment(TRUSTED_PROXIES=str(proxies))
    seen: list[str | None] = []

    @endpoint(caller="public")
    async def look(call: Call[Any]) -> Seat:
        seen.append(call.address)
        return Seat(seat_id=1)

    async with serve(look) as client:
        await client.post("/", headers={"x-forwarded-for": "192.0.2.1, 198.51.100.7, 203.0.113.9"})
        hops = [("x-forwarded-for", hop) for hop in ("192.0.2.1", "198.51.100.7", "203.0.113.9")]
        await client.post("/", headers=hops)  # some proxies add a line of their own
        await client.post("/")

    assert [address, address, "192.0.2.44"] == seen


class PostSettings(Settings):
    """A made-up group."""

    post_key: str


def test_a_function_does_not_start_without_its_settings(environment: Environment, monkeypatch: Any) -> None:
    """They are read when the process of this very function starts; other processes may import it without."""
    environment(SUPABASE_URL="u", SUPABASE_PUBLISHABLE_KEY=None, POST_KEY=None)

    async def send_card(call: Call[Any]) -> Seat:
        return Seat(seat_id=1)

    endpoint(caller="user", settings=(PostSettings,))(send_card)
    monkeypatch.setenv("FUNCTION_TARGET", "send_card")
    with pytest.raises(MissingSettings, match=r"SUPABASE_PUBLISHABLE_KEY\. .*POST_KEY\. "):
        endpoint(caller="user", settings=(PostSettings,))(send_card)


def test_the_signature_of_a_handler_is_its_contract() -> None:
    """What comes in and what goes out are read from the annotations."""
    contract = hold_seat.contract  # type: ignore[attr-defined]

    assert ("hold_seat", ("user",), ("POST", "GET"), HoldSeat, Seat) == (
        contract.name,
        contract.callers,
        contract.methods,
        contract.takes,
        contract.gives,
    )
