"""Money that goes back and comes back: whatever is lost, doubled or late, the end is that of the ordinary order."""

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.stripe_events import Payment

from .booking_steps import book, empty_wallet, in_hours, join, make_class, sign, start_in, wallet
from .conftest import CLIENT, OTHER_CLIENT, Sandbox
from .earnings_steps import (
    FREE,
    Bought,
    buy,
    cancel,
    complete,
    deliver,
    ledger_violations,
    owed,
    pay_session,
    settle,
)

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


def read(sandbox: Sandbox, payment: Payment) -> None:
    """The reconciler asks, and Stripe answers how it is now."""
    sandbox.act_as("service")
    facts = payment.read().model_dump_json()
    sandbox.run("select * from public.observe_checkout(%s, %s)", payment.checkout_id, facts)
    settle(sandbox)


# The stories --------------------------------------------------------------------------------------


@dataclass
class Story:
    """What was paid for and done with it; then what Stripe says, in the order in which it happens."""

    scene: Callable[[Sandbox], Bought]
    events: Callable[[Payment], list[bytes]]
    told: list[str]  # to the payer, in the ordinary order
    end: dict[str, Any] = field(default_factory=dict)


def package_of_which_one_was_held(sandbox: Sandbox) -> Bought:
    bought = buy(sandbox)
    complete(sandbox, *book_all(sandbox, 1))
    return bought


def package_booked_out(sandbox: Sandbox) -> Bought:
    """One held, four to come."""
    bought = buy(sandbox)
    first, *_ = book_all(sandbox)
    complete(sandbox, first)
    return bought


def session_held(sandbox: Sandbox) -> Bought:
    bought = pay_session(sandbox)
    assert bought.session
    complete(sandbox, bought.session)
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


def owes(sandbox: Sandbox) -> int:
    sandbox.act_as("client")
    return int(sandbox.one("select credits_owed from public.check_session_credits()"))


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


# What was booked with the money -------------------------------------------------------------------


def status_of(sandbox: Sandbox, *sessions: str) -> list[str]:
    sandbox.act_as("owner")
    return [
        str(sandbox.one("select status from public.session_schedules where id = %s", each))
        for each in sessions
    ]


