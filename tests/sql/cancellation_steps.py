"""What tests of cancellations do: book, ask what it would cost, cancel, and look at what became of it."""

from typing import Any

from .booking_steps import book, in_hours, start_in
from .conftest import Sandbox

LED_BY = {
    "client": "client",
    "practitioner": "stranger",
    "admin": "admin",
}  # FREE is the other seeded practitioner


def booked(sandbox: Sandbox, hours: float, **other: Any) -> str:
    """A session that was booked in good time and now starts in so many hours."""
    made = book(sandbox, in_hours(30), **other)["session_id"]
    start_in(sandbox, made, hours)
    return str(made)


def quote(sandbox: Sandbox, session_id: str, *, use_grace: bool = False) -> dict[str, Any]:
    (row,) = sandbox.run("select * from public.quote_cancellation(%s, %s)", session_id, use_grace)
    return row


def cancel(
    sandbox: Sandbox, session_id: str, way: str, *, use_grace: bool = False, reason: str = "Ill"
) -> None:
    """As the pages do by updating the row, or by name."""
    if way == "function":
        sandbox.run("select public.cancel_session(%s, %s, %s)", session_id, reason, use_grace)
        return
    note = f"Cancelled: {reason}" + (" (Grace cancellation used)" if use_grace else "")
    update = "update public.session_schedules set status = 'cancelled', notes = %s, cancelled_at = now() where id = %s"
    sandbox.run(update, note, session_id)
