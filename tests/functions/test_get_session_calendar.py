"""A session as a file for one's calendar."""

import pytest
import vobject

from tests.booking_scene import BookingScene

NAME = "get-session-calendar"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_file_is_the_event_that_mails_bring(booking: BookingScene, method: str) -> None:
    """Under the session's id, at its time, as it is now."""
    session_id = booking.book()
    booking.stage.invoke("cancel-session", {"session_id": session_id}, as_=booking.client).raise_for_status()

    if method == "GET":
        reply = booking.stage.invoke(f"{NAME}?session_id={session_id}", as_=booking.client, method="GET")
    else:
        reply = booking.stage.invoke(NAME, {"session_id": session_id}, as_=booking.client)

    assert "application/octet-stream" == reply.headers["content-type"]
    assert reply.headers["content-disposition"] == 'attachment; filename="session.ics"'
    calendar = vobject.readOne(reply.text)
    event = calendar.vevent
    assert ("PUBLISH", session_id, "1", "CANCELLED", "Standing session with Practitioner") == (
        calendar.method.value,
        event.uid.value,
        event.sequence.value,
        event.status.value,
        event.summary.value,
    )
    assert booking.starts_at == event.dtstart.value
    assert event.organizer.value == f"mailto:{booking.stage.env['SUPPORT_EMAIL']}", "an address that is read"


def test_the_file_is_in_the_language_of_who_asks(booking: BookingScene) -> None:
    session_id = booking.book()
    booking.stage.rest(
        "POST", "rpc/set_language", as_=booking.client, json={"language": "fr-CA"}
    ).raise_for_status()

    mine = booking.stage.invoke(NAME, {"session_id": session_id}, as_=booking.client)
    theirs = booking.stage.invoke(NAME, {"session_id": session_id}, as_=booking.practitioner)

    assert "Séance debout avec Practitioner" == vobject.readOne(mine.text).vevent.summary.value
    assert "Standing session with Practitioner" == vobject.readOne(theirs.text).vevent.summary.value


def test_a_stranger_gets_not_found(booking: BookingScene) -> None:
    """404, as for a session that does not exist."""
    refused = booking.stage.invoke(NAME, {"session_id": booking.book()}, as_=booking.stage.client())

    assert (404, "session_not_found") == (refused.status_code, refused.json()["code"])
