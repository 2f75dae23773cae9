"""Reports of earnings: the overview, the series and the sessions, and who reads them."""

from datetime import timedelta

import pytest

from .booking_steps import FREE, empty_wallet, in_hours, sign
from .conftest import CLIENT, ROW, Sandbox
from .earnings_steps import Bought, complete, deliver, pay_session, row_of


@pytest.fixture(autouse=True)
def empty_start(sandbox: Sandbox) -> None:
    """The client has no credits, and may book."""
    empty_wallet(sandbox)
    sign(sandbox)


# Reading


def bought_and_held(sandbox: Sandbox) -> list[Bought]:
    """Two in Canadian dollars, one in American; one more that is to come."""
    times = [in_hours(48 + n) for n in range(4)]
    currencies = ("cad", "cad", "usd", "cad")
    all_four = [
        pay_session(sandbox, at, currency=currency) for at, currency in zip(times, currencies, strict=True)
    ]
    complete(sandbox, *(each.session for each in all_four[:3]))
    return all_four


def test_an_overview_is_one_row_per_currency(sandbox: Sandbox) -> None:
    """What is booked and not held is not pending, neither here nor in what the page adds up."""
    bought_and_held(sandbox)

    sandbox.act_as("stranger")
    cad, usd = sandbox.run("select * from public.earnings_overview()")
    page = sandbox.run(
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
    assert [150, 54.75] == [float(row["pending"]) for row in page]
    assert (cad["period_end"] - cad["period_start"]).days == 14
    assert cad["period_start"] <= sandbox.one("select (now() at time zone 'UTC')::date") < cad["period_end"]
    assert (cad["period_start"] - sandbox.one("select date '2026-01-05'")).days % 14 == 0


def test_a_payout_is_pending_until_it_is_marked_as_paid(sandbox: Sandbox) -> None:
    """On its way from the run on, paid out when an admin says so; what is taken back afterwards is owed."""
    (first, *_) = bought_and_held(sandbox)
    sandbox.act_as("owner")
    # The end of this period and its hold have passed; a run closes one period.
    while not sandbox.one("select is_done from private.run_payouts(9, now() + interval '60 days')"):
        pass

    def cad() -> list[int]:
        sandbox.act_as("stranger")
        (row, _) = sandbox.run("select * from public.earnings_overview()")
        return [
            row[name]
            for name in ("pending_payout_minor", "on_its_way_minor", "paid_out_minor", "last_year_minor")
        ]

    assert [15000, 15000, 0, 15000] == cad()
    sandbox.act_as("admin")
    sandbox.run(
        "select public.mark_payout_paid(id, 'wire') from public.payouts where practitioner_id = %s", FREE
    )
    assert [0, 0, 15000, 15000] == cad()
    deliver(sandbox, first.payment.refunded(10000))
    assert [-7500, 0, 15000, 7500] == cad()
    assert (75, "refunded") == (
        row_of(sandbox, first.session)["practitioner_share"],
        row_of(sandbox, first.session)["status"],
    )


def test_a_disputed_amount_is_shown_apart(sandbox: Sandbox) -> None:
    """It is pending, and will not be paid out before it is decided."""
    (first, *_) = bought_and_held(sandbox)
    deliver(sandbox, first.payment.disputed("created", "needs_response"))

    sandbox.act_as("stranger")
    (cad, _) = sandbox.run("select pending_payout_minor, disputed_minor from public.earnings_overview()")
    assert {"pending_payout_minor": 15000, "disputed_minor": 7500} == cad


@pytest.mark.parametrize(("step", "buckets"), [("day", 8), ("week", 2), ("month", 1)])
def test_a_series_has_no_gaps(sandbox: Sandbox, step: str, buckets: int) -> None:
    """Every bucket with either currency, on the practitioner's clock; the sums are the overview's."""
    bought_and_held(sandbox)
    sandbox.act_as("stranger")
    today = sandbox.one("select (now() at time zone 'America/Toronto')::date")

    series = sandbox.run(
        "select * from public.earnings_series(%s, %s, %s)", today - timedelta(7), today, step
    )

    starts = {row["starts_on"] for row in series}
    assert len(series) == 2 * len(starts) and buckets <= len(starts) <= buckets + 1
    assert max(starts) <= today
    sums = {
        currency: sum(row["earned_minor"] for row in series if row["currency"] == currency)
        for currency in ("cad", "usd")
    }
    assert sums == {"cad": 15000, "usd": 5475}
    assert 3 == sum(row["sessions"] for row in series)


def test_ranges_have_limits(sandbox: Sandbox) -> None:
    """A chart of ten years is made of months."""
    sandbox.act_as("stranger")
    for code, ask in (
        ("range_not_possible", "'2024-01-01', '2025-02-01', 'day'"),
        ("range_not_possible", "'2026-02-01', '2026-01-01', 'month'"),
        ("range_not_possible", "'1900-01-01', '2026-01-01', 'month'"),
        ("step_unknown", "'2026-01-01', '2026-02-01', 'hour'"),
        ("step_unknown", "'2026-01-01', '2026-02-01', null"),
    ):
        with sandbox.refused(code):
            sandbox.run(f"select * from public.earnings_series({ask})")
    with sandbox.refused("cursor_unknown"):
        sandbox.run("select * from public.earnings_sessions(cursor => 'x')")
    assert (
        120
        < len(sandbox.run("select * from public.earnings_series('2016-06-01', '2026-06-01', 'month')")) / 2
    )


def test_sessions_come_page_by_page(sandbox: Sandbox) -> None:
    """The latest first, each once; by their days if asked."""
    held = bought_and_held(sandbox)[:3]
    pages, cursor = [], None
    sandbox.act_as("stranger")
    while page := sandbox.run("select * from public.earnings_sessions(page_size => 2, cursor => %s)", cursor):
        pages.append([str(row["session_id"]) for row in page])
        cursor = page[-1]["next_cursor"]

    assert [[held[2].session, held[1].session], [held[0].session]] == pages
    day = sandbox.one("select (now() at time zone 'America/Toronto')::date + 30")
    assert [] == sandbox.run("select * from public.earnings_sessions(from_date => %s)", day)
    (last, *_) = sandbox.run("select * from public.earnings_sessions()")
    assert ("payment", "usd", 7300, 0, 5475, "pending", "Client", 45) == tuple(
        last[name]
        for name in (
            *("paid_with", "currency", "price_minor", "returned_minor", "share_minor", "status"),
            *("client_name", "duration_minutes"),
        )
    )


@pytest.mark.parametrize("ask", ["earnings_overview", "earnings_series", "earnings_sessions"])
def test_earnings_are_read_by_their_practitioner_and_admins(sandbox: Sandbox, ask: str) -> None:
    """Another's are not there; who gives no sessions has none."""
    call = f"select count(*) from public.{ask}(practitioner_id => %s)"
    sandbox.act_as("practitioner")
    assert sandbox.one(call, ROW) == sandbox.one(call, None)
    with sandbox.refused("practitioner_not_found"):
        sandbox.one(call, FREE)
    sandbox.act_as("admin")
    assert sandbox.one(call, FREE) >= 0
    with sandbox.refused("practitioner_not_found"):
        sandbox.one(call, CLIENT)
    for who in ("admin", "client"):
        sandbox.act_as(who)
        with sandbox.refused("practitioners_only"):
            sandbox.one(call, None)
    for who in ("anon", "service"):
        sandbox.act_as(who)
        with sandbox.forbidden():
            sandbox.one(call, ROW)
