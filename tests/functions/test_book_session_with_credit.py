"""Booking with a credit: the request and reply that the booking wizard knows, and a reason it can show."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.booking_scene import BookingScene
from tests.cast import Stage

FUNCTION = "book-session-with-credit"


def test_a_credit_becomes_a_session(stage: Stage, booking: BookingScene) -> None:
    """The client sees it in the table that the page reads; one credit is left."""
    reply = stage.invoke(FUNCTION, booking.from_booking_page(), as_=booking.client)

    assert reply.status_code == 200
    booked = reply.json()
    assert (booked["success"], booked["credits_remaining"]) == (True, 1)
    (row,) = stage.rest(
        "GET",
        f"session_schedules?select=*,practitioner:practitioners(name)&client_id=eq.{booking.client.id}",
        as_=booking.client,
    ).json()
    assert (row["id"], row["status"], row["duration_minutes"]) == (booked["session_id"], "scheduled", 45)
    assert row["practitioner"]["name"]


def test_a_double_click_is_one_session_and_one_credit(stage: Stage, booking: BookingScene) -> None:
    """Twelve at once, without any key: each reply names the same session."""
    with ThreadPoolExecutor(12) as many:
        replies = list(
            many.map(
                lambda _: stage.invoke(FUNCTION, booking.from_booking_page(), as_=booking.client), range(12)
            )
        )

    assert {reply.json()["success"] for reply in replies} == {True}
    assert len({reply.json()["session_id"] for reply in replies}) == 1
    assert booking.credits_of(booking.client) == 1


def test_an_idempotency_key_has_one_answer(stage: Stage, booking: BookingScene) -> None:
    """Also after the session was cancelled; the same key for another time is refused in readable words."""
    key = {"idempotency-key": str(uuid.uuid4())}
    first = stage.invoke(FUNCTION, booking.from_booking_page(), as_=booking.client, headers=key).json()
    stage.invoke("cancel-session", {"session_id": first["session_id"]}, as_=booking.client)

    again = stage.invoke(FUNCTION, booking.from_booking_page(), as_=booking.client, headers=key)
    other = stage.invoke(
        FUNCTION, booking.from_booking_page(duration_minutes=60), as_=booking.client, headers=key
    )

    assert again.json() == first
    assert (other.status_code, other.json()["code"]) == (200, "idempotency_key_reused")


def test_an_in_person_booking_keeps_its_place(stage: Stage, booking: BookingScene) -> None:
    """The studio's id, as the page sends it, is kept in words, as pages print it; and a point on the map."""
    studio = stage.value(
        "insert into public.studio_locations (name, address) values ('S', 'A street') returning id"
    )

    session = booking.book(
        session_location="in_person",
        physical_location=str(studio),
        location_coordinates={"longitude": -79.4, "latitude": 43.65},
    )

    row = stage.row("select * from public.session_schedules where id = %s", session)
    assert (row["physical_location"], row["studio_id"]) == ("S - A street", studio)
    assert row["location_coordinates"] == "(-79.4,43.65)"


@pytest.mark.parametrize(
    ("code", "asked"),
    [
        ("slot_in_past", {"scheduled_at": "2020-01-01T12:00:00.000Z"}),
        ("duration_not_offered", {"session_type": "standing", "duration_minutes": 60}),
        ("practitioner_unavailable", {"practitioner_id": str(uuid.uuid4())}),
        ("session_type_not_found", {"session_type_id": str(uuid.uuid4())}),
        ("location_missing", {"session_location": "in_person"}),
        ("class_needed", {"is_group": True}),
    ],
)
def test_a_booking_that_is_refused_has_status_200_and_a_sentence(
    stage: Stage, booking: BookingScene, code: str, asked: dict[str, object]
) -> None:
    """The page cannot read the body of any other status."""
    if code == "duration_not_offered":
        asked["session_type_id"] = str(
            stage.value("select id from public.session_types where duration_minutes = 20")
        )

    reply = stage.invoke(FUNCTION, booking.from_booking_page(**asked), as_=booking.client)

    body = reply.json()
    assert (reply.status_code, body["success"], body["code"]) == (200, False, code)
    assert body["error"] == body["message"]
    assert body["error"].endswith(".")
    assert booking.credits_of(booking.client) == 2


def test_a_missing_waiver_or_credit_and_a_taken_time_each_have_their_code(
    stage: Stage, booking: BookingScene
) -> None:
    """These too have status 200."""
    booking.book()
    unsigned = stage.client()
    stage.execute("select private.grant_credits(%s, 1)", unsigned.id)
    poor = booking.booker()
    stage.execute(
        "select private.revoke_credits(id, 2, 'x') from public.user_session_credits where user_id = %s",
        poor.id,
    )

    def code(person: object, **more: object) -> str:
        return str(stage.invoke(FUNCTION, booking.from_booking_page(**more), as_=person).json()["code"])  # type: ignore[arg-type]

    later = booking.starts_at.replace(hour=(booking.starts_at.hour + 2) % 24).isoformat()
    assert code(unsigned, scheduled_at=later) == "waiver_required"
    assert code(poor, scheduled_at=later) == "no_usable_credit"
    assert code(booking.booker()) == "slot_taken"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("duration_minutes", "45"),
        ("scheduled_at", "tomorrow"),
        ("scheduled_at", "2031-01-01T12:00:00"),
        ("session_location", "moon"),
        ("location_coordinates", {"longitude": 200, "latitude": 0}),
    ],
)
def test_a_malformed_body_is_a_422_and_no_domain_refusal(
    stage: Stage, booking: BookingScene, field: str, value: object
) -> None:
    """The field is named, as everywhere; an anonymous caller gets a 401."""
    reply = stage.invoke(FUNCTION, booking.from_booking_page(**{field: value}), as_=booking.client)

    assert (reply.status_code, reply.json()["details"][0]["field"].split(".")[0]) == (422, field)
    assert stage.invoke(FUNCTION, booking.from_booking_page()).status_code == 401
