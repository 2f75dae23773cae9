"""Remind people of tomorrow's sessions; `send-notifications` does so every minute, by the same rule."""

from shared.call import Call
from shared.serving import endpoint
from shared.settings import ServiceSettings

from .contract import SendClassReminder, SentReminders, send_class_reminder_rpc


@endpoint(caller=("user", "service"), settings=(ServiceSettings,))
async def send_class_reminder(call: Call[SendClassReminder]) -> SentReminders:
    """Nobody is reminded of a session twice, whoever asks and how often."""
    reminded = await call.database.rpc(send_class_reminder_rpc, session_id=call.body.session_id)
    return SentReminders(reminders_sent=reminded.reminders_sent)
