"""What taking a share link back takes and gives."""

from datetime import datetime
from uuid import UUID

from shared.database import Rpc
from shared.wire import Output, StrictInput


class RevokeRecordingShareLink(StrictInput):
    """A link that one made, or that shows a recording one is in."""

    share_link_id: UUID


class EndedLink(Output):
    """A link, and since when it leads nowhere."""

    share_link_id: UUID
    revoked_at: datetime


class RevokedLink(EndedLink):
    """The reply."""

    success: bool = True


revoke_recording_share_link_rpc = Rpc(
    "revoke_recording_share_link", gives=EndedLink, refuses=("share_link_not_found",)
)
