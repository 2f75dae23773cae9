"""Earnings: each paid seat is earned once, to the cent, however it was paid; a refund takes the earning back."""

import itertools
from datetime import timedelta
from typing import Any

import pytest

from .booking_steps import (
    FREE,
    book,
    empty_wallet,
    grant,
    in_hours,
    join,
    make_class,
    session,
    sign,
    start_in,
)
from .conftest import CLIENT, OTHER_CLIENT, ROW, Sandbox
from .earnings_steps import (
    buy,
    cancel,
    complete,
    deliver,
    ledger_violations,
    owed,
    pay_seat,
    pay_session,
    postings,
    price_packages,
    row_of,
    share,
)


@pytest.fixture(autouse=True)
def empty_start(sandbox: Sandbox) -> None:
    """The client has no credits, and may book."""
    empty_wallet(sandbox)
    sign(sandbox)


def book_five(sandbox: Sandbox) -> list[str]:
    """A session with each credit there is."""
    first = in_hours(72)
    return [str(book(sandbox, first + timedelta(hours=n))["session_id"]) for n in range(5)]


# Holding


def test_a_session_is_earned_when_it_was_held(sandbox: Sandbox) -> None:
    """Not when it was paid; and once, whatever becomes completed again."""
    bought = pay_session(sandbox, currency="usd", minutes=20)
    assert [] == postings(sandbox, bought.session)

    complete(sandbox, bought.session)
    complete(sandbox, bought.session)

    # Three quarters of 40.15.
    lines = {"client_funds": -4015, "practitioner_payable": 3011, "platform_revenue": 1004}
    assert [("accrual", lines)] == postings(sandbox, bought.session)
    assert {(FREE, "usd"): 3011} == owed(sandbox)


def test_five_credits_are_worth_what_was_paid_for_them(sandbox: Sandbox) -> None:
    """Of 450.03, the parts are whole cents, and together they are 450.03; the client reads one purchase, not six."""
    price_packages(sandbox)
    buy(sandbox)
    sessions = book_five(sandbox)

    complete(sandbox, *sessions)

    prices = sorted(-lines["client_funds"] for each in sessions for _, lines in postings(sandbox, each))
    assert prices == [9000, 9000, 9001, 9001, 9001]
    assert {(FREE, "cad"): sum(share(sandbox, each) for each in sessions)} == owed(sandbox)
    rows = [row_of(sandbox, each) for each in sessions]
    assert {(row["status"], row["currency"], row["practitioner_id"]) for row in rows} == {
        ("completed", "cad", rows[0]["practitioner_id"])
    }
    assert sorted(str(row["practitioner_share"]) for row in rows) == [
        "67.50",
        "67.50",
        "67.51",
        "67.51",
        "67.51",
    ]
    sandbox.act_as("client")
    assert [] == sandbox.run(
        "select id from public.session_payments where session_id = any (%s::uuid[])", sessions
    )
    assert ["package_5"] == [
        row["payment_type"]
        for row in sandbox.run("select payment_type from public.past_purchases where user_id = %s", CLIENT)
        if row["payment_type"] != "single"
    ]


def test_a_credit_that_was_a_gift_earns_nothing(sandbox: Sandbox) -> None:
    """A row of nought, and no entry; also a credit that was added to some that were bought."""
    grant(sandbox, 1)
    given = str(book(sandbox, in_hours(60))["session_id"])
    bought = buy(sandbox)
    sandbox.act_as("admin")
    sandbox.run("select * from public.adjust_credits(1, 'A present', lot_id => %s)", bought.lot)
    sessions = book_five(sandbox)
    added = str(book(sandbox, in_hours(90))["session_id"])

    complete(sandbox, given, *sessions)
    complete(sandbox, added)

    for each in (given, added):
        assert [] == postings(sandbox, each)
        assert [0, 0, 0] == [
            row_of(sandbox, each)[name] for name in ("total_amount", "practitioner_share", "platform_share")
        ]
    assert {(FREE, "cad"): 35250} == owed(sandbox)  # three quarters of 470
    sandbox.act_as("stranger")
    rows = sandbox.run("select session_id, paid_with from public.earnings_sessions()")
    assert {given, added} < {str(row["session_id"]) for row in rows}
    assert ["given_credit"] == [row["paid_with"] for row in rows if str(row["session_id"]) == given]


def test_an_unpaid_session_earns_nothing(sandbox: Sandbox) -> None:
    """A practitioner's own booking."""
    sandbox.act_as("service")
    sandbox.run("update public.session_schedules set status = 'completed' where room_name = 'session-two'")

    assert {} == owed(sandbox)


