"""A scene in which somebody books: a client with a signed waiver and credits, and a practitioner whose time is free."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from .cast import Person, Stage


class BookingScene:
    """One client, one practitioner, one kind of session; further people as a test needs them."""

    def __init__(self, stage: Stage, credits_each: int = 2) -> None:
        self.stage = stage
        self.credits_each = credits_each
        self.client = self.booker()
        self.practitioner = stage.practitioner()
        self.starts_at = datetime.now(UTC).replace(hour=15, minute=0, second=0, microsecond=0) + timedelta(
            days=3
        )

    def booker(self) -> Person:
        """Somebody who has signed the waiver and has credits for any kind of session."""
        person = self.stage.client()
        self.stage.execute(
            """insert into public.liability_waivers (user_id, waiver_text, waiver_policy_id, waiver_policy_version)
               select %s, policy_text, id, version from public.waiver_policy where is_active""",
            person.id,
        )
        self.stage.execute("select private.grant_credits(%s, %s)", person.id, self.credits_each)
        return person

    def from_booking_page(self, **more: Any) -> dict[str, Any]:
        """What the booking wizard sends."""
        return {
            "practitioner_id": str(self.practitioner.practitioner_id),
            "scheduled_at": self.starts_at.isoformat().replace("+00:00", ".000Z"),
            "duration_minutes": 45,
            "session_type_id": None,
            "session_type": "standing",
            "is_group": False,
            "session_location": "online",
            "physical_location": None,
            "notes": None,
            **more,
        }

    def book(self, **more: Any) -> str:
        """The client books. Gives the session's id."""
        reply = self.stage.invoke(
            "book-session-with-credit", self.from_booking_page(**more), as_=self.client
        ).json()
        assert reply["success"], reply
        return str(reply["session_id"])

    def make_class(self, **more: Any) -> dict[str, Any]:
        """A class three days from now."""
        return self.stage.group_class(
            practitioner=self.practitioner, **{"scheduled_at": self.starts_at, "max_participants": 3, **more}
        )

    def from_classes_page(self, admin: Person, **more: Any) -> dict[str, Any]:
        """What the admin's page sends for a class: the first admin stands in as the client."""
        return {
            "practitioner_id": str(self.practitioner.practitioner_id),
            "client_id": str(admin.id),
            "scheduled_at": self.starts_at.isoformat().replace("+00:00", ".000Z"),
            "duration_minutes": 60,
            "max_participants": 8,
            "current_participants": 0,
            "session_location": "online",
            "physical_location": None,
            "room_name": f"group-{uuid.uuid4().hex[:8]}-{uuid.uuid4().int % 10**13:013}",
            "class_name": "Evening class",
            "status": "scheduled",
            "notes": "Pre-scheduled group class created by admin",
            **more,
        }

    def seat(self, group_class: dict[str, Any], person: Person) -> dict[str, Any]:
        """The row that the booking page inserts for whoever joins."""
        return {
            "practitioner_id": str(group_class["practitioner_id"]),
            "client_id": str(person.id),
            "scheduled_at": group_class["scheduled_at"].isoformat(),
            "duration_minutes": group_class["duration_minutes"],
            "room_name": f"group-{group_class['id']}-{str(person.id)[:8]}-{uuid.uuid4().int % 10**13:013}",
            "max_participants": group_class["max_participants"],
            "current_participants": 1,
            "session_location": group_class["session_location"],
            "physical_location": group_class["physical_location"],
            "status": "scheduled",
            "notes": f"Joined group class: {group_class['id']}",
        }

    def credits_of(self, person: Person) -> int:
        """What somebody can still spend."""
        return int(self.stage.invoke("check-session-credits", as_=person).json()["total_credits"])
