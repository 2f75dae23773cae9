"""Why a payment could not begin, in words, for a page of ours: the pages that ask follow an address and read nothing.

    address_of_refusal("slot_taken", to_wallet=False)   # …/show-refused-checkout?code=slot_taken&back=sessions

The page knows these codes and shows nothing else that is in its address.
"""

from collections.abc import Callable
from typing import NamedTuple

from .settings import PagesSettings


class Reason(NamedTuple):
    """A title, a sentence, and what the way back is called."""

    title: str
    sentence: str
    way: str


# What is not here is about the request and not about the world, and keeps its status: a twin of a click whose answer is
# on its way must not lead away from the page that waits for it.
def reasons(gettext: Callable[[str], str]) -> dict[str, Reason]:
    """By their codes, in the order of a person's attempts, in the language of that translator.

    It is handed in, and not imported: who only asks for an address needs no catalogue.
    """
    nothing_happened = gettext("Nothing was booked and nothing was paid.")
    other_time, other_class = gettext("Choose another time"), gettext("Choose another class")
    again = gettext("Choose again")

    def nothing(title: str, sentence: str, way: str) -> Reason:
        return Reason(title, f"{sentence} {nothing_happened}", way)

    return {
        "account_needed": nothing(
            gettext("An account first"),
            gettext("To pay, please add your e-mail address to your account."),
            again,
        ),
        "slot_taken": nothing(
            gettext("This time is taken"), gettext("It was still free when you chose it."), other_time
        ),
        "outside_availability": nothing(
            gettext("Not at this time"), gettext("This time is outside the practitioner's hours."), other_time
        ),
        "not_a_start": nothing(
            gettext("Not at this time"),
            gettext("Sessions of this practitioner do not start then."),
            other_time,
        ),
        "double_booked": nothing(
            gettext("You are busy then"),
            gettext("There is another session at this time, of yours or of the practitioner's."),
            other_time,
        ),
        "slot_in_past": nothing(gettext("This time has passed"), gettext("It is over already."), other_time),
        "too_short_notice": nothing(
            gettext("Too soon"),
            gettext("The practitioner needs more notice than that."),
            gettext("Choose a later time"),
        ),
        "beyond_horizon": nothing(
            gettext("Too far ahead"),
            gettext("The practitioner cannot be booked that far ahead yet."),
            gettext("Choose an earlier time"),
        ),
        "practitioner_unavailable": nothing(
            gettext("Nobody to book"),
            gettext("This practitioner takes no bookings for that time."),
            gettext("Choose another time or practitioner"),
        ),
        "class_full": nothing(
            gettext("This class is full"), gettext("The last place is taken."), other_class
        ),
        "class_over": nothing(
            gettext("This class has begun"), gettext("It can no longer be joined."), other_class
        ),
        "class_not_open": nothing(
            gettext("This class is closed"), gettext("It can no longer be joined."), other_class
        ),
        "class_not_found": nothing(
            gettext("No such class"), gettext("It is not there any more."), other_class
        ),
        "already_joined": Reason(
            gettext("You have a place"),
            gettext("You have a place in this class already, so you pay nothing more."),
            gettext("To your sessions"),
        ),
        "already_paid": Reason(
            gettext("You have paid"),
            gettext("You have paid for this already. It appears among your sessions in a moment."),
            gettext("To your sessions"),
        ),
        "credits_owed": nothing(
            gettext("Something is owed"),
            gettext(
                "The payment for sessions that you have had went back. Buy a package in your wallet,"
                " which settles them first, or write to us."
            ),
            gettext("Go back"),
        ),
        "class_needed": nothing(
            gettext("Choose a class"),
            gettext("A group session is joined by choosing one of its classes."),
            again,
        ),
        "type_not_of_class": nothing(
            gettext("Another price"), gettext("What was chosen is not the price of that class."), again
        ),
        "session_type_not_found": nothing(
            gettext("Not offered any more"), gettext("This kind of session is not offered any more."), again
        ),
        "duration_not_offered": nothing(
            gettext("Another length"), gettext("This kind of session does not have that length."), again
        ),
        "package_not_found": nothing(
            gettext("No such package"),
            gettext("There is no package of this size for this kind of session."),
            again,
        ),
        "cancellation_policy_not_agreed": nothing(
            gettext("One thing is missing"),
            gettext("To pay for a session, please agree to the cancellation policy first."),
            again,
        ),
        "cancellation_policy_not_current": nothing(
            gettext("The cancellation policy has changed"),
            gettext("It changed while your page was open, so please read and agree to the new one."),
            again,
        ),
        "location_missing": nothing(
            gettext("Where?"), gettext("A session in person needs a studio or an address."), again
        ),
        "studio_not_found": nothing(gettext("No such studio"), gettext("It is not there any more."), again),
        "coordinates_off_the_map": nothing(
            gettext("No such place"), gettext("The place that was given is not on the map."), again
        ),
        "too_many_holds": nothing(
            gettext("One at a time"),
            gettext(
                "You are paying for other times right now: finish one of them first, or wait half an hour."
            ),
            gettext("Back to the website"),
        ),
        "hold_lapsed": nothing(
            gettext("That took too long"), gettext("The time is kept no longer."), other_time
        ),
        "checkout_lapsed": nothing(
            gettext("That took too long"), gettext("The time is kept no longer."), other_time
        ),
        "checkout_not_found": nothing(gettext("That took too long"), gettext("Please begin again."), again),
        "too_many_requests": nothing(
            gettext("Please wait a moment"),
            gettext("That was tried many times in a row."),
            gettext("Back to the website"),
        ),
    }


CODES = frozenset(reasons(str))


def address_of_refusal(code: str, *, to_wallet: bool) -> str | None:
    """The page about a refusal; None if there is nothing to say to a person."""
    if code not in CODES:
        return None
    return PagesSettings.read().address(
        "show_refused_checkout", code=code, back="wallet" if to_wallet else "sessions"
    )
