"""What asking for a token takes and gives. Field names are the frontend's."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.database import Rpc
from shared.wire import Input, Output

Role = Literal["publisher", "subscriber"]


class CreateAgoraToken(Input):
    """The page asks by channel name alone; a `uid` it might name is accepted and not used."""

    channel_name: str = Field(alias="channelName", min_length=1, max_length=255)
    session_id: UUID | None = Field(None, alias="sessionId")
    role: Role = "publisher"


class Admission(Output):
    """A seat found: the channel, the number to join under, and when the room closes."""

    channel: str
    uid: int | None
    expires_at: datetime
    recording_without_consent: bool


class IssuedToken(Output):
    """The reply."""

    token: str
    appId: str
    channelName: str
    uid: int
    role: Role
    expiresAt: datetime


create_agora_token_rpc = Rpc(
    "create_agora_token",
    gives=Admission,
    refuses=(
        "session_not_found",
        "session_cancelled",
        "session_over",
        "session_in_person",
        "too_early",
        "waiver_required",
        "too_many_requests",
    ),
)
