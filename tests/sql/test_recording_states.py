"""The state machine of takes: every observation in every state, and the clocks that decide some of them."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sql.conftest import ROW, Sandbox

STATES = ("pending", "recording", "processing", "completed", "failed")
OBSERVATIONS = (
    *("acquired", "started", "already_running", "unclear", "busy", "no_worker", "rejected", "found"),
    *("starting", "running", "media_started", "failed_over", "troubled", "missing", "crashed", "unanswered"),
    *("ended", "exited", "no_data", "uploaded", "backed_up", "absent", "partial", "playable", "complete"),
)

# What becomes of a take in each state, early, with the first attempt. Where a row says nothing, nothing moves.
MOVES: dict[str, dict[str, str]] = {
    "no_worker": {"pending": "pending again"},
    "rejected": {"pending": "failed agora_rejected"},
    "running": {"pending": "recording"},
    "media_started": {"pending": "recording"},
    "ended": {"pending": "processing", "recording": "processing"},
    "exited": {"pending": "processing", "recording": "processing"},
    "no_data": {"pending": "failed no_media", "recording": "failed no_media"},
    "uploaded": dict.fromkeys(("pending", "recording", "processing"), "processing complete"),
    "backed_up": {"pending": "processing", "recording": "processing"},
    "absent": {"pending": "pending again", "recording": "failed no_media"},
    "partial": {"pending": "processing", "recording": "processing"},
    "playable": {"pending": "processing", "recording": "processing"},
    "complete": dict.fromkeys(("pending", "recording", "processing"), "processing complete"),
}
PAST = {"deadline_at": "now() - interval '1 second'"}
# And what the clocks, the attempts and earlier facts change of that.
EXCEPTIONS: list[tuple[str, str, dict[str, str], str]] = [
    ("pending", "unclear", PAST, "pending again"),
    ("pending", "already_running", PAST, "pending again"),
    ("pending", "already_running", {**PAST, "agora_sid": "'S'"}, "pending"),
    ("pending", "busy", PAST, "pending"),
    ("pending", "missing", PAST, "pending"),
    ("pending", "no_worker", {"attempt": "3"}, "failed not_started"),
    ("pending", "absent", {"record_until": "now() - interval '1 second'"}, "failed not_started"),
    ("pending", "absent", {"stop_requested_at": "now()"}, "failed stopped_before_start"),
    ("pending", "absent", {"crashed_at": "now()"}, "failed agora_crashed"),
    ("recording", "absent", {"crashed_at": "now()"}, "failed agora_crashed"),
    ("processing", "absent", {"crashed_at": "now()"}, "failed agora_crashed"),
    ("processing", "absent", PAST, "failed no_media"),
    ("processing", "playable", PAST, "processing complete"),
    ("processing", "partial", PAST, "processing"),
    (
        "processing",
        "partial",
        {**PAST, "ended_at": "now() - interval '73 hours'"},
        "failed upload_incomplete",
    ),
    ("processing", "absent", {**PAST, "upload_complete": "true"}, "processing complete"),
]
CASES = [
    (state, observation, {}, MOVES.get(observation, {}).get(state, state))
    for state in STATES
    for observation in OBSERVATIONS
] + EXCEPTIONS


def set_take(sandbox: Sandbox, state: str, **columns: str) -> dict[str, Any]:
    """The seeded take, in a state, as it would stand there."""
    facts = {
        "attempt": "1",
        "agora_sid": "null",
        "deadline_at": "now() + interval '5 minutes'",
        "ended_at": "now()" if state in ("processing", "completed", "failed") else "null",
        "failure_code": "'because'" if state == "failed" else "null",
        **dict.fromkeys(("duration_seconds", "file_size_bytes"), "1"),
        "storage_path": "'x'",
        **columns,
    }
    sets = ", ".join(f"{name} = {value}" for name, value in facts.items())
    (row,) = sandbox.run(
        f"update private.recording_takes set status = '{state}', {sets} where id = %s returning *", ROW
    )
    return row


def observe(sandbox: Sandbox, observation: str, attempt: int = 1, **facts: Any) -> dict[str, Any]:
    """Tell the machine something."""
    named = "".join(f", {name} => %s" for name in facts)
    query = f"select * from private.observe_take(%s, %s, %s{named})"
    (row,) = sandbox.run(query, ROW, attempt, observation, *facts.values())
    return row


def summary(row: dict[str, Any], attempt: int) -> str:
    words = [row["status"]]
    if row["attempt"] > attempt:
        words.append("again")
    if row["status"] == "failed" and row["failure_code"] != "because":
        words.append(row["failure_code"])
    if row["status"] == "processing" and row["upload_complete"]:
        words.append("complete")
    return " ".join(words)


@pytest.mark.parametrize(("state", "observation", "columns", "expected"), CASES)
def test_each_observation_in_each_state_has_its_effect(
    sandbox: Sandbox, state: str, observation: str, columns: dict[str, str], expected: str
) -> None:
    """The whole table, one row at a time."""
    attempt = set_take(sandbox, state, **columns)["attempt"]

    after = observe(sandbox, observation, attempt)

    assert expected == summary(after, attempt)


def test_an_observation_of_an_earlier_attempt_changes_nothing(sandbox: Sandbox) -> None:
    """The answer of a recorder we gave up on comes late; it speaks of nobody we know."""
    before = set_take(sandbox, "pending", attempt="2")

    after = observe(sandbox, "uploaded", attempt=1, sid="of the first")

    assert before == after


def test_a_new_attempt_has_another_number_and_folder(sandbox: Sandbox) -> None:
    """Two recorders with one number would push each other out of the channel."""
    before = set_take(sandbox, "pending", agora_resource_id="'R'", agora_sid="'S'")

    after = observe(sandbox, "no_worker")

    assert after["recorder_uid"] != before["recorder_uid"]
    assert after["recorder_uid"] >= 4_000_000_000
    assert after["prefix"].endswith("/2")
    assert (after["agora_resource_id"], after["agora_sid"]) == (None, None)


def test_a_failover_starts_the_wait_for_404s_anew(sandbox: Sandbox) -> None:
    """While a machine is being replaced Agora says "not found", for up to 90 s."""
    set_take(sandbox, "recording", missing_since="now() - interval '80 seconds'")

    assert observe(sandbox, "failed_over", failover_uid=123)["missing_since"] is None
    assert observe(sandbox, "missing")["missing_since"] is not None
    assert observe(sandbox, "running")["missing_since"] is None


def test_observed_facts_are_kept(sandbox: Sandbox) -> None:
    """The first sid stays; a query leaves its status; the first picture's time is the earliest reported."""
    set_take(sandbox, "pending")

    observe(sandbox, "started", sid="S", resource_id="R")
    observe(sandbox, "media_started", happened_at="2026-01-01T10:00:05Z", sid="another")
    after = observe(sandbox, "media_started", happened_at="2026-01-01T10:00:00Z", agora_status=5)

    assert (after["agora_sid"], after["agora_resource_id"], after["agora_status"]) == ("S", "R", 5)
    assert (after["media_started_at"].second, after["started_at"].second) == (0, 5)


@given(st.lists(st.tuples(st.sampled_from(OBSERVATIONS), st.booleans()), max_size=25))
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
def test_a_take_only_moves_forward(sandbox: Sandbox, story: list[tuple[str, bool]]) -> None:
    """Any observations in any order, with deadlines passing between them: never back, never out of the end."""
    with sandbox.undone():
        row = set_take(sandbox, "pending")
        for observation, time_passes in story:
            if time_passes:
                sandbox.run(
                    "update private.recording_takes set deadline_at = now() - interval '1 second' where id = %s",
                    ROW,
                )
            was, row = row, observe(sandbox, observation, row["attempt"])

            assert STATES.index(row["status"]) >= STATES.index(was["status"])
            assert row["attempt"] <= 3
            assert (row["status"] == "failed") == (row["failure_code"] is not None)
            assert not (was["upload_complete"] or was["status"] == "failed") or row["status"] == was["status"]
