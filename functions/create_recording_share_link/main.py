"""Make a link by which others can watch a recording."""

from shared.call import Call
from shared.serving import endpoint
from shared.settings import SupabaseSettings
from shared.share_links import new_token, scrypt_of, sha256_of

from .contract import CreateRecordingShareLink, SharedRecording, create_recording_share_link_rpc


@endpoint(caller="user")
async def create_recording_share_link(call: Call[CreateRecordingShareLink]) -> SharedRecording:
    """Make a link and give it out, once: the database keeps its hash. Asking again makes another one."""
    token, password = new_token(), call.body.password
    made = await call.database.rpc(
        create_recording_share_link_rpc,
        recording_id=call.body.recording_id,
        token_sha256=sha256_of(token),
        expires_in_days=call.body.expires_in_days,
        password_scrypt=await scrypt_of(password, token) if password else None,
        view_limit=call.body.view_limit,
    )
    url = f"{SupabaseSettings.read().public_functions_url}/open-recording?share={token}"
    return SharedRecording(**made.model_dump(), url=url)
