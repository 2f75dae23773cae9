"""What must be true whatever happened: ordinary use keeps every rule, and each kind of damage is found and named."""

import re
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from sql.throwaway import ROOT, Server

from .booking_steps import book, grant, in_hours, join, make_class, sign
from .conftest import ROW, Sandbox
from .payout_steps import earn, paid, payouts, run

CHECK = "select rule, broken, examples from public.check_invariants()"


ADVANCE = "select * from public.advance_invariant_round(%s)"


def check(sandbox: Sandbox, pieces: int = 1000) -> dict[str, dict[str, Any]]:
    """Look at everything, so many pieces at a time. Gives what is broken by its rule."""
    sandbox.act_as("service")
    while not sandbox.run(ADVANCE, pieces)[0]["is_complete"]:
        pass
    return {row["rule"]: row for row in sandbox.run(CHECK)}


REFUNDED = (
    "insert into private.stripe_refunds (id, checkout_id, status, amount_minor, as_of, changed_at)"
    f" select 're_1', id, 'succeeded', amount_minor, now(), now() from public.checkout_sessions where id = '{ROW}';"
    " update public.checkout_sessions set outcome = 'credits_granted', refunded_minor = amount_minor,"
    f" returned_minor = amount_minor, credits_taken_back = credits where id = '{ROW}';"
)
TO_COME = "from public.session_schedules where status = 'scheduled' and scheduled_at > now()"
# By hand, past every trigger: what each rule is there to find.
DAMAGE = {
    "what is returned is not the sum of refunds and lost disputes": (
        f"{REFUNDED} update private.stripe_refunds set status = 'failed'"
    ),
    "something is returned that no refund or dispute names": (
        "update public.checkout_sessions set returned_minor = 1"
    ),
    "a session to come stands on money that went back": (
        f"{REFUNDED} update public.checkout_sessions set session_id = (select id {TO_COME} limit 1) where id = '{ROW}'"
    ),
    "a session to come stands on credits that went back": (
        f"{REFUNDED} update public.user_session_credits set credits_owed = 1;"
        " update public.checkout_sessions set credit_lot_id ="
        f" (select credit_lot_id {TO_COME} and credit_lot_id is not null limit 1) where id = '{ROW}'"
    ),
    "a transaction of the ledger does not balance": "delete from public.ledger_postings where account = 'client_funds'",
    "a transaction is unpaid and no run sees it": (
        "delete from private.unpaid_transactions; update public.payout_lines set released_at = now()"
    ),
    "a balance is not what is unpaid": (
        "update public.ledger_postings set amount_minor = amount_minor - 1 where account = 'practitioner_payable'"
        " and transaction_id in (select id from public.ledger_transactions where kind = 'payout')"
    ),
    "a payout is not the sum of its lines": "update public.payouts set amount_minor = amount_minor + 1",
    "a payout does not share the fate of its lines": "update public.payout_lines set released_at = now()",
    "a line pays another amount than its transaction owes": (
        "update public.payout_lines set amount_minor = amount_minor + 1"
    ),
    "a transaction is paid twice": (
        "drop index public.payout_lines_one_live_payout;"
        " insert into public.payout_lines (payout_id, ledger_transaction_id, practitioner_id, currency, amount_minor)"
        " select payout_id, ledger_transaction_id, practitioner_id, currency, amount_minor from public.payout_lines"
        " where released_at is null"
    ),
    "a line is of another person or currency than its payout": "update public.payouts set currency = 'usd'",
    "a payout is not posted as it stands": "update public.ledger_transactions set payout_id = gen_random_uuid()",
    "payout periods leave a gap or overlap": (
        "update public.payout_periods set period_start = period_start + 1 where number = 3"
    ),
    "a payment that was paid out is not marked": "update public.session_payments set paid_out_at = null",
    "a payment is marked and no payout paid it": (
        "update public.payouts set status = 'failed', paid_at = null, transaction_reference = null, failed_reason = 'x'"
    ),
    "a payment names another share than the ledger": (
        "insert into private.earned_seats (session_id, payment_id, practitioner_id, currency, funds_id, seat_number,"
        "   price_minor, preceding_minor, revenue_share_id)"
        f" select '{ROW}', '{ROW}', '{ROW}', 'cad', '{ROW}', 1, 1, 0, id from public.revenue_shares;"
        " update public.session_payments set practitioner_share = practitioner_share + 1"
    ),
    "a payment does not add up": (
        "alter table public.session_payments drop constraint session_payments_credits_add_up;"
        f" update public.session_payments set credit_lot_id = gen_random_uuid(), platform_share = 3 where id = '{ROW}'"
    ),
    "credits are not the sum of their ledger": (
        "update public.user_session_credits set credits_remaining = credits_remaining + 1"
    ),
    "a session did not spend its one credit": "delete from public.credit_ledger where kind = 'spend'",
    "a class is oversold": "update public.session_schedules set max_participants = 1 where class_name is not null",
    "two sessions overlap": (
        f"update public.session_schedules set practitioner_id = '{ROW}', scheduled_at = '2031-01-01'"
        " where group_class_id is null"
    ),
}


