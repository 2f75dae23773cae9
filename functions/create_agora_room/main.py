"""Open a room: lead whoever has a seat to the channel of their session or class."""

from shared.agora.settings import AgoraAppSettings
from shared.call import Call
from shared.serving import endpoint

from .contract import CreateAgoraRoom, OpenedRoom, create_agora_room_rpc


@endpoint(caller="user", settings=(AgoraAppSettings,))
async def create_agora_room(call: Call[CreateAgoraRoom]) -> OpenedRoom:
    """A name that no session has yet is answered with itself: it opens nothing without a token."""
    room = await call.database.rpc(
        create_agora_room_rpc, channel_name=call.body.channel_name, session_id=call.body.session_id
    )
    return OpenedRoom(channelName=room.channel, appId=AgoraAppSettings.read().agora_app_id)
