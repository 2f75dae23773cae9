"""Payments: facts come twice, late and in any order, and what they leave behind is always the same."""

import itertools
import random
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest

from tests.stripe_events import Payment, arguments, event

from .conftest import CLIENT, OTHER_CLIENT, ROW, Sandbox
from .payment_steps import SLOT, booked, deliver, messages, package, paid_by, rows_of, shares, single, type_of

Story = Callable[[Payment], list[bytes]]


@pytest.fixture(autouse=True)
def empty_start(sandbox: Sandbox) -> None:
    """Nobody has credits, payments or messages yet."""
    sandbox.run("delete from private.outbox")
    sandbox.run("delete from public.session_payments")
    sandbox.run("delete from public.user_session_credits")


def rows(sandbox: Sandbox) -> dict[str, list[Any]]:
    """Everything that payments leave behind, without ids and moments."""
    sandbox.act_as("owner")
    queries = {
        "checkouts": "select status, outcome, stripe_payment_intent_id, receipt_url, refunded_minor, returned_minor,"
        " credits_taken_back, session_id is null as no_session, credit_lot_id is null as no_lot"
        " from public.checkout_sessions",
        "sessions": "select client_id, scheduled_at, duration_minutes, status, notes, group_class_id, session_type_id"
        " from public.session_schedules where room_name not in ('session-one', 'session-two')",
        "payments": "select client_id, total_amount, practitioner_share, platform_share, refunded_amount, currency,"
        " status, stripe_payment_intent_id from public.session_payments",
        "credits": "select user_id, package_id, session_type_id, credits_remaining, credits_owed,"
        " stripe_payment_intent_id, metadata from public.user_session_credits",
        "ledger": "select user_id, change, kind, reason from public.credit_ledger",
        "holds": "select user_id, status from public.session_holds",
        "cancellations": "select cancellation_type, credit_returned from public.session_cancellations",
        "refunds": "select id, status, amount_minor, as_of from private.stripe_refunds",
        "disputes": "select id, state, amount_minor, as_of from private.payment_disputes",
        "outbox": "select kind, user_id, payload - array['checkout_id', 'lot_id'] as payload from private.outbox",
        "inbox": "select event_type, deliveries, applied_at is null as waits, checkout_id is null as lost"
        " from private.stripe_events",
    }
    return {
        name: sorted(map(str, (tuple(row.values()) for row in sandbox.run(query))))
        for name, query in queries.items()
    }


