"""Refunds that an admin asks for: with the sessions or without, again after one that failed, and the list of all."""

from typing import Any

import pytest

from .booking_steps import empty_wallet, sign
from .conftest import Sandbox
from .earnings_steps import Bought, buy, deliver
from .return_steps import book_all, broken, owes, package_of_which_one_was_held, status_of


@pytest.fixture(autouse=True)
def empty_start(sandbox: Sandbox) -> None:
    """Somebody who may book, without credits; nothing has been paid for or said yet."""
    sign(sandbox)
    empty_wallet(sandbox)
    sandbox.act_as("owner")
    sandbox.run("delete from public.session_payments")
    sandbox.run("delete from private.mails")
    sandbox.run("delete from private.outbox")


def ask_for_refund(sandbox: Sandbox, bought: Bought, amount: int, *, keeps: bool) -> dict[str, Any]:
    sandbox.act_as("admin")
    (asked,) = sandbox.run(
        "select * from public.request_refund(checkout_id => %s, amount_minor => %s, reason => 'They moved',"
        " keeps_sessions => %s)",
        bought.id,
        amount,
        keeps,
    )
    return asked


def test_an_admin_may_keep_the_sessions(sandbox: Sandbox) -> None:
    """Whichever tells us first, Stripe's event or its answer: they stand, and what was spent is owed."""
    bought = buy(sandbox)
    made = book_all(sandbox)
    asked = ask_for_refund(sandbox, bought, bought.payment.amount * 2 // 5, keeps=True)

    deliver(
        sandbox,
        bought.payment.refunded(bought.payment.amount * 2 // 5, request_id=str(asked["refund_id"])),
    )

    assert (["scheduled"] * 5, 2) == (status_of(sandbox, *made), owes(sandbox))
    assert [] == broken(sandbox)
    deliver(sandbox, bought.payment.disputed("closed", "lost", amount=bought.payment.amount * 3 // 5))
    assert ["scheduled"] * 2 + ["cancelled"] * 3 == status_of(sandbox, *made)
    assert [] == broken(sandbox)


def test_another_choice_about_the_sessions_is_another_refund(sandbox: Sandbox) -> None:
    """The first is on its way, and is not changed by asking for it otherwise."""
    bought = buy(sandbox)
    first = ask_for_refund(sandbox, bought, 1000, keeps=True)
    with sandbox.refused("request_in_progress"):
        ask_for_refund(sandbox, bought, 1000, keeps=False)
    assert first == ask_for_refund(sandbox, bought, 1000, keeps=True)


def test_what_failed_can_be_refunded_again(sandbox: Sandbox) -> None:
    """Under a key of its own: the first one is over."""
    bought = buy(sandbox)
    asked = ask_for_refund(sandbox, bought, bought.payment.amount, keeps=False)
    bought.payment.refund(bought.payment.amount, "pending", str(asked["refund_id"]))
    sandbox.act_as("service")
    record = "select status from public.record_refund(%s, %s, %s)"
    facts = bought.payment.read().model_dump_json()
    made = bought.payment.refunds[0]["id"]
    assert "pending" == sandbox.one(record, asked["refund_id"], facts, made)
    with sandbox.refused("already_refunded"):
        ask_for_refund(sandbox, bought, 1, keeps=False)

    deliver(sandbox, bought.payment.refund_turned("failed", "refund.failed"))

    assert asked["refund_id"] != ask_for_refund(sandbox, bought, 1, keeps=False)["refund_id"]


def test_admins_see_every_refund_and_dispute(sandbox: Sandbox) -> None:
    """With its state, its reason and what is owed; what failed or is undecided waits on their page."""
    bought = package_of_which_one_was_held(sandbox)
    asked = ask_for_refund(sandbox, bought, 4700, keeps=False)
    deliver(sandbox, bought.payment.refunded(4700, request_id=str(asked["refund_id"])))
    waits = "select attention -> 'admin_returns' from public.admin_dashboard()"
    listed = (
        "select kind, status, amount_minor, reason, failure_reason, returned_minor, credits_owed, client_email"
        " from public.admin_returns order by kind desc"
    )
    sandbox.act_as("admin")
    before = sandbox.one(waits)

    deliver(
        sandbox,
        bought.payment.refund_turned("failed", "refund.failed"),
        bought.payment.disputed("closed", "lost"),
        bought.payment.disputed("created", "needs_response", 2, 1),
    )

    sandbox.act_as("admin")
    rows = [tuple(row.values()) for row in sandbox.run(listed)]
    whose = (47000, 1, "client@demo.test")
    assert ("refund", "failed", 4700, "They moved", "expired_or_canceled_card", *whose) == rows[0]
    disputes = {
        ("dispute", state, minor, None, None, *whose) for state, minor in (("lost", 47000), ("open", 1))
    }
    assert disputes == {*rows[1:]}
    assert (0, 2) == (before, sandbox.one(waits))
    for who in ("client", "practitioner"):
        sandbox.act_as(who)
        assert [] == sandbox.run(listed)
