"""Welcome a new account by mail, once, at its own confirmed address: signing up writes the same event by itself."""

from shared.call import Call
from shared.serving import endpoint
from shared.settings import ServiceSettings

from .contract import SendWelcomeEmail, Welcomed, send_welcome_email_rpc


@endpoint(caller="public", settings=(ServiceSettings,))
async def send_welcome_email(call: Call[SendWelcomeEmail]) -> Welcomed:
    """The page calls this right after sign-up, when nobody is signed in yet. It can do nothing but that one mail."""
    await call.service.rpc(send_welcome_email_rpc, user_id=call.body.user_id, ip_address=call.address)
    return Welcomed()
