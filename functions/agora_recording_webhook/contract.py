"""What a notification of Agora's means to a recording, and what Agora is answered."""

from datetime import datetime

from shared.agora import notifications as agora
from shared.database import Rpc
from shared.wire import Output


class Received(Output):
    """The reply to every genuine notification, whatever it says. Agora reads only that it is a 200."""

    success: bool = True


class StoredNotification(Output):
    """Whether it was stored before, and whether it has been applied to a recording."""

    is_repeated: bool
    is_applied: bool


receive_agora_notification_rpc = Rpc(
    "receive_agora_notification", gives=StoredNotification, refuses=("recording_not_found",)
)


def observation(event: agora.Event) -> str | None:
    """What an event means to the recording's state; None if nothing."""
    match event:
        case agora.RecorderStarted():
            return "running"
        case agora.SliceStarted():
            return "media_started"
        case agora.Uploaded():
            return "uploaded"
        case agora.BackedUp():
            return "backed_up"
        case agora.RecorderLeft():
            return "ended"
        case agora.SessionEnded(normally=normally):
            return "exited" if normally else "crashed"
        case agora.FailedOver():
            return "failed_over"
        case agora.Trouble(is_grave=True):
            return "troubled"
    return None


def happened_at(notification: agora.Notification) -> datetime | None:
    """When: for the first picture or sound, the recorder's own clock."""
    event = notification.event
    if isinstance(event, agora.SliceStarted) and event.started_at:
        return event.started_at
    return notification.happened_at
