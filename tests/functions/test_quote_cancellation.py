"""Asking what a cancellation would come to: it does."""

import uuid

from tests.booking_scene import BookingScene
from tests.cast import Stage


def test_the_cancellation_is_what_was_quoted(stage: Stage, booking: BookingScene) -> None:
    """By POST and by GET; asking changes nothing."""
    session = booking.book()

    quoted = stage.invoke("quote-cancellation", {"session_id": session}, as_=booking.client).json()
    asked = stage.invoke(f"quote-cancellation?session_id={session}", as_=booking.client, method="GET").json()
    done = stage.invoke("cancel-session", {"session_id": session}, as_=booking.client).json()

    assert quoted.keys() == asked.keys()
    same = ("session_id", "cancellation_type", "credit_returned", "fee_charged", "currency")
    assert {name: quoted[name] for name in same} == {name: done[name] for name in same}
    assert (quoted["cancellation_type"], quoted["credit_returned"], quoted["grace_available"]) == (
        "standard",
        1,
        False,
    )


def test_after_the_deadline_the_quote_offers_the_grace(stage: Stage, booking: BookingScene) -> None:
    """With it the credit comes back, without it does not."""
    session = booking.book()
    stage.pass_time_until(session, minutes_before=60)

    without = stage.invoke("quote-cancellation", {"session_id": session}, as_=booking.client).json()
    graced = stage.invoke(
        "quote-cancellation", {"session_id": session, "use_grace": True}, as_=booking.client
    ).json()

    assert (without["cancellation_type"], without["credit_returned"], without["grace_available"]) == (
        "last_minute",
        0,
        True,
    )
    assert (graced["cancellation_type"], graced["credit_returned"]) == ("grace", 1)


def test_a_stranger_gets_not_found(stage: Stage, booking: BookingScene) -> None:
    """As for a session that does not exist."""
    session = booking.book()
    for asked in (session, str(uuid.uuid4())):
        reply = stage.invoke("quote-cancellation", {"session_id": asked}, as_=stage.client())
        assert (reply.status_code, reply.json()["code"]) == (404, "session_not_found")
