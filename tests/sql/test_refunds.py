"""Refunds and disputes: what was bought goes back with the money, and comes back with it."""

import pytest

from .conftest import CLIENT, Sandbox
from .payment_steps import PRACTITIONER_ROW, booked, deliver, package, paid_by, rows_of, shares, single


@pytest.fixture(autouse=True)
def empty_start(sandbox: Sandbox) -> None:
    """Nobody has credits, payments or messages yet."""
    sandbox.run("delete from private.outbox")
    sandbox.run("delete from public.session_payments")
    sandbox.run("delete from public.user_session_credits")


def test_a_partial_refund_of_a_package_takes_its_part_of_the_credits(sandbox: Sandbox) -> None:
    """Rounded in the client's favour; twice is once; all of it takes the rest."""
    payment = paid_by(package(sandbox))
    deliver(sandbox, payment.completed())
    left = []
    for so_far in (
        payment.amount // 5 - 1,
        payment.amount // 5,
        payment.amount // 5,
        payment.amount // 2,
        payment.amount,
    ):
        deliver(sandbox, payment.refunded(so_far))
        left.append(rows_of(sandbox, "user_session_credits")[0]["credits_remaining"])

    assert left == [5, 4, 4, 3, 0]
    assert rows_of(sandbox, "checkout_sessions")[0]["returned_minor"] == payment.amount


def test_refunded_credits_that_were_spent_are_owed(sandbox: Sandbox) -> None:
    """They are not below zero: of what comes back later, so many are not given back."""
    payment = paid_by(package(sandbox))
    deliver(sandbox, payment.completed())
    sandbox.act_as("owner")
    lot = rows_of(sandbox, "user_session_credits")[0]["id"]
    spent = "insert into public.credit_ledger (lot_id, user_id, change, kind, reason)"
    sandbox.run(f"{spent} values (%s, %s, -3, 'adjustment', 'Spent')", lot, CLIENT)

    deliver(sandbox, payment.refunded(payment.amount))

    (after,) = rows_of(sandbox, "user_session_credits")
    assert (after["credits_remaining"], after["credits_owed"]) == (0, 3)


def test_a_session_whose_payment_was_refunded_is_cancelled(sandbox: Sandbox) -> None:
    """Its time is free, no credit comes back with it, and the practitioner earns nothing."""
    payment = paid_by(single(sandbox))
    deliver(sandbox, payment.completed(), payment.refunded(payment.amount))

    (session,), (paid,) = booked(sandbox), rows_of(sandbox, "session_payments", "client_id")
    assert session["status"] == "cancelled"
    assert rows_of(sandbox, "user_session_credits") == []
    assert paid["status"] == "refunded"
    assert shares(paid) == ["100.00", "0.00", "0.00", "100.00"]
    assert single(sandbox, "other")["checkout_id"]


def test_a_refund_takes_the_credit_that_a_cancellation_gave(sandbox: Sandbox) -> None:
    """Cancelled in time, the payment became a credit; refunded, it is not both."""
    payment = paid_by(single(sandbox))
    deliver(sandbox, payment.completed())
    sandbox.act_as("client")
    sandbox.run(
        "update public.session_schedules set status = 'cancelled' where id = %s", booked(sandbox)[0]["id"]
    )
    assert [row["credits_remaining"] for row in rows_of(sandbox, "user_session_credits")] == [1]

    deliver(sandbox, payment.refunded(payment.amount))

    assert [row["credits_remaining"] for row in rows_of(sandbox, "user_session_credits")] == [0]


def test_a_refund_after_the_payout_is_owed_back(sandbox: Sandbox) -> None:
    """The row says what was sent and still adds up; the next payout is so much less."""
    payment = paid_by(single(sandbox))
    deliver(sandbox, payment.completed())
    sandbox.act_as("service")
    sandbox.run(
        "update public.session_schedules set status = 'completed' where id = %s", booked(sandbox)[0]["id"]
    )
    sandbox.act_as("admin")
    sandbox.run(
        "update public.session_payments set status = 'paid_out', paid_out_at = now() where client_id = %s",
        CLIENT,
    )

    deliver(sandbox, payment.refunded(payment.amount))

    (paid,) = rows_of(sandbox, "session_payments", "client_id")
    assert shares(paid) == ["100.00", "75.00", "-75.00", "100.00"]
    owed = (
        "select sum(p.amount_minor) from public.ledger_postings p"
        " join public.ledger_transactions t on t.id = p.transaction_id"
        " where t.practitioner_id = %s and p.account = 'practitioner_payable'"
    )
    assert -7500 == sandbox.one(owed, PRACTITIONER_ROW)


def test_a_won_dispute_gives_everything_back(sandbox: Sandbox) -> None:
    """While it is open the credits are gone; then the lot is as before. A late word of before changes nothing."""
    payment = paid_by(package(sandbox))
    deliver(sandbox, payment.completed(), payment.disputed("created", "needs_response"))
    late = payment.disputed("updated", "under_review")
    during = rows_of(sandbox, "user_session_credits")[0]["credits_remaining"]

    deliver(sandbox, payment.disputed("closed", "won"), late)

    assert (during, rows_of(sandbox, "user_session_credits")[0]["credits_remaining"]) == (0, 5)
    assert rows_of(sandbox, "checkout_sessions")[0]["returned_minor"] == 0


def test_an_inquiry_of_the_bank_is_no_dispute(sandbox: Sandbox) -> None:
    """No money has moved, so nothing else does; it may still become one."""
    payment = paid_by(package(sandbox))
    deliver(
        sandbox,
        payment.completed(),
        payment.disputed("created", "warning_needs_response"),
        payment.disputed("closed", "warning_closed"),
    )
    asked = rows_of(sandbox, "user_session_credits")[0]["credits_remaining"]

    deliver(sandbox, payment.disputed("updated", "under_review"))

    assert (asked, rows_of(sandbox, "user_session_credits")[0]["credits_remaining"]) == (5, 0)


def test_a_disputed_session_takes_place_and_is_not_paid_out(sandbox: Sandbox) -> None:
    """Until it is decided: won, it counts again; lost, it is as if it had been refunded."""
    payment = paid_by(single(sandbox))
    deliver(sandbox, payment.completed(), payment.disputed("created", "needs_response"))
    seen = [(booked(sandbox)[0]["status"], rows_of(sandbox, "session_payments", "client_id")[0]["status"])]
    deliver(sandbox, payment.disputed("closed", "won"))
    seen.append(
        (booked(sandbox)[0]["status"], rows_of(sandbox, "session_payments", "client_id")[0]["status"])
    )
    deliver(sandbox, payment.disputed("created", "needs_response", 2), payment.disputed("closed", "lost", 2))
    seen.append(
        (booked(sandbox)[0]["status"], rows_of(sandbox, "session_payments", "client_id")[0]["status"])
    )

    assert seen == [("scheduled", "disputed"), ("scheduled", "completed"), ("cancelled", "refunded")]


def test_a_dispute_waits_for_its_payment(sandbox: Sandbox) -> None:
    """It names only the payment; as soon as the checkout names it too, the dispute is applied with it."""
    payment = paid_by(package(sandbox))

    (early,) = deliver(sandbox, payment.disputed("created", "needs_response"))
    (late,) = deliver(sandbox, payment.completed())

    assert (early["is_applied"], late["is_applied"]) == (False, True)
    assert rows_of(sandbox, "user_session_credits")[0]["credits_remaining"] == 0
    assert sandbox.one("select count(*) from private.stripe_events where applied_at is null") == 0
