"""Receive Stripe's events about payments: verify the signature, store the event, apply it, answer at once."""

from shared.call import Call
from shared.errors import BadRequest, NotSignedIn
from shared.payment_facts import StripeWebhookSettings, is_genuine, read_event
from shared.serving import endpoint
from shared.settings import ServiceSettings

from .contract import ReceivedEvent, receive_stripe_event_rpc


@endpoint(caller="webhook", settings=(ServiceSettings, StripeWebhookSettings))
async def stripe_session_webhook(call: Call[None]) -> ReceivedEvent:
    """Store an event in the inbox. It is applied in the same transaction, or as soon as its payment is known.

    A repeat changes nothing, late is harmless, and an event of an unknown type is stored. Nothing unsigned is stored.
    """
    if not is_genuine(StripeWebhookSettings.read().secrets, call.raw, call.headers.get("stripe-signature")):
        raise NotSignedIn("signature_not_valid", "This event is not signed by Stripe, or too long ago.")
    event = read_event(call.raw)
    call.log(event_id=event.id, event_type=event.type)
    try:
        stored = await call.service.rpc(
            receive_stripe_event_rpc,
            event_id=event.id,
            event_type=event.type,
            happened_at=event.happened_at,
            facts=event.facts,
            payload=event.payload,
        )
    except BadRequest as error:  # a value that no column holds: sent again it would be no better
        call.log(not_kept=error.code)
        return ReceivedEvent()
    call.log(repeated=stored.is_repeated, applied=stored.is_applied)
    return ReceivedEvent()
