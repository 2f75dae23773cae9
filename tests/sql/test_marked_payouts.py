"""Payouts that are marked as paid: on the page or by a provider, alone or several, once."""

from datetime import timedelta

from .conftest import ROW, Sandbox
from .payout_steps import (
    OTHER,
    Entry,
    amounts,
    balance,
    earn,
    entry,
    failed,
    mark_on_page,
    on_page,
    paid,
    payment,
    payouts,
    run,
)


def test_a_paid_payout_is_marked_where_the_pages_look(sandbox: Sandbox) -> None:
    """With reference, date and who marked it; payments that were refunded in full are not marked."""
    earned, returned = earn(sandbox, 7500), earn(sandbox, 2000)
    entry(sandbox, -2000, of=returned)
    run(sandbox)
    (payout,) = payouts(sandbox)

    row = paid(sandbox, payout, "wire-77")

    assert ("paid", "wire-77", True) == (
        row["status"],
        row["transaction_reference"],
        row["settled_by"] is not None,
    )
    assert [("paid_out", True), ("completed", False)] == on_page(sandbox, earned, returned)


def test_a_repeated_mark_changes_nothing_and_a_different_one_is_refused(sandbox: Sandbox) -> None:
    """A provider repeats itself; what is settled stays so."""
    earn(sandbox, 7500)
    run(sandbox)
    (payout,) = payouts(sandbox)
    first = paid(sandbox, payout, who="service")

    assert first == paid(sandbox, payout, who="service")
    with sandbox.refused("payout_is_settled"):
        paid(sandbox, payout, "another wire")
    with sandbox.refused("payout_is_settled"):
        failed(sandbox, payout)


def test_only_admins_and_providers_mark_payouts(sandbox: Sandbox) -> None:
    """And they say which, and why."""
    earn(sandbox, 7500)
    run(sandbox)
    (payout,) = payouts(sandbox)

    for who in ("practitioner", "client"):
        with sandbox.refused("admins_only"):
            paid(sandbox, payout, who=who)
    with sandbox.refused("reference_missing"):
        paid(sandbox, payout, "  ")
    with sandbox.refused("reference_missing"):
        failed(sandbox, payout, "")
    with sandbox.refused("payout_not_found"):
        paid(sandbox, {"id": "5a1e0000-0000-4000-8000-00000000dead"})
    sandbox.act_as("admin")
    with sandbox.forbidden():
        sandbox.run("select * from public.run_payouts()")


def test_a_practitioner_reads_their_own_payouts_and_lines(sandbox: Sandbox) -> None:
    """And nobody else's."""
    earn(sandbox, 7500)
    run(sandbox)
    mine = """select count(*) from public.payouts p join public.payout_lines l on l.payout_id = p.id
               where p.status = 'pending'"""

    seen = {}
    for who in ("practitioner", "stranger", "client", "admin"):
        sandbox.act_as(who)
        seen[who] = sandbox.one(mine)

    assert {"practitioner": 1, "stranger": 0, "client": 0, "admin": 1} == seen


def test_marking_a_payment_on_the_page_pays_it_out_at_once(sandbox: Sandbox) -> None:
    """Whether or not its period is over, less what was given back of it; the next run finds it paid."""
    earned = earn(sandbox, 7500, practitioner=OTHER, ago=timedelta(0))
    entry(sandbox, -2500, of=earned, ago=timedelta(0))

    assert 1 == mark_on_page(sandbox, earned)
    run(sandbox, days=60)

    (payout,) = payouts(sandbox, OTHER)
    assert (5000, "paid", None) == (payout["amount_minor"], payout["status"], payout["transaction_reference"])
    assert payout["settled_by"] is not None
    assert [("paid_out", True)] == on_page(sandbox, earned)
    assert 0 == balance(sandbox, OTHER)


def test_marking_several_payments_makes_one_payout_per_practitioner_and_currency(sandbox: Sandbox) -> None:
    """In one update of the payments page."""
    several = [
        earn(sandbox, 7500),
        earn(sandbox, 500),
        earn(sandbox, 400, currency="usd"),
        earn(sandbox, 300, practitioner=OTHER),
    ]

    assert 4 == mark_on_page(sandbox, *several)

    assert {("cad", 8000), ("usd", 400)} == set(amounts(sandbox, status="paid"))
    assert [("cad", 300)] == amounts(sandbox, OTHER, status="paid")


def test_marking_all_payments_of_a_pending_payout_marks_that_payout(sandbox: Sandbox) -> None:
    """With what was taken back in it, although the page does not show that."""
    before = earn(sandbox, 7500)
    run(sandbox)
    paid(sandbox, *payouts(sandbox))
    entry(sandbox, -1000, of=before)
    several = [earn(sandbox, 3000), earn(sandbox, 2000)]
    run(sandbox)

    mark_on_page(sandbox, *several)

    assert [("cad", 7500), ("cad", 4000)] == sorted(amounts(sandbox, status="paid"), reverse=True)
    assert 2 == len(payouts(sandbox))


def test_marking_a_payout_as_paid_leaves_other_payouts_alone(sandbox: Sandbox) -> None:
    """Also where another one, still pending, has a later line of the same payment."""
    earned = earn(sandbox, 7500)
    run(sandbox)
    (first,) = payouts(sandbox)
    entry(sandbox, 2500, of=earned)
    earn(sandbox, 1000)
    run(sandbox)

    paid(sandbox, first)

    assert [("cad", 3500)] == amounts(sandbox, status="pending")
    assert [("cad", 7500)] == amounts(sandbox, status="paid")


