"""Confirm a booking by mail, if that was not done when it was made."""

from shared.call import Call
from shared.serving import endpoint
from shared.settings import ServiceSettings

from .contract import SendBookingConfirmation, SentConfirmation, send_booking_confirmation_rpc


@endpoint(caller=("user", "service"), settings=(ServiceSettings,))
async def send_booking_confirmation(call: Call[SendBookingConfirmation]) -> SentConfirmation:
    """The client gets one confirmation, however often this is asked; it goes out within a minute."""
    requested = await call.database.rpc(send_booking_confirmation_rpc, session_id=call.body.session_id)
    return SentConfirmation(messageId=requested.mail_id)
