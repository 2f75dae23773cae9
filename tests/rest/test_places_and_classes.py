"""Classes and places through PostgREST, with rows as the pages write them: what each page then lists and prints."""

import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.booking_scene import BookingScene
from tests.cast import Person, Stage

MY_SESSIONS = (
    "session_schedules?select=id,scheduled_at,duration_minutes,status,session_location,physical_location,room_name,"
    "max_participants,current_participants,notes,class_name,practitioner:practitioners(name,avatar_url,user_id)"
    "&client_id=eq.{user}&status=in.(scheduled,in_progress,completed)"
)
PRACTITIONERS_SESSIONS = (
    "session_schedules?select=*&practitioner_id=eq.{practitioner}&status=in.(scheduled,in_progress)"
)
OPEN_CLASSES = (
    "session_schedules?select=id,scheduled_at,duration_minutes,max_participants,current_participants,session_location,"
    "physical_location,class_name,status,practitioner:practitioners(id,name,bio,specialization,avatar_url)"
    "&max_participants=gt.1&scheduled_at=gte.{now}&status=neq.cancelled&session_location=eq.in_person"
    "&practitioner_id=eq.{practitioner}&order=scheduled_at"
)
ADMINS_CLASSES = (
    "session_schedules?select=*,practitioner:practitioners(name)&max_participants=gt.1"
    "&notes=not.like.Joined%20group%20class*&practitioner_id=eq.{practitioner}"
)
AN_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-", re.IGNORECASE)


@dataclass
class Scene:
    """An admin, their studio, and a practitioner whose time is free."""

    stage: Stage
    booking: BookingScene
    admin: Person
    studio: dict[str, Any]

    def read(self, path: str, as_: Person) -> list[dict[str, Any]]:
        reply = self.stage.rest(
            "GET",
            path.format(
                user=as_.id,
                practitioner=self.booking.practitioner.practitioner_id,
                now=datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            ),
            as_=as_,
        )
        assert reply.status_code == 200, reply.text
        return list(reply.json())

    def insert_class(self, hours: float, **more: Any) -> httpx.Response:
        """What the admin's page sends, so many hours after the time at which the practitioner is booked first."""
        row = self.booking.from_classes_page(
            self.admin,
            **{
                "scheduled_at": (self.booking.starts_at + timedelta(hours=hours)).isoformat(),
                "session_location": "in_person",
                "physical_location": f"{self.studio['name']} - {self.studio['address']}",
                **more,
            },
        )
        return self.stage.rest("POST", "session_schedules", as_=self.admin, json=row)

    def joined_class(self, hours: float) -> dict[str, Any]:
        """A class that two people have joined by the booking page's insert, and read back."""
        made = self.insert_class(hours)
        assert made.status_code == 201, made.text
        group_class = self.stage.row(
            "select * from public.session_schedules where id = %s", made.json()[0]["id"]
        )
        for person in (self.booking.client, self.booking.booker()):
            seat = self.stage.rest(
                "POST", "session_schedules", as_=person, json=self.booking.seat(group_class, person)
            )
            assert seat.status_code == 201, seat.text
            assert seat.json()[0]["client_id"] == str(person.id)
        return group_class


@pytest.fixture(scope="module")
def scene(stage: Stage) -> Scene:
    admin = stage.admin()
    studio = stage.rest(
        "POST",
        "studio_locations",
        as_=admin,
        json={"name": f"Studio {uuid.uuid4().hex[:8]}", "address": "1 Street", "is_active": True},
    )
    assert studio.status_code == 201, studio.text
    return Scene(stage, BookingScene(stage, credits_each=5), admin, studio.json()[0])


def test_a_session_at_a_studio_prints_its_name(scene: Scene) -> None:
    """The booking page sends the studio's id; every page that prints a place prints words."""
    session = scene.booking.book(
        session_location="in_person",
        physical_location=scene.studio["id"],
        scheduled_at=(scene.booking.starts_at + timedelta(days=1)).isoformat(),
    )

    for path, person in (
        (MY_SESSIONS, scene.booking.client),
        (PRACTITIONERS_SESSIONS, scene.booking.practitioner),
        ("session_history", scene.booking.client),
    ):
        (row,) = [row for row in scene.read(path, person) if row["id"] == session]
        assert row["physical_location"] == f"{scene.studio['name']} - 1 Street"
    (row,) = scene.read(
        f"session_schedules?select=studio_id,studio:studio_locations(name)&id=eq.{session}",
        scene.booking.client,
    )
    assert row == {"studio_id": scene.studio["id"], "studio": {"name": scene.studio["name"]}}


