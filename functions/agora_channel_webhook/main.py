"""Receive Agora's notifications about channels: check the signature, store the event, answer at once."""

import hashlib
import json

from shared.agora.notifications import (
    ChannelChanged,
    Notification,
    NotReadable,
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
    body = call.raw.replace(b"\\u0000", b"")  # PostgreSQL text cannot hold a NUL
    try:
        notification = read_notification(body)
    except NotReadable as error:
        call.log(not_readable=str(error))  # genuine, so there is nobody to refuse
        return Received()
    call.log(notice_id=notification.notice_id, event_type=notification.type)
    try:
        stored = await _store(call, notification, body)
    except (BadRequest, ValueError) as error:
        # A number that no column holds, half a letter: sent again it would be no better.
        call.log(not_kept=type(error).__name__)
        return Received()
    call.log(repeated=stored.is_repeated, session_id=stored.session_id)
    return Received()


async def _store(call: Call[None], notification: Notification, body: bytes) -> StoredEvent:
    event = notification.event
    change = event if isinstance(event, ChannelChanged) else None
    return await call.service.rpc(
        receive_channel_event_rpc,
        notice_id=notification.notice_id or hashlib.sha256(body).hexdigest(),
        event_type=notification.type,
        channel=notification.channel,
        payload=json.loads(body),
        change=change.change if change else None,
        uid=change.uid if change else None,
        is_recorder=bool(change and change.is_recorder),
        client_seq=change.client_seq if change else None,
        happened_at=notification.happened_at,
        stayed_seconds=change.stayed_seconds if change else None,
    )