def test_a_class_earns_each_paid_seat(sandbox: Sandbox) -> None:
    """Held at once, whichever way each was paid; a seat that was cancelled is none."""
    group_class = make_class(sandbox, in_hours(72))
    paid = pay_seat(sandbox, group_class)
    sign(sandbox, "other")
    buy(sandbox, minutes=60, is_group=True, who="other", currency="usd")
    joined = join(sandbox, group_class, who="other")
    grant(sandbox, 1, who="practitioner")
    sign(sandbox, "practitioner")
    left = join(sandbox, group_class, who="practitioner")
    cancel(sandbox, left, "practitioner")

    complete(sandbox, group_class)

    assert {"completed"} == {session(sandbox, each)["status"] for each in (paid.session, joined)}
    amount = paid.payment.amount
    assert {(FREE, "cad"): (amount * 3 + 2) // 4, (FREE, "usd"): 6023} == owed(
        sandbox
    )  # of 401.50, a fifth, three quarters
    assert [] == postings(sandbox, left) == postings(sandbox, group_class)


def test_the_share_is_the_one_at_the_time_of_payment(sandbox: Sandbox) -> None:
    """Of a credit: when its lot was bought."""
    buy(sandbox)
    first, second, *_ = book_five(sandbox)
    complete(sandbox, first)
    sandbox.act_as("admin")
    sandbox.run(
        "insert into public.revenue_shares (practitioner_percent, valid_from) values (50, now() + interval '1 s')"
    )
    sandbox.act_as("owner")
    sandbox.run(
        "update public.checkout_sessions set paid_at = paid_at - interval '1 day' where id <> %s", ROW
    )

    complete(sandbox, second)

    assert (7050, 7050) == (share(sandbox, first), share(sandbox, second))


# Cancelling


def test_a_forfeited_session_is_earned(sandbox: Sandbox) -> None:
    """The time was kept, and nothing went back. Paid singly and by credit alike."""
    single = pay_session(sandbox)
    buy(sandbox)
    by_credit = str(book(sandbox, in_hours(90))["session_id"])
    for each in (single.session, by_credit):
        start_in(sandbox, each, 1)
        assert "last_minute" == cancel(sandbox, each)

    assert (7500, 7050) == (share(sandbox, single.session), share(sandbox, by_credit))
    sandbox.act_as("stranger")
    assert {True} == {
        row["is_forfeited"] for row in sandbox.run("select is_forfeited from public.earnings_sessions()")
    }


def test_a_payment_that_became_a_credit_is_earned_by_the_session_it_pays_for(sandbox: Sandbox) -> None:
    """The first row counts nothing any more, the second everything, and a refund finds it."""
    bought = pay_session(sandbox)
    assert 75 == row_of(sandbox, bought.session)["practitioner_share"]
    assert "standard" == cancel(sandbox, bought.session)
    cancelled = row_of(sandbox, bought.session)
    assert (0, 100, "completed") == (
        cancelled["practitioner_share"],
        cancelled["platform_share"],
        cancelled["status"],
    )

    again = str(book(sandbox, in_hours(80))["session_id"])
    complete(sandbox, again)
    assert (0, 7500) == (share(sandbox, bought.session), share(sandbox, again))

    deliver(sandbox, bought.payment.refunded(4000))
    assert (4500, 45, 0) == (
        share(sandbox, again),
        row_of(sandbox, again)["practitioner_share"],
        row_of(sandbox, bought.session)["practitioner_share"],
    )
    assert [] == ledger_violations(sandbox)


# Giving back


def test_a_refund_is_reversed_once(sandbox: Sandbox) -> None:
    """In part, then in whole; each event arrives twice."""
    bought = pay_session(sandbox)
    complete(sandbox, bought.session)
    for so_far in (1001, 1001, 10000, 1001):
        deliver(sandbox, bought.payment.refunded(so_far))

    assert [
        ("accrual", {"client_funds": -10000, "practitioner_payable": 7500, "platform_revenue": 2500}),
        ("reversal", {"client_funds": 1001, "practitioner_payable": -751, "platform_revenue": -250}),
        ("reversal", {"client_funds": 8999, "practitioner_payable": -6749, "platform_revenue": -2250}),
    ] == postings(sandbox, bought.session)
    assert {} == owed(sandbox)
    assert "refunded" == row_of(sandbox, bought.session)["status"]


