"""Tell the client by mail that a session was cancelled or moved, if that was not done when it happened."""

from shared.call import Call
from shared.serving import endpoint
from shared.settings import ServiceSettings

from .contract import SendCancellationNotice, SentNotice, send_cancellation_notice_rpc


@endpoint(caller=("user", "service"), settings=(ServiceSettings,))
async def send_cancellation_notice(call: Call[SendCancellationNotice]) -> SentNotice:
    """The client gets one notice of each change, however often this is asked."""
    requested = await call.database.rpc(send_cancellation_notice_rpc, **call.body.model_dump())
    return SentNotice(messageId=requested.mail_id)
