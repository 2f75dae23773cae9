"""Parting two linked classes."""

from tests.booking_scene import BookingScene
from tests.cast import Stage


def test_either_class_unlinks_both(stage: Stage, booking: BookingScene) -> None:
    """Unlinking them again changes nothing."""
    online, studio = booking.make_class(), booking.make_class(session_location="in_person")
    admin = stage.admin()
    both = {"session_id": str(online["id"]), "correlated_session_id": str(studio["id"])}
    stage.invoke("link-group-sessions", both, as_=admin)

    for _ in range(2):
        reply = stage.invoke("unlink-group-sessions", {"session_id": str(studio["id"])}, as_=admin)
        assert (reply.status_code, reply.json()) == (200, {"success": True, "session_id": str(studio["id"])})
    links = "select count(correlated_session_id) from public.session_schedules where id in (%s, %s)"
    assert stage.value(links, online["id"], studio["id"]) == 0


def test_only_an_admin_unlinks_classes(stage: Stage, booking: BookingScene) -> None:
    """A session that is no class is not found."""
    group_class, session = (
        booking.make_class(),
        booking.book(scheduled_at=booking.starts_at.replace(hour=4).isoformat()),
    )

    for person, asked, status, code in (
        (booking.practitioner, group_class["id"], 403, "admins_only"),
        (stage.admin(), session, 404, "class_not_found"),
    ):
        reply = stage.invoke("unlink-group-sessions", {"session_id": str(asked)}, as_=person)
        assert (reply.status_code, reply.json()["code"]) == (status, code)
