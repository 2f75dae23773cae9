"""Reopening: an admin takes a completion back with all that followed, once it is not paid out; nobody is told twice."""

from typing import Any

import pytest

from .booking_steps import booking_violations, lines, messages, session, wallet
from .conftest import CLIENT, Sandbox
from .earnings_steps import ledger_violations
from .lifecycle_steps import advance, attendance, begin, begin_class, deliver_events, event, status


def reopen(sandbox: Sandbox, its: str, who: str = "admin", reason: str | None = "It was a slip.") -> Any:
    sandbox.act_as(who)
    (row,) = sandbox.run("select * from public.reopen_session(%s, %s)", its, reason)
    return row


def complete(sandbox: Sandbox, its: str) -> None:
    """By hand, before its time."""
    sandbox.act_as("admin")
    sandbox.run("update public.session_schedules set status = 'completed' where id = %s", its)


def earned(sandbox: Sandbox, its: str) -> tuple[int, list[str]]:
    """What its practitioner has by it now, in cents, and how that came about."""
    sandbox.act_as("owner")
    rows = sandbox.run(
        "select t.kind, sum(p.amount_minor) filter (where p.account = 'practitioner_payable') as share"
        "  from public.ledger_transactions t join public.ledger_postings p on p.transaction_id = t.id"
        " where t.session_id = %s group by t.id, t.kind, t.occurred_at, t.cause order by t.occurred_at, t.cause",
        its,
    )
    return sum(int(row["share"] or 0) for row in rows), [row["kind"] for row in rows]


@pytest.fixture
def priced(sandbox: Sandbox) -> str:
    """A session with thirty minutes left that a bought credit pays for, completed by a slip."""
    its = begin(sandbox, since=26, with_credit=True)
    sandbox.act_as("owner")
    sandbox.run(
        "update public.user_session_credits set metadata ="
        """ '{"total_amount": "100.00", "currency": "cad"}' where id = %s""",
        session(sandbox, its)["credit_lot_id"],
    )
    deliver_events(sandbox, its, event("joined", "client", 25), event("joined", "practitioner", 25))
    complete(sandbox, its)
    return its


def test_a_reopened_session_goes_on_and_is_completed_and_earned_once_more(
    sandbox: Sandbox, priced: str
) -> None:
    """What was earned is posted back and then posted anew; the credit stays spent; nobody is told twice."""
    before, credit = earned(sandbox, priced), wallet(sandbox)
    first = session(sandbox, priced)

    row = reopen(sandbox, priced)
    opened, between = session(sandbox, priced), earned(sandbox, priced)
    advance(sandbox)
    goes_on = status(sandbox, priced)
    sandbox.act_as("owner")
    sandbox.run(
        "update public.session_schedules set scheduled_at = now() - interval '76 minutes' where id = %s",
        priced,
    )
    sandbox.run("update private.session_reopenings set reopened_at = now() - interval '50 minutes'")
    advance(sandbox)

    assert (row["status"], opened["status"], opened["completed_at"]) == ("in_progress", "in_progress", None)
    assert opened["started_at"] == first["started_at"]
    assert (before[1], between) == (["accrual"], (0, ["accrual", "reversal"]))
    assert goes_on == "in_progress"
    assert status(sandbox, priced) == "completed"
    assert earned(sandbox, priced)[0] == before[0] > 0
    assert wallet(sandbox) == credit
    assert messages(sandbox, priced).count("session_completed") == 1
    sandbox.act_as("owner")
    assert sandbox.one("select count(*) from public.session_payments where session_id = %s", priced) == 1
    assert not booking_violations(sandbox)
    assert not ledger_violations(sandbox)


def test_a_reopened_session_may_be_cancelled_and_its_credit_is_returned(
    sandbox: Sandbox, priced: str
) -> None:
    """Then nothing is earned by it, and the credit pays for another, as the seat that it was."""
    before = wallet(sandbox)
    lot = session(sandbox, priced)["credit_lot_id"]

    reopen(sandbox, priced)
    sandbox.act_as("admin")
    sandbox.run("update public.session_schedules set status = 'cancelled' where id = %s", priced)
    another = begin(sandbox, since=300, credit_lot_id=lot)
    complete(sandbox, another)

    assert wallet(sandbox) == before
    assert lines(sandbox, lot) == [("purchase", 1), ("spend", -1), ("return", 1), ("spend", -1)]
    assert (earned(sandbox, priced)[0], earned(sandbox, another)[0]) == (0, earned(sandbox, another)[0])
    assert earned(sandbox, another)[0] > 0
    assert not booking_violations(sandbox)


def test_a_session_may_be_reopened_again_and_again(sandbox: Sandbox, priced: str) -> None:
    """Each time by lines of its own: none is taken for a repeat of an earlier one."""
    before = earned(sandbox, priced)[0]
    for _ in range(2):
        reopen(sandbox, priced)
        assert earned(sandbox, priced)[0] == 0
        complete(sandbox, priced)
        assert earned(sandbox, priced)[0] == before

    assert messages(sandbox, priced).count("session_completed") == 1


