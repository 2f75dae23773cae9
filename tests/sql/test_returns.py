"""Money that goes back and comes back: whatever is lost, doubled or late, the end is that of the ordinary order."""

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.stripe_events import Payment

from .booking_steps import empty_wallet, sign, wallet
from .conftest import Sandbox
from .earnings_steps import Bought, buy, complete, deliver, ledger_violations, owed, pay_session, settle
from .return_steps import book_all, broken, owes, package_of_which_one_was_held, session_held, told

ORDERS = 40  # of each story; there are up to 120


@pytest.fixture(autouse=True)
def empty_start(sandbox: Sandbox) -> None:
    """Somebody who may book, without credits; nothing has been paid for or said yet."""
    sign(sandbox)
    empty_wallet(sandbox)
    sandbox.act_as("owner")
    sandbox.run("delete from public.session_payments")
    sandbox.run("delete from private.mails")
    sandbox.run("delete from private.outbox")


def read(sandbox: Sandbox, payment: Payment) -> None:
    """The reconciler asks, and Stripe answers how it is now."""
    sandbox.act_as("service")
    facts = payment.read().model_dump_json()
    sandbox.run("select * from public.observe_checkout(%s, %s)", payment.checkout_id, facts)
    settle(sandbox)


@dataclass
class Story:
    """What was paid for and done with it; then what Stripe says, in the order in which it happens."""

    scene: Callable[[Sandbox], Bought]
    events: Callable[[Payment], list[bytes]]
    told: list[str]  # to the payer, in the ordinary order
    end: dict[str, Any] = field(default_factory=dict)


def package_booked_out(sandbox: Sandbox) -> Bought:
    """One held, four to come."""
    bought = buy(sandbox)
    first, *_ = book_all(sandbox)
    complete(sandbox, first)
    return bought


def session_to_come(sandbox: Sandbox) -> Bought:
    return pay_session(sandbox)


