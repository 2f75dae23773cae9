"""Who gets in: by which credential, verified here or by the database, and from where."""

from typing import Any

import pytest
from httpx import AsyncClient
from pytest_httpserver import HTTPServer

from shared.call import Call
from shared.serving import endpoint
from tests.shared.conftest import PUBLISHABLE_KEY, SECRET_KEY, Environment

from .made_up import (
    JSON,
    SOMEBODY,
    HoldSeat,
    Seat,
    book_ticket,
    close_workshop,
    hold_seat,
    hold_seat_rpc,
    last_log_line,
    open_ticket,
    serve,
    signed_in,
)


@endpoint(caller="user")
async def find_seat(call: Call[HoldSeat]) -> Seat:
    """Hands the caller's token on, as its note says: or answers by itself, or asks who it is."""
    match call.body.note:
        case "by itself":
            return Seat(seat_id=1)
        case "for whom":
            call.log(who=call.user.id)
    return await call.database.rpc(hold_seat_rpc, seats=call.body.seats)


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


async def test_a_public_function_admits_everybody_and_may_answer_anything(
    tickets: AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    """A bad token does not matter where no token does."""
    reply = await tickets.get("/", headers={"authorization": "Bearer made-up"})

    assert (307, "https://elsewhere.test/") == (reply.status_code, reply.headers["location"])
    assert {"caller": "anonymous", "status": 307, "database_calls": 0}.items() <= last_log_line(
        capsys
    ).items()


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
