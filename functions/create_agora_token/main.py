"""Issue a token for somebody who has a seat in the channel, until the room closes."""

from datetime import UTC, datetime

from shared.agora.settings import AgoraSettings
from shared.agora.tokens import build_token
from shared.call import Call
from shared.errors import Conflict
from shared.serving import endpoint

from .contract import CreateAgoraToken, IssuedToken, create_agora_token_rpc


@endpoint(caller="user", settings=(AgoraSettings,))
async def create_agora_token(call: Call[CreateAgoraToken]) -> IssuedToken:
    """The token is bound to the seat's channel and the person's number; nobody chooses either."""
    admission = await call.database.rpc(
        create_agora_token_rpc, channel_name=call.body.channel_name, session_id=call.body.session_id
    )
    if admission.recording_without_consent or admission.uid is None:
        raise Conflict(
            "recording_consent_missing",
            "This session is being recorded and you have not agreed to that. The recording is being stopped.",
            hint="Join again in a minute, or agree to the recording first.",
        )
    settings = AgoraSettings.read()
    lifetime_s = int((admission.expires_at - datetime.now(UTC)).total_seconds())
    return IssuedToken(
        token=build_token(settings, admission.channel, admission.uid, call.body.role, lifetime_s),
        appId=settings.agora_app_id,
        channelName=admission.channel,
        uid=admission.uid,
        role=call.body.role,
        expiresAt=admission.expires_at,
    )
