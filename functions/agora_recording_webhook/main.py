"""Receive Agora's notifications about recordings: check the signature, store each, answer at once."""

from shared.agora.notifications import FailedOver, is_genuine, read_notification
from shared.agora.settings import AgoraWebhookSettings
from shared.call import Call
from shared.errors import BadRequest, NotSignedIn
from shared.serving import endpoint
from shared.settings import ServiceSettings

from .contract import Received, happened_at, observation, receive_agora_notification_rpc


@endpoint(caller="webhook", settings=(ServiceSettings, AgoraWebhookSettings))
async def agora_recording_webhook(call: Call[None]) -> Received:
    """Store a notification in the inbox, where it is applied in the same transaction, or when its recording is known.

    A repeat or a late one changes nothing. What is not understood is stored too; what is unsigned is not.
    """
    if not is_genuine(AgoraWebhookSettings.read().secrets, call.raw, call.headers):
        raise NotSignedIn("signature_not_valid", "This notification is not signed by Agora.")
    notification = read_notification(call.raw)
    call.log(notice_id=notification.notice_id, event_type=notification.type, sid=notification.sid)
    event = notification.event
    try:
        stored = await call.service.rpc(
            receive_agora_notification_rpc,
            notice_id=notification.notice_id,
            product=notification.product,
            event_type=notification.type,
            channel=notification.channel,
            sid=notification.sid,
            payload=notification.envelope,
            observation=observation(event),
            recorder_uid=_number(notification.recorder_uid),
            happened_at=happened_at(notification),
            failover_uid=event.new_uid if isinstance(event, FailedOver) else None,
        )
    except BadRequest as error:  # a value that no column holds: sent again it would be no better
        call.log(not_kept=error.code)
        return Received()
    call.log(repeated=stored.is_repeated, applied=stored.is_applied)
    return Received()


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= 10 else None
