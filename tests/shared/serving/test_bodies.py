"""What gets in: a body that fits, and by which field one does not."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import AsyncClient
from pytest_httpserver import HTTPServer

from .made_up import JSON, signed_in


async def test_an_empty_body_is_an_empty_object(seats: AsyncClient) -> None:
    """`functions.invoke(name)` sends neither body nor type."""
    assert 200 == (await seats.post("/", headers=signed_in())).status_code


async def test_a_get_request_reads_its_query(seats: AsyncClient, project: HTTPServer) -> None:
    """In a query string everything is text, so text that looks like a number is one."""
    reply = await seats.get("/?seats=3", headers=signed_in())

    assert 200 == reply.status_code
    assert {"seats": 3} == project.log[-1][0].json


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


@pytest.mark.parametrize(
    "inside", [["\0"], {"a": {"b": ["\0"]}}, [*"1" * 100_000, "\0"]], ids=["list", "deep", "many"]
)
async def test_a_long_name_is_told_by_its_beginning(workshops: AsyncClient, inside: Any) -> None:
    """Whatever it names holds: what is inside of it has the same beginning."""
    body = json.dumps({"k" * 300_000: inside})
    reply = await workshops.post("/", headers=signed_in() | JSON, content=body)

    problem = "must not contain a NUL character"
    assert (422, [{"field": "k" * 200, "problem": problem}]) == (reply.status_code, reply.json()["details"])


async def test_an_unsupported_method_gets_the_supported_ones(tickets: AsyncClient) -> None:
    """405 with `allow`, whoever asks."""
    reply = await tickets.post("/")

    assert (405, "GET, OPTIONS") == (reply.status_code, reply.headers["allow"])
