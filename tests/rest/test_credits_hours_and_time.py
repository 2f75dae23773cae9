"""As the existing pages send it: credits of a length, hours, the newest contract, and one person at one time."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.booking_scene import BookingScene
from tests.cast import Person, Stage


@pytest.fixture
def scene(stage: Stage) -> BookingScene:
    return BookingScene(stage, credits_each=1)


def only_lot(scene: BookingScene, person: Person, minutes: int, *, is_group: bool) -> None:
    """What the wallet sold, and nothing else."""
    scene.stage.execute(
        "insert into public.credit_ledger (lot_id, user_id, change, kind, reason)"
        " select id, user_id, -credits_remaining, 'adjustment', 'Not in this scene'"
        "   from public.user_session_credits where user_id = %s and credits_remaining > 0",
        person.id,
    )
    scene.stage.execute(
        "select private.grant_credits(%s, 5, duration_minutes => %s, is_group => %s)",
        person.id,
        minutes,
        is_group,
    )


def page_sees_a_credit(scene: BookingScene, person: Person) -> bool:
    """The booking page's question, for a lot without a type."""
    path = (
        f"user_session_credits?select=id,credits_remaining&user_id=eq.{person.id}&session_type_id=is.null"
        "&credits_remaining=gt.0&or=(expires_at.is.null,expires_at.gt.now())&limit=1"
    )
    return bool(scene.stage.rest("GET", path, as_=person).raise_for_status().json())


def test_both_practices_are_booked_with_what_the_wallet_sold(scene: BookingScene) -> None:
    """And another length is refused in the sentence that the page shows, with what was picked kept to be paid."""
    only_lot(scene, scene.client, 45, is_group=False)
    assert page_sees_a_credit(scene, scene.client)
    scene.stage.execute("select private.keep_pages_origin(%s)", scene.stage.env["PAGES_URL"])

    for hours, practice in enumerate(("standing", "laying")):
        at = (scene.starts_at + timedelta(hours=hours)).isoformat()
        assert scene.book(scheduled_at=at, session_type=practice)
    at = scene.starts_at + timedelta(days=1)
    body = scene.from_booking_page(duration_minutes=60, scheduled_at=at.isoformat())
    reply = scene.stage.invoke("book-session-with-credit", body, as_=scene.client)

    assert reply.status_code == 200 and reply.json()["success"] is False
    assert reply.json()["error"] == (
        "Your credits are good for 45-minute one-to-one sessions, and this is a one-to-one session of 60 minutes."
        f" You can pay for it at {scene.stage.env['PAGES_URL']}/pay"
    )
    (pick,) = scene.stage.rest("GET", "refused_picks?select=*", as_=scene.client).json()
    assert datetime.fromisoformat(pick["scheduled_at"]) == at


def test_a_class_of_another_length_is_refused_in_the_message_that_the_page_shows(scene: BookingScene) -> None:
    """The page counts the seat first, then inserts it: the first keeps the pick, the second says where to pay."""
    only_lot(scene, scene.client, 45, is_group=False)
    group_class = scene.make_class(duration_minutes=60)
    counted = {"group_class_id": str(group_class["id"]), "increment_by": 1}
    rpc = scene.stage.rest("POST", "rpc/increment_group_class_participants", as_=scene.client, json=counted)
    assert rpc.status_code == 200 and rpc.json()[0]["id"] == str(group_class["id"])

    joined = scene.stage.rest(
        "POST", "session_schedules", as_=scene.client, json=scene.seat(group_class, scene.client)
    )

    assert joined.status_code == 402
    assert joined.json()["message"].startswith(
        "Your credits are good for 45-minute one-to-one sessions, and this is a class of 60 minutes."
    )
    (pick,) = scene.stage.rest("GET", "refused_picks?select=*", as_=scene.client).json()
    assert pick["group_class_id"] == str(group_class["id"])


def test_a_seat_over_another_session_is_refused(scene: BookingScene) -> None:
    """In words, by the page's own insert."""
    scene.book()
    scene.stage.execute("select private.grant_credits(%s, 1)", scene.client.id)
    other = scene.stage.group_class(
        practitioner=scene.stage.practitioner(), scheduled_at=scene.starts_at + timedelta(minutes=15)
    )

    joined = scene.stage.rest(
        "POST", "session_schedules", as_=scene.client, json=scene.seat(other, scene.client)
    )

    assert (joined.status_code, joined.json()["message"]) == (409, "You have another session at this time.")


def make_practitioner(stage: Stage, admin: Person, person: Person) -> str:
    """As the admin's page does: the row, then the role."""
    row: Any = {"user_id": str(person.id), "name": "New", "available": True}
    made = stage.rest("POST", "practitioners", as_=admin, json=row).raise_for_status().json()
    role = {"user_id": str(person.id), "role": "practitioner"}
    stage.rest("POST", "user_roles?on_conflict=user_id,role", as_=admin, json=role).raise_for_status()
    return str(made[0]["id"])


def test_a_new_practitioner_has_a_contract_and_hours_of_their_own(stage: Stage, scene: BookingScene) -> None:
    """The pages of contract and hours find both; the last hours removed, there is no time left."""
    person = stage.client()
    own = make_practitioner(stage, stage.admin(), person)

    pending = (
        f"practitioner_contracts?practitioner_id=eq.{own}&status=eq.pending&order=created_at.desc&limit=1"
    )
    assert len(stage.rest("GET", pending, as_=person).json()) == 1
    mine = f"practitioner_availability?select=*&practitioner_id=eq.{own}&order=day_of_week"
    rows = stage.rest("GET", mine, as_=person).json()
    assert [(n, "09:00:00", "17:00:00") for n in range(7)] == [
        (row["day_of_week"], row["start_time"], row["end_time"]) for row in rows
    ]
    again = {"practitioner_id": own, "day_of_week": 1, "start_time": "09:00", "end_time": "17:00"}
    overlapping = stage.rest("POST", "practitioner_availability", as_=person, json=again)
    assert overlapping.status_code == 409
    assert overlapping.json()["message"] == "There are hours on that day already that overlap these."

    noon = datetime.combine(
        datetime.now(UTC).date() + timedelta(3), datetime.min.time(), ZoneInfo("America/Toronto")
    ).replace(hour=12)
    body = scene.from_booking_page(practitioner_id=own, scheduled_at=noon.astimezone(UTC).isoformat())
    for row in rows:
        stage.rest("DELETE", f"practitioner_availability?id=eq.{row['id']}", as_=person).raise_for_status()
    closed = stage.invoke("book-session-with-credit", body, as_=scene.client).json()
    assert (closed["success"], closed["error"]) == (False, "The practitioner does not work at this time.")

    stage.rest(
        "POST",
        "practitioner_availability",
        as_=person,
        json={**again, "day_of_week": noon.isoweekday() % 7, "start_time": "12:00", "end_time": "12:45"},
    ).raise_for_status()
    assert stage.invoke("book-session-with-credit", body, as_=scene.client).json()["success"] is True