def test_marking_a_part_of_a_pending_payout_leaves_the_rest_to_the_next_run(sandbox: Sandbox) -> None:
    """Each cent once: the pending one fails, the part is paid, the rest is pending anew."""
    part, rest = earn(sandbox, 3000), earn(sandbox, 2000)
    run(sandbox)

    mark_on_page(sandbox, part)
    run(sandbox)

    assert {"failed": [("cad", 5000)], "paid": [("cad", 3000)], "pending": [("cad", 2000)]} == {
        status: amounts(sandbox, status=status) for status in ("failed", "paid", "pending")
    }
    assert [("paid_out", True), ("completed", False)] == on_page(sandbox, part, rest)
    mark_on_page(sandbox, rest)
    assert [("cad", 3000), ("cad", 2000)] == sorted(amounts(sandbox, status="paid"), reverse=True)


def test_all_are_paid_but_those_that_are_not_earned(sandbox: Sandbox) -> None:
    """Neither before the session, nor after its price went back; and where none is earned, the reason is said."""
    earned, returned = earn(sandbox, 7500), earn(sandbox, 2000)
    entry(sandbox, -2000, of=returned)
    booked = Entry("", payment(sandbox, 3000, earned=False), "", (ROW, "cad"))

    for each in (returned, booked):
        with sandbox.refused("nothing_to_pay_out"):
            mark_on_page(sandbox, each)
    assert [] == payouts(sandbox)

    assert 1 == mark_on_page(sandbox, earned, returned, booked)
    assert [("paid_out", True), ("completed", False), ("completed", False)] == on_page(
        sandbox, earned, returned, booked
    )
    assert [("cad", 7500)] == amounts(sandbox, status="paid")


def test_only_admins_are_told_that_there_is_nothing_to_pay_out(sandbox: Sandbox) -> None:
    """Whoever may change no payment changes none, as everywhere."""
    earned = earn(sandbox, 7500)

    assert [0, 0] == [mark_on_page(sandbox, earned, who=who) for who in ("client", "practitioner")]


def test_the_service_pays_out_all_or_nothing(sandbox: Sandbox) -> None:
    """A program can read the reason, and chose what it marks."""
    earned, returned = earn(sandbox, 7500), earn(sandbox, 2000)
    entry(sandbox, -2000, of=returned)

    with sandbox.refused("nothing_to_pay_out"):
        mark_on_page(sandbox, earned, returned, who="service")

    assert [] == payouts(sandbox)


def test_a_payment_that_is_paid_out_stays_paid_out(sandbox: Sandbox) -> None:
    """Marked again it keeps its first date; the mark cannot be taken away; admins write no other state."""
    earned = earn(sandbox, 7500)
    mark_on_page(sandbox, earned)
    sandbox.act_as("owner")
    sandbox.run(
        "update public.session_payments set paid_out_at = now() + interval '1 day' where id = %s",
        earned.payment,
    )
    assert [("cad", 7500)] == amounts(sandbox)
    sandbox.act_as("owner")
    assert sandbox.one(
        "select paid_out_at = now() from public.session_payments where id = %s", earned.payment
    )

    sandbox.act_as("admin")
    with sandbox.refused("paid_out_stays"):
        sandbox.run(
            "update public.session_payments set paid_out_at = null, status = 'completed' where id = %s",
            earned.payment,
        )
    sandbox.act_as("admin")
    with sandbox.refused("payout_date_missing"):
        sandbox.run("update public.session_payments set status = 'paid_out' where id = %s", ROW)
    sandbox.act_as("admin")
    with sandbox.refused("payment_status_is_kept"):
        sandbox.run("update public.session_payments set status = 'refunded' where id = %s", ROW)


def test_a_payment_worth_nothing_does_not_stop_the_others(sandbox: Sandbox) -> None:
    """A seat that was taken with a credit nobody paid for is marked along, and there is no money in it."""
    earned, given = earn(sandbox, 7500), payment(sandbox, 0)

    assert 2 == mark_on_page(sandbox, earned, Entry("", given, "", (ROW, "cad")))

    assert [("cad", 7500)] == amounts(sandbox)


def test_a_payment_under_dispute_is_paid_once_the_dispute_is_won(sandbox: Sandbox) -> None:
    """By the run and by hand; it is not lost, and once it is won it is paid."""
    earned = earn(sandbox, 7500)
    sandbox.act_as("owner")
    sandbox.run(
        "insert into private.earned_seats (session_id, payment_id, practitioner_id, currency, funds_id, checkout_id,"
        " seat_number, price_minor, preceding_minor, share_minor)"
        " values (%s, %s, %s, 'cad', %s, %s, 1, 10000, 0, 7500)",
        earned.session,
        earned.payment,
        ROW,
        ROW,
        ROW,
    )
    sandbox.run("insert into private.payment_disputes values ('dp_1', %s, 'open', 10000)", ROW)

    assert 0 == run(sandbox)["payouts_made"]
    with sandbox.refused("nothing_to_pay_out"):
        mark_on_page(sandbox, earned)
    sandbox.act_as("owner")
    sandbox.run("update private.payment_disputes set state = 'won'")
    assert 1 == run(sandbox)["payouts_made"]
    assert [("cad", 7500)] == amounts(sandbox)
