"""Statements add up: a payout's to what is sent, a year's from what was owed before it to what is owed after it."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from .conftest import ROW, Sandbox
from .payout_steps import OTHER, earn, entry, failed, payouts, run

YEARS = "select extract(year from now() at time zone 'UTC')::int - n as year from generate_series(0, 2) n"


@pytest.fixture
def story(sandbox: Sandbox) -> Sandbox:
    """Two years in two currencies, some given back, a correction, a payout that failed, one that is open."""
    for days in (20, 60, 200, 380, 500):
        earned = earn(sandbox, 10000 + days, practitioner=OTHER, ago=timedelta(days=days))
        entry(sandbox, -days, practitioner=OTHER, ago=timedelta(days=days - 1), of=earned)
    earn(sandbox, 7300, practitioner=OTHER, currency="usd", ago=timedelta(days=90))
    sandbox.act_as("admin")
    sandbox.run("select * from public.adjust_earnings(%s, 'cad', -777, 'One seat too many')", OTHER)
    run(sandbox)
    for payout in payouts(sandbox, OTHER, status="pending"):
        if payout["currency"] == "cad":
            failed(sandbox, payout, "Account closed")
    run(sandbox)
    return sandbox


def owed(sandbox: Sandbox, currency: str) -> int:
    sandbox.act_as("owner")
    return int(
        sandbox.one(
            """select coalesce(sum(p.amount_minor), 0) from public.ledger_transactions t
                 join public.ledger_postings p on p.transaction_id = t.id and p.account = 'practitioner_payable'
                where t.practitioner_id = %s and t.currency = %s""",
            OTHER,
            currency,
        )
    )


def year_statement(sandbox: Sandbox, year: int, currency: str) -> dict[str, Any]:
    """As the practitioner reads it through PostgREST."""
    sandbox.act_as("stranger")
    return dict(sandbox.one("select to_jsonb(s) from public.get_year_statement(%s, %s) s", year, currency))


@pytest.mark.parametrize("currency", ["cad", "usd"])
def test_years_follow_one_another_and_end_at_what_is_owed(story: Sandbox, currency: str) -> None:
    """What one ends with the next begins with; months lead from one to the other."""
    story.act_as("owner")
    years = sorted(row["year"] for row in story.run(YEARS))
    statements = [year_statement(story, year, currency) for year in years]

    assert 0 == statements[0]["opening_minor"]
    for earlier, later in pairwise(statements):
        assert earlier["closing_minor"] == later["opening_minor"]
    assert owed(story, currency) == statements[-1]["closing_minor"]
    for statement in statements:
        balance = statement["opening_minor"]
        for month in statement["months"]:
            balance += sum(month[f"{name}_minor"] for name in ("earned", "returned", "adjusted", "paid"))
            assert balance == month["balance_minor"]
        assert balance == statement["closing_minor"]
        assert (12 == len(statement["months"])) is (statement["until"] is None)
    moved = [month for statement in statements for month in statement["months"]]
    if currency == "cad":
        assert 5 == sum(month["sessions"] for month in moved)
        assert -(20 + 60 + 200 + 380 + 500) == sum(month["returned_minor"] for month in moved)
        assert -777 == sum(month["adjusted_minor"] for month in moved)
    pending = sum(
        p["amount_minor"] for p in payouts(story, OTHER, status="pending") if p["currency"] == currency
    )
    assert pending and -pending == sum(month["paid_minor"] for month in moved)


def test_a_payouts_statement_is_its_lines(story: Sandbox) -> None:
    """Also of one that failed: what it was to pay."""
    for payout in payouts(story, OTHER):
        story.act_as("stranger")
        statement = story.one("select to_jsonb(s) from public.get_payout_statement(%s) s", payout["id"])

        assert payout["amount_minor"] == sum(line["amount_minor"] for line in statement["lines"])
        assert payout["status"] == statement["status"]
        assert "payout" not in {line["kind"] for line in statement["lines"]}


def test_other_people_read_no_statement(story: Sandbox) -> None:
    """A stranger to the practitioner, a client, nobody; an admin does."""
    payout = payouts(story, OTHER)[0]["id"]
    for who in ("practitioner", "client"):
        story.act_as(who)
        with story.refused("payout_not_found"):
            story.run("select public.get_payout_statement(%s)", payout)
    story.act_as("practitioner")
    with story.refused("practitioner_not_found"):
        story.run("select public.get_year_statement(2026, 'cad', %s)", OTHER)
    story.act_as("client")
    with story.refused("practitioners_only"):
        story.run("select public.get_year_statement(2026, 'cad')")
    story.act_as("anon")
    with story.forbidden():
        story.run("select public.get_payout_statement(%s)", payout)
    story.act_as("admin")
    assert OTHER == str(story.one("select (public.get_payout_statement(%s)).practitioner_id", payout))
    assert ROW == str(story.one("select (public.get_year_statement(2026, 'usd', %s)).practitioner_id", ROW))


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        ("year_not_possible", "null, 'cad'"),
        ("year_not_possible", "1999, 'cad'"),
        ("year_not_possible", "2147483647, 'cad'"),
        ("currency_unknown", "2026, 'eur'"),
        ("currency_unknown", "2026, null"),
    ],
)
def test_a_year_that_cannot_be_is_refused(sandbox: Sandbox, code: str, arguments: str) -> None:
    sandbox.act_as("practitioner")
    with sandbox.refused(code):
        sandbox.run(f"select public.get_year_statement({arguments})")
