"""The ledger: balanced, written by one function, once per fact, and never rewritten."""

import json
from typing import Any

import psycopg
import pytest

from .conftest import ROW, Sandbox
from .earnings_steps import settle

ACCRUAL = {"client_funds": -1000, "practitioner_payable": 750, "platform_revenue": 250}


def post(sandbox: Sandbox, lines: dict[str, int], kind: str = "adjustment", **more: Any) -> Any:
    """What functions of schema private do."""
    sandbox.act_as("owner")
    more = {"reason": "Scene", "cause": "scene", **more}
    named = "".join(f", {name} => %s" for name in more)
    return sandbox.one(
        f"select private.post_transaction(%s, %s, 'cad', %s{named})",
        kind,
        ROW,
        json.dumps(lines),
        *more.values(),
    )


def test_a_transaction_adds_up_to_zero(sandbox: Sandbox) -> None:
    """It is looked at when everything else is done, as whoever asked, who may see none of it."""
    post(sandbox, {"client_funds": -1000, "practitioner_payable": 999})
    sandbox.act_as("client")
    with sandbox.refused("transaction_unbalanced"):
        settle(sandbox)


def test_a_transaction_has_at_least_two_lines(sandbox: Sandbox) -> None:
    """Neither one without any, nor one with a line that is nought, nor two lines of one account."""
    sandbox.act_as("owner")
    transaction = (
        "insert into public.ledger_transactions (kind, currency, practitioner_id, cause, reason)"
        " values ('adjustment', 'cad', %s, 'scene', 'Scene') returning id"
    )
    with sandbox.refused("transaction_unbalanced"):
        sandbox.run(transaction, ROW)
        settle(sandbox)
    made = sandbox.one(transaction, ROW)
    line = (
        "insert into public.ledger_postings (transaction_id, account, amount_minor)"
        " select %s, 'client_funds', unnest(%s::bigint[])"
    )
    for amounts in ([0], [5, -5]):
        with pytest.raises(psycopg.IntegrityError), sandbox.undone():
            sandbox.run(line, made, amounts)


def test_a_fact_is_posted_once(sandbox: Sandbox) -> None:
    """A repeat gets the first transaction, even if the amounts are others."""
    first = post(sandbox, ACCRUAL, kind="accrual", session_id=ROW, cause=None)
    again = post(
        sandbox, {"client_funds": -2, "platform_revenue": 2}, kind="accrual", session_id=ROW, cause=None
    )
    other = post(sandbox, ACCRUAL, cause="another")

    assert first == again != other
    settle(sandbox)
    sandbox.act_as("owner")
    query = "select count(*) from public.ledger_postings where transaction_id = %s"
    assert (3, 3) == (sandbox.one(query, first), sandbox.one(query, other))


def test_an_amount_of_zero_is_not_posted(sandbox: Sandbox) -> None:
    """A seat that was given, a refund of what was refunded already."""
    assert post(sandbox, {"client_funds": 0, "practitioner_payable": 0}) is None
    assert post(sandbox, {}) is None


@pytest.mark.parametrize("table", ["ledger_transactions", "ledger_postings"])
def test_nobody_rewrites_the_ledger(sandbox: Sandbox, table: str) -> None:
    """Not even whoever owns it: an error is corrected by another transaction."""
    column = "reason = 'Another'" if table == "ledger_transactions" else "amount_minor = 1"
    sandbox.act_as("owner")
    for statement in (
        f"update public.{table} set {column}",
        f"delete from public.{table}",
        f"truncate public.{table} cascade",
    ):
        with sandbox.refused("ledger_is_kept"):
            sandbox.run(statement)


def test_practitioners_read_their_own_transactions_and_admins_all(sandbox: Sandbox) -> None:
    """The practitioner their transactions with all lines, another none, an admin all."""
    read = {}
    for who in ("practitioner", "stranger", "client", "admin"):
        sandbox.act_as(who)
        read[who] = (
            sandbox.one("select count(*) from public.ledger_transactions where session_id = %s", ROW),
            sandbox.one("select count(*) from public.ledger_postings where transaction_id = %s", ROW),
        )

    assert read == {"practitioner": (1, 3), "stranger": (0, 0), "client": (0, 0), "admin": (1, 3)}


def test_an_admin_corrects_with_a_reason(sandbox: Sandbox) -> None:
    """From the platform's part; nobody else, and not without saying why."""
    adjust = "select * from public.adjust_earnings(%s, %s, %s, %s)"
    sandbox.act_as("admin")
    (made,) = sandbox.run(adjust, ROW, "CAD", -1250, "The board was not returned")
    settle(sandbox)

    assert (made["kind"], made["currency"], made["reason"]) == (
        "adjustment",
        "cad",
        "The board was not returned",
    )
    lines = sandbox.run(
        "select account, amount_minor from public.ledger_postings where transaction_id = %s", made["id"]
    )
    assert {"practitioner_payable": -1250, "platform_revenue": 1250} == {
        row["account"]: row["amount_minor"] for row in lines
    }
    for reason, amount in ((" ", 5), (None, 5), ("Nothing", 0)):
        with sandbox.refused("reason_missing"):
            sandbox.run(adjust, ROW, "cad", amount, reason)
    with sandbox.refused("practitioner_not_found"):
        sandbox.run(adjust, "90000000-0000-4000-8000-000000000009", "cad", 5, "Nobody")
    sandbox.act_as("practitioner")
    with sandbox.refused("admins_only"):
        sandbox.run(adjust, ROW, "cad", 5, "For me")
