"""Payouts: what a period earned is sent once, in each currency for itself, less what was given back."""

from datetime import timedelta

import psycopg
import pytest

from .conftest import ROW, Stage
from .payout_scene import (
    OTHER,
    Entry,
    amounts,
    balance,
    earn,
    entry,
    failed,
    lines,
    mark_on_page,
    on_page,
    paid,
    payment,
    payouts,
    run,
)


def test_a_period_is_paid_once_its_hold_is_over(stage: Stage) -> None:
    """The sum of its lines, and a second run finds nothing more to do."""
    earned = [earn(stage, 7500), earn(stage, 5025)]

    first, second = run(stage), run(stage)

    assert (1, True, 0) == (first["payouts_made"], first["is_done"], second["payouts_made"])
    (payout,) = payouts(stage)
    assert (12525, "pending") == (payout["amount_minor"], payout["status"])
    assert {each.id for each in earned} == lines(stage, payout)
    assert 7500 == balance(stage)  # what the story's practitioner earned today


def test_nothing_is_paid_before(stage: Stage) -> None:
    """Money that came in today waits for the end of its period and for the seven days after it."""
    earn(stage, 7500, practitioner=OTHER, ago=timedelta(0))
    stage.act_as("owner")
    days = stage.one(
        """select ceil(extract(epoch from private.midnight(p.period_end) - now()) / 86400)::int
             from private.payout_period_at(now()) p"""
    )

    assert [] == [
        amounts(stage, OTHER) for each in (0, days, days + 6) if run(stage, each)["payouts_made"] > 9
    ]
    assert [] == amounts(stage, OTHER)
    run(stage, days + 7)
    assert [("cad", 7500)] == amounts(stage, OTHER)


def test_periods_have_neither_gap_nor_overlap(stage: Stage) -> None:
    """Also when the terms change; and the database refuses any other row."""
    stage.act_as("owner")
    stage.run("insert into public.payout_terms (period_days, hold_days) values (7, 3)")
    run(stage, days=100)

    stage.act_as("practitioner")
    periods = stage.run("select period_start, period_end from public.payout_periods order by number")
    assert [each["period_end"] for each in periods[:-1]] == [each["period_start"] for each in periods[1:]]
    assert {14, 7} == {(each["period_end"] - each["period_start"]).days for each in periods}
    stage.act_as("owner")
    for start, end in (
        ("2026-01-05", "2031-01-01"),
        ("2031-01-01", "2031-01-15"),
        ("2026-01-19", "2026-01-20"),
    ):
        with pytest.raises(psycopg.errors.IntegrityError), stage.undone():
            stage.run(
                "insert into public.payout_periods (number, period_start, period_end) values (999, %s, %s)",
                start,
                end,
            )


def test_currencies_are_never_added_together(stage: Stage) -> None:
    """One payout for each."""
    earn(stage, 7500)
    earn(stage, 5000, currency="usd")

    run(stage)

    assert {("cad", 7500), ("usd", 5000)} == set(amounts(stage))


def test_a_negative_is_carried_forward(stage: Stage) -> None:
    """A refund after the money was sent is taken from what is earned next, over as many periods as it takes."""
    earned = earn(stage, 7500)
    run(stage)
    paid(stage, *payouts(stage))
    taken = entry(stage, -7500, of=earned)
    small = earn(stage, 5000)

    assert 1 == run(stage)["carried_forward"]
    assert 1 == len(payouts(stage))
    large = earn(stage, 4000)
    run(stage)

    second = payouts(stage)[0]
    assert 1500 == second["amount_minor"]
    assert {taken.id, small.id, large.id} == lines(stage, second)


def test_what_is_given_back_during_the_hold_is_not_paid_first(stage: Stage) -> None:
    """It counts as soon as what it was earned by, though it came later."""
    earned = earn(stage, 7500)
    earn(stage, 2500)
    entry(stage, -7500, of=earned, ago=timedelta(0))
    not_due = earn(stage, 3000, ago=timedelta(0))
    entry(stage, -1000, of=not_due, ago=timedelta(0))

    run(stage)

    assert [("cad", 2500)] == amounts(stage)


def test_a_failed_payout_is_paid_again(stage: Stage) -> None:
    """By the next run, with the same lines; each cent once, and what failed stays on record."""
    earned = earn(stage, 7500)
    run(stage)
    (first,) = payouts(stage)

    assert "failed" == failed(stage, first)["status"]
    assert 15000 == balance(stage)
    assert 1 == run(stage)["payouts_made"]
    (second,) = payouts(stage, status="pending")
    paid(stage, second)

    assert {earned.id} == lines(stage, first) == lines(stage, second)
    assert 7500 == balance(stage)
    assert [("paid_out", True)] == on_page(stage, earned)


