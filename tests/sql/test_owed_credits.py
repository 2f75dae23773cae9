"""Credits that are owed since their money went back: nothing new is booked until they are settled."""

import pytest

from .booking_steps import book, empty_wallet, in_hours, join, make_class, sign, wallet
from .conftest import CLIENT, Sandbox
from .earnings_steps import buy, deliver, pay_session
from .return_steps import broken, owes, package_of_which_one_was_held


@pytest.fixture(autouse=True)
def empty_start(sandbox: Sandbox) -> None:
    """Somebody who may book, without credits; nothing has been paid for or said yet."""
    sign(sandbox)
    empty_wallet(sandbox)
    sandbox.act_as("owner")
    sandbox.run("delete from public.session_payments")
    sandbox.run("delete from private.mails")
    sandbox.run("delete from private.outbox")


def test_who_owes_credits_books_nothing_new(sandbox: Sandbox) -> None:
    """Neither with other credits, nor in a class, nor by paying for a session; the sentence says why."""
    payment = package_of_which_one_was_held(sandbox).payment
    deliver(sandbox, payment.disputed("created", "needs_response"))
    sandbox.act_as("admin")
    sandbox.run("select * from public.adjust_credits(1, 'A gift', user_id => %s)", CLIENT)
    book(sandbox, in_hours(70))  # a bank that has not decided keeps nobody from their sessions

    deliver(sandbox, payment.disputed("closed", "lost"))

    sandbox.act_as("admin")
    sandbox.run("select * from public.adjust_credits(1, 'A gift', user_id => %s)", CLIENT)
    assert 1 == owes(sandbox)
    group_class = make_class(sandbox, in_hours(90), max_participants=2)
    with sandbox.refused("credits_owed"):
        book(sandbox, in_hours(80))
    with sandbox.refused("credits_owed"):
        join(sandbox, group_class)
    with sandbox.refused("credits_owed"):
        pay_session(sandbox, in_hours(80))


def test_a_package_settles_what_is_owed_first(sandbox: Sandbox) -> None:
    """Four of its five are left, and booking is open again; a dispute won then gives all five of the first back."""
    payment = package_of_which_one_was_held(sandbox).payment
    deliver(sandbox, payment.disputed("closed", "lost"))

    buy(sandbox, currency="usd")

    assert (4, 0) == (wallet(sandbox), owes(sandbox))
    sandbox.act_as("owner")
    settled = "select payload -> 'credits_settled' from private.outbox where kind = 'payment_received' order by id desc"
    assert 1 == sandbox.one(settled + " limit 1")
    book(sandbox, in_hours(70))
    deliver(sandbox, payment.disputed("updated", "won"))
    assert 3 + 5 == wallet(sandbox)
    assert [] == broken(sandbox)


def test_an_admin_settles_what_is_owed_with_a_reason(sandbox: Sandbox) -> None:
    """Credits that are added to the lot pay it; both lines stay."""
    bought = package_of_which_one_was_held(sandbox)
    deliver(sandbox, bought.payment.disputed("closed", "lost"))

    sandbox.act_as("admin")
    sandbox.run("select * from public.adjust_credits(1, 'Paid in cash', lot_id => %s)", bought.lot)

    assert (0, 0) == (wallet(sandbox), owes(sandbox))
    sandbox.act_as("owner")
    lines = sandbox.run("select change, kind, reason from public.credit_ledger where lot_id = %s", bought.lot)
    assert {(1, "adjustment", "Paid in cash"), (-1, "refund", f"Settles credits owed of {bought.lot}")} < {
        tuple(line.values()) for line in lines
    }
