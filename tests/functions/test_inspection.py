"""Functions tell what they were given to whoever has the secret key, and to nobody else; never a value."""

from pathlib import Path

import httpx
import pytest

from deploy.functions import functions
from local.stack import Stack
from shared.inspection import hash_setting
from tests.cast import Stage

SALT = "0123456789abcdef"
# One of each kind: called by people, by the scheduler, by Agora, by everybody; with the secret key and without it.
KINDS = (
    "get-available-slots",
    "record-consent",
    "run-payouts",
    "agora-recording-webhook",
    "show-refused-checkout",
)


def ask(stage: Stage, function: str, headers: dict[str, str], **more: object) -> httpx.Response:
    body = {"salt": SALT, "names": ["SUPABASE_URL", "SUPABASE_SECRET_KEY", "STRIPE_SECRET_KEY"], **more}
    return stage.invoke(function, body, headers={"x-doctor": "1", **headers})


@pytest.mark.parametrize("function", KINDS)
def test_the_service_is_told_by_hashes(stage: Stage, function: str) -> None:
    """Of what is there, and of nothing else."""
    key = stage.env["SUPABASE_SECRET_KEY"]
    reply = ask(stage, function, {"apikey": key})

    told = reply.json()
    granted = [
        name for name in ("SUPABASE_URL", "SUPABASE_SECRET_KEY") if name in functions()[function].settings
    ]
    assert told["settings"] == {name: hash_setting(SALT, name, stage.env[name]) for name in granted}
    assert key not in reply.text
    assert told["trusted_proxies"] == len(told["hops"]) == 1


@pytest.mark.parametrize("function", KINDS)
def test_nobody_else_is_told_anything(stage: Stage, function: str) -> None:
    """Not even an admin: this is between the platform's keys and its functions."""
    admin = stage.admin()
    made_up = {"authorization": "Bearer sb_secret_made_up", "apikey": stage.env["SUPABASE_PUBLISHABLE_KEY"]}
    for headers in (
        {},
        admin.headers,
        {"apikey": "sb_secret_made_up"},
        made_up,
        {"authorization": "Basic eDp5"},
    ):
        reply = ask(stage, function, headers)
        assert reply.status_code in (401, 403), reply.text
        assert {"error", "code", "message", "details", "hint"} == reply.json().keys()


@pytest.mark.parametrize("more", [{"salt": "short"}, {"names": ["X"] * 201}, {"other": 1}], ids=str)
def test_a_question_has_a_shape(stage: Stage, more: dict[str, object]) -> None:
    reply = ask(stage, "get-available-slots", {"apikey": stage.env["SUPABASE_SECRET_KEY"]}, **more)

    assert (422, "invalid_body") == (reply.status_code, reply.json()["code"])


def test_the_key_that_came_is_not_logged(stack: Stack, stage: Stage) -> None:
    ask(stage, "get-available-slots", {"apikey": stage.env["SUPABASE_SECRET_KEY"]})

    (log,) = [path for path in Path(stack.state).rglob("get-available-slots.log") if path.is_file()]
    assert '"caller":"doctor"' in log.read_text()
    assert stage.env["SUPABASE_SECRET_KEY"] not in log.read_text()