def test_a_refund_takes_unused_credits_first(sandbox: Sandbox) -> None:
    """Then the seats, the last one first: who gave the session before is paid for it."""
    bought = buy(sandbox)
    sessions = book_five(sandbox)[:4]
    complete(sandbox, *sessions)
    in_order = sorted(sessions, key=lambda each: seat_number(sandbox, each))

    deliver(sandbox, bought.payment.refunded(9400))
    assert [7050] * 4 == [share(sandbox, each) for each in in_order]
    deliver(sandbox, bought.payment.refunded(9400 + 4700))
    assert [7050, 7050, 7050, 3525] == [share(sandbox, each) for each in in_order]
    deliver(sandbox, bought.payment.refunded(47000))
    assert [0] * 4 == [share(sandbox, each) for each in in_order]


def seat_number(sandbox: Sandbox, session_id: str) -> int:
    sandbox.act_as("owner")
    return int(sandbox.one("select seat_number from private.earned_seats where session_id = %s", session_id))


def test_an_open_dispute_withholds_earnings_and_a_lost_one_reverses_them(sandbox: Sandbox) -> None:
    """A package's too, on every seat it paid; one that was won leaves all as it was."""
    bought = buy(sandbox)
    first, second, *_ = book_five(sandbox)
    complete(sandbox, first)
    seen = []
    for kind, status, number in (
        ("created", "needs_response", 1),
        ("closed", "won", 1),
        ("created", "needs_response", 2),
        ("closed", "lost", 2),
    ):
        deliver(sandbox, bought.payment.disputed(kind, status, number))
        if number == 1 and status == "needs_response":
            complete(sandbox, second)
            assert "disputed" == row_of(sandbox, second)["status"]
        seen.append((row_of(sandbox, first)["status"], share(sandbox, first)))

    assert seen == [("disputed", 7050), ("completed", 7050), ("disputed", 7050), ("refunded", 0)]
    assert {} == owed(sandbox)


def test_events_in_every_order_come_to_the_same_earnings(sandbox: Sandbox) -> None:
    """Held, refunded in part and disputed: whichever arrives first. On its way, a refund cancels nothing yet."""
    ends = set()
    for order in itertools.permutations(("hold", "hold another", "refund", "dispute")):
        with sandbox.undone():
            bought = buy(sandbox)
            one, other, *_ = book_five(sandbox)
            facts: dict[str, Any] = {
                "hold": lambda one=one: complete(sandbox, one),
                "hold another": lambda other=other: complete(sandbox, other),
                "refund": lambda bought=bought: deliver(sandbox, bought.payment.refunded(40001, "pending")),
                "dispute": lambda bought=bought: deliver(
                    sandbox, bought.payment.disputed("created", "needs_response")
                ),
            }
            for fact in (*order, *order):
                facts[fact]()
            ends.add((tuple(owed(sandbox).items()), *sorted((share(sandbox, one), share(sandbox, other)))))

    assert len(ends) == 1, ends


def test_earnings_outlive_the_session_they_are_for(sandbox: Sandbox) -> None:
    """An account is erased, and with it sessions and payments; the dispute that comes then is still reversed."""
    bought = pay_session(sandbox, who="other")
    complete(sandbox, bought.session)
    sandbox.act_as("owner")
    sandbox.run("delete from auth.users where id = %s", OTHER_CLIENT)
    assert {(FREE, "cad"): 7500} == owed(sandbox)

    deliver(sandbox, bought.payment.disputed("closed", "lost"))

    assert {} == owed(sandbox)


# What was there before


def test_a_payment_from_before_checkouts_is_earned_as_it_was_split(sandbox: Sandbox) -> None:
    """Whenever its row comes; refunded by hand, it is reversed."""
    sandbox.act_as("owner")
    sandbox.run("delete from public.session_payments")
    sandbox.run("update public.session_schedules set status = 'completed' where room_name = 'session-two'")
    sandbox.act_as("service")
    session_id = sandbox.one("select id from public.session_schedules where room_name = 'session-two'")
    sandbox.run(
        "insert into public.session_payments (session_id, practitioner_id, client_id, total_amount,"
        " practitioner_share, platform_share, currency, status)"
        " select id, practitioner_id, client_id, 73.13, 54.8475, 18.2825, 'USD', 'completed'"
        "   from public.session_schedules where id = %s",
        session_id,
    )
    assert [
        ("accrual", {"client_funds": -7313, "practitioner_payable": 5485, "platform_revenue": 1828})
    ] == postings(sandbox, session_id)

    for _ in range(2):
        sandbox.act_as("service")
        sandbox.run(
            "update public.session_payments set status = 'refunded' where session_id = %s", session_id
        )
    assert {} == owed(sandbox)
