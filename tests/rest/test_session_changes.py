"""A session that somebody else changes, on the wire: what pages send, and what they are answered."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.booking_scene import BookingScene
from tests.cast import Person, Stage


@pytest.fixture
def scene(stage: Stage) -> BookingScene:
    return BookingScene(stage)


def patch(scene: BookingScene, session: str, who: Person, **columns: Any) -> tuple[int, str]:
    reply = scene.stage.rest("PATCH", f"session_schedules?id=eq.{session}", as_=who, json=columns)
    return reply.status_code, reply.json()["details"] if reply.is_error else "written"


def rpc(scene: BookingScene, name: str, who: Person, **body: Any) -> Any:
    reply = scene.stage.rest("POST", f"rpc/{name}", as_=who, json=body)
    return reply.json()["details"] if reply.is_error else reply.json()[0]


def test_moved_by_the_practitioner_to_half_an_hour_from_now(scene: BookingScene) -> None:
    """Refused in a sentence that says what to do; with the client's yes it is done, and then it is agreed."""
    session = scene.book()
    soon = datetime.now(scene.starts_at.tzinfo) + timedelta(minutes=30)

    reply = scene.stage.rest(
        "PATCH",
        f"session_schedules?id=eq.{session}",
        as_=scene.practitioner,
        json={"scheduled_at": soon.isoformat()},
    )
    assert (409, "change_needs_a_yes") == (reply.status_code, reply.json()["details"])
    assert "propose_session_time" in reply.json()["hint"]

    asked = rpc(
        scene, "propose_session_time", scene.practitioner, session_id=session, scheduled_at=soon.isoformat()
    )
    assert datetime.fromisoformat(asked["proposed_scheduled_at"]) == soon
    shown = rpc(scene, "get_session_change", scene.client, session_id=session)
    assert asked["answer_until"] == shown["answer_until"]
    assert (
        "moved"
        == rpc(scene, "answer_session_change", scene.client, session_id=session, accepts=True)["outcome"]
    )
    quoted = scene.stage.invoke("quote-cancellation", {"session_id": session}, as_=scene.client).json()
    assert ("last_minute", 0) == (quoted["cancellation_type"], quoted["credit_returned"])


def test_moved_by_an_admin_to_half_an_hour_from_now(scene: BookingScene) -> None:
    """Who cannot come then does not pay for it."""
    session = scene.book()
    soon = datetime.now(scene.starts_at.tzinfo) + timedelta(minutes=30)
    assert (200, "written") == patch(scene, session, scene.stage.admin(), scheduled_at=soon.isoformat())

    quoted = scene.stage.invoke("quote-cancellation", {"session_id": session}, as_=scene.client).json()
    cancelled = scene.stage.invoke("cancel-session", {"session_id": session}, as_=scene.client).json()
    for each in (quoted, cancelled):
        assert ("standard", 1) == (each["cancellation_type"], each["credit_returned"])
    assert 2 == scene.credits_of(scene.client)


def test_the_calendar_file_follows_what_was_changed(scene: BookingScene) -> None:
    """A higher sequence, and the new place."""
    session = scene.book()
    patch(
        scene,
        session,
        scene.stage.admin(),
        session_location="in_person",
        physical_location="Studio Two - 2 Main Street",
    )
    file = scene.stage.invoke("get-session-calendar", {"session_id": session}, as_=scene.client).text
    assert "SEQUENCE:1" in file
    assert "Studio Two - 2 Main Street" in file


def test_no_page_reads_or_writes_what_was_agreed(scene: BookingScene) -> None:
    """Neither by the table nor by a column."""
    session = scene.book()
    for who in (scene.client, scene.practitioner, scene.stage.admin()):
        assert scene.stage.rest("GET", "session_agreements", as_=who).status_code == 404
        reply = scene.stage.rest(
            "PATCH", f"session_schedules?id=eq.{session}", as_=who, json={"practitioner_id": session}
        )
        assert reply.status_code == 403
