"""The website's own checkout, as its pages lead there: what is to be paid for stands in its address."""

from datetime import datetime
from typing import Protocol
from urllib.parse import urlencode
from uuid import UUID


class ToPay(Protocol):
    """A session or a seat that can be paid for by itself."""

    @property
    def practitioner_id(self) -> UUID: ...
    @property
    def scheduled_at(self) -> datetime: ...
    @property
    def duration_minutes(self) -> int: ...
    @property
    def session_type(self) -> str | None: ...
    @property
    def is_group(self) -> bool: ...
    @property
    def session_location(self) -> str: ...
    @property
    def session_type_id(self) -> UUID | None: ...
    @property
    def physical_location(self) -> str | None: ...
    @property
    def group_class_id(self) -> UUID | None: ...


def checkout_address(session: ToPay, site: str) -> str:
    """Where it is paid for."""
    query = {
        "practitioner_id": session.practitioner_id,
        "scheduled_at": f"{session.scheduled_at:%Y-%m-%dT%H:%M:%S}.000Z",
        "duration_minutes": session.duration_minutes,
        "session_type": session.session_type,
        "is_group": str(session.is_group).lower(),
        "session_location": session.session_location,
        "session_type_id": session.session_type_id,
        "physical_location": session.physical_location,
        "group_session_id": session.group_class_id,
    }
    return f"{site}/sessions/payment?{urlencode({name: each for name, each in query.items() if each is not None})}"