def test_the_session_booked_last_is_cancelled_first(sandbox: Sandbox) -> None:
    """As many as are owed, and not while the money is on its way; both sides are told why."""
    payment = buy(sandbox).payment
    made = book_all(sandbox)

    deliver(sandbox, payment.refunded(payment.amount * 2 // 5, "pending"))
    assert ["scheduled"] * 5 == status_of(sandbox, *made)
    assert 0 == owes(sandbox)
    sandbox.act_as("owner")
    said = "select payload -> 'credits_owed' from private.outbox where kind = 'payment_returned'"
    assert 0 == sandbox.one(said)
    deliver(sandbox, payment.refund_turned("succeeded"))

    assert ["scheduled"] * 3 + ["cancelled"] * 2 == status_of(sandbox, *made)
    sandbox.act_as("owner")
    mails = sandbox.run(
        "select session_id::text as session, audience, payload ->> 'because' as because from private.mails"
        " where kind = 'session_cancelled' order by position"
    )
    assert [
        (each, audience, "payment_returned")
        for each in reversed(made[3:])
        for audience in ("practitioner", "user")
    ] == sorted(
        ((row["session"], row["audience"], row["because"]) for row in mails),
        key=lambda mail: (-made.index(mail[0]), mail[1]),
    )
    assert 0 == owes(sandbox)


def test_unspent_credits_go_first_and_then_nothing_is_cancelled(sandbox: Sandbox) -> None:
    """Two of five are booked; two fifths of the price come out of the other three."""
    payment = buy(sandbox).payment
    made = book_all(sandbox, 2)

    deliver(sandbox, payment.refunded(payment.amount * 2 // 5))

    assert (["scheduled"] * 2, 1) == (status_of(sandbox, *made), wallet(sandbox))


def test_a_seat_in_a_class_is_cancelled_like_a_session(sandbox: Sandbox) -> None:
    """And its place is free."""
    payment = buy(sandbox, minutes=60, is_group=True).payment
    group_class = make_class(sandbox, in_hours(90), max_participants=2)
    seat = join(sandbox, group_class)

    deliver(sandbox, payment.disputed("closed", "lost"))

    assert ["cancelled", "scheduled"] == status_of(sandbox, seat, group_class)
    assert 0 == owes(sandbox)


def test_a_session_that_has_begun_is_not_cancelled(sandbox: Sandbox) -> None:
    """What is over or begun is owed."""
    payment = buy(sandbox).payment
    (made,) = book_all(sandbox, 1)
    start_in(sandbox, made, -0.1)

    deliver(sandbox, payment.disputed("closed", "lost"))

    assert (["scheduled"], 1) == (status_of(sandbox, made), owes(sandbox))


def test_what_was_cancelled_stays_cancelled_when_the_dispute_is_won(sandbox: Sandbox) -> None:
    """Its credit is there again: of a package, and of a session that was paid singly."""
    payment = buy(sandbox).payment
    made = book_all(sandbox)
    deliver(sandbox, payment.disputed("closed", "lost"), payment.disputed("funds_reinstated", "won"))
    assert (["cancelled"] * 5, 5, 0) == (status_of(sandbox, *made), wallet(sandbox), owes(sandbox))

    bought = pay_session(sandbox, in_hours(200))
    assert bought.session
    lost, won = bought.payment.disputed("closed", "lost"), bought.payment.disputed("updated", "won")
    deliver(sandbox, lost)
    assert (["cancelled"], 5) == (status_of(sandbox, bought.session), wallet(sandbox))
    deliver(sandbox, won, lost, won)
    assert (["cancelled"], 6) == (status_of(sandbox, bought.session), wallet(sandbox))
    deliver(sandbox, bought.payment.disputed("closed", "lost", 2))
    assert 5 == wallet(sandbox)
    assert [] == broken(sandbox)


def test_credits_that_ended_while_their_money_was_away_are_good_for_a_month(sandbox: Sandbox) -> None:
    """Nobody could use them; and the mail says how many there are, not how many are no longer owed."""
    bought = package_of_which_one_was_held(sandbox)
    deliver(sandbox, bought.payment.disputed("closed", "lost"))
    sandbox.act_as("owner")
    sandbox.run(
        "update public.user_session_credits set expires_at = now() - interval '1 day' where id = %s",
        bought.lot,
    )

    deliver(sandbox, bought.payment.disputed("updated", "won"))

    assert 4 == wallet(sandbox)
    sandbox.act_as("owner")
    (lot,) = sandbox.run(
        "select expires_at = now() + interval '30 days' as month from public.user_session_credits where id = %s",
        bought.lot,
    )
    assert lot["month"]
    given = "select payload -> 'credits_given_back' from private.outbox where kind = 'payment_restored'"
    assert 4 == sandbox.one(given)


def test_money_of_somebody_who_is_gone_moves_all_the_same(sandbox: Sandbox) -> None:
    """Their account was erased, and their credits with it; the practitioner's share comes and goes."""
    package, single = buy(sandbox, who="other"), pay_session(sandbox, who="other")
    assert single.session
    complete(sandbox, single.session)
    sandbox.act_as("owner")
    sandbox.run("delete from auth.users where id = %s", OTHER_CLIENT)

    for payment in (package.payment, single.payment):
        deliver(sandbox, payment.refunded(payment.amount))
    assert {} == owed(sandbox)
    for payment in (package.payment, single.payment):
        deliver(sandbox, payment.refund_turned("failed", "refund.failed"))

    assert {(FREE, "cad"): 7500} == owed(sandbox)
    sandbox.act_as("owner")
    assert 0 == sandbox.one("select count(*) from private.stripe_events where applied_at is null")


def test_who_leaves_while_their_money_is_away_loses_nothing(sandbox: Sandbox) -> None:
    """A session paid singly, cancelled in time while its refund is on its way: it fails, and the credit is there."""
    bought = pay_session(sandbox)
    deliver(sandbox, bought.payment.refunded(bought.payment.amount, "pending"))
    assert "standard" == cancel(sandbox, bought.session)
    assert 0 == wallet(sandbox)

    failed = bought.payment.refund_turned("failed", "refund.failed")
    deliver(sandbox, failed, failed)

    assert (1, ["payment_returned", "session_cancelled", "payment_restored"]) == (
        wallet(sandbox),
        told(sandbox),
    )
    assert [] == broken(sandbox)


def test_a_share_comes_back_as_often_as_the_bank_decides_anew(sandbox: Sandbox) -> None:
    """Lost, won, lost, won: counter-entries each time, also after the payout."""
    bought = session_held(sandbox)
    sandbox.act_as("admin")
    paid_out = (
        "update public.session_payments set status = 'paid_out', paid_out_at = now() where client_id = %s"
    )
    sandbox.run(paid_out, CLIENT)
    seen = []
    for status in ("lost", "won", "lost", "won"):
        deliver(sandbox, bought.payment.disputed("updated", status))
        settle(sandbox)
        seen.append(owed(sandbox).get((FREE, "cad"), 0))

    assert [-7500, 0, -7500, 0] == seen
    assert [] == broken(sandbox)


# Credits owed -------------------------------------------------------------------------------------


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


# The admin's refund -------------------------------------------------------------------------------


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
