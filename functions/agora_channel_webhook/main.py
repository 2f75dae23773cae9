"""Receive Agora's notifications about channels: check the signature, store the event, answer at once."""

from shared.agora.notifications import (
    ChannelChanged,
    Notification,
    is_genuine,
    read_notification,
)
from shared.agora.settings import AgoraChannelWebhookSettings
from shared.call import Call
from shared.errors import BadRequest, NotSignedIn
from shared.serving import endpoint
from shared.settings import ServiceSettings

from .contract import Received, StoredEvent, receive_channel_event_rpc


@endpoint(caller="webhook", settings=(ServiceSettings, AgoraChannelWebhookSettings))
async def agora_channel_webhook(call: Call[None]) -> Received:
    """Store an event in the inbox, where attendance is computed from it and a session may begin.

    A repeat changes nothing, and the order does not matter. What is not understood is stored too; what is unsigned is
    not.
    """
    if not is_genuine(AgoraChannelWebhookSettings.read().secrets, call.raw, call.headers):
        raise NotSignedIn("signature_not_valid", "This notification is not signed by Agora.")
    notification = read_notification(call.raw)
    call.log(notice_id=notification.notice_id, event_type=notification.type)
    try:
        stored = await _store(call, notification)
    except BadRequest as error:  # a value that no column holds: sent again it would be no better
        call.log(not_kept=error.code)
        return Received()
    call.log(repeated=stored.is_repeated, session_id=stored.session_id)
    return Received()


async def _store(call: Call[None], notification: Notification) -> StoredEvent:
    event = notification.event
    change = event if isinstance(event, ChannelChanged) else None
    return await call.service.rpc(
        receive_channel_event_rpc,
        notice_id=notification.notice_id,
        event_type=notification.type,
        channel=notification.channel,
        payload=notification.envelope,
        change=change.change if change else None,
        uid=change.uid if change else None,
        is_recorder=bool(change and change.is_recorder),
        client_seq=change.client_seq if change else None,
        happened_at=notification.happened_at,
        stayed_seconds=change.stayed_seconds if change else None,
        reason=change.reason if change else None,
    )
