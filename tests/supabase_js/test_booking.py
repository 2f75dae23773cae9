"""Booking, joining and cancelling through unmodified supabase-js: what must be true of each fact that is told."""

import json
import subprocess
from typing import Any

import pytest

from local.config import NODE
from local.node import NODE_BINARY, environment
from tests.booking_scene import BookingScene
from tests.cast import Stage


@pytest.fixture(scope="module")
def facts(stage: Stage) -> dict[str, Any]:
    """The scene, played once: a client with three credits, a free practitioner, a class of theirs."""
    booking = BookingScene(stage, credits_each=3)
    group_class = booking.make_class(
        scheduled_at=booking.starts_at.replace(hour=1, minute=15), duration_minutes=60
    )
    scene = {
        "access_token": booking.client.token,
        "user_id": str(booking.client.id),
        "practitioner_id": str(booking.practitioner.practitioner_id),
        "session_type_id": None,
        "class_id": str(group_class["id"]),
        "starts_at": booking.starts_at.replace(hour=12).isoformat(),
    }
    names = ("SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY")
    env = environment(
        NODE_FOLDER=f"{NODE}/", SCENE=json.dumps(scene), **{name: stage.env[name] for name in names}
    )
    played = subprocess.run(
        [str(NODE_BINARY), "tests/supabase_js/booking.mjs"],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert played.returncode == 0, played.stdout + played.stderr
    return {line["fact"]: line["value"] for line in map(json.loads, played.stdout.splitlines())}


def test_a_credit_becomes_a_session(facts: dict[str, Any]) -> None:
    """And a time that is taken becomes a sentence, which the page can read because the status is 200."""
    assert facts["credits before"]["total_credits"] == 3
    assert facts["booked"]["success"] is True
    assert facts["booked"]["credits_remaining"] == 2
    taken = facts["taken"]
    assert taken["error"] is None
    assert (taken["data"]["success"], taken["data"]["code"], taken["data"]["error"]) == (
        False,
        "slot_taken",
        "This time is taken.",
    )


def test_joining_takes_one_seat_and_one_credit(facts: dict[str, Any]) -> None:
    """Although the page counts and deducts too: its count counts nothing, its deduction changes no row."""
    assert facts["class"]["practitioner"]["name"]
    assert facts["counted"] == [
        {"id": facts["class"]["id"], "current_participants": 0, "max_participants": 3}
    ]
    assert facts["joined"]["group_class_id"] == facts["class"]["id"]
    assert facts["joined"]["max_participants"] == 1
    assert (facts["deducted by the page"]["error"], facts["deducted by the page"]["data"]) == (None, [])
    assert facts["class after"] == {"current_participants": 1}
    assert facts["credits after joining"]["total_credits"] == 1


def test_a_second_seat_is_refused_with_a_sentence(facts: dict[str, Any]) -> None:
    """The toast shows PostgREST's message."""
    error = facts["joined again"]["error"]
    assert (error["message"], error["details"]) == (
        "You have a seat in this class already.",
        "already_joined",
    )


def test_an_update_of_the_row_cancels_and_gives_the_credit_back(facts: dict[str, Any]) -> None:
    """The page reads the row it wrote."""
    assert [row["status"] for row in facts["cancelled"]] == ["cancelled"]
    assert facts["credits after cancelling"]["total_credits"] == 2
    assert [(line["kind"], line["change"]) for line in facts["ledger"]] == [
        ("purchase", 3),
        ("spend", -1),
        ("spend", -1),
        ("return", 1),
    ]


def test_wallet_and_history_are_read_as_the_pages_read_them(facts: dict[str, Any]) -> None:
    """Embeds resolve, and there are two packages for each kind that has any."""
    assert [(lot["credits_remaining"], lot["grace_cancellation_used"]) for lot in facts["wallet"]] == [
        (2, False)
    ]
    assert len(facts["packages"]) == 12
    assert {package["session_type"]["duration_minutes"] for package in facts["packages"]} == {45, 60}
    assert sorted((row["status"], row["is_group"], row["paid_with"]) for row in facts["history"]) == [
        ("cancelled", False, "credit"),
        ("scheduled", True, "credit"),
    ]