@pytest.fixture(scope="module")
def used_database(postgres: Server) -> str:
    """A database in which people booked, joined, earned and were paid, once more after a failure."""
    name = "lived"
    postgres.build(name)
    url = postgres.url(name, "supabase_admin")
    with psycopg.connect(postgres.url(name), row_factory=dict_row) as connection:
        connection.execute((ROOT / "tests/sql/seed.sql").read_bytes())
        sandbox = Sandbox(connection)
        for who in ("client", "other"):
            sign(sandbox, who)
            grant(sandbox, 2, who=who)
        book(sandbox, in_hours(40))
        class_id = make_class(sandbox, in_hours(60))
        for who in ("client", "other"):
            join(sandbox, class_id, who=who)
        earn(sandbox, 7500)
        run(sandbox)
        paid(sandbox, *payouts(sandbox, status="pending"))
        sandbox.act_as("owner")
        connection.commit()
    return url


def test_an_undisturbed_database_breaks_no_rule(used_database: str) -> None:
    """There is nothing to report, and who asks is the service."""
    with psycopg.connect(used_database, row_factory=dict_row) as connection:
        assert {} == check(Sandbox(connection))


@pytest.mark.parametrize(("rule", "harm"), DAMAGE.items(), ids=list(DAMAGE))
def test_each_rule_finds_the_damage_it_is_there_for(used_database: str, rule: str, harm: str) -> None:
    """Although no constraint and no trigger was asked."""
    with psycopg.connect(used_database, row_factory=dict_row) as connection:
        sandbox = Sandbox(connection)
        for statement in ("set local session_replication_role = replica", *harm.split(";")):
            sandbox.run("reset role")
            sandbox.run(statement)
        found = check(sandbox)
        connection.rollback()

    assert rule in found
    assert found[rule]["broken"] >= 1 and found[rule]["examples"]


def test_people_may_not_check_the_invariants(sandbox: Sandbox) -> None:
    """The examples are of everybody."""
    for who in ("client", "practitioner", "admin"):
        sandbox.act_as(who)
        with sandbox.forbidden():
            sandbox.run(CHECK)
        with sandbox.forbidden():
            sandbox.run(ADVANCE, 1)


BROKEN_RULE = "credits are not the sum of their ledger"
WIN_CREDIT = "update public.user_session_credits set credits_remaining = credits_remaining + %s"


def test_a_round_goes_on_where_the_last_call_ended(used_database: str) -> None:
    """A piece is told as soon as it is looked at, and no more when it is looked at again and whole."""
    with psycopg.connect(used_database, row_factory=dict_row) as connection:
        sandbox = Sandbox(connection)
        sandbox.act_as("owner")
        sandbox.run("reset role")
        sandbox.run("set local session_replication_role = replica")
        sandbox.run("update private.invariant_tables set rows = 1")
        check(sandbox)
        sandbox.run("reset role")
        sandbox.run(WIN_CREDIT, 1)
        (lots,) = sandbox.run("select count(*)::int as many from public.user_session_credits")
        sandbox.act_as("service")
        told = [(sandbox.run(ADVANCE, 1)[0], sandbox.run(CHECK))]
        while not told[-1][0]["is_complete"]:
            told.append((sandbox.run(ADVANCE, 1)[0], sandbox.run(CHECK)))
        sandbox.run("reset role")
        sandbox.run(WIN_CREDIT, -1)
        sandbox.act_as("service")
        still = sandbox.run(CHECK)
        whole = check(sandbox, 1)
        connection.rollback()

    assert [True, *[False] * (len(told) - 1)] == [pieces["begins"] for pieces, _ in told]
    seen = [sum(row["broken"] for row in rows) for _, rows in told]
    assert lots["many"] > 1 and set(seen) == set(range(lots["many"] + 1)) and seen == sorted(seen)
    assert [(BROKEN_RULE, lots["many"])] == [(row["rule"], row["broken"]) for row in still]
    assert {} == whole


def test_a_call_that_is_killed_has_not_happened(used_database: str) -> None:
    """The next one begins where it began."""
    with psycopg.connect(used_database, row_factory=dict_row) as connection:
        sandbox = Sandbox(connection)
        with sandbox.undone():
            sandbox.act_as("service")
            assert not sandbox.run(ADVANCE, 3)[0]["is_complete"]
        sandbox.act_as("service")
        assert sandbox.run(ADVANCE, 1)[0]["begins"]
        assert not sandbox.run(ADVANCE, 1)[0]["begins"]
        connection.rollback()


def test_every_rule_is_asked_about_in_a_round(used_database: str) -> None:
    """Its rows are those of a table that has a turn; and by their keys, no rule reads a whole table."""
    with psycopg.connect(used_database) as connection:
        names = connection.execute("select name from private.invariant_tables").fetchall()
        (view,) = connection.execute(
            "select pg_get_viewdef('private.broken_invariants'::regclass)"
        ).fetchone() or ("",)
    used = set(re.findall(r"SELECT '(\w+)'::text AS of|SELECT '(\w+)'::text,? ", view))

    assert {name for (name,) in names} == {one or other for one, other in used}
