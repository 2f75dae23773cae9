"""Hear from Stripe what became of a payment: prove it is Stripe, keep what it says, answer at once."""

from shared.call import Call
from shared.errors import NotSignedIn
from shared.payment_facts import NotReadable, StripeWebhookSettings, is_genuine, read_event
from shared.serving import endpoint
from shared.settings import ServiceSettings

from .contract import ReceivedEvent, receive_stripe_event_rpc


@endpoint(caller="webhook", settings=(ServiceSettings, StripeWebhookSettings))
async def stripe_session_webhook(call: Call[None]) -> ReceivedEvent:
    """Take an event into the inbox, where it is applied in the same transaction, or once its payment is known.

    Twice is once, late is harmless, and a type we do not know is kept. Unsigned, nothing is stored.
    """
    if not is_genuine(StripeWebhookSettings.read().secrets, call.raw, call.headers.get("stripe-signature")):
        raise NotSignedIn("signature_not_valid", "This event is not signed by Stripe, or too long ago.")
    try:
        event = read_event(call.raw)
    except NotReadable as error:
        call.log(not_readable=str(error))  # genuine, so there is nobody to refuse
        return ReceivedEvent()
    call.log(event_id=event.id, event_type=event.type)
    kept = await call.service.rpc(
        receive_stripe_event_rpc,
        event_id=event.id,
        event_type=event.type,
        happened_at=event.happened_at,
        facts=event.facts,
        payload=event.payload,
    )
    call.log(repeated=kept.is_repeated, applied=kept.is_applied)
    return ReceivedEvent()