def test_paid_is_marked_where_the_pages_look(stage: Stage) -> None:
    """With reference, date and who said so; not on what was given back in full."""
    earned, returned = earn(stage, 7500), earn(stage, 2000)
    entry(stage, -2000, of=returned)
    run(stage)
    (payout,) = payouts(stage)

    row = paid(stage, payout, "wire-77")

    assert ("paid", "wire-77", True) == (
        row["status"],
        row["transaction_reference"],
        row["settled_by"] is not None,
    )
    assert [("paid_out", True), ("completed", False)] == on_page(stage, earned, returned)


def test_saying_it_again_is_no_news_and_something_else_is_refused(stage: Stage) -> None:
    """A provider repeats itself; what is settled stays so."""
    earn(stage, 7500)
    run(stage)
    (payout,) = payouts(stage)
    first = paid(stage, payout, who="service")

    assert first == paid(stage, payout, who="service")
    with stage.refused("payout_is_settled"):
        paid(stage, payout, "another wire")
    with stage.refused("payout_is_settled"):
        failed(stage, payout)


def test_only_admins_and_providers_say_what_became_of_a_payout(stage: Stage) -> None:
    """And they say which, and why."""
    earn(stage, 7500)
    run(stage)
    (payout,) = payouts(stage)

    for who in ("practitioner", "client"):
        with stage.refused("admins_only"):
            paid(stage, payout, who=who)
    with stage.refused("reference_missing"):
        paid(stage, payout, "  ")
    with stage.refused("reference_missing"):
        failed(stage, payout, "")
    with stage.refused("payout_not_found"):
        paid(stage, {"id": "5a1e0000-0000-4000-8000-00000000dead"})
    stage.act_as("admin")
    with stage.forbidden():
        stage.run("select * from public.run_payouts()")


def test_a_practitioner_reads_their_own_payouts_and_lines(stage: Stage) -> None:
    """And nobody else's."""
    earn(stage, 7500)
    run(stage)
    mine = """select count(*) from public.payouts p join public.payout_lines l on l.payout_id = p.id
               where p.status = 'pending'"""

    seen = {}
    for who in ("practitioner", "stranger", "client", "admin"):
        stage.act_as(who)
        seen[who] = stage.one(mine)

    assert {"practitioner": 1, "stranger": 0, "client": 0, "admin": 1} == seen


# The payments page ------------------------------------------------------------------------------------------------


def test_the_payments_page_pays_out_at_once(stage: Stage) -> None:
    """One payment, whether or not its period is over, less what was given back of it; the next run finds it paid."""
    earned = earn(stage, 7500, practitioner=OTHER, ago=timedelta(0))
    entry(stage, -2500, of=earned, ago=timedelta(0))

    assert 1 == mark_on_page(stage, earned)
    run(stage, days=60)

    (payout,) = payouts(stage, OTHER)
    assert (5000, "paid", None) == (payout["amount_minor"], payout["status"], payout["transaction_reference"])
    assert payout["settled_by"] is not None
    assert [("paid_out", True)] == on_page(stage, earned)
    assert 0 == balance(stage, OTHER)


def test_the_payments_page_pays_out_several(stage: Stage) -> None:
    """In one update: one payout for each practitioner and currency."""
    several = [
        earn(stage, 7500),
        earn(stage, 500),
        earn(stage, 400, currency="usd"),
        earn(stage, 300, practitioner=OTHER),
    ]

    assert 4 == mark_on_page(stage, *several)

    assert {("cad", 8000), ("usd", 400)} == set(amounts(stage, status="paid"))
    assert [("cad", 300)] == amounts(stage, OTHER, status="paid")


def test_marking_a_whole_pending_payout_is_marking_that_payout(stage: Stage) -> None:
    """With what was taken back in it, although the page does not show that."""
    before = earn(stage, 7500)
    run(stage)
    paid(stage, *payouts(stage))
    entry(stage, -1000, of=before)
    several = [earn(stage, 3000), earn(stage, 2000)]
    run(stage)

    mark_on_page(stage, *several)

    assert [("cad", 7500), ("cad", 4000)] == sorted(amounts(stage, status="paid"), reverse=True)
    assert 2 == len(payouts(stage))


def test_a_payout_that_is_paid_leaves_others_alone(stage: Stage) -> None:
    """Also where another one, still pending, has a later line of the same payment."""
    earned = earn(stage, 7500)
    run(stage)
    (first,) = payouts(stage)
    entry(stage, 2500, of=earned)
    earn(stage, 1000)
    run(stage)

    paid(stage, first)

    assert [("cad", 3500)] == amounts(stage, status="pending")
    assert [("cad", 7500)] == amounts(stage, status="paid")


