"""Payments of another amount: what Stripe added or took off is named, and waits for a person."""

import pytest

from tests.stripe_events import event

from .conftest import Sandbox
from .payment_steps import deliver, messages, package, paid_by, rows_of


@pytest.fixture(autouse=True)
def empty_start(sandbox: Sandbox) -> None:
    """Nobody has credits, payments or messages yet."""
    sandbox.run("delete from private.outbox")
    sandbox.run("delete from public.session_payments")
    sandbox.run("delete from public.user_session_credits")


def test_a_payment_of_another_amount_buys_nothing(sandbox: Sandbox) -> None:
    """Stripe would have to have misunderstood us: a person must look."""
    checkout = package(sandbox)
    payment = paid_by(checkout)

    deliver(sandbox, event("checkout.session.completed", payment.session(amount_total=1)))

    assert rows_of(sandbox, "checkout_sessions")[0]["status"] == "failed"
    assert ["payment_differs"] == messages(sandbox)


DIFFERENT = {
    "a discount": (
        {"amount_total": 300, "total_details": {"amount_discount": 700}},
        "discount: 7.00 instead of 0.00",
    ),
    "a tax": ({"amount_total": 1130, "total_details": {"amount_tax": 130}}, "tax: 1.30 instead of 0.00"),
    "shipping": (
        {"amount_total": 1200, "total_details": {"amount_shipping": 200}},
        "shipping: 2.00 instead of 0.00",
    ),
    "a discount as large as the tax": (
        {"total_details": {"amount_discount": 130, "amount_tax": 130}},
        "discount: 1.30 instead of 0.00; tax: 1.30 instead of 0.00",
    ),
    "another currency": ({"currency": "eur"}, "currency: eur instead of usd"),
    "another price": (
        {"amount_subtotal": 1, "amount_total": 1},
        "lines: 0.01 instead of 343.10; total: 0.01 instead of 343.10",
    ),
    "a line more": (
        {
            "line_items": {
                "data": [
                    {"description": "Ours", "amount_total": 34310, "currency": "usd", "quantity": 1},
                    {"description": "A donation", "amount_total": 0, "currency": "usd", "quantity": 1},
                ]
            }
        },
        "line 2: 1 × 0.00 usd instead of none",
    ),
    "two of it": (
        {"line_items": {"data": [{"amount_total": 34310, "currency": "usd", "quantity": 2}]}},
        "line 1: 2 × 343.10 usd instead of 1 × 343.10 usd",
    ),
    "no line": ({"line_items": {"data": []}}, "line 1: none instead of 1 × 343.10 usd"),
}


@pytest.mark.parametrize("case", DIFFERENT)
def test_what_stripe_adds_or_takes_off_is_named_and_waits_for_a_person(sandbox: Sandbox, case: str) -> None:
    """However often it is told, once; the payer gets what they paid for when an admin accepts it, and not before."""
    more, named = DIFFERENT[case]
    payment = paid_by(package(sandbox))
    different = event("checkout.session.completed", payment.session(**more))

    deliver(sandbox, different, payment.charged(), different, event("x", payment.session(**more)))

    (kept,) = rows_of(sandbox, "checkout_sessions")
    assert (kept["status"], kept["outcome"]) == ("failed", None) and named in kept["difference"]
    assert kept["stripe_amounts"]["currency"] == more.get("currency", "usd")
    assert ["payment_differs"] == messages(sandbox)
    assert rows_of(sandbox, "user_session_credits") == []
    sandbox.act_as("client")
    with sandbox.refused("admins_only"):
        sandbox.run("select * from public.accept_payment(%s, 'Mine')", kept["id"])
    sandbox.act_as("admin")
    for reason in (" ", None):
        with sandbox.refused("reason_missing"):
            sandbox.run("select * from public.accept_payment(%s, %s)", kept["id"], reason)
    (accepted,) = sandbox.run("select * from public.accept_payment(%s, 'A campaign')", kept["id"])
    assert accepted["outcome"] == "credits_granted"
    assert [row["credits_remaining"] for row in rows_of(sandbox, "user_session_credits")] == [5]
    sandbox.act_as("admin")
    with sandbox.refused("payment_accepted"):
        sandbox.run("select * from public.accept_payment(%s, 'Again')", kept["id"])
    deliver(sandbox, different)
    assert ["payment_differs", "credits_granted", "payment_received"] == messages(sandbox)
    sandbox.act_as("owner")
    assert sandbox.one("select settlement from private.matters where subject = %s", str(kept["id"])) == (
        "Accepted: A campaign"
    )


def test_a_line_that_is_seen_later_takes_nothing_back_and_waits_for_a_person(sandbox: Sandbox) -> None:
    """Events have no lines; the reconciler asks for them."""
    payment = paid_by(package(sandbox))
    deliver(sandbox, payment.completed())

    deliver(sandbox, event("checkout.session.x", payment.session(**DIFFERENT["two of it"][0])))

    (kept,) = rows_of(sandbox, "checkout_sessions")
    assert (kept["status"], kept["outcome"]) == ("paid", "credits_granted") and kept["difference"]
    assert [row["credits_remaining"] for row in rows_of(sandbox, "user_session_credits")] == [5]
