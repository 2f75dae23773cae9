"""A practitioner's money through unmodified supabase-js: what must be true of each fact that is told."""

import json
import subprocess
from typing import Any

import pytest

from local.config import NODE
from local.node import NODE_BINARY, environment
from tests.cast import Stage

EARNED = [("cad", 100, 75), ("cad", 55.55, 41.66), ("usd", 73, 54.75)]
CANCELLED = ("cad", 64, 48)
NOT_EARNED = [("cad", 40, 30), CANCELLED]


@pytest.fixture(scope="module")
def facts(stage: Stage) -> dict[str, Any]:
    """The scene, played once: a practitioner who has given three paid sessions, and an admin.

    Two more are paid for: one is still to come, one was cancelled in time, and its price is now a credit.
    """
    practitioner, admin, client = stage.practitioner(), stage.admin(), stage.client()
    for hours, (currency, total, share) in enumerate([*EARNED, *NOT_EARNED], start=1):
        is_held = (currency, total, share) in EARNED
        session = stage.session(
            client=client,
            practitioner=practitioner,
            starts_in_minutes=-90 * hours if is_held else 3000 * hours,
        )
        stage.execute(
            """insert into public.session_payments (session_id, practitioner_id, client_id, total_amount,
                                                    practitioner_share, platform_share, currency, status)
               values (%s, %s, %s, %s, %s, %s, %s, 'completed')""",
            session["id"],
            practitioner.practitioner_id,
            client.id,
            total,
            share,
            total - share,
            currency,
        )
        if is_held or (currency, total, share) == CANCELLED:
            stage.execute(
                "update public.session_schedules set status = %s where id = %s",
                "completed" if is_held else "cancelled",
                session["id"],
            )
    scene = {
        "practitioner_id": str(practitioner.practitioner_id),
        "client_id": str(client.id),
        "tokens": {
            "practitioner": practitioner.token,
            "client": client.token,
            "admin": admin.token,
            "admin_id": str(admin.id),
        },
    }
    names = ("SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY")
    played = subprocess.run(
        [str(NODE_BINARY), "tests/supabase_js/money.mjs"],
        env=environment(
            NODE_FOLDER=f"{NODE}/", SCENE=json.dumps(scene), **{name: stage.env[name] for name in names}
        ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert played.returncode == 0, played.stdout + played.stderr
    return {line["fact"]: line["value"] for line in map(json.loads, played.stdout.splitlines())}


def money(overview: list[dict[str, Any]], column: str) -> dict[str, int]:
    """By currency, in cents."""
    return {row["currency"]: row[column] for row in overview}


def test_an_account_is_saved_and_shown_without_its_numbers(facts: dict[str, Any]) -> None:
    """What is wrong with it is said with status 200, which is the only way the page can read it."""
    assert facts["no account"] is None
    wrong = facts["typing error"]
    assert wrong["error"] is None and wrong["data"]["success"] is False and wrong["data"]["error"]
    assert (facts["saved"]["error"], facts["saved"]["data"]["success"]) == (None, True)
    account = facts["account"]
    shown = ("bank_name", "account_holder_name", "account_type", "country", "verified")
    assert [account[name] for name in shown] == ["Bank", "Practitioner", "checking", "CA", False]
    assert account["account_last4"] == "5214"
    assert "7305214" not in json.dumps(facts) and "20481-004" not in json.dumps(facts)


def test_a_contract_is_signed_by_the_update_of_the_page(facts: dict[str, Any]) -> None:
    """Dated by the server, whatever the browser says; and nothing else of it can be changed."""
    assert facts["no contract"]["error"]["code"] == "PGRST116"
    assert facts["issued"]["issued"] == [facts["offered"]["id"]]
    assert facts["signed"]["error"] is None
    contract = facts["contract"]
    assert (contract["id"], contract["contract_text"]) == (
        facts["offered"]["id"],
        facts["offered"]["contract_text"],
    )
    assert not contract["signed_at"].startswith("2020")
    assert contract["ip_address"] == "203.0.113.4"
    assert facts["rewritten"]["data"] is None or facts["rewritten"]["data"] == []


def test_the_page_and_the_overview_sum_the_same_earnings(facts: dict[str, Any]) -> None:
    """The page's over its payments, and the overview's over the ledger; each currency for itself.

    What is paid for and not held is in neither, and neither is what was cancelled.
    """
    page = {"cad": 0, "usd": 0}
    for payment in facts["payments"]:
        assert payment["session"]["duration_minutes"] == 30 and payment["paid_out_at"] is None
        page[payment["currency"]] += round(100 * payment["practitioner_share"])

    assert page == {"cad": 7500 + 4166, "usd": 5475} == money(facts["overview"], "pending_payout_minor")
    assert money(facts["overview"], "last_year_minor") == page
    assert money(facts["overview"], "paid_out_minor") == {"cad": 0, "usd": 0}
    assert money(facts["overview"], "booked_minor") == {"cad": 3000, "usd": 0}


def test_the_page_of_payouts_lists_what_is_earned(facts: dict[str, Any]) -> None:
    """As the practitioner's does; the lists of orders, the admin's and the payer's, have all that was paid."""
    earned = sorted(payment["id"] for payment in facts["payments"])
    everything = sorted(order["id"] for order in facts["orders"])

    assert earned == sorted(payment["id"] for payment in facts["payable"])
    assert (3, 5) == (len(earned), len(everything))
    assert everything == sorted(payment["id"] for payment in facts["purchases"])


def test_an_admin_lists_payments_and_pays_them_out(facts: dict[str, Any]) -> None:
    """By the page's own update, of one and of several; a practitioner who sends it changes nothing."""
    assert facts["is admin"] is True
    assert sum(order["total_amount"] for order in facts["orders"]) == pytest.approx(332.55)
    assert {order["practitioner"]["name"] for order in facts["orders"]} == {"Practitioner"}
    assert facts["user"]["roles"] == [{"role": "practitioner"}]
    refused = facts["paid by the practitioner"]
    assert refused["error"] or refused["data"] == []
    assert (facts["paid one"], facts["paid all"]) == (1, 3)
    for payment in facts["not earned"]:
        assert payment["error"]["code"] == "PT409" and payment["error"]["details"] == "nothing_to_pay_out"
        assert payment["error"]["message"] == "Nothing is earned by this payment, or nothing any more."


def test_a_payment_is_paid_out_once(facts: dict[str, Any]) -> None:
    """Although one of them was marked twice: payouts add up to the earnings, and nothing is pending."""
    assert {payment["status"] for payment in facts["payments after"]} == {"paid_out"}
    assert all(payment["paid_out_at"] for payment in facts["payments after"])
    paid = {"cad": 0, "usd": 0}
    for payout in facts["payouts"]:
        assert payout["status"] == "paid"
        paid[payout["currency"]] += payout["amount_minor"]
    earned = money(facts["overview"], "pending_payout_minor")
    assert paid == earned == money(facts["overview after"], "paid_out_minor")
    assert money(facts["overview after"], "pending_payout_minor") == {"cad": 0, "usd": 0}


def test_an_admin_reads_the_lists_of_accounts_and_contracts(facts: dict[str, Any]) -> None:
    """The account is still to be verified, the contract holds; others find nothing in these lists."""
    looked = facts["looked through"]
    assert looked["banking"] == [{"verification": "unverified", "account_last4": "5214"}]
    assert looked["contracts"] == [{"is_live": True, "is_observed": False}]
    assert looked["by_others"] == []
