"""Payments that fail: a debit days later is told once, a declined card nobody."""

import itertools

import pytest

from .conftest import Sandbox
from .payment_steps import booked, deliver, messages, paid_by, rows_of, single


@pytest.fixture(autouse=True)
def empty_start(sandbox: Sandbox) -> None:
    """Nobody has credits, payments or messages yet."""
    sandbox.run("delete from private.outbox")
    sandbox.run("delete from public.session_payments")
    sandbox.run("delete from public.user_session_credits")


@pytest.mark.parametrize("lost", [(), (0,), (1,), (2,), (0, 1), (0, 2)])
def test_a_debit_that_fails_days_later_is_told_once(sandbox: Sandbox, lost: tuple[int, ...]) -> None:
    """Whichever events are lost, in every order, each twice: by what is left of them."""
    payment = paid_by(single(sandbox))
    events = [payment.completed("unpaid", days_ago=4), payment.intent_failed(), payment.bank_failed()]
    left = [body for number, body in enumerate(events) if number not in lost]
    for order in itertools.permutations([*left, *left]):
        with sandbox.undone():
            deliver(sandbox, *order)
            (checkout,) = rows_of(sandbox, "checkout_sessions")
            if 0 in lost and 2 in lost:  # a card may have been declined: its payer is still at the page
                assert (checkout["status"], messages(sandbox)) == ("open", [])
                sandbox.act_as("service")
                facts = '{"session_status": "complete", "payment_status": "unpaid", "payment_failed": true}'
                sandbox.run("select * from public.observe_checkout(%s, %s)", checkout["id"], facts)
                (checkout,) = rows_of(sandbox, "checkout_sessions")
            assert checkout["status"] == "failed"
            assert ["payment_failed"] == messages(sandbox)
            assert [row["status"] for row in rows_of(sandbox, "session_holds")] == ["released"]
            assert booked(sandbox) == []


def test_a_declined_card_is_told_nobody(sandbox: Sandbox) -> None:
    """Its payer sees it at Stripe, and pays otherwise, or goes."""
    payment = paid_by(single(sandbox))

    deliver(sandbox, payment.intent_failed(), payment.expired())

    assert [row["status"] for row in rows_of(sandbox, "checkout_sessions")] == ["expired"]
    assert messages(sandbox) == []


def test_who_cancels_the_failed_debit_by_paying_is_not_told_that_it_failed(sandbox: Sandbox) -> None:
    """The mail is dropped when it is not true any more."""
    payment = paid_by(single(sandbox))
    deliver(sandbox, payment.bank_failed(), payment.bank_paid())

    sandbox.act_as("owner")
    mails = sandbox.run("select kind, private.find_reason_to_drop_mail(m) as because from private.mails m")
    because = {row["kind"]: row["because"] for row in mails if row["kind"].startswith("payment_")}
    assert because == {"payment_failed": "paid", "payment_received": None}
