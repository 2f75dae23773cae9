"""Keeping bookings true to the clock."""

from tests.booking_scene import BookingScene
from tests.cast import Stage


def test_lapsed_credits_are_written_off_once(stage: Stage, booking: BookingScene) -> None:
    """The client reads the line in their history."""
    stage.execute("select private.grant_credits(%s, 4, expires_at => now())", booking.client.id)

    first, second = (stage.invoke_as_service("reconcile-bookings").json() for _ in range(2))

    assert (first["lots_expired"] >= 1, second["lots_expired"], second["sessions_stuck"]) == (True, 0, 0)
    history = stage.rest(
        "GET", "credit_history?kind=eq.expiry&select=change,expires_at", as_=booking.client
    ).json()
    assert [line["change"] for line in history] == [-4]


def test_people_may_not_reconcile_bookings(stage: Stage, booking: BookingScene) -> None:
    """It is the scheduler's."""
    assert stage.invoke("reconcile-bookings", {}, as_=booking.client).status_code == 403
