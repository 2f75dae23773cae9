"""Who was a client once is none: nothing new is written for them or read of them, and the pages still open."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.booking_scene import BookingScene
from tests.cast import Person, Stage

ERASE = {"confirmation": "ERASE MY ACCOUNT"}


@pytest.fixture
def booking(stage: Stage) -> BookingScene:
    return BookingScene(stage)


def make_former(booking: BookingScene, how: str) -> None:
    """Somebody whom the practitioner met, and who is a client no more."""
    stage, client, host = booking.stage, booking.client, booking.practitioner
    days = {"long ago": 91, "cancelled": 2, "erased": 2}[how]
    status = "cancelled" if how == "cancelled" else "completed"
    stage.session(client=client, practitioner=host, starts_in_minutes=-days * 1440, status=status)
    if how == "erased":
        stage.invoke("erase-my-account", ERASE, as_=client).raise_for_status()


def new_session(booking: BookingScene) -> dict[str, Any]:
    """As the practitioner's page makes one."""
    return {
        "practitioner_id": str(booking.practitioner.practitioner_id),
        "client_id": str(booking.client.id),
        "scheduled_at": (datetime.now(UTC) + timedelta(days=5)).isoformat(),
        "duration_minutes": 30,
        "room_name": f"session-{uuid.uuid4()}",
        "host_room_url": None,
        "notes": None,
        "status": "scheduled",
    }


def recommendation(booking: BookingScene) -> dict[str, Any]:
    return {
        "practitioner_id": str(booking.practitioner.practitioner_id),
        "client_id": str(booking.client.id),
        "session_id": None,
        "title": "Breathe",
        "description": None,
        "action_type": "mindfulness",
        "frequency": None,
        "due_date": None,
    }


def checklist_line(booking: BookingScene, by: Person) -> dict[str, Any]:
    return {"client_id": str(booking.client.id), "practitioner_id": str(by.id), "title": "Breathe"}


@pytest.mark.parametrize("how", ["long ago", "cancelled", "erased"])
def test_a_practitioner_writes_nothing_for_a_former_client(booking: BookingScene, how: str) -> None:
    make_former(booking, how)
    stage, host = booking.stage, booking.practitioner
    rows = {
        "session_schedules": new_session(booking),
        "action_recommendations": recommendation(booking),
        "action_checklist": checklist_line(booking, host),
    }

    for table, row in rows.items():
        reply = stage.rest("POST", table, as_=host, json=row)
        assert reply.status_code in (403, 409), (table, reply.text)
    told = {"client_id": str(booking.client.id), "title": "Breathe", "action_type": "mindfulness"}
    assert 404 == stage.invoke("create-action-recommendation", told, as_=host).status_code


@pytest.mark.parametrize("how", ["long ago", "cancelled"])
def test_a_practitioner_reads_nothing_new_of_a_former_client(booking: BookingScene, how: str) -> None:
    """What another practitioner and the client write from now on."""
    stage, other = booking.stage, booking.stage.practitioner()
    make_former(booking, how)
    stage.session(client=booking.client, practitioner=other, starts_in_minutes=5000)
    stage.rest("POST", "action_checklist", as_=other, json=checklist_line(booking, other)).raise_for_status()
    stage.rest("POST", "journal_entries", as_=booking.client, json={"content": "words"}).raise_for_status()
    stage.consent(booking.client)

    for table in (
        *("journal_entries", "user_consents", "consent_history", "liability_waivers", "meditation_memories"),
        *(
            "user_preferences",
            "user_session_credits",
            "checkout_sessions",
            "user_roles",
            "user_notifications",
        ),
    ):
        theirs = f"{table}?select=user_id&user_id=eq.{booking.client.id}"
        assert [] == stage.rest("GET", theirs, as_=booking.practitioner).json(), table
    assert [] == stage.rest("GET", "action_checklist", as_=booking.practitioner).json()
    sessions = stage.rest(
        "GET", f"session_schedules?select=id&client_id=eq.{booking.client.id}", as_=booking.practitioner
    ).json()
    assert 1 == len(sessions)


@pytest.mark.parametrize("how", ["long ago", "cancelled", "erased"])
def test_the_recommendations_form_joins_all_of_them(booking: BookingScene, how: str) -> None:
    """Its own requests, in its own order: one missing profile, and the list stays empty."""
    stage, host, newer = booking.stage, booking.practitioner, booking.stage.client()
    make_former(booking, how)
    stage.session(client=newer, practitioner=host, starts_in_minutes=5000)

    mine = f"practitioner_id=eq.{host.practitioner_id}"
    listed = stage.rest("GET", f"session_schedules?select=client_id&{mine}", as_=host).json()
    ids = {row["client_id"] for row in listed}
    joined = stage.rest("GET", f"profiles?select=id,full_name,email&id=in.({','.join(ids)})", as_=host).json()

    assert {str(booking.client.id), str(newer.id)} == ids == {row["id"] for row in joined}
    (former,) = [row for row in joined if row["id"] == str(booking.client.id)]
    if how == "erased":
        assert {"id": str(booking.client.id), "full_name": "Former client", "email": None} == former


def test_the_row_without_a_name_is_only_for_who_has_the_session(booking: BookingScene) -> None:
    """And of somebody without sessions nothing stays."""
    stage, never_met = booking.stage, booking.stage.client()
    make_former(booking, "erased")
    stage.invoke("erase-my-account", ERASE, as_=never_met).raise_for_status()

    theirs = f"profiles?id=in.({booking.client.id},{never_met.id})"
    assert [] == stage.rest("GET", theirs + "&select=id", as_=stage.practitioner()).json()
    assert 0 == stage.value("select count(*) from public.profiles where id = %s", never_met.id)
    kept = stage.row("select * from public.profiles where id = %s", booking.client.id)
    assert {"id", "full_name", "created_at", "updated_at"} == {k for k, v in kept.items() if v is not None}


def test_a_client_is_one_for_as_long_as_the_rule_says(booking: BookingScene) -> None:
    """Assigned, with a session to come, or with one not longer ago than `client_days`."""
    stage, host = booking.stage, booking.practitioner
    stage.session(client=booking.client, practitioner=host, starts_in_minutes=-89 * 1440, status="completed")
    assert 201 == stage.rest("POST", "session_schedules", as_=host, json=new_session(booking)).status_code

    assigned = BookingScene(stage)
    make_former(assigned, "long ago")
    stage.execute(
        "insert into public.practitioner_assignments (practitioner_id, client_id) values (%s, %s)",
        assigned.practitioner.practitioner_id,
        assigned.client.id,
    )
    reply = stage.rest("POST", "session_schedules", as_=assigned.practitioner, json=new_session(assigned))
    assert 201 == reply.status_code
