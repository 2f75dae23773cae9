"""What tests of money that goes back share: somebody who has booked, what they have, and what Stripe says."""

from typing import Any

from .booking_steps import book, in_hours
from .conftest import CLIENT, Sandbox
from .earnings_steps import Bought, buy, complete, pay_session


def book_all(sandbox: Sandbox, many: int = 5) -> list[str]:
    """With credits, one after the other; each is booked a minute after the one before."""
    made = [str(book(sandbox, in_hours(60 + 2 * number))["session_id"]) for number in range(many)]
    sandbox.act_as("owner")
    for number, each in enumerate(made):
        ago = (
            "update public.session_schedules set created_at = now() - make_interval(mins => %s) where id = %s"
        )
        sandbox.run(ago, many - number, each)
    return made


def package_of_which_one_was_held(sandbox: Sandbox) -> Bought:
    bought = buy(sandbox)
    complete(sandbox, *book_all(sandbox, 1))
    return bought


def session_held(sandbox: Sandbox) -> Bought:
    bought = pay_session(sandbox)
    assert bought.session
    complete(sandbox, bought.session)
    return bought


def broken(sandbox: Sandbox) -> list[dict[str, Any]]:
    sandbox.act_as("owner")
    return sandbox.run("select rule, example from private.broken_invariants")


def told(sandbox: Sandbox) -> list[str]:
    """What the payer is mailed about the money and the sessions."""
    sandbox.act_as("owner")
    mails = sandbox.run(
        "select kind from private.mails where user_id = %s and kind in"
        " ('payment_returned', 'payment_restored', 'session_cancelled') order by position",
        CLIENT,
    )
    return [row["kind"] for row in mails]


def owes(sandbox: Sandbox) -> int:
    sandbox.act_as("client")
    return int(sandbox.one("select credits_owed from public.check_session_credits()"))


def status_of(sandbox: Sandbox, *sessions: str) -> list[str]:
    sandbox.act_as("owner")
    return [
        str(sandbox.one("select status from public.session_schedules where id = %s", each))
        for each in sessions
    ]
