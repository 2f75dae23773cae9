"""What parting two classes takes and gives."""

from uuid import UUID

from shared.database import Rpc
from shared.wire import Output, StrictInput


class UnlinkGroupSessions(StrictInput):
    """Either of the two."""

    session_id: UUID


class UnlinkedClass(Output):
    """The class, on its own again."""

    session_id: UUID


class Unlinked(Output):
    """The reply."""

    success: bool = True
    session_id: UUID


unlink_group_sessions_rpc = Rpc(
    "unlink_group_sessions", gives=UnlinkedClass, refuses=("admins_only", "class_not_found"), remembers=True
)
