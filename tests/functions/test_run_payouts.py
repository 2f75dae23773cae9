"""The scheduler's run: whoever is owed something is paid, once, whenever and however often it is called."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.cast import Stage
from tests.payout_scene import PayoutScene


@pytest.fixture
def paying(stage: Stage) -> PayoutScene:
    """A practitioner to be paid."""
    return PayoutScene(stage)


def test_a_practitioner_is_paid_in_each_currency(paying: PayoutScene) -> None:
    """They read their payouts with the lines that they are the sums of."""
    for amount, currency in ((7500, "cad"), (2550, "cad"), (5000, "usd")):
        paying.earn(amount, currency)

    ran = paying.run()

    assert ran["payouts_made"] >= 2
    usd, cad = paying.payouts()
    assert [("usd", 5000), ("cad", 10050)] == [
        (each["currency"], each["amount_minor"]) for each in (usd, cad)
    ]
    assert {7500, 2550} == {line["amount_minor"] for line in cad["payout_lines"]}
    assert cad["period_start"] < cad["period_end"]
    assert 0 == paying.run()["payouts_made"]


def test_any_number_of_runs_at_once_pay_once(paying: PayoutScene) -> None:
    """None of them fails."""
    paying.earn(7500)

    with ThreadPoolExecutor(6) as many:
        made = [ran["payouts_made"] for ran in many.map(lambda _: paying.run(), range(6))]

    assert 1 == sum(made)
    assert [7500] == [each["amount_minor"] for each in paying.payouts()]


def test_a_failed_payout_is_paid_by_the_next_run(paying: PayoutScene, stage: Stage) -> None:
    """An admin marks it as failed through the API; the practitioner reads why."""
    paying.earn(7500)
    paying.run()
    (first,) = paying.payouts()
    body = {"payout_id": first["id"], "reason": "Account closed"}

    assert 403 == stage.rest("POST", "rpc/mark_payout_failed", as_=paying.practitioner, json=body).status_code
    stage.rest("POST", "rpc/mark_payout_failed", as_=paying.admin, json=body).raise_for_status()
    paying.run()
    body = {"payout_id": next(each["id"] for each in paying.payouts() if each["status"] == "pending")}
    body |= {"transaction_reference": "wire-1", "paid_at": "2026-11-02T12:00:00Z"}
    stage.rest("POST", "rpc/mark_payout_paid", as_=paying.admin, json=body).raise_for_status()

    assert 0 == paying.run()["payouts_made"]
    facts = {each["status"]: each for each in paying.payouts()}
    assert {"failed", "paid"} == facts.keys()
    assert ("Account closed", "wire-1", "2026-11-02T12:00:00+00:00") == (
        facts["failed"]["failed_reason"],
        facts["paid"]["transaction_reference"],
        facts["paid"]["paid_at"],
    )
