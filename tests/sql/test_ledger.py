"""The ledger: balanced, written by one function, once per fact, and never rewritten."""

import json
from typing import Any

import psycopg
import pytest

from .conftest import ROW, Stage
from .earnings_scene import settle

ACCRUAL = {"client_funds": -1000, "practitioner_payable": 750, "platform_revenue": 250}


def post(stage: Stage, lines: dict[str, int], kind: str = "adjustment", **more: Any) -> Any:
    """What functions of schema private do."""
    stage.act_as("owner")
    more = {"reason": "Scene", "cause": "scene", **more}
    named = "".join(f", {name} => %s" for name in more)
    return stage.one(
        f"select private.post(%s, %s, 'cad', %s{named})", kind, ROW, json.dumps(lines), *more.values()
    )


def test_a_transaction_adds_up_to_nought(stage: Stage) -> None:
    """It is looked at when everything else is done, as whoever asked, who may see none of it."""
    post(stage, {"client_funds": -1000, "practitioner_payable": 999})
    stage.act_as("client")
    with stage.refused("transaction_unbalanced"):
        settle(stage)


def test_a_transaction_has_two_lines_at_least(stage: Stage) -> None:
    """Neither one without any, nor one with a line that is nought, nor two lines of one account."""
    stage.act_as("owner")
    transaction = (
        "insert into public.ledger_transactions (kind, currency, practitioner_id, cause, reason)"
        " values ('adjustment', 'cad', %s, 'scene', 'Scene') returning id"
    )
    with stage.refused("transaction_unbalanced"):
        stage.run(transaction, ROW)
        settle(stage)
    made = stage.one(transaction, ROW)
    line = (
        "insert into public.ledger_postings (transaction_id, account, amount_minor)"
        " select %s, 'client_funds', unnest(%s::bigint[])"
    )
    for amounts in ([0], [5, -5]):
        with pytest.raises(psycopg.IntegrityError), stage.undone():
            stage.run(line, made, amounts)


def test_a_fact_is_posted_once(stage: Stage) -> None:
    """Told again, the first transaction is the answer, even if the amounts are others."""
    first = post(stage, ACCRUAL, kind="accrual", session_id=ROW, cause=None)
    again = post(
        stage, {"client_funds": -2, "platform_revenue": 2}, kind="accrual", session_id=ROW, cause=None
    )
    other = post(stage, ACCRUAL, cause="another")

    assert first == again != other
    settle(stage)
    stage.act_as("owner")
    query = "select count(*) from public.ledger_postings where transaction_id = %s"
    assert (3, 3) == (stage.one(query, first), stage.one(query, other))


def test_nothing_is_not_posted(stage: Stage) -> None:
    """A seat that was given, a refund of what was refunded already."""
    assert post(stage, {"client_funds": 0, "practitioner_payable": 0}) is None
    assert post(stage, {}) is None


@pytest.mark.parametrize("table", ["ledger_transactions", "ledger_postings"])
def test_nobody_rewrites_it(stage: Stage, table: str) -> None:
    """Not even whoever owns it: an error is corrected by another transaction."""
    column = "reason = 'Another'" if table == "ledger_transactions" else "amount_minor = 1"
    stage.act_as("owner")
    for statement in (
        f"update public.{table} set {column}",
        f"delete from public.{table}",
        f"truncate public.{table} cascade",
    ):
        with stage.refused("ledger_is_kept"):
            stage.run(statement)


def test_everybody_reads_their_own(stage: Stage) -> None:
    """The practitioner their transactions with all lines, another none, an admin all."""
    read = {}
    for who in ("practitioner", "stranger", "client", "admin"):
        stage.act_as(who)
        read[who] = (
            stage.one("select count(*) from public.ledger_transactions where session_id = %s", ROW),
            stage.one("select count(*) from public.ledger_postings where transaction_id = %s", ROW),
        )

    assert read == {"practitioner": (1, 3), "stranger": (0, 0), "client": (0, 0), "admin": (1, 3)}


def test_an_admin_corrects_with_a_reason(stage: Stage) -> None:
    """From the platform's part; nobody else, and not without saying why."""
    adjust = "select * from public.adjust_earnings(%s, %s, %s, %s)"
    stage.act_as("admin")
    (made,) = stage.run(adjust, ROW, "CAD", -1250, "The board was not returned")
    settle(stage)

    assert (made["kind"], made["currency"], made["reason"]) == (
        "adjustment",
        "cad",
        "The board was not returned",
    )
    lines = stage.run(
        "select account, amount_minor from public.ledger_postings where transaction_id = %s", made["id"]
    )
    assert {"practitioner_payable": -1250, "platform_revenue": 1250} == {
        row["account"]: row["amount_minor"] for row in lines
    }
    for reason, amount in ((" ", 5), (None, 5), ("Nothing", 0)):
        with stage.refused("reason_missing"):
            stage.run(adjust, ROW, "cad", amount, reason)
    with stage.refused("practitioner_not_found"):
        stage.run(adjust, "90000000-0000-4000-8000-000000000009", "cad", 5, "Nobody")
    stage.act_as("practitioner")
    with stage.refused("admins_only"):
        stage.run(adjust, ROW, "cad", 5, "For me")
