"""What Agora is answered, and what the inbox did with its notification."""

from uuid import UUID

from shared.database import Rpc
from shared.wire import Output


class Received(Output):
    """The reply to every genuine notification, whatever it says. Agora reads only that it is a 200."""

    success: bool = True


class KeptEvent(Output):
    """What the inbox did with it: whose channel it is, if it is a session's."""

    is_repeated: bool
    session_id: UUID | None


receive_channel_event_rpc = Rpc("receive_channel_event", gives=KeptEvent)
