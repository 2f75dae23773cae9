"""Linking the online and the in-person form of a class."""

from tests.booking_scene import BookingScene
from tests.cast import Stage


def test_an_admin_links_two_classes(stage: Stage, booking: BookingScene) -> None:
    """Each with places of its own; a client books both; the view shows them as linked."""
    online, studio = (
        booking.make_class(),
        booking.make_class(session_location="in_person", max_participants=9),
    )
    admin = stage.admin()
    body = {"session_id": str(online["id"]), "correlated_session_id": str(studio["id"])}

    reply = stage.invoke("link-group-sessions", body, as_=admin)

    linked = reply.json()["correlation"]
    assert (reply.status_code, linked["correlation"]) == (200, "linked")
    assert (linked["max_participants"], linked["correlated_max_participants"]) == (3, 9)
    for each in (online, studio):
        joined = stage.rest(
            "POST", "session_schedules", as_=booking.client, json=booking.seat(each, booking.client)
        )
        assert joined.status_code == 201, joined.text
    assert booking.credits_of(booking.client) == 0
    view = f"group_session_correlations?session_id=eq.{studio['id']}"
    (seen,) = stage.rest("GET", view, as_=admin).json()
    assert (seen["correlation"], seen["correlated_participants"]) == ("linked", 1)
    assert stage.rest("GET", view, as_=booking.client).json() == []


def test_only_an_admin_links_and_only_two_forms_of_a_class(stage: Stage, booking: BookingScene) -> None:
    """The code of the refusal says which."""
    online, late = (
        booking.make_class(),
        booking.make_class(scheduled_at=booking.starts_at.replace(hour=3, minute=30)),
    )
    body = {"session_id": str(online["id"]), "correlated_session_id": str(late["id"])}

    for person, status, code in (
        (booking.client, 403, "admins_only"),
        (booking.practitioner, 403, "admins_only"),
        (stage.admin(), 409, "classes_are_alike"),
    ):
        reply = stage.invoke("link-group-sessions", body, as_=person)
        assert (reply.status_code, reply.json()["code"]) == (status, code)
