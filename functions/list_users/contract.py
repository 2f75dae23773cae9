"""What listing users takes and gives."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from shared.database import Rpc
from shared.wire import Input, Output


class ListUsers(Input):
    """The newest, or a page."""

    page_size: int | None = Field(None, ge=1, le=1000, description="At most so many; by default 5,000.")
    cursor: str | None = Field(
        None, max_length=100, description="Where the page before said the next one starts."
    )


class UserRole(Output):
    """What somebody may do."""

    role: str


class UserPractitioner(Output):
    """The practitioner somebody is."""

    id: UUID
    name: str
    available: bool = Field(description="False while paused.")


class ListedUser(Output):
    """Somebody who signed up."""

    id: UUID
    email: str | None
    created_at: datetime | None
    email_confirmed_at: datetime | None
    roles: list[UserRole]
    practitioner: UserPractitioner | None


class UserList(Output):
    """The reply, newest first."""

    users: list[ListedUser]
    next_cursor: str | None = Field(description="Where the next page starts; null after the last one.")


list_users_rpc = Rpc("list_users", gives=UserList, refuses=("admins_only",))
