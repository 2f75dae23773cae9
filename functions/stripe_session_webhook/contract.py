"""The reply to Stripe, and what the inbox did."""

from shared.database import Rpc
from shared.payment_facts import OBSERVING_REFUSES
from shared.wire import Output


class ReceivedEvent(Output):
    """The reply to every genuine event, whatever it says. Stripe reads only that it is a 200."""

    received: bool = True


class StoredEvent(Output):
    """What the inbox did with it."""

    is_repeated: bool
    is_applied: bool


receive_stripe_event_rpc = Rpc("receive_stripe_event", gives=StoredEvent, refuses=OBSERVING_REFUSES)