STORIES: dict[str, tuple[Callable[[Sandbox], dict[str, Any]], Story]] = {
    "a session, paid at once and then lost to a dispute": (
        single,
        lambda p: [
            p.charged(),
            p.completed(),
            p.charged("updated"),
            p.disputed("created", "needs_response"),
            p.disputed("closed", "lost"),
        ],
    ),
    "a package, paid by a slow bank, a fifth of it refunded": (
        package,
        lambda p: [
            p.completed("unpaid"),
            p.bank_paid(),
            p.charged(),
            p.refunded(p.amount // 5),
            p.charged("updated"),
        ],
    ),
    "a session, whose bank does not pay it days later": (
        single,
        lambda p: [
            p.completed("unpaid", days_ago=4),
            p.intent_failed(),
            p.bank_failed(),
            event("charge.failed", p.charge(status="failed")),
        ],
    ),
    "a session, by a card that is declined, and then by a bank": (
        single,
        lambda p: [
            p.intent_failed(days_ago=4.01),
            p.completed("unpaid", days_ago=4),
            p.bank_paid(),
            p.charged(),
        ],
    ),
    "a session, refunded in full": (
        single,
        lambda p: [
            p.charged(),
            p.completed(),
            p.refunded(p.amount),
            p.charged("refunded"),
            p.charged("updated"),
        ],
    ),
}


@pytest.mark.parametrize("name", STORIES)
def test_every_order_of_the_events_leaves_the_same_rows(sandbox: Sandbox, name: str) -> None:
    """All 120 orders of five events; each event twice, the second time anywhere later."""
    start, story = STORIES[name]
    payment = paid_by(start(sandbox))
    events = story(payment)
    chance = random.Random(name)
    with sandbox.undone():
        deliver(sandbox, *events, *events)
        expected = rows(sandbox)

    for order in itertools.permutations(events):
        with sandbox.undone():
            deliver(sandbox, *repeat_later(order, chance))
            assert expected == rows(sandbox), [arguments(body)["event_type"] for body in order]


def repeat_later(order: Iterable[bytes], chance: random.Random) -> list[bytes]:
    """Each once more, somewhere after the first time."""
    deliveries = list(order)
    for body in order:
        deliveries.insert(chance.randint(deliveries.index(body) + 1, len(deliveries)), body)
    return deliveries


# What is sold, and for how much -------------------------------------------------------------------


def test_a_package_becomes_credits_of_its_kind(sandbox: Sandbox) -> None:
    """Five for the length and form the wallet sold; the wallet reads the price from the metadata."""
    checkout = package(sandbox)

    deliver(sandbox, paid_by(checkout).completed())

    (lot,) = rows_of(sandbox, "user_session_credits")
    assert (checkout["amount_minor"], checkout["currency"]) == (34310, "usd")
    assert (lot["credits_remaining"], lot["session_type_id"]) == (5, None)
    assert (lot["duration_minutes"], lot["is_group"]) == (45, False)
    assert lot["package_id"]
    assert lot["metadata"] == {
        "purchased_via": "stripe_checkout",
        "payment_type": "package_5",
        "total_amount": 343.1,
        "currency": "usd",
    }
    assert lot["stripe_payment_intent_id"] == paid_by(checkout).intent
    assert ["credits_granted", "payment_received"] == messages(sandbox)


def test_a_single_payment_becomes_its_session(sandbox: Sandbox) -> None:
    """As it was chosen, notes and place included, shared between practitioner and platform to the cent."""
    checkout = single(
        sandbox,
        session_location="in_person",
        physical_location="Home - Street 1",
        notes="My knee.",
        currency="usd",
    )

    deliver(sandbox, paid_by(checkout).completed(), paid_by(checkout).charged())

    (session,), (payment,) = booked(sandbox), rows_of(sandbox, "session_payments", "client_id")
    assert (session["scheduled_at"], session["duration_minutes"], session["status"]) == (
        SLOT,
        45,
        "scheduled",
    )
    assert (session["session_location"], session["physical_location"]) == ("in_person", "Home - Street 1")
    assert (session["notes"], session["credit_lot_id"]) == ("My knee.", None)
    assert session["cancellation_policy_version"]
    assert payment["session_id"] == session["id"]
    assert shares(payment) == ["73.00", "54.75", "18.25", "0.00"]
    assert (payment["currency"], payment["status"]) == ("usd", "completed")
    (kept,) = rows_of(sandbox, "checkout_sessions")
    assert (kept["status"], kept["outcome"], kept["receipt_url"]) == (
        "paid",
        "session_booked",
        paid_by(checkout).receipt_url,
    )


def test_the_shares_add_up_to_the_payment(sandbox: Sandbox) -> None:
    """Three quarters of 40.15 are 30.1125: the practitioner gets 30.11, the platform the rest, refunds included."""
    checkout = single(sandbox, session_type_id=type_of(sandbox, 20), currency="usd")
    deliver(sandbox, paid_by(checkout).completed())
    (whole,) = rows_of(sandbox, "session_payments", "client_id")

    deliver(sandbox, paid_by(checkout).refunded(1001))
    (part,) = rows_of(sandbox, "session_payments", "client_id")

    assert shares(whole) == ["40.15", "30.11", "10.04", "0.00"]
    assert shares(part) == ["40.15", "22.61", "7.53", "10.01"]


def test_a_new_share_applies_to_later_payments_only(sandbox: Sandbox) -> None:
    """An old payment keeps its own, also when a part of it is refunded later."""
    old = single(sandbox)
    deliver(sandbox, paid_by(old).completed())
    sandbox.act_as("admin")
    sandbox.run("insert into public.revenue_shares (practitioner_percent) values (80)")

    new = single(sandbox, scheduled_at=SLOT + timedelta(hours=2))
    deliver(sandbox, paid_by(new).completed(), paid_by(old).refunded(5000))

    shares = {
        str(row["checkout_id"]): str(row["practitioner_share"])
        for row in rows_of(sandbox, "session_payments", "client_id")
    }
    assert shares == {str(old["checkout_id"]): "37.50", str(new["checkout_id"]): "80.00"}
    with sandbox.forbidden():
        sandbox.act_as("admin")
        sandbox.run(
            "insert into public.revenue_shares (practitioner_percent, valid_from) values (90, '2026-01-01')"
        )


def test_a_payment_of_an_erased_person_is_kept_for_a_refund(sandbox: Sandbox) -> None:
    """There is nobody to book for or to credit; the payment stays, and a message that somebody must refund it."""
    checkout = single(sandbox, "other")
    sandbox.act_as("owner")
    sandbox.run("delete from public.session_schedules where client_id = %s", OTHER_CLIENT)
    sandbox.run("delete from auth.users where id = %s", OTHER_CLIENT)

    (received,) = deliver(sandbox, paid_by(checkout).completed())

    assert received["is_applied"]
    assert rows_of(sandbox, "checkout_sessions", of=OTHER_CLIENT)[0]["outcome"] == "nobody_there"
    assert "session_not_booked" in messages(sandbox, OTHER_CLIENT)


def test_an_event_of_another_application_is_stored_and_changes_nothing(sandbox: Sandbox) -> None:
    """Other things are sold through the same account."""
    before = rows(sandbox)
    stranger = Payment(str(ROW), 1).session(metadata={"kind": "board"})

    answers = deliver(
        sandbox, event("checkout.session.completed", stranger), event("invoice.paid", {"object": "invoice"})
    )

    assert [answer["is_repeated"] for answer in answers] == [False, False]
    assert {**rows(sandbox), "inbox": []} == {**before, "inbox": []}


# Who sees what ------------------------------------------------------------------------------------


def test_a_client_reads_their_own_purchases(sandbox: Sandbox) -> None:
    """With the receipt, what came back and what is left; nobody else's, and no price that was only asked for."""
    bought, booked_one = paid_by(package(sandbox)), paid_by(single(sandbox))
    package(sandbox, payment_type="package_10")
    deliver(
        sandbox,
        bought.completed(),
        bought.charged(),
        bought.refunded(bought.amount // 5),
        booked_one.completed(),
    )
    query = "select * from public.past_purchases where user_id = %s order by payment_type"

    seen = {}
    for who in ("client", "other", "practitioner", "admin"):
        sandbox.act_as(who)
        seen[who] = [row["id"] for row in sandbox.run(query, CLIENT)]
    sandbox.act_as("client")
    of_package, of_session = sandbox.run(query, CLIENT)

    assert (len(seen["client"]), seen["other"], seen["practitioner"]) == (2, [], [])
    assert set(seen["client"]) <= set(seen["admin"])
    assert (of_package["amount_minor"], of_package["refunded_minor"]) == (34310, 6862)
    assert (of_package["status"], of_package["receipt_url"]) == ("partly_refunded", bought.receipt_url)
    assert (of_package["credits"], of_package["credits_remaining"]) == (5, 4)
    assert (of_session["status"], of_session["session_scheduled_at"]) == ("paid", SLOT)


def test_a_payment_from_before_checkouts_is_a_purchase_too(sandbox: Sandbox) -> None:
    """As far as its row says what was paid."""
    lot = sandbox.one(
        "insert into public.user_session_credits (user_id, package_id, credits_remaining, metadata)"
        """ values (%s, %s, 3, '{"total_amount": 450, "currency": "CAD"}') returning id""",
        CLIENT,
        ROW,
    )
    sandbox.act_as("client")

    (found,) = sandbox.run("select * from public.past_purchases where id = %s", lot)

    assert (found["amount_minor"], found["currency"], found["credits_remaining"]) == (45000, "cad", 3)
