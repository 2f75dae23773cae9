"""A waiver, a room and a recording through unmodified supabase-js: what must be true of each fact that it reports."""

import json
import subprocess
import time
from typing import Any

import pytest

from local.config import NODE
from local.node import NODE_BINARY, environment
from tests.cast import Stage

PATIENCE_S = 90


@pytest.fixture(scope="module")
def facts(stage: Stage) -> dict[str, Any]:
    """The script, run once; meanwhile the scheduled functions are called."""
    names = ("SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY", "SUPABASE_SECRET_KEY")
    env = environment(NODE_FOLDER=f"{NODE}/", **{name: stage.env[name] for name in names})
    command = [str(NODE_BINARY), "tests/supabase_js/waiver_and_recording.mjs"]
    with subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as playing:
        deadline = time.monotonic() + PATIENCE_S
        while playing.poll() is None and time.monotonic() < deadline:
            stage.invoke_as_service("reconcile-recordings")
            stage.invoke_as_service("process-recording")
            time.sleep(0.3)
        playing.kill()
        out, err = playing.communicate()
    assert playing.returncode == 0, out + err
    return {line["fact"]: line["value"] for line in map(json.loads, out.splitlines())}


def test_an_anonymous_caller_is_asked_to_sign_in(facts: dict[str, Any]) -> None:
    """A refusal reaches the page as supabase-js reports it, with the sentence inside."""
    assert facts["nobody asks"]["name"] == "FunctionsHttpError"
    assert (facts["nobody asks"]["status"], facts["nobody asks"]["body"]["code"]) == (401, "not_signed_in")
    assert facts["nobody's token"]["status"] == 401


def test_signing_twice_is_one_waiver(facts: dict[str, Any]) -> None:
    """Unsigned, signed, signed again: one row, with what the server saw."""
    assert facts["status before"]["body"]["has_signed"] is False
    assert facts["signed"]["body"]["success"] is True
    assert facts["signed again"]["body"]["waiver_id"] == facts["signed"]["body"]["waiver_id"]
    assert facts["waivers"] == [{"id": facts["signed"]["body"]["waiver_id"]}]
    assert facts["evidence"] == [{"ip_address": "127.0.0.1", "user_agent": "node"}]
    assert facts["status after"]["body"]["has_signed"] is True
    assert facts["other text"]["body"]["code"] == "waiver_text_not_current"


def test_the_client_enters_the_room_but_may_not_record(facts: dict[str, Any]) -> None:
    """A room, a token and a number; recording is refused."""
    assert facts["room"]["body"]["appId"] and facts["token"]["body"]["token"].startswith("007")
    assert isinstance(facts["token"]["body"]["uid"], int)
    assert facts["client records"]["status"] == 403


def test_the_practitioner_records_and_both_can_play_it(facts: dict[str, Any]) -> None:
    """Started, stopped, copied; the link opens in a tab without a header and is a film."""
    assert facts["host records"]["body"]["success"] is True
    assert facts["host stops"]["body"]["success"] is True
    assert facts["finished"]["status"] == "completed" and facts["finished"]["duration_seconds"] > 0
    played = facts["played"]
    assert (played["status"], played["type"], played["brand"]) == (200, "video/mp4", "ftyp")
    assert played["bytes"] == facts["finished"]["file_size_bytes"] > 10_000
