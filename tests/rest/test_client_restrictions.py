"""With the public key, their own token and any HTTP client: what a client of the platform cannot do to bookings."""

import uuid
from typing import Any

import httpx
import pytest

from tests.booking_scene import BookingScene
from tests.cast import Stage


@pytest.fixture
def booking(stage: Stage) -> BookingScene:
    return BookingScene(stage)


def own_session(booking: BookingScene, **more: Any) -> dict[str, Any]:
    return {
        "practitioner_id": str(booking.practitioner.practitioner_id),
        "client_id": str(booking.client.id),
        "scheduled_at": booking.starts_at.isoformat(),
        "room_name": f"session-{uuid.uuid4()}",
        **more,
    }


def refused(reply: httpx.Response) -> bool:
    return reply.status_code in (400, 401, 403, 404, 409)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"status": "completed"},
        {"max_participants": 5},
        {"notes": "Joined group class: of my own"},
        {"group_class_id": str(uuid.uuid4())},
        {"credit_lot_id": str(uuid.uuid4())},
        {"session_type_id": str(uuid.uuid4())},
    ],
)
def test_a_client_cannot_insert_a_session_for_nothing(
    stage: Stage, booking: BookingScene, more: dict[str, Any]
) -> None:
    """However it is dressed up."""
    reply = stage.rest("POST", "session_schedules", as_=booking.client, json=own_session(booking, **more))

    assert refused(reply), reply.text
    assert (
        stage.value("select count(*) from public.session_schedules where client_id = %s", booking.client.id)
        == 0
    )


@pytest.mark.parametrize(
    "change",
    [
        {"practitioner_id": "another"},
        {"duration_minutes": 60},
        {"status": "completed"},
        {"status": "in_progress"},
        {"client_id": "another"},
        {"credit_lot_id": None},
        {"grace_cancellation_used": False},
        {"session_location": "in_person"},
        {"max_participants": 9},
        {"scheduled_at": "2020-01-01T12:00:00Z"},
        {"cancellation_policy_version": None},
        {"room_name": "mine"},
    ],
)
def test_a_client_cannot_change_what_was_booked(
    stage: Stage, booking: BookingScene, change: dict[str, Any]
) -> None:
    """Practitioner, time, duration, status, place or price: the row stays as it is."""
    session = booking.book()
    before = stage.row("select * from public.session_schedules where id = %s", session)
    other = {"practitioner_id": stage.practitioner().practitioner_id, "client_id": booking.practitioner.id}
    change = {name: str(other[name]) if value == "another" else value for name, value in change.items()}

    reply = stage.rest("PATCH", f"session_schedules?id=eq.{session}", as_=booking.client, json=change)

    assert refused(reply), reply.text
    assert before == stage.row("select * from public.session_schedules where id = %s", session)


def test_a_client_cannot_undo_a_cancellation(stage: Stage, booking: BookingScene) -> None:
    """Nor the grace, nor a second credit."""
    session = booking.book()
    cancel = {"status": "cancelled", "notes": "Cancelled: ill", "cancelled_at": "2020-01-01T00:00:00Z"}
    assert stage.rest(
        "PATCH", f"session_schedules?id=eq.{session}", as_=booking.client, json=cancel
    ).is_success
    assert booking.credits_of(booking.client) == 2

    reply = stage.rest(
        "PATCH", f"session_schedules?id=eq.{session}", as_=booking.client, json={"status": "scheduled"}
    )

    assert refused(reply)
    stage.rest("PATCH", f"session_schedules?id=eq.{session}", as_=booking.client, json=cancel)
    assert booking.credits_of(booking.client) == 2


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "user_session_credits?user_id=eq.{me}", {"credits_remaining": 99}),
        ("PATCH", "user_session_credits?user_id=eq.{me}", {"expires_at": None, "credits_owed": 0}),
        ("POST", "user_session_credits", {"user_id": "{me}", "credits_remaining": 5}),
        ("DELETE", "user_session_credits?user_id=eq.{me}", None),
        ("POST", "credit_ledger", {"user_id": "{me}", "lot_id": "{lot}", "change": 5, "kind": "purchase"}),
        ("PATCH", "credit_ledger?user_id=eq.{me}", {"change": 5}),
        ("DELETE", "credit_ledger?user_id=eq.{me}", None),
        ("POST", "rpc/adjust_credits", {"user_id": "{me}", "change": 5, "reason": "For me"}),
        ("POST", "rpc/grant_credits", {"user_id": "{me}", "credits": 5}),
        ("POST", "rpc/reconcile_bookings", {}),
        ("POST", "session_cancellations", {"user_id": "{me}", "cancellation_type": "standard"}),
        ("POST", "session_payments", {"client_id": "{me}", "total_amount": 0}),
        ("POST", "rpc/assign_admin_role_by_id", {"p_user_id": "{me}"}),
        ("POST", "user_roles", {"user_id": "{me}", "role": "admin"}),
    ],
)
def test_a_client_cannot_touch_credits_money_or_roles(
    stage: Stage, booking: BookingScene, method: str, path: str, body: dict[str, Any] | None
) -> None:
    """Refused, or, where the pages expect no error, without effect."""
    lot = stage.value("select id from public.user_session_credits where user_id = %s", booking.client.id)
    names = {"{me}": str(booking.client.id), "{lot}": str(lot)}
    body = body and {name: names.get(str(value), value) for name, value in body.items()}

    reply = stage.rest(method, path.replace("{me}", names["{me}"]), as_=booking.client, json=body)

    assert refused(reply) or reply.json() == [], reply.text
    assert booking.credits_of(booking.client) == 2
    ledger = "select count(*), sum(change) from public.credit_ledger where user_id = %s"
    assert tuple(stage.row(ledger, booking.client.id).values()) == (1, 2)
    assert stage.value("select count(*) from public.user_roles where user_id = %s", booking.client.id) == 0


