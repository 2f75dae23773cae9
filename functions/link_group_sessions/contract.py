"""What linking two classes takes and gives."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.database import Rpc
from shared.wire import Output, StrictInput


class LinkGroupSessions(StrictInput):
    """The online and the in-person form of one class, in either order."""

    session_id: UUID
    correlated_session_id: UUID


class Correlation(Output):
    """A class and what it is linked to."""

    session_id: UUID
    correlated_session_id: UUID | None
    correlation: Literal["alone", "one_sided", "times_differ", "states_differ", "linked"]
    max_participants: int
    current_participants: int
    correlated_max_participants: int | None = Field(description="Of the other form: capacities are separate.")
    correlated_participants: int | None


class Linked(Output):
    """The reply."""

    success: bool = True
    correlation: Correlation


link_group_sessions_rpc = Rpc(
    "link_group_sessions",
    gives=Correlation,
    refuses=("admins_only", "class_not_found", "classes_are_alike", "class_is_linked"),
    remembers=True,
)
