"""What Agora is answered, and how the inbox stored its notification."""

from uuid import UUID

from shared.database import Rpc
from shared.wire import Output


class Received(Output):
    """The reply to every genuine notification, whatever it says. Agora reads only that it is a 200."""

    success: bool = True


class StoredEvent(Output):
    """Whether it was stored before, and the session whose channel it is about, if there is one."""

    is_repeated: bool
    session_id: UUID | None


receive_channel_event_rpc = Rpc("receive_channel_event", gives=StoredEvent)
