"""Payouts: what a period earned is sent once, in each currency for itself, less what was given back."""

from datetime import timedelta

import psycopg
import pytest

from .conftest import ROW, Sandbox
from .payout_steps import OTHER, amounts, balance, earn, entry, failed, lines, on_page, paid, payouts, run


def test_a_period_is_paid_once_its_hold_is_over(sandbox: Sandbox) -> None:
    """The sum of its lines, and a second run finds nothing more to do."""
    earned = [earn(sandbox, 7500), earn(sandbox, 5025)]

    first, second = run(sandbox), run(sandbox)

    assert (1, True, 0) == (first["payouts_made"], first["is_done"], second["payouts_made"])
    (payout,) = payouts(sandbox)
    assert (12525, "pending") == (payout["amount_minor"], payout["status"])
    assert {each.id for each in earned} == lines(sandbox, payout)
    assert 7500 == balance(sandbox)  # what the seeded practitioner earned today


def test_nothing_is_paid_before_the_hold_is_over(sandbox: Sandbox) -> None:
    """Money that is earned today waits for the end of its period and for the seven days after it."""
    earn(sandbox, 7500, practitioner=OTHER, ago=timedelta(0))
    sandbox.act_as("owner")
    days = sandbox.one(
        """select ceil(extract(epoch from private.get_utc_midnight(p.period_end) - now()) / 86400)::int
             from private.open_payout_periods(now()) p"""
    )

    assert [] == [
        amounts(sandbox, OTHER) for each in (0, days, days + 6) if run(sandbox, each)["payouts_made"] > 9
    ]
    assert [] == amounts(sandbox, OTHER)
    run(sandbox, days + 7)
    assert [("cad", 7500)] == amounts(sandbox, OTHER)


def test_periods_have_neither_gap_nor_overlap(sandbox: Sandbox) -> None:
    """Also when the terms change; and the database refuses any other row."""
    sandbox.act_as("owner")
    sandbox.run("insert into public.payout_terms (period_days, hold_days) values (7, 3)")
    run(sandbox, days=100)

    sandbox.act_as("practitioner")
    periods = sandbox.run("select period_start, period_end from public.payout_periods order by number")
    assert [each["period_end"] for each in periods[:-1]] == [each["period_start"] for each in periods[1:]]
    assert {14, 7} == {(each["period_end"] - each["period_start"]).days for each in periods}
    sandbox.act_as("owner")
    for start, end in (
        ("2026-01-05", "2031-01-01"),
        ("2031-01-01", "2031-01-15"),
        ("2026-01-19", "2026-01-20"),
    ):
        with pytest.raises(psycopg.errors.IntegrityError), sandbox.undone():
            sandbox.run(
                "insert into public.payout_periods (number, period_start, period_end) values (999, %s, %s)",
                start,
                end,
            )


def test_currencies_are_never_added_together(sandbox: Sandbox) -> None:
    """One payout for each."""
    earn(sandbox, 7500)
    earn(sandbox, 5000, currency="usd")

    run(sandbox)

    assert {("cad", 7500), ("usd", 5000)} == set(amounts(sandbox))


def test_a_negative_balance_is_carried_forward(sandbox: Sandbox) -> None:
    """A refund after the money was sent is taken from what is earned next, over as many periods as it takes."""
    earned = earn(sandbox, 7500)
    run(sandbox)
    paid(sandbox, *payouts(sandbox))
    taken = entry(sandbox, -7500, of=earned)
    small = earn(sandbox, 5000)

    assert 1 == run(sandbox)["carried_forward"]
    assert 1 == len(payouts(sandbox))
    large = earn(sandbox, 4000)
    run(sandbox)

    second = payouts(sandbox)[0]
    assert 1500 == second["amount_minor"]
    assert {taken.id, small.id, large.id} == lines(sandbox, second)


def test_a_refund_during_the_hold_is_deducted_before_paying(sandbox: Sandbox) -> None:
    """A refund counts from the date of the earning it takes back, though it is posted later."""
    earned = earn(sandbox, 7500)
    earn(sandbox, 2500)
    entry(sandbox, -7500, of=earned, ago=timedelta(0))
    not_due = earn(sandbox, 3000, ago=timedelta(0))
    entry(sandbox, -1000, of=not_due, ago=timedelta(0))

    run(sandbox)

    assert [("cad", 2500)] == amounts(sandbox)


def test_a_failed_payout_is_paid_again(sandbox: Sandbox) -> None:
    """By the next run, with the same lines; each cent once, and what failed stays on record."""
    earned = earn(sandbox, 7500)
    run(sandbox)
    (first,) = payouts(sandbox)

    assert "failed" == failed(sandbox, first)["status"]
    assert 15000 == balance(sandbox)
    assert 1 == run(sandbox)["payouts_made"]
    (second,) = payouts(sandbox, status="pending")
    paid(sandbox, second)

    assert {earned.id} == lines(sandbox, first) == lines(sandbox, second)
    assert 7500 == balance(sandbox)
    assert [("paid_out", True)] == on_page(sandbox, earned)


INCONSISTENT_WRITES = {
    "a sum that is not the lines'": (
        "insert into public.payouts (practitioner_id, currency, amount_minor, period_start, period_end)"
        f" values ('{ROW}', 'cad', 5, '2026-01-05', '2026-01-19')",
        "payout_does_not_add_up",
    ),
    "a line more": (
        f"""insert into public.payout_lines (payout_id, ledger_transaction_id, practitioner_id, currency, amount_minor)
            select id, '{ROW}', practitioner_id, currency, 7500 from public.payouts where status = 'pending'""",
        "payout_does_not_add_up",
    ),
    "another amount": (
        "update public.payouts set amount_minor = 1 where status = 'pending'",
        "payout_is_kept",
    ),
    "a line that is gone": ("delete from public.payout_lines", "payout_is_kept"),
    "a state that is taken back": (
        "update public.payouts set status = 'pending' where status = 'failed'",
        "payout_is_kept",
    ),
    "paid, with its lines released": (
        "with gone as (update public.payout_lines set released_at = now() where released_at is null)"
        " update public.payouts set status = 'paid', paid_at = now() where status = 'pending'",
        "payout_does_not_add_up",
    ),
}


@pytest.mark.parametrize(("statement", "code"), INCONSISTENT_WRITES.values(), ids=list(INCONSISTENT_WRITES))
def test_the_owner_cannot_write_a_payout_that_does_not_add_up(
    sandbox: Sandbox, statement: str, code: str
) -> None:
    """A payout is the sum of its lines and shares their fate, whoever writes it."""
    earn(sandbox, 7500)
    run(sandbox)

    with sandbox.refused(code):
        sandbox.run(statement)
        sandbox.run("set constraints all immediate")


def test_a_line_is_in_one_live_payout_of_its_own_practitioner_and_currency(sandbox: Sandbox) -> None:
    """Unique, and by its keys."""
    earned = earn(sandbox, 7500)
    run(sandbox)
    copy = """insert into public.payout_lines
                (payout_id, ledger_transaction_id, practitioner_id, currency, amount_minor)
              select id, %s, %s, %s, 7500 from public.payouts where status = 'pending'"""

    sandbox.act_as("owner")
    for owner, currency in ((ROW, "cad"), (OTHER, "cad"), (ROW, "usd")):
        with pytest.raises(psycopg.errors.IntegrityError), sandbox.undone():
            sandbox.run(copy, earned.id, owner, currency)
