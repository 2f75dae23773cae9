"""Earnings: each paid seat is earned once, to the cent, whatever it was paid with, and given back as the money is."""

import itertools
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from sql.throwaway import MIGRATIONS, Server

from .booking_scene import (
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
from .conftest import CLIENT, OTHER_CLIENT, ROW, Stage
from .earnings_scene import (
    Bought,
    buy,
    cancel,
    complete,
    deliver,
    ledger_wrongs,
    owed,
    pay_seat,
    pay_session,
    postings,
    price_packages,
    row_of,
    share,
)

EARNED = next(path for path in MIGRATIONS if path.name.endswith("_earned_seats.sql"))


@pytest.fixture(autouse=True)
def _afresh(stage: Stage) -> None:
    """The client has no credits, and may book."""
    empty_wallet(stage)
    sign(stage)


def book_five(stage: Stage) -> list[str]:
    """A session with each credit there is."""
    first = in_hours(72)
    return [str(book(stage, first + timedelta(hours=n))["session_id"]) for n in range(5)]


# Holding


def test_a_session_is_earned_when_it_was_held(stage: Stage) -> None:
    """Not when it was paid; and once, whatever becomes completed again."""
    bought = pay_session(stage, currency="usd", minutes=20)
    assert [] == postings(stage, bought.session)

    complete(stage, bought.session)
    complete(stage, bought.session)

    # Three quarters of 40.15.
    lines = {"client_funds": -4015, "practitioner_payable": 3011, "platform_revenue": 1004}
    assert [("accrual", lines)] == postings(stage, bought.session)
    assert {(FREE, "usd"): 3011} == owed(stage)


def test_five_credits_are_worth_what_was_paid_for_them(stage: Stage) -> None:
    """Of 450.03, the parts are whole cents, and together they are 450.03; the client reads one purchase, not six."""
    price_packages(stage)
    buy(stage)
    sessions = book_five(stage)

    complete(stage, *sessions)

    prices = sorted(-lines["client_funds"] for each in sessions for _, lines in postings(stage, each))
    assert prices == [9000, 9000, 9001, 9001, 9001]
    assert {(FREE, "cad"): sum(share(stage, each) for each in sessions)} == owed(stage)
    rows = [row_of(stage, each) for each in sessions]
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
    stage.act_as("client")
    assert [] == stage.run(
        "select id from public.session_payments where session_id = any (%s::uuid[])", sessions
    )
    assert ["package_5"] == [
        row["payment_type"]
        for row in stage.run("select payment_type from public.past_purchases where user_id = %s", CLIENT)
        if row["payment_type"] != "single"
    ]


def test_a_given_credit_earns_nothing_and_says_so(stage: Stage) -> None:
    """A row of nought, and no entry; also a credit that was added to some that were bought."""
    grant(stage, 1)
    given = str(book(stage, in_hours(60))["session_id"])
    bought = buy(stage)
    stage.act_as("admin")
    stage.run("select * from public.adjust_credits(1, 'A present', lot_id => %s)", bought.lot)
    sessions = book_five(stage)
    added = str(book(stage, in_hours(90))["session_id"])

    complete(stage, given, *sessions)
    complete(stage, added)

    for each in (given, added):
        assert [] == postings(stage, each)
        assert [0, 0, 0] == [
            row_of(stage, each)[name] for name in ("total_amount", "practitioner_share", "platform_share")
        ]
    assert {(FREE, "cad"): 35250} == owed(stage)  # three quarters of 470
    stage.act_as("stranger")
    rows = stage.run("select session_id, paid_with from public.earnings_sessions()")
    assert {given, added} < {str(row["session_id"]) for row in rows}
    assert ["given_credit"] == [row["paid_with"] for row in rows if str(row["session_id"]) == given]


def test_nobody_paid_and_nothing_is_earned(stage: Stage) -> None:
    """A practitioner's own booking."""
    stage.act_as("service")
    stage.run("update public.session_schedules set status = 'completed' where room_name = 'session-two'")

    assert {} == owed(stage)


def test_a_class_earns_each_paid_seat(stage: Stage) -> None:
    """Held at once, whichever way each was paid; a seat that was cancelled is none."""
    group_class = make_class(stage, in_hours(72))
    paid = pay_seat(stage, group_class)
    sign(stage, "other")
    buy(stage, minutes=60, is_group=True, who="other", currency="usd")
    joined = join(stage, group_class, who="other")
    grant(stage, 1, who="practitioner")
    sign(stage, "practitioner")
    left = join(stage, group_class, who="practitioner")
    cancel(stage, left, "practitioner")

    complete(stage, group_class)

    assert {"completed"} == {session(stage, each)["status"] for each in (paid.session, joined)}
    amount = paid.payment.amount
    assert {(FREE, "cad"): (amount * 3 + 2) // 4, (FREE, "usd"): 6023} == owed(
        stage
    )  # of 401.50, a fifth, three quarters
    assert [] == postings(stage, left) == postings(stage, group_class)


def test_the_share_is_that_of_the_day_it_was_paid(stage: Stage) -> None:
    """Of a credit: when its lot was bought."""
    buy(stage)
    first, second, *_ = book_five(stage)
    complete(stage, first)
    stage.act_as("admin")
    stage.run(
        "insert into public.revenue_shares (practitioner_percent, valid_from) values (50, now() + interval '1 s')"
    )
    stage.act_as("owner")
    stage.run("update public.checkout_sessions set paid_at = paid_at - interval '1 day' where id <> %s", ROW)

    complete(stage, second)

    assert (7050, 7050) == (share(stage, first), share(stage, second))


# Cancelling


def test_what_is_forfeited_is_earned(stage: Stage) -> None:
    """The time was kept, and nothing went back. Paid singly and by credit alike."""
    single = pay_session(stage)
    buy(stage)
    by_credit = str(book(stage, in_hours(90))["session_id"])
    for each in (single.session, by_credit):
        start_in(stage, each, 1)
        assert "last_minute" == cancel(stage, each)

    assert (7500, 7050) == (share(stage, single.session), share(stage, by_credit))
    stage.act_as("stranger")
    assert {True} == {
        row["is_forfeited"] for row in stage.run("select is_forfeited from public.earnings_sessions()")
    }


def test_a_payment_that_became_a_credit_is_earned_by_what_it_is_used_for(stage: Stage) -> None:
    """The first row counts nothing any more, the second everything, and a refund finds it."""
    bought = pay_session(stage)
    assert 75 == row_of(stage, bought.session)["practitioner_share"]
    assert "standard" == cancel(stage, bought.session)
    cancelled = row_of(stage, bought.session)
    assert (0, 100, "completed") == (
        cancelled["practitioner_share"],
        cancelled["platform_share"],
        cancelled["status"],
    )

    again = str(book(stage, in_hours(80))["session_id"])
    complete(stage, again)
    assert (0, 7500) == (share(stage, bought.session), share(stage, again))

    deliver(stage, bought.payment.refunded(4000))
    assert (4500, 45, 0) == (
        share(stage, again),
        row_of(stage, again)["practitioner_share"],
        row_of(stage, bought.session)["practitioner_share"],
    )
    assert [] == ledger_wrongs(stage)


# Giving back


def test_a_refund_is_reversed_once(stage: Stage) -> None:
    """In part, then in whole; each heard of twice."""
    bought = pay_session(stage)
    complete(stage, bought.session)
    for so_far in (1001, 1001, 10000, 1001):
        deliver(stage, bought.payment.refunded(so_far))

    assert [
        ("accrual", {"client_funds": -10000, "practitioner_payable": 7500, "platform_revenue": 2500}),
        ("reversal", {"client_funds": 1001, "practitioner_payable": -751, "platform_revenue": -250}),
        ("reversal", {"client_funds": 8999, "practitioner_payable": -6749, "platform_revenue": -2250}),
    ] == postings(stage, bought.session)
    assert {} == owed(stage)
    assert "refunded" == row_of(stage, bought.session)["status"]


def test_a_refund_takes_unused_credits_first(stage: Stage) -> None:
    """Then the seats, the last one first: who gave the session before is paid for it."""
    bought = buy(stage)
    sessions = book_five(stage)[:4]
    complete(stage, *sessions)
    places = sorted(sessions, key=lambda each: place(stage, each))

    deliver(stage, bought.payment.refunded(9400))
    assert [7050] * 4 == [share(stage, each) for each in places]
    deliver(stage, bought.payment.refunded(9400 + 4700))
    assert [7050, 7050, 7050, 3525] == [share(stage, each) for each in places]
    deliver(stage, bought.payment.refunded(47000))
    assert [0] * 4 == [share(stage, each) for each in places]


def place(stage: Stage, session_id: str) -> int:
    stage.act_as("owner")
    return int(stage.one("select place from private.earned_seats where session_id = %s", session_id))


def test_an_open_dispute_holds_a_lost_one_reverses(stage: Stage) -> None:
    """A package's too, on every seat it paid; one that was won leaves all as it was."""
    bought = buy(stage)
    first, second, *_ = book_five(stage)
    complete(stage, first)
    seen = []
    for kind, status, number in (
        ("created", "needs_response", 1),
        ("closed", "won", 1),
        ("created", "needs_response", 2),
        ("closed", "lost", 2),
    ):
        deliver(stage, bought.payment.disputed(kind, status, number))
        if number == 1 and status == "needs_response":
            complete(stage, second)
            assert "disputed" == row_of(stage, second)["status"]
        seen.append((row_of(stage, first)["status"], share(stage, first)))

    assert seen == [("disputed", 7050), ("completed", 7050), ("disputed", 7050), ("refunded", 0)]
    assert {} == owed(stage)


def test_every_order_comes_to_the_same(stage: Stage) -> None:
    """Held, forfeited, refunded in part, disputed and lost: whatever is heard of first."""
    ends = set()
    for order in itertools.permutations(("hold", "hold another", "refund", "dispute")):
        with stage.undone():
            bought = buy(stage)
            one, other, *_ = book_five(stage)
            facts: dict[str, Any] = {
                "hold": lambda one=one: complete(stage, one),
                "hold another": lambda other=other: complete(stage, other),
                "refund": lambda bought=bought: deliver(stage, bought.payment.refunded(40001)),
                "dispute": lambda bought=bought: deliver(
                    stage, bought.payment.disputed("created", "needs_response")
                ),
            }
            for fact in (*order, *order):
                facts[fact]()
            ends.add((tuple(owed(stage).items()), *sorted((share(stage, one), share(stage, other)))))

    assert len(ends) == 1, ends


def test_money_outlives_the_session_it_was_for(stage: Stage) -> None:
    """An account is erased, and with it sessions and payments; the dispute that comes then is still reversed."""
    bought = pay_session(stage, who="other")
    complete(stage, bought.session)
    stage.act_as("owner")
    stage.run("delete from auth.users where id = %s", OTHER_CLIENT)
    assert {(FREE, "cad"): 7500} == owed(stage)

    deliver(stage, bought.payment.disputed("closed", "lost"))

    assert {} == owed(stage)


# What was there before


def test_what_was_paid_before_there_were_checkouts_is_earned_as_it_was_split(stage: Stage) -> None:
    """Whenever its row comes; refunded by hand, it is reversed."""
    stage.act_as("owner")
    stage.run("delete from public.session_payments")
    stage.run("update public.session_schedules set status = 'completed' where room_name = 'session-two'")
    stage.act_as("service")
    session_id = stage.one("select id from public.session_schedules where room_name = 'session-two'")
    stage.run(
        "insert into public.session_payments (session_id, practitioner_id, client_id, total_amount,"
        " practitioner_share, platform_share, currency, status)"
        " select id, practitioner_id, client_id, 73.13, 54.8475, 18.2825, 'USD', 'completed'"
        "   from public.session_schedules where id = %s",
        session_id,
    )
    assert [
        ("accrual", {"client_funds": -7313, "practitioner_payable": 5485, "platform_revenue": 1828})
    ] == postings(stage, session_id)

    for _ in range(2):
        stage.act_as("service")
        stage.run("update public.session_payments set status = 'refunded' where session_id = %s", session_id)
    assert {} == owed(stage)


def test_the_ledger_opens_with_what_was_held(postgres: Server) -> None:
    """And not with what is still to come, or was cancelled."""
    url = postgres.build("before_earnings", [path for path in MIGRATIONS if path < EARNED])
    with psycopg.connect(url) as connection:
        connection.execute((EARNED.parents[2] / "tests/sql/opening.sql").read_bytes())
        connection.execute(EARNED.read_bytes())

        found = connection.execute(
            "select t.currency, p.amount_minor from public.ledger_transactions t"
            " join public.ledger_postings p on p.transaction_id = t.id where p.account = 'practitioner_payable'"
        ).fetchall()

    assert [("cad", 7500)] == found


# Reading


def bought_and_held(stage: Stage) -> list[Bought]:
    """Two in Canadian dollars, one in American; one more that is to come."""
    times = [in_hours(48 + n) for n in range(4)]
    currencies = ("cad", "cad", "usd", "cad")
    all_four = [
        pay_session(stage, at, currency=currency) for at, currency in zip(times, currencies, strict=True)
    ]
    complete(stage, *(each.session for each in all_four[:3]))
    return all_four


def test_an_overview_is_one_row_per_currency(stage: Stage) -> None:
    """What is booked and not held is not pending; what the page adds up is both."""
    bought_and_held(stage)

    stage.act_as("stranger")
    cad, usd = stage.run("select * from public.earnings_overview()")
    page = stage.run(
        "select currency, sum(practitioner_share) as pending from public.session_payments"
        " where status = 'completed' and paid_out_at is null group by currency order by currency"
    )

    assert ("cad", 15000, 15000, 15000, 7500, 2) == (
        cad["currency"],
        cad["pending_payout_minor"],
        cad["period_earned_minor"],
        cad["last_year_minor"],
        cad["booked_minor"],
        cad["period_sessions"],
    )
    assert (usd["pending_payout_minor"], usd["booked_minor"]) == (5475, 0)
    assert [225, 54.75] == [float(row["pending"]) for row in page]
    assert (cad["period_end"] - cad["period_start"]).days == 14
    assert cad["period_start"] <= stage.one("select (now() at time zone 'UTC')::date") < cad["period_end"]
    assert (cad["period_start"] - stage.one("select date '2026-01-05'")).days % 14 == 0


def test_what_is_paid_out_is_pending_until_it_arrives(stage: Stage) -> None:
    """On its way from the run on, paid out when an admin says so; what is taken back afterwards is owed."""
    (first, *_) = bought_and_held(stage)
    stage.act_as("owner")
    # The end of this period and its hold have passed; a run closes one period.
    while not stage.one("select is_done from private.run_payouts(9, now() + interval '60 days')"):
        pass

    def cad() -> list[int]:
        stage.act_as("stranger")
        (row, _) = stage.run("select * from public.earnings_overview()")
        return [
            row[name]
            for name in ("pending_payout_minor", "on_its_way_minor", "paid_out_minor", "last_year_minor")
        ]

    assert [15000, 15000, 0, 15000] == cad()
    stage.act_as("admin")
    stage.run(
        "select public.mark_payout_paid(id, 'wire') from public.payouts where practitioner_id = %s", FREE
    )
    assert [0, 0, 15000, 15000] == cad()
    deliver(stage, first.payment.refunded(10000))
    assert [-7500, 0, 15000, 7500] == cad()
    assert (75, "refunded") == (
        row_of(stage, first.session)["practitioner_share"],
        row_of(stage, first.session)["status"],
    )


def test_a_dispute_is_told_apart(stage: Stage) -> None:
    """It is pending, and will not be paid out before it is decided."""
    (first, *_) = bought_and_held(stage)
    deliver(stage, first.payment.disputed("created", "needs_response"))

    stage.act_as("stranger")
    (cad, _) = stage.run("select pending_payout_minor, disputed_minor from public.earnings_overview()")
    assert {"pending_payout_minor": 15000, "disputed_minor": 7500} == cad


@pytest.mark.parametrize(("step", "buckets"), [("day", 8), ("week", 2), ("month", 1)])
def test_a_series_has_no_gaps(stage: Stage, step: str, buckets: int) -> None:
    """Every bucket with either currency, on the practitioner's clock; the sums are the overview's."""
    bought_and_held(stage)
    stage.act_as("stranger")
    today = stage.one("select (now() at time zone 'America/Toronto')::date")

    series = stage.run("select * from public.earnings_series(%s, %s, %s)", today - timedelta(7), today, step)

    starts = {row["starts_on"] for row in series}
    assert len(series) == 2 * len(starts) and buckets <= len(starts) <= buckets + 1
    assert max(starts) <= today
    sums = {
        currency: sum(row["earned_minor"] for row in series if row["currency"] == currency)
        for currency in ("cad", "usd")
    }
    assert sums == {"cad": 15000, "usd": 5475}
    assert 3 == sum(row["sessions"] for row in series)


def test_ranges_have_limits(stage: Stage) -> None:
    """A chart of ten years is made of months."""
    stage.act_as("stranger")
    for code, ask in (
        ("range_not_possible", "'2024-01-01', '2025-02-01', 'day'"),
        ("range_not_possible", "'2026-02-01', '2026-01-01', 'month'"),
        ("range_not_possible", "'1900-01-01', '2026-01-01', 'month'"),
        ("step_unknown", "'2026-01-01', '2026-02-01', 'hour'"),
        ("step_unknown", "'2026-01-01', '2026-02-01', null"),
    ):
        with stage.refused(code):
            stage.run(f"select * from public.earnings_series({ask})")
    with stage.refused("cursor_unknown"):
        stage.run("select * from public.earnings_sessions(cursor => 'x')")
    assert (
        120 < len(stage.run("select * from public.earnings_series('2016-06-01', '2026-06-01', 'month')")) / 2
    )


def test_sessions_come_page_by_page(stage: Stage) -> None:
    """The latest first, each once; by their days if asked."""
    held = bought_and_held(stage)[:3]
    pages, cursor = [], None
    stage.act_as("stranger")
    while page := stage.run("select * from public.earnings_sessions(page_size => 2, cursor => %s)", cursor):
        pages.append([str(row["session_id"]) for row in page])
        cursor = page[-1]["next_cursor"]

    assert [[held[2].session, held[1].session], [held[0].session]] == pages
    day = stage.one("select (now() at time zone 'America/Toronto')::date + 30")
    assert [] == stage.run("select * from public.earnings_sessions(from_date => %s)", day)
    (last, *_) = stage.run("select * from public.earnings_sessions()")
    assert ("payment", "usd", 7300, 0, 5475, "pending", "Client", 45) == tuple(
        last[name]
        for name in (
            *("paid_with", "currency", "price_minor", "returned_minor", "share_minor", "status"),
            *("client_name", "duration_minutes"),
        )
    )


@pytest.mark.parametrize("ask", ["earnings_overview", "earnings_series", "earnings_sessions"])
def test_earnings_are_the_practitioners_and_the_admins(stage: Stage, ask: str) -> None:
    """Another's are not there; who gives no sessions has none."""
    call = f"select count(*) from public.{ask}(practitioner_id => %s)"
    stage.act_as("practitioner")
    assert stage.one(call, ROW) == stage.one(call, None)
    with stage.refused("practitioner_not_found"):
        stage.one(call, FREE)
    stage.act_as("admin")
    assert stage.one(call, FREE) >= 0
    with stage.refused("practitioner_not_found"):
        stage.one(call, CLIENT)
    for who in ("admin", "client"):
        stage.act_as(who)
        with stage.refused("practitioners_only"):
            stage.one(call, None)
    for who in ("anon", "service"):
        stage.act_as(who)
        with stage.forbidden():
            stage.one(call, ROW)
