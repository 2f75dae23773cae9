"""Two admins by the API: what the first is answered, what the second reads in a mail, and what then happens."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.cast import Person, Stage
from tests.mail_scene import MailScene
from tests.payout_scene import PayoutScene


@pytest.fixture
def limited(stage: Stage) -> Iterator[PayoutScene]:
    """More than 100.00 waits. Of very many admins not all are told: here there are few."""
    stage.execute("delete from public.user_roles where role = 'admin'")
    scene = PayoutScene(stage)
    stage.execute(
        "update private.second_admin_rules set earnings_above_minor = 10000, payout_run_above_minor = 10000"
    )
    yield scene
    stage.execute(
        "update private.second_admin_rules set earnings_above_minor = null, payout_run_above_minor = null"
    )
    stage.execute("delete from public.approval_requests")


def adjust(scene: PayoutScene, amount: int, as_: Person) -> Any:
    body = {
        "practitioner_id": str(scene.practitioner_id),
        "currency": "cad",
        "amount_minor": amount,
        "reason": "A reason",
    }
    return scene.stage.rest("POST", "rpc/adjust_earnings", as_=as_, json=body)


def decide(stage: Stage, request: str, as_: Person, approve: bool = True) -> Any:
    body = {"request_id": request, "approve": approve}
    return stage.rest("POST", "rpc/decide_approval", as_=as_, json=body)


def test_an_adjustment_is_made_by_two(stage: Stage, limited: PayoutScene) -> None:
    """202 and no row; the mail names the request; the second admin's call posts it."""
    mail = MailScene(stage)
    second = stage.admin()
    mine = stage.rest("GET", "approval_requests?select=*", as_=limited.practitioner).json()

    asked = adjust(limited, 10_001, limited.admin)

    assert (202, []) == (asked.status_code, asked.json())
    assert "second_admin_needed" in asked.headers["refusal"]
    assert [] == mine == stage.rest("GET", "approval_requests?select=*", as_=limited.practitioner).json()
    (request,) = stage.rest("GET", "approval_requests?kind=eq.earnings&status=eq.waiting", as_=second).json()
    mail.send()
    subject = "A second admin is asked for: an adjustment of earnings"
    (told,) = [each for each in mail.mails_to(second) if each["Subject"] == subject]
    assert request["id"] in told["TextBody"] and "CA$100.01" in told["TextBody"]
    assert not [each for each in mail.mails_to(limited.admin) if each["Subject"] == subject]

    own = decide(stage, request["id"], limited.admin)
    assert (403, "own_request") == (own.status_code, own.json()["details"])
    done = decide(stage, request["id"], second)
    assert (200, "approved") == (done.status_code, done.json()[0]["status"])
    ledger = stage.rest("GET", "ledger_transactions?kind=eq.adjustment", as_=limited.practitioner).json()
    assert [str(second.id)] == [line["created_by"] for line in ledger]


def test_a_run_by_the_clock_waits_for_two(stage: Stage, limited: PayoutScene) -> None:
    limited.earn(10_001)
    assert limited.run()["waits_for_admins"]
    assert [] == limited.payouts()
    second = stage.admin()
    waiting = stage.rest("GET", "approval_requests?status=eq.waiting", as_=second).json()
    assert waiting
    for request in waiting:
        assert "waiting" == decide(stage, request["id"], limited.admin).json()[0]["status"]
        assert "approved" == decide(stage, request["id"], second).json()[0]["status"]

    ran = limited.run()
    assert not ran["waits_for_admins"] and ran["payouts_made"]
    assert [10_001] == [payout["amount_minor"] for payout in limited.payouts()]


def test_two_clicks_at_once_ask_once(stage: Stage, limited: PayoutScene) -> None:
    with ThreadPoolExecutor(6) as pool:
        asked = list(pool.map(lambda _: adjust(limited, 20_000, limited.admin).status_code, range(6)))
    assert [202] * 6 == asked
    (request,) = stage.rest("GET", "approval_requests?amount=eq.20000", as_=limited.admin).json()

    admins = [stage.admin() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        decided = sorted(pool.map(lambda who: decide(stage, request["id"], who).status_code, admins))
    assert [200, 409, 409, 409] == decided
    ledger = stage.rest("GET", "ledger_transactions?kind=eq.adjustment", as_=limited.practitioner).json()
    assert 1 == len(ledger)
