"""Cancelling: by client, practitioner or admin, once, with what the policy gives back."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.booking_scene import BookingScene
from tests.cast import Stage


@pytest.mark.parametrize("who", ["client", "practitioner", "admin"])
def test_everybody_entitled_cancels_and_the_credit_comes_back(
    stage: Stage, booking: BookingScene, who: str
) -> None:
    """The reply has the fields it always had."""
    session = booking.book()
    person = {"client": booking.client, "practitioner": booking.practitioner}.get(who) or stage.admin()

    reply = stage.invoke("cancel-session", {"session_id": session, "reason": "Ill"}, as_=person)

    body = reply.json()
    assert (reply.status_code, body["success"]) == (200, True)
    assert (body["cancellation_type"], body["credit_returned"], body["fee_charged"], body["currency"]) == (
        "standard",
        1,
        0,
        "usd",
    )
    assert booking.credits_of(booking.client) == 2
    notes = stage.value("select notes from public.session_schedules where id = %s", session)
    assert notes == ("Cancelled by practitioner: Ill" if who == "practitioner" else "Cancelled: Ill")


def test_ten_cancellations_at_once_cancel_once(stage: Stage, booking: BookingScene) -> None:
    """Everybody gets the same answer; one credit comes back."""
    session = booking.book()
    with ThreadPoolExecutor(10) as many:
        replies = list(
            many.map(
                lambda _: stage.invoke("cancel-session", {"session_id": session}, as_=booking.client),
                range(10),
            )
        )

    assert {reply.status_code for reply in replies} == {200}
    assert len({reply.text for reply in replies}) == 1
    assert booking.credits_of(booking.client) == 2


def test_after_the_deadline_only_the_grace_saves_the_credit_and_only_once(
    stage: Stage, booking: BookingScene
) -> None:
    """The second time it is refused, and the client may still cancel without."""
    hours = 2
    answers = []
    for use_grace in (True, True, False):
        if hours < 4:
            session = booking.book(scheduled_at=booking.starts_at.replace(hour=hours).isoformat())
            stage.pass_time_until(session, minutes_before=20 * hours)
            hours += 1
        reply = stage.invoke(
            "cancel-session", {"session_id": session, "use_grace": use_grace}, as_=booking.client
        )
        answers.append((reply.status_code, reply.json().get("cancellation_type") or reply.json()["code"]))

    assert answers == [(200, "grace"), (409, "grace_used"), (200, "last_minute")]
    assert booking.credits_of(booking.client) == 1


def test_cancelling_a_class_gives_everybody_their_credit_back(stage: Stage, booking: BookingScene) -> None:
    """In one call by an admin."""
    group_class, other = booking.make_class(), booking.booker()
    for person in (booking.client, other):
        assert stage.rest(
            "POST", "session_schedules", as_=person, json=booking.seat(group_class, person)
        ).is_success
    assert [booking.credits_of(person) for person in (booking.client, other)] == [1, 1]

    reply = stage.invoke("cancel-session", {"session_id": str(group_class["id"])}, as_=stage.admin())

    assert reply.json()["credit_returned"] == 2
    assert [booking.credits_of(person) for person in (booking.client, other)] == [2, 2]


def test_a_stranger_gets_not_found_and_cancels_nothing(stage: Stage, booking: BookingScene) -> None:
    """The reply is the one for a session that does not exist."""
    session = booking.book()
    reply = stage.invoke("cancel-session", {"session_id": session}, as_=stage.client())

    assert (reply.status_code, reply.json()["code"]) == (404, "session_not_found")
    assert stage.value("select status from public.session_schedules where id = %s", session) == "scheduled"