def test_what_was_paid_out_stays_completed(sandbox: Sandbox, priced: str) -> None:
    """Marked on the payments page, or in a payout: the money is gone, and an adjustment corrects it."""
    sandbox.act_as("admin")
    sandbox.run(
        "update public.session_payments set paid_out_at = now(), status = 'paid_out' where session_id = %s",
        priced,
    )
    before = earned(sandbox, priced)

    sandbox.act_as("admin")
    with sandbox.refused("session_paid_out"):
        sandbox.run("select * from public.reopen_session(%s, 'A slip.')", priced)

    assert (status(sandbox, priced), earned(sandbox, priced)) == ("completed", before)


def test_a_no_show_is_taken_back_with_the_completion(sandbox: Sandbox) -> None:
    """Whom nobody saw may still come; a no-show that somebody set by hand stays."""
    group, mine, others = begin_class(sandbox, since=76)
    deliver_events(sandbox, group, event("joined", "practitioner", 75), event("joined", "client", 75))
    advance(sandbox)
    absent = attendance(sandbox, group)["other"][3]

    row = reopen(sandbox, mine)  # a seat leads to its class
    after = attendance(sandbox, group)
    advance(sandbox)

    assert absent
    assert (str(row["session_id"]), "other" in after) == (group, False)
    assert [status(sandbox, each) for each in (group, mine, others)] == [
        "in_progress"
    ] * 3  # a quarter of an hour
    sandbox.act_as("owner")
    sandbox.run("update private.session_reopenings set reopened_at = now() - interval '16 minutes'")
    advance(sandbox)
    assert [status(sandbox, each) for each in (group, mine, others)] == ["completed"] * 3
    assert [messages(sandbox, each).count("session_completed") for each in (mine, others)] == [1, 1]


@pytest.mark.parametrize(("who", "ends"), [("client", "completed"), ("practitioner", "cancelled")])
def test_whoever_reopens_has_time_to_put_right_what_ended_it(sandbox: Sandbox, who: str, ends: str) -> None:
    """A client wrongly set as absent; a practitioner whom nobody could hear of while it was closed."""
    its = begin(sandbox, since=20)
    sandbox.act_as("practitioner")
    if who == "client":
        sandbox.run("select * from public.set_attendance(%s, %s, false, 'Nobody came.')", its, CLIENT)
        advance(sandbox)
    else:
        deliver_events(sandbox, its, event("joined", "client", 19))
        complete(sandbox, its)

    reopen(sandbox, its)
    advance(sandbox)
    meanwhile = status(sandbox, its)
    sandbox.act_as("owner")
    sandbox.run("update private.session_reopenings set reopened_at = now() - interval '16 minutes'")
    advance(sandbox)

    assert (meanwhile, status(sandbox, its)) == ("in_progress", ends)


def test_before_its_time_it_is_scheduled_again(sandbox: Sandbox) -> None:
    """Somebody completed the wrong one: it takes place."""
    its = begin(sandbox, since=-100)
    complete(sandbox, its)

    reopen(sandbox, its)

    row = session(sandbox, its)
    assert (row["status"], row["started_at"], row["completed_at"]) == ("scheduled", None, None)
    sandbox.act_as("owner")
    assert sandbox.one("select count(*) from private.practitioner_time where session_id = %s", its) == 1


def test_only_admins_reopen_only_what_is_completed_and_say_why(sandbox: Sandbox, priced: str) -> None:
    """Each refusal by its code; a status written by hand is refused as before."""
    going = begin(sandbox, since=300)
    cancelled = begin(sandbox, since=3000, status="cancelled")
    for who in ("client", "practitioner"):
        sandbox.act_as(who)
        with sandbox.refused("admins_only"):
            sandbox.run("select * from public.reopen_session(%s, 'A slip.')", priced)
    sandbox.act_as("admin")
    for reason in ("", "  ", None):
        with sandbox.refused("reason_missing"):
            sandbox.run("select * from public.reopen_session(%s, %s)", priced, reason)
    with sandbox.refused("text_too_long"):
        sandbox.run("select * from public.reopen_session(%s, %s)", priced, "x" * 1001)
    for its in (going, cancelled):
        with sandbox.refused("session_not_completed"):
            sandbox.run("select * from public.reopen_session(%s, 'A slip.')", its)
    with sandbox.refused("session_not_found"):
        sandbox.run("select * from public.reopen_session(gen_random_uuid(), 'A slip.')")
    with sandbox.refused("status_moves_forward"):
        sandbox.run("update public.session_schedules set status = 'in_progress' where id = %s", priced)

    reopen(sandbox, priced)
    sandbox.act_as("owner")
    (line,) = sandbox.run("select * from public.audit_logs where table_name = 'session_reopenings'")
    assert line["user_id"] is not None
