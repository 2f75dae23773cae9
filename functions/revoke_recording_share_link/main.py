"""Take a share link back."""

from shared.call import Call
from shared.serving import endpoint

from .contract import RevokedLink, RevokeRecordingShareLink, revoke_recording_share_link_rpc


@endpoint(caller="user")
async def revoke_recording_share_link(call: Call[RevokeRecordingShareLink]) -> RevokedLink:
    """End a link: whoever is watching gets nothing more at the next request. Again, it says when that was."""
    ended = await call.database.rpc(revoke_recording_share_link_rpc, share_link_id=call.body.share_link_id)
    return RevokedLink(**ended.model_dump())