def test_a_class_is_listed_once_and_its_seats_print_no_id(scene: Scene) -> None:
    """To whoever joined it, to others, and to the admin; on one's own sessions the seat stands by its class's name."""
    group_class = scene.joined_class(100)

    for person in (scene.booking.client, scene.stage.client(), scene.booking.practitioner, scene.admin):
        for path in (OPEN_CLASSES, ADMINS_CLASSES):
            ids = [row["id"] for row in scene.read(path, person)]
            assert ids == [str(group_class["id"])], (path, person)
    (seat,) = [row for row in scene.read(MY_SESSIONS, scene.booking.client) if row["class_name"]]
    assert (seat["notes"], seat["max_participants"]) == ("Joined group class: Evening class", 1)
    assert not AN_ID.search(f"{seat['physical_location']} {seat['notes']} {seat['class_name']}")
    history = scene.read("session_history?is_group=is.true", scene.booking.client)
    assert [row["id"] for row in history] == [seat["id"]]

    # The admin's page deletes it: nobody's list has it any more, and the seats are cancelled.
    deleted = scene.stage.rest("DELETE", f"session_schedules?id=eq.{group_class['id']}", as_=scene.admin)
    assert deleted.status_code in (200, 204), deleted.text
    assert scene.read(ADMINS_CLASSES, scene.admin) == scene.read(OPEN_CLASSES, scene.admin) == []
    (row,) = scene.read(f"session_schedules?id=eq.{seat['id']}", scene.booking.client)
    assert row["status"] == "cancelled"


def test_a_class_in_the_past_is_refused_with_a_sentence(scene: Scene) -> None:
    """The toast of the admin's page shows PostgREST's message."""
    reply = scene.insert_class(-100)

    assert (reply.status_code, reply.json()["details"]) == (409, "slot_in_past")
    assert reply.json()["message"] == "This time has passed."


def test_an_unknown_studio_is_refused_with_a_sentence(scene: Scene) -> None:
    """Also in the row of a class, which nobody but the admin writes."""
    reply = scene.insert_class(300, physical_location=str(uuid.uuid4()))

    assert (reply.status_code, reply.json()["details"]) == (404, "studio_not_found")


@pytest.mark.parametrize(("places", "where"), [(17, "online"), (1000, "online")])
def test_an_online_class_is_no_larger_than_its_recording(scene: Scene, places: int, where: str) -> None:
    """The admin's page is told when it makes one, with what to do; nothing is made."""
    refused = scene.insert_class(
        300 + places, max_participants=places, session_location=where, physical_location=None
    )

    error = refused.json()
    assert (refused.status_code, error["details"]) == (422, "class_too_large")
    assert "16 places at most" in error["message"] and "in person" in error["hint"]
    made = scene.stage.value(
        "select count(*) from public.session_schedules where practitioner_id = %s and max_participants = %s",
        scene.booking.practitioner.practitioner_id,
        places,
    )
    assert made == 0


def test_a_class_as_large_as_its_recording_is_made_and_grows_only_in_person(scene: Scene) -> None:
    """Sixteen and who leads them; a room may hold more, but not move online with them."""
    online = scene.insert_class(320, max_participants=16, session_location="online", physical_location=None)
    in_person = scene.insert_class(322, max_participants=40)
    assert (online.status_code, in_person.status_code) == (201, 201)

    def change(made: httpx.Response, **columns: Any) -> httpx.Response:
        path = f"session_schedules?id=eq.{made.json()[0]['id']}"
        return scene.stage.rest("PATCH", path, as_=scene.admin, json=columns)

    for refused in (
        change(online, max_participants=17),
        change(in_person, session_location="online", physical_location=None),
    ):
        assert (refused.status_code, refused.json()["details"]) == (422, "class_too_large")
    assert change(in_person, class_name="Large").json()[0]["max_participants"] == 40
    assert change(online, max_participants=12).json()[0]["max_participants"] == 12


def test_a_large_online_class_from_before_stays_and_can_shrink(scene: Scene) -> None:
    """It can be renamed, moved and made smaller; not larger."""
    made = scene.insert_class(340, max_participants=16, session_location="online", physical_location=None)
    class_id = made.raise_for_status().json()[0]["id"]
    trigger = "session_schedules_45_refuse_large_online_class_change"
    scene.stage.execute(f"alter table public.session_schedules disable trigger {trigger}")
    scene.stage.execute("update public.session_schedules set max_participants = 30 where id = %s", class_id)
    scene.stage.execute(f"alter table public.session_schedules enable trigger {trigger}")

    path = f"session_schedules?id=eq.{class_id}"
    replies = [
        scene.stage.rest("PATCH", path, as_=scene.admin, json=columns).status_code
        for columns in ({"class_name": "Old"}, {"max_participants": 31}, {"max_participants": 20})
    ]
    assert replies == [200, 422, 200]