STORIES = {
    "a refund that fails after it succeeded": Story(
        package_of_which_one_was_held,
        lambda p: [
            p.refunded(p.amount),
            p.charged("refunded"),
            p.refund_turned("failed", "refund.failed"),
            p.refund_turned("failed", "charge.refund.updated"),
            p.charged("updated"),
        ],
        ["payment_returned", "payment_restored"],
        {"returned": 0, "left": 4, "owes": 0, "share": 7050},
    ),
    "a refund that is cancelled": Story(
        session_held,
        lambda p: [
            p.refunded(p.amount, "requires_action"),
            p.charged("refunded"),
            p.refund_turned("canceled"),
            p.refund_turned("canceled", "charge.refund.updated"),
        ],
        ["payment_returned", "payment_restored"],
        {"returned": 0, "left": 0, "owes": 0, "share": 7500},
    ),
    "a refund that takes its time": Story(
        session_to_come,
        lambda p: [
            p.refunded(p.amount, "pending"),
            p.charged("refunded"),
            p.refund_turned("succeeded"),
            p.refund_turned("succeeded", "charge.refund.updated"),
        ],
        ["payment_returned", "session_cancelled"],
        {"returned": 10000, "left": 0, "owes": 0, "share": 0},
    ),
    "a dispute lost and then won": Story(
        package_of_which_one_was_held,
        lambda p: [
            p.disputed("created", "needs_response"),
            p.disputed("funds_withdrawn", "needs_response"),
            p.disputed("closed", "lost"),
            p.disputed("funds_reinstated", "won"),
            p.disputed("updated", "won"),
        ],
        ["payment_returned", "payment_restored"],
        {"returned": 0, "left": 4, "owes": 0, "share": 7050},
    ),
    "a part, and another part that fails": Story(
        package_of_which_one_was_held,
        lambda p: [
            p.refunded(p.amount // 5),
            p.refunded(p.amount * 3 // 5, "pending"),
            p.charged("refunded"),
            p.refund_turned("succeeded"),
            p.refund_turned("failed", "refund.failed"),
        ],
        ["payment_returned", "payment_returned", "payment_restored"],
        {"returned": 9400, "left": 3, "owes": 0, "share": 7050},
    ),
    "a package that is booked out and charged back": Story(
        package_booked_out,
        lambda p: [
            p.disputed("created", "warning_needs_response"),
            p.disputed("updated", "needs_response"),
            p.disputed("funds_withdrawn", "needs_response"),
            p.disputed("updated", "under_review"),
            p.disputed("closed", "lost"),
        ],
        [*["session_cancelled"] * 4, "payment_returned"],
        {"returned": 47000, "left": 0, "owes": 1, "share": 0},
    ),
    "a refund of a part and a dispute of the rest": Story(
        package_booked_out,
        lambda p: [
            p.refunded(p.amount // 5),
            p.charged("refunded"),
            p.disputed("created", "needs_response", amount=p.amount * 4 // 5),
            p.disputed("closed", "lost", amount=p.amount * 4 // 5),
        ],
        ["session_cancelled", "payment_returned", *["session_cancelled"] * 3, "payment_returned"],
        {"returned": 47000, "left": 0, "owes": 1, "share": 0},
    ),
}


def end(sandbox: Sandbox) -> dict[str, Any]:
    """Where everything stands: states and sums, without how it came there."""
    sandbox.act_as("owner")
    queries = {
        "checkouts": "select status, outcome, refunded_minor, returned_minor, credits_taken_back"
        " from public.checkout_sessions",
        "refunds": "select id, status, amount_minor from private.stripe_refunds",
        "disputes": "select id, state, amount_minor from private.payment_disputes",
        "sessions": "select id, status, notes from public.session_schedules",
        "cancellations": "select session_id, cancellation_type, credit_returned, reason"
        " from public.session_cancellations",
        "payments": "select round(total_amount, 2), round(practitioner_share, 2), round(platform_share, 2),"
        " round(refunded_amount, 2), status, earned_at from public.session_payments",
        "lots": "select id, credits_remaining, credits_owed from public.user_session_credits",
        "credits": "select lot_id, kind = 'spend' as spent, sum(change) from public.credit_ledger group by 1, 2"
        " having sum(change) <> 0",
        "ledger": "select t.practitioner_id, t.session_id, p.account, sum(p.amount_minor)::bigint"
        " from public.ledger_transactions t join public.ledger_postings p on p.transaction_id = t.id"
        " group by 1, 2, 3 having sum(p.amount_minor) <> 0",
        "told": "select coalesce(sum(case kind when 'payment_returned' then 1 else -1 end"
        " * (payload ->> 'amount_minor')::integer), 0) from private.outbox"
        " where kind in ('payment_returned', 'payment_restored')",
        "cancelled": "select session_id, kind from private.outbox where kind = 'session_cancelled'",
    }
    assert [] == ledger_violations(sandbox)
    return {
        name: sorted(map(str, (tuple(row.values()) for row in sandbox.run(query))))
        for name, query in queries.items()
    }


@pytest.fixture(params=STORIES)
def story(request: pytest.FixtureRequest) -> Story:
    return STORIES[request.param]


def ordinary(sandbox: Sandbox, story: Story, bought: Bought, events: list[bytes]) -> dict[str, Any]:
    """The end of the ordinary order."""
    with sandbox.undone():
        deliver(sandbox, *events)
        settle(sandbox)
        return end(sandbox)


def test_a_story_in_its_ordinary_order(sandbox: Sandbox, story: Story) -> None:
    """Everything follows, in both directions; people are told each thing once; nothing is broken."""
    bought = story.scene(sandbox)
    events = story.events(bought.payment)
    for body in events:
        deliver(sandbox, body, body)
    settle(sandbox)

    there = end(sandbox)
    sandbox.act_as("owner")
    (checkout,) = sandbox.run(
        "select returned_minor, amount_minor from public.checkout_sessions where id = %s", bought.id
    )
    assert told(sandbox) == story.told
    assert story.end == {
        "returned": checkout["returned_minor"],
        "left": wallet(sandbox),
        "owes": owes(sandbox),
        "share": sum(owed(sandbox).values()),
    }
    assert there["told"] == [str((checkout["returned_minor"],))]
    assert broken(sandbox) == []


def test_every_order_of_a_storys_events_ends_in_the_same_rows(sandbox: Sandbox, story: Story) -> None:
    """Many of them, the last one first among them; each event once more, anywhere later."""
    bought = story.scene(sandbox)
    events = story.events(bought.payment)
    expected = ordinary(sandbox, story, bought, events)
    chance = random.Random(len(events))

    orders = list(itertools.permutations(events))
    for order in [orders[-1], *chance.sample(orders, min(len(orders), ORDERS))]:
        deliveries = list(order)
        for body in order:
            deliveries.insert(chance.randint(deliveries.index(body) + 1, len(deliveries)), body)
        with sandbox.undone():
            deliver(sandbox, *deliveries)
            settle(sandbox)
            assert expected == end(sandbox), [events.index(body) for body in deliveries]


def test_lost_events_are_made_up_for_by_asking(sandbox: Sandbox, story: Story) -> None:
    """Whichever are lost, all of them included; those that come after the answer change nothing."""
    bought = story.scene(sandbox)
    events = story.events(bought.payment)
    expected = ordinary(sandbox, story, bought, events)

    for kept in range(len(events) + 1):
        for some in itertools.combinations(events, kept):
            with sandbox.undone():
                deliver(sandbox, *some)
                read(sandbox, bought.payment)
                assert expected == end(sandbox), [events.index(body) for body in some]
                deliver(sandbox, *(body for body in events if body not in some))
                settle(sandbox)
                assert expected == end(sandbox), [events.index(body) for body in some]


def test_an_answer_counts_more_than_what_was_said_before_it(sandbox: Sandbox) -> None:
    """The newest state read from Stripe wins over the order of events; what contradicts it has Stripe asked again."""
    bought = package_of_which_one_was_held(sandbox)
    payment = bought.payment
    early = payment.refunded(payment.amount)
    late = payment.refund_turned("failed", "refund.failed")
    read(sandbox, payment)
    far = "update public.checkout_sessions set next_check_at = now() + interval '7 days'"
    is_due = "select bool_or(next_check_at <= now()) from public.checkout_sessions"

    sandbox.act_as("owner")
    sandbox.run(far)
    deliver(sandbox, early)
    sandbox.act_as("owner")
    assert (wallet(sandbox), told(sandbox)) == (4, [])
    sandbox.act_as("owner")
    assert sandbox.one(is_due)
    sandbox.run(far)
    deliver(sandbox, late)
    sandbox.act_as("owner")
    assert not sandbox.one(is_due)


def test_a_charge_that_counts_refunds_nobody_named_has_stripe_asked(sandbox: Sandbox) -> None:
    """It names none of them, so nothing follows from it but the question."""
    bought = package_of_which_one_was_held(sandbox)
    bought.payment.refund(bought.payment.amount)

    deliver(sandbox, bought.payment.charged("refunded"))

    assert 4 == wallet(sandbox)
    sandbox.act_as("service")
    (due,) = sandbox.run("select * from public.claim_checkout_check()")
    assert ("look", bought.id) == (due["task"], str(due["checkout_id"]))
    read(sandbox, bought.payment)
    assert (0, 1) == (wallet(sandbox), owes(sandbox))
