"""Races for a session that is offered: the first yes has it, and everybody else learns that it is taken."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.booking_scene import BookingScene
from tests.cast import Person, Stage

pytestmark = pytest.mark.usefixtures("unlimited")


def test_one_of_many_who_say_yes_at_once_has_the_session(stage: Stage) -> None:
    """One winner each time, no deadlock, and its time is taken from one calendar only."""
    booking, admin = BookingScene(stage, credits_each=6), stage.admin()
    crowd = [stage.practitioner() for _ in range(6)]
    for hour in range(5):
        session = booking.book(scheduled_at=booking.starts_at.replace(hour=10 + hour).isoformat())
        body = {"session_id": session, "practitioner_ids": [str(each.practitioner_id) for each in crowd]}
        stage.rest("POST", "rpc/offer_session_to", as_=admin, json=body).raise_for_status()

        def say_yes(person: Person, session: str = session) -> tuple[int, str]:
            reply = stage.rest(
                "POST", "rpc/answer_session_offer", as_=person, json={"session_id": session, "accepts": True}
            )
            told = reply.json()
            return reply.status_code, told["details"] if reply.is_error else told[0]["outcome"]

        with ThreadPoolExecutor(len(crowd)) as pool:
            answers = Counter(pool.map(say_yes, crowd))

        assert {(200, "accepted"): 1, (409, "offer_taken"): len(crowd) - 1} == answers
        leader = stage.value("select practitioner_id from public.session_schedules where id = %s", session)
        assert leader in {each.practitioner_id for each in crowd}
        assert leader == stage.value(
            "select practitioner_id from private.practitioner_time where session_id = %s", session
        )


def test_a_yes_and_a_cancellation_at_once_leave_one_of_the_two(stage: Stage) -> None:
    """Either somebody leads what is then cancelled, or nobody takes what is gone: no deadlock, no third answer."""
    booking, admin = BookingScene(stage, credits_each=6), stage.admin()
    substitute = stage.practitioner()
    for hour in range(5):
        session = booking.book(scheduled_at=booking.starts_at.replace(hour=10 + hour).isoformat())
        body = {"session_id": session, "practitioner_ids": [str(substitute.practitioner_id)]}
        stage.rest("POST", "rpc/offer_session_to", as_=admin, json=body).raise_for_status()
        with ThreadPoolExecutor(2) as pool:
            yes = pool.submit(
                stage.rest,
                "POST",
                "rpc/answer_session_offer",
                as_=substitute,
                json={"session_id": session, "accepts": True},
            )
            cancelled = pool.submit(
                stage.invoke, "cancel-session", {"session_id": session}, as_=booking.client
            )

        assert 200 == cancelled.result().status_code
        assert yes.result().status_code == 200 or "session_started" == yes.result().json()["details"]
        assert "cancelled" == stage.value(
            "select status from public.session_schedules where id = %s", session
        )
        assert booking.credits_of(booking.client) == 6
