"""Functions that are made up: served as the framework serves them, for people, for the platform and for everybody."""

import json
from typing import Any

import jwt
import pytest
from httpx import ASGITransport, AsyncClient
from starlette.applications import Starlette
from starlette.responses import RedirectResponse
from starlette.routing import Route

from shared.call import Call
from shared.database import Rpc
from shared.errors import Conflict, Unavailable
from shared.serving import endpoint
from shared.settings import ServiceSettings
from shared.wire import Input, Output, StrictInput
from tests.shared.conftest import JWT_SECRET, PUBLISHABLE_KEY

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


def signed_in() -> dict[str, str]:
    claims = {"sub": SOMEBODY, "role": "authenticated", "aud": "authenticated", "exp": 4_000_000_000}
    return {"apikey": PUBLISHABLE_KEY, "authorization": f"Bearer {jwt.encode(claims, JWT_SECRET, 'HS256')}"}


def last_log_line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The last line of the log."""
    line: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return line