@pytest.mark.parametrize(
    "table",
    [
        "session_schedules",
        "user_session_credits",
        "credit_ledger",
        "credit_history",
        "session_history",
        "session_cancellations",
        "session_holds",
        "past_purchases",
        "checkout_sessions",
    ],
)
def test_a_client_cannot_read_the_rows_of_others(stage: Stage, booking: BookingScene, table: str) -> None:
    """Bookings, seats, credits, cancellations, holds and purchases are their owner's."""
    session, group_class = (
        booking.book(),
        booking.make_class(scheduled_at=booking.starts_at.replace(hour=1, minute=30)),
    )
    stage.rest(
        "POST", "session_schedules", as_=booking.client, json=booking.seat(group_class, booking.client)
    )
    stage.invoke("cancel-session", {"session_id": session}, as_=booking.client)
    hold = {
        "practitioner_id": str(booking.practitioner.practitioner_id),
        "scheduled_at": booking.starts_at.replace(hour=5, minute=30).isoformat(),
        "session_type_id": str(stage.value("select id from public.session_types where not is_group limit 1")),
    }
    assert stage.rest("POST", "rpc/hold_slot", as_=booking.client, json=hold).is_success

    seen = stage.rest("GET", f"{table}?select=*", as_=stage.client()).json()

    assert [row for row in seen if str(booking.client.id) in map(str, row.values())] == []
    visitor = stage.rest("GET", f"{table}?select=*")
    assert visitor.status_code == 401, visitor.text


def test_a_client_cannot_change_a_class_or_the_session_of_another(
    stage: Stage, booking: BookingScene
) -> None:
    """Not even one they have a seat in; the pages' own update of its count finds no row."""
    group_class = booking.make_class()
    stage.rest(
        "POST", "session_schedules", as_=booking.client, json=booking.seat(group_class, booking.client)
    )
    stranger = stage.client()
    theirs = booking.book(scheduled_at=booking.starts_at.replace(hour=4, minute=30).isoformat())

    for person, row in ((booking.client, group_class["id"]), (stranger, theirs)):
        for change in (
            {"current_participants": 0},
            {"scheduled_at": "2031-01-01T00:00:00Z"},
            {"status": "cancelled"},
        ):
            reply = stage.rest("PATCH", f"session_schedules?id=eq.{row}", as_=person, json=change)
            assert (reply.status_code, reply.json()) == (200, [])
        assert stage.rest("DELETE", f"session_schedules?id=eq.{row}", as_=person).json() == []
    counted = stage.rest(
        "POST",
        "rpc/increment_group_class_participants",
        as_=stranger,
        json={"group_class_id": str(group_class["id"]), "increment_by": 5},
    ).json()
    assert counted == [{"id": str(group_class["id"]), "current_participants": 1, "max_participants": 3}]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("full_name", "x" * 2_000_000),
        ("address", " " * 2_000_000),
        ("date_of_birth", "infinity"),
        ("date_of_birth", "99999-01-01"),
        ("date_of_birth", "2999-01-01"),
    ],
)
def test_a_value_without_end_changes_nothing(stage: Stage, column: str, value: str) -> None:
    """400, and the rule that refuses it is named after the column."""
    client = stage.client()
    before = stage.row("select * from public.profiles where id = %s", client.id)

    reply = stage.rest("PATCH", f"profiles?id=eq.{client.id}&select=id", as_=client, json={column: value})

    assert (reply.status_code, reply.json()["code"]) == (400, "23514"), reply.text[:300]
    assert f'"profiles_{column}_is_' in reply.json()["message"]
    assert before == stage.row("select * from public.profiles where id = %s", client.id)
