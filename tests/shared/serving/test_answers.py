"""What comes back of a request: its answer, a refusal, and the headers of both."""

from typing import Any

import pytest
from httpx import AsyncClient
from pytest_httpserver import HTTPServer

from shared.call import Call
from shared.serving import endpoint
from shared.settings import MissingSettings, Settings
from tests.shared.conftest import Environment

from .made_up import JSON, HoldSeat, Seat, book_ticket, hold_seat, last_log_line, serve, signed_in


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


async def test_a_refusal_may_have_headers(seats: AsyncClient) -> None:
    """Such as when to come back."""
    reply = await seats.post("/", json={"note": "away"}, headers=signed_in())

    assert (503, "5") == (reply.status_code, reply.headers["retry-after"])


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
