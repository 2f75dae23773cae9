"""What asking for a room takes and gives. Field names are the frontend's."""

from uuid import UUID

from pydantic import Field

from shared.database import Rpc
from shared.wire import Input, Output


class CreateAgoraRoom(Input):
    """A room by the name the page knows; `isGroup` and other fields of old are accepted and not needed."""

    channel_name: str = Field(alias="channelName", min_length=1, max_length=255)
    session_id: UUID | None = Field(None, alias="sessionId")


class Room(Output):
    """The channel behind the room."""

    channel: str


class OpenedRoom(Output):
    """The reply. The page joins the channel that is named here, which for a group class is the class's own."""

    channelName: str
    appId: str
    isGroup: bool = False
    message: str = "Room is ready."


create_agora_room_rpc = Rpc(
    "create_agora_room",
    gives=Room,
    refuses=(
        "session_not_found",
        "session_cancelled",
        "session_over",
        "session_in_person",
        "too_early",
        "waiver_required",
    ),
)