def test_marking_a_part_of_a_pending_payout_leaves_the_rest_to_the_next_run(stage: Stage) -> None:
    """Each cent once: the pending one fails, the part is paid, the rest is pending anew."""
    part, rest = earn(stage, 3000), earn(stage, 2000)
    run(stage)

    mark_on_page(stage, part)
    run(stage)

    assert {"failed": [("cad", 5000)], "paid": [("cad", 3000)], "pending": [("cad", 2000)]} == {
        status: amounts(stage, status=status) for status in ("failed", "paid", "pending")
    }
    assert [("paid_out", True), ("completed", False)] == on_page(stage, part, rest)
    mark_on_page(stage, rest)
    assert [("cad", 3000), ("cad", 2000)] == sorted(amounts(stage, status="paid"), reverse=True)


def test_what_is_not_earned_cannot_be_paid_out(stage: Stage) -> None:
    """Neither before the session, nor after its price went back; and then none of the update happens."""
    earned, returned = earn(stage, 7500), earn(stage, 2000)
    entry(stage, -2000, of=returned)

    with stage.refused("nothing_to_pay_out"):
        mark_on_page(stage, earned, returned)

    assert [("completed", False)] * 2 == on_page(stage, earned, returned)
    assert [] == payouts(stage)


def test_paid_out_stays_paid_out(stage: Stage) -> None:
    """Marked again it keeps its first date; the mark cannot be taken away; admins write no other state."""
    earned = earn(stage, 7500)
    mark_on_page(stage, earned)
    stage.act_as("owner")
    stage.run(
        "update public.session_payments set paid_out_at = now() + interval '1 day' where id = %s",
        earned.payment,
    )
    assert [("cad", 7500)] == amounts(stage)
    stage.act_as("owner")
    assert stage.one("select paid_out_at = now() from public.session_payments where id = %s", earned.payment)

    stage.act_as("admin")
    with stage.refused("paid_out_stays"):
        stage.run(
            "update public.session_payments set paid_out_at = null, status = 'completed' where id = %s",
            earned.payment,
        )
    stage.act_as("admin")
    with stage.refused("payout_date_missing"):
        stage.run("update public.session_payments set status = 'paid_out' where id = %s", ROW)
    stage.act_as("admin")
    with stage.refused("payment_status_is_kept"):
        stage.run("update public.session_payments set status = 'refunded' where id = %s", ROW)


def test_what_is_worth_nothing_does_not_stop_the_others(stage: Stage) -> None:
    """A seat that was taken with a credit nobody paid for is marked along, and there is no money in it."""
    earned, given = earn(stage, 7500), payment(stage, 0)

    assert 2 == mark_on_page(stage, earned, Entry("", given, "", (ROW, "cad")))

    assert [("cad", 7500)] == amounts(stage)


def test_a_payment_under_dispute_waits_for_its_end(stage: Stage) -> None:
    """By the run and by hand; it is not lost, and once it is won it is paid."""
    earned = earn(stage, 7500)
    stage.act_as("owner")
    stage.run(
        "insert into private.earned_seats (session_id, payment_id, practitioner_id, currency, money_id, checkout_id,"
        " place, price_minor, before_minor, share_minor) values (%s, %s, %s, 'cad', %s, %s, 1, 10000, 0, 7500)",
        earned.session,
        earned.payment,
        ROW,
        ROW,
        ROW,
    )
    stage.run("insert into private.payment_disputes values ('dp_1', %s, 'open', 10000)", ROW)

    assert 0 == run(stage)["payouts_made"]
    with stage.refused("nothing_to_pay_out"):
        mark_on_page(stage, earned)
    stage.act_as("owner")
    stage.run("update private.payment_disputes set state = 'won'")
    assert 1 == run(stage)["payouts_made"]
    assert [("cad", 7500)] == amounts(stage)


# What the database itself keeps -----------------------------------------------------------------------------------

WRITES = {
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


@pytest.mark.parametrize(("statement", "code"), WRITES.values(), ids=list(WRITES))
def test_not_even_the_owner_writes_a_payout_that_does_not_add_up(
    stage: Stage, statement: str, code: str
) -> None:
    """A payout is the sum of its lines and shares their fate, whoever writes it."""
    earn(stage, 7500)
    run(stage)

    with stage.refused(code):
        stage.run(statement)
        stage.run("set constraints all immediate")


def test_a_line_is_in_one_live_payout_and_of_its_own_person_and_currency(stage: Stage) -> None:
    """Unique, and by its keys."""
    earned = earn(stage, 7500)
    run(stage)
    copy = """insert into public.payout_lines
                (payout_id, ledger_transaction_id, practitioner_id, currency, amount_minor)
              select id, %s, %s, %s, 7500 from public.payouts where status = 'pending'"""

    stage.act_as("owner")
    for owner, currency in ((ROW, "cad"), (OTHER, "cad"), (ROW, "usd")):
        with pytest.raises(psycopg.errors.IntegrityError), stage.undone():
            stage.run(copy, earned.id, owner, currency)
