"""Fees: paid by one checkout; what is not owed, or not any more, goes back."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
from psycopg.rows import dict_row

from sql.throwaway import ROOT, Server

from .booking_steps import grant, type_id
from .conftest import CLIENT, OTHER_CLIENT, Sandbox
from .earnings_steps import deliver
from .fee_steps import (
    POLICY,
    absent,
    begin_payment,
    claims,
    fee_of,
    fees,
    forgive,
    give_back,
    late,
    link,
    outcome,
    say,
    told,
    with_fees,  # noqa: F401 - the fixture is used by its name
)
from .lifecycle_steps import begin
from .test_cancellations import booked, cancel, quote
from .test_reopening import complete, reopen


def test_a_fee_is_paid_by_a_checkout_for_exactly_that(sandbox: Sandbox) -> None:
    """Asked for again it is the same one; its event twice pays once; no practitioner earns by it, no credit comes."""
    fee = fee_of(sandbox, late(sandbox))
    payment = begin_payment(sandbox, fee)
    assert begin_payment(sandbox, fee).checkout_id == payment.checkout_id
    sandbox.act_as("owner")
    before = sandbox.one("select count(*) from public.ledger_transactions")
    held = sandbox.one("select sum(credits_remaining) from public.user_session_credits")
    done = payment.completed()
    deliver(sandbox, done, done, payment.completed())

    assert (payment.amount, payment.currency, outcome(sandbox, payment)) == (2500, "usd", "fee_paid")
    assert [each[3] for each in fees(sandbox)] == ["paid"]
    assert sandbox.one("select count(*) from public.ledger_transactions") == before
    assert sandbox.one("select sum(credits_remaining) from public.user_session_credits") == held
    assert sandbox.one("select count(*) from private.outbox where kind = 'payment_received'") == 1
    assert sandbox.one("select count(*) from private.payment_refunds") == 0
    with sandbox.refused("fee_paid"):
        begin_payment(sandbox, fee)
    with sandbox.refused("fee_paid"):
        forgive(sandbox, fee)
    assert broken(sandbox) == []


def broken(sandbox: Sandbox) -> list[Any]:
    sandbox.act_as("owner")
    return sandbox.run(
        "select rule, example from private.broken_invariants where rule ~ 'fee|owed|returned' and of <> 'once'"
    )


def test_nobody_pays_for_others(sandbox: Sandbox) -> None:
    """By a link of one's own, one pays one's own; the link of another page opens nothing."""
    fee = fee_of(sandbox, late(sandbox))
    with sandbox.refused("fee_not_found"):
        begin_payment(sandbox, fee, OTHER_CLIENT)
    sandbox.act_as("owner")
    token = sandbox.one(
        "select private.make_page_link('find_classes', %s, null, now() + interval '1 day')", CLIENT
    )
    sandbox.act_as("anon")
    with sandbox.refused("link_not_found"):
        sandbox.run("select * from public.pay_fee(%s, %s)", token, fee)


def test_forgiven_while_it_is_paid_goes_back(sandbox: Sandbox) -> None:
    """The open page is to be closed; whoever was quicker gets it back, once."""
    fee = fee_of(sandbox, late(sandbox))
    payment = begin_payment(sandbox, fee)
    forgive(sandbox, fee)
    assert [(row["task"], str(row["checkout_id"])) for row in claims(sandbox)] == [
        ("close", payment.checkout_id)
    ]
    deliver(sandbox, payment.completed())
    assert outcome(sandbox, payment) == "fee_not_owed"
    give_back(sandbox, payment)
    assert [each[3] for each in fees(sandbox)] == ["forgiven"]
    assert broken(sandbox) == []


def test_paid_twice_goes_back_once(sandbox: Sandbox) -> None:
    """A page that was left open is superseded; if both are paid, the second is given back."""
    fee = fee_of(sandbox, late(sandbox))
    first = begin_payment(sandbox, fee)
    sandbox.act_as("owner")
    sandbox.run(
        "update public.checkout_sessions set expires_at = now() + interval '5 minutes' where fee_id = %s", fee
    )
    token = link(sandbox)
    sandbox.act_as("anon")
    (row,) = sandbox.run("select * from public.pay_fee(%s, %s)", token, fee)
    assert row["supersedes"] == [f"cs_{first.checkout_id}"]
    sandbox.act_as("owner")
    sandbox.run(
        "update public.checkout_sessions set created_at = now() - interval '1 minute' where fee_id = %s", fee
    )
    second = begin_payment(sandbox, fee)
    assert second.checkout_id != first.checkout_id
    deliver(sandbox, second.completed(), first.completed())
    assert (outcome(sandbox, second), outcome(sandbox, first)) == ("fee_paid", "fee_not_owed")
    give_back(sandbox, first)
    assert [each[3] for each in fees(sandbox)] == ["paid"]
    assert broken(sandbox) == []


def test_a_mistaken_no_show_that_was_paid_is_given_back(sandbox: Sandbox) -> None:
    """And says so in its own mail."""
    its = absent(sandbox)
    payment = begin_payment(sandbox, fee_of(sandbox, its))
    deliver(sandbox, payment.completed())
    say(sandbox, its, attended=True)
    assert [row["task"] for row in claims(sandbox)] == ["look"]
    sandbox.run(
        "select * from public.observe_checkout(%s, %s)", payment.checkout_id, payment.read().model_dump_json()
    )
    give_back(sandbox, payment)
    assert fees(sandbox) == [("no_show", 1500, "usd", "returned")]
    assert broken(sandbox) == []


def missed_by_a_slip(sandbox: Sandbox) -> str:
    """One that is still to come, in twelve hours, and was completed as if its client had not come."""
    grant(sandbox, 1, session_type_id=type_id(sandbox))
    its = booked(sandbox, 12)
    complete(sandbox, its)
    sandbox.act_as("owner")
    sandbox.run(
        "insert into public.session_attendance (session_id, user_id, source, reason, is_no_show)"
        " values (%s, %s, 'manual', 'I waited', true)",
        its,
        CLIENT,
    )
    return its


def bring_forward(sandbox: Sandbox, its: str) -> None:
    """To a time before which it is late to cancel, as the client wanted."""
    sandbox.act_as("admin")
    sandbox.run(
        "update public.session_schedules set scheduled_at = scheduled_at - interval '4 hours' where id = %s",
        its,
    )
    sandbox.act_as("owner")
    sandbox.run("delete from private.session_agreements where session_id = %s", its)


def test_a_reopened_session_that_is_left_late_owes_for_that(sandbox: Sandbox) -> None:
    """Not what not coming cost, nor by the day it was on; who pays what it was before gets that back."""
    its = missed_by_a_slip(sandbox)
    before = begin_payment(sandbox, fee_of(sandbox, its))
    assert fees(sandbox) == [("no_show", 1500, "usd", "owed")]
    reopen(sandbox, its)
    bring_forward(sandbox, its)
    sandbox.act_as("client")
    cancel(sandbox, its, "function")
    assert fees(sandbox) == [("late_cancellation", 2500, "usd", "owed")]
    day = "select f.scheduled_at = s.scheduled_at from public.owed_fees f join public.session_schedules s on s.id = %s"
    sandbox.act_as("owner")
    assert sandbox.one(f"{day} where f.session_id = s.id", its)
    assert [(row["task"], str(row["checkout_id"])) for row in claims(sandbox)] == [
        ("close", before.checkout_id)
    ]
    deliver(sandbox, before.completed())
    assert outcome(sandbox, before) == "fee_not_owed"
    give_back(sandbox, before)
    payment = begin_payment(sandbox, fee_of(sandbox, its))
    deliver(sandbox, payment.completed())
    assert (payment.amount, outcome(sandbox, payment)) == (2500, "fee_paid")
    assert broken(sandbox) == []


def test_what_an_admin_forgave_is_not_quoted_again(sandbox: Sandbox) -> None:
    """Nothing is said to be due that cannot be owed: before, in the mail, or in the cancellation."""
    its = missed_by_a_slip(sandbox)
    forgive(sandbox, fee_of(sandbox, its))
    reopen(sandbox, its)
    bring_forward(sandbox, its)
    sandbox.act_as("client")
    quoted = quote(sandbox, its)
    assert (quoted["cancellation_type"], quoted["fee_charged"]) == ("late", 0)
    (row,) = sandbox.run("select * from public.cancel_session(%s)", its)
    assert (row["cancellation_type"], row["fee_charged"]) == ("late", 0)
    assert [each[3] for each in fees(sandbox)] == ["forgiven"]
    said = "select payload ->> 'fee_charged' from private.outbox where kind = 'session_cancelled' and session_id = %s"
    sandbox.act_as("owner")
    assert sandbox.one(said, its) == "0"


def test_what_was_given_back_is_not_asked_for_again(sandbox: Sandbox) -> None:
    """Paid, a mistake, given back, and then no mistake: it stays returned, and nobody is told that it is due."""
    its = absent(sandbox)
    payment = begin_payment(sandbox, fee_of(sandbox, its))
    deliver(sandbox, payment.completed())
    say(sandbox, its, attended=True)
    claims(sandbox)
    sandbox.run(
        "select * from public.observe_checkout(%s, %s)", payment.checkout_id, payment.read().model_dump_json()
    )
    give_back(sandbox, payment)
    say(sandbox, its, attended=False)
    assert fees(sandbox) == [("no_show", 1500, "usd", "returned")]
    assert told(sandbox) == ["fee_owed", "fee_forgiven"]
    assert broken(sandbox) == []


def test_a_refund_by_an_admin_and_a_dispute(sandbox: Sandbox) -> None:
    """Given back it is returned, and asked for no more; a refund that fails leaves it paid."""
    fee = fee_of(sandbox, late(sandbox))
    payment = begin_payment(sandbox, fee)
    deliver(sandbox, payment.completed())
    sandbox.act_as("admin")
    sandbox.run("select * from public.request_refund('Kindness', %s)", payment.checkout_id)
    deliver(sandbox, payment.refunded(payment.amount))
    assert [each[3] for each in fees(sandbox)] == ["returned"]
    deliver(sandbox, payment.refund_turned("failed", "refund.failed"))
    assert [each[3] for each in fees(sandbox)] == ["paid"]
    deliver(sandbox, payment.disputed("closed", "lost"))
    assert [each[3] for each in fees(sandbox)] == ["returned"]
    with sandbox.refused("fee_paid"):
        begin_payment(sandbox, fee)


def test_a_bank_that_takes_days(sandbox: Sandbox) -> None:
    """Meanwhile it cannot be paid once more; if it fails, it can."""
    fee = fee_of(sandbox, late(sandbox))
    payment = begin_payment(sandbox, fee)
    deliver(sandbox, payment.event("checkout.session.completed", payment.session("complete", "unpaid")))
    with sandbox.refused("payment_on_its_way"):
        begin_payment(sandbox, fee)
    deliver(
        sandbox,
        payment.event("checkout.session.async_payment_failed", payment.session("complete", "unpaid")),
    )
    assert begin_payment(sandbox, fee).checkout_id != payment.checkout_id


def test_erased_nobody_owes_and_what_was_being_paid_goes_back(sandbox: Sandbox) -> None:
    """The row stays, without what anybody wrote; what an admin had written is blanked."""
    payment = begin_payment(sandbox, fee_of(sandbox, late(sandbox)))
    forgive(sandbox, fee_of(sandbox, absent(sandbox)), "Ana was ill")
    sandbox.act_as("owner")
    sandbox.run("select private.redact_evidence(%s)", CLIENT)
    once = sandbox.run("select status, reason from public.owed_fees order by created_at, because")
    sandbox.run("select private.redact_evidence(%s)", CLIENT)
    assert once == sandbox.run("select status, reason from public.owed_fees order by created_at, because")
    assert sorted(row["reason"] for row in once) == ["(erased)", "The account was erased"]
    assert {row["status"] for row in once} == {"forgiven"}
    deliver(sandbox, payment.completed())
    give_back(sandbox, payment)


def test_one_takes_ones_fees_along(sandbox: Sandbox) -> None:
    """In the export, without who forgave it."""
    forgive(sandbox, fee_of(sandbox, late(sandbox)))
    sandbox.act_as("owner")
    (exported,) = sandbox.one("select rows from private.export_rows(%s) where name = 'fees'", CLIENT)
    assert exported["amount_minor"] == 2500 and "forgiven_by" not in exported


# At once


def test_paid_forgiven_and_said_otherwise_at_once(postgres: Server) -> None:
    """Many fees; for each, its payment, an admin, and whoever says that they came: it ends one way, and adds up."""
    url = postgres.build("fees_at_once")
    with psycopg.connect(url, row_factory=dict_row) as connection:
        connection.execute((ROOT / "tests/sql/seed.sql").read_bytes())
        sandbox = Sandbox(connection)
        sandbox.run("delete from public.owed_fees")
        sandbox.run(POLICY)
        cases = []
        for number in range(24):
            its = begin(sandbox, since=24 * 60 * (number + 1), with_credit=True)
            sandbox.act_as("owner")
            sandbox.run("update private.adoption set adopted_at = '2020-01-01'")
            say(sandbox, its, attended=False)
            sandbox.act_as("service")
            sandbox.run("update public.session_schedules set status = 'completed' where id = %s", its)
            fee = fee_of(sandbox, its)
            cases.append((its, fee, begin_payment(sandbox, fee)))

    def act(number: int) -> set[str]:
        ends = set()
        with psycopg.connect(url, row_factory=dict_row, autocommit=True) as connection:
            mine = Sandbox(connection)
            for its, fee, payment in cases[number % 3 :] + cases[: number % 3]:
                try:
                    with connection.transaction():
                        match number % 4:
                            case 0:
                                deliver(mine, payment.completed())
                            case 1:
                                forgive(mine, fee)
                            case 2:
                                say(mine, its, attended=bool(number % 8 == 2))
                            case _:
                                begin_payment(mine, fee)
                except psycopg.Error as error:
                    ends.add(error.diag.message_detail or f"failed: {error}")
        return ends

    with ThreadPoolExecutor(12) as many:
        ends = set().union(*many.map(act, range(12)))
    assert ends <= {"fee_paid", "fee_not_owed", "fee_forgiven", "request_in_progress", "too_many_requests"}, (
        ends
    )

    with psycopg.connect(url, row_factory=dict_row) as connection:
        sandbox = Sandbox(connection)
        for _, _, payment in cases:  # told once more, as the reconciler asks again
            sandbox.act_as("service")
            facts = payment.read().model_dump_json()
            sandbox.run("select * from public.observe_checkout(%s, %s)", payment.checkout_id, facts)
        assert broken(sandbox) == []
        rows = sandbox.run(
            "select f.forgiven_at is not null as forgiven, f.paid_at is not null as paid, c.outcome,"
            " (select count(*) from private.payment_refunds r where r.checkout_id = c.id) as refunds"
            " from public.checkout_sessions c join public.owed_fees f on f.id = c.fee_id where c.outcome is not null"
        )
        assert len(rows) == len(cases)
        for row in rows:
            assert row["paid"] == (row["outcome"] == "fee_paid")
            assert (
                row["refunds"] == 1
                if row["outcome"] == "fee_not_owed" or row["forgiven"]
                else row["refunds"] <= 1
            )
