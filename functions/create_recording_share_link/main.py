"""Make a link by which others can watch a recording."""

from shared.call import Call
from shared.serving import endpoint
from shared.settings import PagesSettings
from shared.share_links import new_salt, scrypt_of

from .contract import CreateRecordingShareLink, SharedRecording, create_recording_share_link_rpc


@endpoint(caller="user", settings=(PagesSettings,), verifies=True)
async def create_recording_share_link(call: Call[CreateRecordingShareLink]) -> SharedRecording:
    """Make a link and give it out, once: the database keeps its hash. Asking again makes another one."""
    password, salt = call.body.password, new_salt()
    made = await call.database.rpc(
        create_recording_share_link_rpc,
        recording_id=call.body.recording_id,
        expires_in_days=call.body.expires_in_days,
        password_scrypt=await scrypt_of(password, salt) if password else None,
        view_limit=call.body.view_limit,
    )
    share = f"{made.token}.{salt}" if password else made.token
    url = PagesSettings.read().address("open_recording", share=share)
    return SharedRecording(**made.model_dump(exclude={"token"}), url=url)
