"""Moving a session: to a time that could be booked, while it is not too late."""

from datetime import datetime, timedelta

import pytest

from tests.booking_scene import BookingScene
from tests.cast import Stage


def test_a_session_moves_and_its_old_time_is_free(stage: Stage, booking: BookingScene) -> None:
    """No credit is spent or given back; moving it there again changes nothing."""
    session, to = booking.book(), booking.starts_at + timedelta(hours=5)
    body = {"session_id": session, "scheduled_at": to.isoformat()}

    first, again = (stage.invoke("reschedule-session", body, as_=booking.client).json() for _ in range(2))

    assert first == again
    assert (first["success"], first["session"]["id"]) == (True, session)
    assert datetime.fromisoformat(first["session"]["scheduled_at"]) == to
    assert booking.credits_of(booking.client) == 1
    other = booking.booker()
    assert stage.invoke("book-session-with-credit", booking.from_booking_page(), as_=other).json()["success"]


@pytest.mark.parametrize("who", ["practitioner", "admin"])
def test_staff_moves_a_session_after_the_deadline_of_the_client(
    stage: Stage, booking: BookingScene, who: str
) -> None:
    """Not onto time that is taken; and a practitioner, so late, only with the client's yes."""
    session = booking.book()
    stage.pass_time_until(session, minutes_before=60)
    stage.invoke("book-session-with-credit", booking.from_booking_page(), as_=booking.booker())
    person = booking.practitioner if who == "practitioner" else stage.admin()

    def move(whom: object, to: datetime) -> tuple[int, str]:
        body = {"session_id": session, "scheduled_at": to.isoformat()}
        reply = stage.invoke("reschedule-session", body, as_=whom)  # type: ignore[arg-type]
        return reply.status_code, reply.json().get("code", "moved")

    assert move(booking.client, booking.starts_at + timedelta(hours=5)) == (409, "too_late_to_move")
    if who == "practitioner":
        assert move(person, booking.starts_at + timedelta(hours=5)) == (409, "change_needs_a_yes")
        return
    assert move(person, booking.starts_at + timedelta(minutes=20)) == (409, "slot_taken")
    assert move(person, booking.starts_at + timedelta(hours=5)) == (200, "moved")


def test_a_seat_cannot_be_moved_out_of_its_class(stage: Stage, booking: BookingScene) -> None:
    """A stranger gets not found; a time without a zone is refused."""
    group_class = booking.make_class()
    seat = stage.rest(
        "POST", "session_schedules", as_=booking.client, json=booking.seat(group_class, booking.client)
    ).json()[0]
    body = {"session_id": seat["id"], "scheduled_at": booking.starts_at.isoformat().replace(":00:", ":30:")}

    mine = stage.invoke("reschedule-session", body, as_=booking.client)
    theirs = stage.invoke("reschedule-session", body, as_=stage.client())
    unclear = stage.invoke(
        "reschedule-session", {**body, "scheduled_at": "2031-01-01T10:00:00"}, as_=booking.client
    )

    assert (mine.status_code, mine.json()["code"]) == (403, "session_is_fixed")
    assert (theirs.status_code, theirs.json()["code"]) == (404, "session_not_found")
    assert (unclear.status_code, unclear.json()["details"][0]["field"]) == (422, "scheduled_at")


def test_a_note_that_is_full_keeps_nobody_from_moving_or_cancelling(
    stage: Stage, booking: BookingScene
) -> None:
    """What is written under it takes the place of its end."""
    session, to = booking.book(), booking.starts_at + timedelta(hours=5)
    stage.execute("update public.session_schedules set notes = repeat('x', 10000) where id = %s", session)

    body = {"session_id": session, "scheduled_at": to.isoformat()}
    moved = stage.invoke("reschedule-session", body, as_=booking.client)
    noted = stage.value("select notes from public.session_schedules where id = %s", session)
    note = "Cancelled: " + "x" * 9900
    cancelled = stage.rest(
        "PATCH",
        f"session_schedules?id=eq.{session}",
        as_=booking.client,
        json={"status": "cancelled", "notes": note},
    )

    assert moved.status_code == 200, moved.text
    assert "xx\n\nRescheduled on 20" in noted
    assert cancelled.status_code == 200, cancelled.text
    assert (
        stage.value("select reason from public.session_cancellations where session_id = %s", session)
        == "x" * 9900
    )
