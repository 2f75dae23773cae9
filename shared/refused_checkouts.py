"""Why a payment could not begin, in words, for a page of ours: the pages that ask follow an address and read nothing.

    address_of_refusal("slot_taken", to_wallet=False)   # …/show-refused-checkout?code=slot_taken&back=sessions

The page knows these codes and shows nothing else that is in its address.
"""

from typing import NamedTuple

from .settings import PagesSettings


class Reason(NamedTuple):
    """A title, a sentence, and what the way back is called."""

    title: str
    sentence: str
    way: str


NOTHING_HAPPENED = "Nothing was booked and nothing was paid."
OTHER_TIME = "Choose another time"
OTHER_CLASS = "Choose another class"
AGAIN = "Choose again"

# In the order of a person's attempts. What is not here is about the request and not about the world, and keeps its
# status: a twin of a click whose answer is on its way must not lead away from the page that waits for it.
REASONS = {
    "account_needed": Reason(
        "An account first",
        f"To pay, please add your e-mail address to your account. {NOTHING_HAPPENED}",
        AGAIN,
    ),
    "slot_taken": Reason(
        "This time is taken", f"It was still free when you chose it. {NOTHING_HAPPENED}", OTHER_TIME
    ),
    "outside_availability": Reason(
        "Not at this time", f"This time is outside the practitioner's hours. {NOTHING_HAPPENED}", OTHER_TIME
    ),
    "not_a_start": Reason(
        "Not at this time", f"Sessions of this practitioner do not start then. {NOTHING_HAPPENED}", OTHER_TIME
    ),
    "double_booked": Reason(
        "You are busy then",
        f"There is another session at this time, of yours or of the practitioner's. {NOTHING_HAPPENED}",
        OTHER_TIME,
    ),
    "slot_in_past": Reason("This time has passed", f"It is over already. {NOTHING_HAPPENED}", OTHER_TIME),
    "too_short_notice": Reason(
        "Too soon", f"The practitioner needs more notice than that. {NOTHING_HAPPENED}", "Choose a later time"
    ),
    "beyond_horizon": Reason(
        "Too far ahead",
        f"The practitioner cannot be booked that far ahead yet. {NOTHING_HAPPENED}",
        "Choose an earlier time",
    ),
    "practitioner_unavailable": Reason(
        "Nobody to book",
        f"This practitioner takes no bookings for that time. {NOTHING_HAPPENED}",
        "Choose another time or practitioner",
    ),
    "class_full": Reason("This class is full", f"The last place is taken. {NOTHING_HAPPENED}", OTHER_CLASS),
    "class_over": Reason(
        "This class has begun", f"It can no longer be joined. {NOTHING_HAPPENED}", OTHER_CLASS
    ),
    "class_not_open": Reason(
        "This class is closed", f"It can no longer be joined. {NOTHING_HAPPENED}", OTHER_CLASS
    ),
    "class_not_found": Reason("No such class", f"It is not there any more. {NOTHING_HAPPENED}", OTHER_CLASS),
    "already_joined": Reason(
        "You have a place",
        "You have a place in this class already, so you pay nothing more.",
        "To your sessions",
    ),
    "already_paid": Reason(
        "You have paid",
        "You have paid for this already. It appears among your sessions in a moment.",
        "To your sessions",
    ),
    "credits_owed": Reason(
        "Something is owed",
        "The payment for sessions that you have had went back. Buy a package in your wallet, which settles them first,"
        f" or write to us. {NOTHING_HAPPENED}",
        "Go back",
    ),
    "class_needed": Reason(
        "Choose a class",
        f"A group session is joined by choosing one of its classes. {NOTHING_HAPPENED}",
        AGAIN,
    ),
    "type_not_of_class": Reason(
        "Another price", f"What was chosen is not the price of that class. {NOTHING_HAPPENED}", AGAIN
    ),
    "session_type_not_found": Reason(
        "Not offered any more", f"This kind of session is not offered any more. {NOTHING_HAPPENED}", AGAIN
    ),
    "duration_not_offered": Reason(
        "Another length", f"This kind of session does not have that length. {NOTHING_HAPPENED}", AGAIN
    ),
    "package_not_found": Reason(
        "No such package",
        f"There is no package of this size for this kind of session. {NOTHING_HAPPENED}",
        AGAIN,
    ),
    "cancellation_policy_not_agreed": Reason(
        "One thing is missing",
        f"To pay for a session, please agree to the cancellation policy first. {NOTHING_HAPPENED}",
        AGAIN,
    ),
    "cancellation_policy_not_current": Reason(
        "The cancellation policy has changed",
        f"It changed while your page was open, so please read and agree to the new one. {NOTHING_HAPPENED}",
        AGAIN,
    ),
    "location_missing": Reason(
        "Where?", f"A session in person needs a studio or an address. {NOTHING_HAPPENED}", AGAIN
    ),
    "studio_not_found": Reason("No such studio", f"It is not there any more. {NOTHING_HAPPENED}", AGAIN),
    "coordinates_off_the_map": Reason(
        "No such place", f"The place that was given is not on the map. {NOTHING_HAPPENED}", AGAIN
    ),
    "too_many_holds": Reason(
        "One at a time",
        f"You are paying for other times right now: finish one of them first, or wait half an hour. "
        f"{NOTHING_HAPPENED}",
        "Back to the website",
    ),
    "hold_lapsed": Reason(
        "That took too long", f"The time is kept no longer. {NOTHING_HAPPENED}", OTHER_TIME
    ),
    "checkout_lapsed": Reason(
        "That took too long", f"The time is kept no longer. {NOTHING_HAPPENED}", OTHER_TIME
    ),
    "checkout_not_found": Reason("That took too long", f"Please begin again. {NOTHING_HAPPENED}", AGAIN),
    "too_many_requests": Reason(
        "Please wait a moment",
        f"That was tried many times in a row. {NOTHING_HAPPENED}",
        "Back to the website",
    ),
}


def address_of_refusal(code: str, *, to_wallet: bool) -> str | None:
    """The page about a refusal; None if there is nothing to say to a person."""
    if code not in REASONS:
        return None
    return PagesSettings.read().address(
        "show_refused_checkout", code=code, back="wallet" if to_wallet else "sessions"
    )
