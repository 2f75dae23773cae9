"""A function that is ahead of its schema: 503 `schema_behind` on the real stack, and the log names what is missing."""

import json
import time
from collections.abc import Iterator

import httpx
import pytest

from local.stack import Stack
from tests.cast import Person, Stage

FUNCTION = "get-consent-status"
BODY = "select pg_get_functiondef('public.get_consent_status'::regproc)"
RELOAD = "notify pgrst, 'reload schema'"
# What a schema of another release looks like, and the way back.
BEHIND = {
    "PGRST202": (
        "alter function public.get_consent_status rename to later",
        "alter function public.later rename to get_consent_status",
        "get_consent_status",
    ),
    "42703": (
        "alter table public.user_consents rename column revoked_at to ended_at",
        "alter table public.user_consents rename column ended_at to revoked_at",
        "revoked_at",
    ),
    "42883": (
        "create or replace function public.get_consent_status(consent_type text default null) returns table"
        " (user_id uuid, consents public.user_consents[], has_consent boolean, consent_status jsonb)"
        " language plpgsql stable set search_path = '' as $$ begin return query select private.not_yet(); end $$",
        "",
        "private.not_yet",
    ),
}


def call_until(stage: Stage, person: Person, status: int) -> httpx.Response:
    """PostgREST hears of a change a moment later."""
    deadline = time.monotonic() + 15
    while True:
        reply = stage.invoke(FUNCTION, {}, as_=person)
        if reply.status_code == status or time.monotonic() > deadline:
            return reply
        time.sleep(0.2)


@pytest.fixture(params=BEHIND)
def missing(request: pytest.FixtureRequest, stage: Stage) -> Iterator[str]:
    """What is not there, until the test is over."""
    change, back, name = BEHIND[request.param]
    before = stage.value(BODY)
    stage.execute(change)
    stage.execute(RELOAD)
    yield name
    stage.execute(back or before)
    stage.execute(RELOAD)
    assert 200 == call_until(stage, stage.client(), 200).status_code  # nothing has to be restarted


def test_what_is_missing_is_named_in_the_log_alone(stage: Stage, stack: Stack, missing: str) -> None:
    """Callers are told to come back."""
    person = stage.client()

    reply = call_until(stage, person, 503)

    assert (503, "schema_behind", "60") == (
        reply.status_code,
        reply.json()["code"],
        reply.headers["retry-after"],
    )
    assert missing not in reply.text
    log = (stack.state / "log" / f"{FUNCTION}.log").read_text()
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    (line,) = [each for each in lines if each["request_id"] == reply.headers["x-request-id"]]
    assert missing in line["cause"]
