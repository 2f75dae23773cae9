"""What sharing a recording takes and gives."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from shared.database import Rpc
from shared.wire import Output, StrictInput


class CreateRecordingShareLink(StrictInput):
    """Somebody in a recording shows it to others, for a while."""

    recording_id: UUID
    expires_in_days: int = Field(7, ge=1, le=90)
    password: str | None = Field(None, min_length=8, max_length=200)
    view_limit: int | None = Field(None, ge=1, le=1000, description="How often it may be opened.")


class ShareLink(Output):
    """A link, as it can be read again."""

    share_link_id: UUID
    recording_id: UUID
    expires_at: datetime
    has_password: bool
    view_limit: int | None


class MadeLink(ShareLink):
    """What the database has made. The token is in nothing else it ever says."""

    token: str


class SharedRecording(ShareLink):
    """The reply. Only here does the link stand in full: it cannot be read again."""

    success: bool = True
    url: str


create_recording_share_link_rpc = Rpc(
    "create_recording_share_link",
    gives=MadeLink,
    refuses=(
        "recording_not_found",
        "class_recording_not_shareable",
        "recording_not_completed",
        "too_many_requests",
    ),
)
