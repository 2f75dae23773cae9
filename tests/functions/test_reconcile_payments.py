"""With every webhook lost, payments come to the same end: Stripe is asked."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pytest_httpserver import HTTPServer

from tests.cast import Stage
from tests.payment_scene import FakeStripe, PaymentScene, served
from tests.stripe_events import Payment


@pytest.fixture(scope="module")
def functions(stage: Stage, make_httpserver: HTTPServer) -> Iterator[dict[str, httpx.Client]]:
    """Both functions that call Stripe, with a fake Stripe that can fail on demand."""
    url = make_httpserver.url_for("").rstrip("/")
    with (
        served("create-session-payment", stage, STRIPE_API_URL=url) as pay,
        served("reconcile-payments", stage, STRIPE_API_URL=url) as reconcile,
    ):
        yield {"pay": pay, "reconcile": reconcile}


class LostWebhooks:
    """Somebody who pays at a Stripe whose webhooks never come."""

    def __init__(self, functions: dict[str, httpx.Client], paying: PaymentScene, stripe: FakeStripe) -> None:
        self._functions = functions
        self.paying = paying
        self.stripe = stripe
        # What other tests left open is none of this Stripe's.
        paying.stage.execute("update public.checkout_sessions set next_check_at = null")

    def make_due(self) -> None:
        """Whatever of this client's is to be asked about at all, now."""
        self.paying.stage.execute(
            "update public.checkout_sessions set next_check_at = now()"
            " where next_check_at is not null and user_id = %s",
            self.paying.client.id,
        )

    def open(self, body: dict[str, Any]) -> tuple[str, Payment]:
        """Open a page. Gives Stripe's name for it, and the payment it leads to."""
        headers = self.paying.client.headers
        opened = self._functions["pay"].post("/", json=body, headers=headers).raise_for_status()
        session_id = opened.json()["url"].rpartition("/")[2]
        return session_id, self.paying.payment(opened)

    def reconcile(self) -> dict[str, Any]:
        """Run the reconciler when everything is due. Gives its reply."""
        self.make_due()
        return self.run().raise_for_status().json()

    def run(self) -> httpx.Response:
        key = {"apikey": self.paying.stage.env["SUPABASE_SECRET_KEY"]}
        return self._functions["reconcile"].post("/", json={}, headers=key)

    def pass_time(self, minutes: int) -> None:
        """As if the page had been opened earlier."""
        self.paying.stage.execute(
            "update public.checkout_sessions set expires_at = expires_at - %s where user_id = %s",
            timedelta(minutes=minutes),
            self.paying.client.id,
        )


@pytest.fixture
def lost(functions: dict[str, httpx.Client], paying: PaymentScene, httpserver: HTTPServer) -> LostWebhooks:
    """A payment whose webhooks are lost."""
    return LostWebhooks(functions, paying, FakeStripe(httpserver))


def test_a_paid_checkout_is_fulfilled(lost: LostWebhooks) -> None:
    """A session and a package: with payment, receipt and credits, once, however often Stripe is asked."""
    for body in (lost.paying.from_checkout_page(), lost.paying.from_wallet()):
        session_id, payment = lost.open(body)
        lost.stripe.end(session_id, payment, "complete", "paid")

    replies = [lost.reconcile(), lost.reconcile()]

    assert [reply["checkouts"] for reply in replies] == [{"paid": 2}, {"paid": 2}]
    assert (len(lost.paying.sessions()), lost.paying.credits()) == (1, [5])
    assert [row["outcome"] for row in lost.paying.checkouts()] == ["session_booked", "credits_granted"]
    assert all(row["receipt_url"] for row in lost.paying.checkouts())
    assert lost.paying.holds() == ["consumed"]


def test_a_webhook_that_arrives_later_changes_nothing(lost: LostWebhooks) -> None:
    """Nor does one that arrived before."""
    session_id, payment = lost.open(lost.paying.from_wallet())
    lost.stripe.end(session_id, payment, "complete", "paid")
    lost.reconcile()

    lost.paying.receive_event(payment.completed()).raise_for_status()
    lost.paying.receive_event(payment.charged()).raise_for_status()

    assert lost.paying.credits() == [5]


def test_an_open_page_is_left_open(lost: LostWebhooks) -> None:
    """Somebody may be typing."""
    lost.open(lost.paying.from_checkout_page())

    assert lost.reconcile()["checkouts"] == {"open": 1}
    assert lost.paying.holds() == ["held"]
    assert [path.count("expire") for path, *_ in lost.stripe.asked] == [0, 0]


def test_an_expired_page_frees_the_time(lost: LostWebhooks) -> None:
    """Stripe closed it, and its webhook was lost."""
    session_id, payment = lost.open(lost.paying.from_checkout_page())
    lost.stripe.end(session_id, payment, "expired", "unpaid")

    assert lost.reconcile()["checkouts"] == {"expired": 1}
    assert lost.paying.holds() == ["released"]
    assert lost.reconcile()["checkouts"] == {}


def test_a_page_past_its_time_is_closed(lost: LostWebhooks) -> None:
    """Before the time is given to somebody else, nobody can pay for it any more."""
    session_id, _ = lost.open(lost.paying.from_checkout_page())
    lost.pass_time(40)

    assert lost.reconcile()["checkouts"] == {"expired": 1}
    assert lost.stripe.sessions[session_id]["status"] == "expired"
    assert lost.paying.holds() == ["released"]


def test_a_page_that_was_paid_in_its_last_second_is_fulfilled(lost: LostWebhooks) -> None:
    """Stripe refuses to close it, and so it is looked at again."""
    session_id, payment = lost.open(lost.paying.from_checkout_page())
    lost.stripe.end(session_id, payment, "complete", "paid")
    lost.pass_time(40)

    assert lost.reconcile()["checkouts"] == {"paid": 1}
    assert len(lost.paying.sessions()) == 1


def test_a_slow_bank_is_waited_for(lost: LostWebhooks) -> None:
    """First on its way, then paid."""
    session_id, payment = lost.open(lost.paying.from_checkout_page())
    lost.stripe.end(session_id, payment, "complete", "unpaid")
    first = lost.reconcile()["checkouts"]

    lost.stripe.end(session_id, payment, "complete", "paid")

    assert (first, lost.reconcile()["checkouts"]) == ({"processing": 1}, {"paid": 1})
    assert len(lost.paying.sessions()) == 1


def test_refunds_and_disputes_are_found_too(lost: LostWebhooks) -> None:
    """Asked about ever more rarely, but for half a year."""
    session_id, payment = lost.open(lost.paying.from_wallet())
    lost.stripe.end(session_id, payment, "complete", "paid")
    lost.reconcile()
    payment.refund(payment.amount * 2 // 5)
    lost.reconcile()
    after_refund = lost.paying.credits()

    payment.dispute("needs_response")
    lost.reconcile()

    assert (after_refund, lost.paying.credits()) == ([3], [0])
    assert lost.paying.checkouts()[0]["next_check_at"]


def test_a_refund_that_fails_later_and_a_dispute_that_is_won_at_last_are_found(lost: LostWebhooks) -> None:
    """Credits go and come back each time; the client is told of both, and asked about daily while it is open."""
    session_id, payment = lost.open(lost.paying.from_wallet())
    lost.stripe.end(session_id, payment, "complete", "paid")
    lost.reconcile()
    left = []
    for happen in (
        lambda: payment.refund(payment.amount, "pending"),
        lambda: payment.turn("succeeded"),
        lambda: payment.turn("failed"),
        lambda: payment.dispute("needs_response"),
        lambda: payment.dispute("lost"),
        lambda: payment.dispute("won"),
    ):
        happen()
        lost.reconcile()
        left += lost.paying.credits()

    assert left == [0, 0, 5, 0, 0, 5]
    kinds = [kind for kind in lost.paying.events() if kind.startswith("payment_re")]
    assert kinds == ["payment_received", *["payment_returned", "payment_restored"] * 2]
    assert lost.paying.checkouts()[0]["returned_minor"] == 0


def test_more_refunds_than_a_charge_lists_are_all_read(lost: LostWebhooks) -> None:
    """It lists its ten newest; the eleventh, the first that was made, has failed since."""
    session_id, payment = lost.open(lost.paying.from_wallet())
    lost.stripe.end(session_id, payment, "complete", "paid")
    for _ in range(11):
        payment.refund(1000)
    lost.reconcile()
    assert lost.paying.checkouts()[0]["refunded_minor"] == 11000

    payment.turn("failed", 0)
    lost.reconcile()

    assert lost.paying.checkouts()[0]["refunded_minor"] == 10000


def test_a_dispute_that_waited_is_applied_with_its_payment(lost: LostWebhooks) -> None:
    """The webhook of the payment was lost, that of the dispute was not."""
    session_id, payment = lost.open(lost.paying.from_wallet())
    lost.paying.receive_event(payment.disputed("created", "needs_response")).raise_for_status()
    lost.stripe.end(session_id, payment, "complete", "paid")

    lost.reconcile()

    assert lost.paying.credits() == [0]


def test_a_page_that_stripe_does_not_know_expires_by_our_own_clock(lost: LostWebhooks) -> None:
    """A page of another account, or of a stand-in that was emptied."""
    lost.open(lost.paying.from_checkout_page())
    lost.stripe.sessions.clear()

    before = lost.reconcile()["checkouts"]
    lost.pass_time(40)

    assert (before, lost.reconcile()["checkouts"]) == ({"open": 1}, {"expired": 1})
    assert lost.paying.holds() == ["released"]


def test_a_checkout_whose_page_was_never_recorded_is_given_up(lost: LostWebhooks) -> None:
    """The process died between Stripe's answer and ours: nobody can have paid."""
    lost.open(lost.paying.from_checkout_page())
    lost.paying.stage.execute(
        "update public.checkout_sessions set stripe_session_id = null, url = null where user_id = %s",
        lost.paying.client.id,
    )
    asked = len(lost.stripe.asked)

    assert lost.reconcile()["checkouts"] == {"failed": 1}
    assert lost.paying.holds() == ["released"]
    assert len(lost.stripe.asked) == asked


def test_when_stripe_does_not_answer_everything_stays_as_it_is(lost: LostWebhooks) -> None:
    """It is asked again the next time, and about the other checkouts all the same."""
    lost.open(lost.paying.from_checkout_page())
    lost.stripe.fail(*[(500, {"type": "api_error"})] * 2)

    assert lost.reconcile()["checkouts"] == {"unanswered": 1}
    assert lost.paying.holds() == ["held"]
    assert lost.reconcile()["checkouts"] == {"open": 1}


def test_a_wrong_key_fails_the_run(lost: LostWebhooks) -> None:
    """It must not pass for silence, so that somebody notices."""
    lost.open(lost.paying.from_checkout_page())
    lost.stripe.fail((401, {"type": "invalid_request_error", "message": "Invalid API Key"}))
    lost.make_due()

    assert lost.run().status_code == 500


def test_two_reconcilers_ask_stripe_once(lost: LostWebhooks) -> None:
    """A claim is one caller's; and what is not due is not asked about."""
    opened = [lost.open(lost.paying.from_wallet(currency=currency)) for currency in ("cad", "usd")]
    for session_id, payment in opened:
        lost.stripe.end(session_id, payment, "complete", "paid")
    asked = len(lost.stripe.asked)
    lost.make_due()

    with ThreadPoolExecutor(2) as pair:
        replies = [future.result().json() for future in [pair.submit(lost.run) for _ in range(2)]]

    assert sum(reply["checkouts"].get("paid", 0) for reply in replies) == 2
    assert lost.paying.credits() == [5, 5]
    assert len(lost.stripe.asked) == asked + 2
    assert lost.run().json()["checkouts"] == {}


@pytest.mark.parametrize("status", ["requires_payment_method", "canceled"])
def test_a_bank_that_does_not_pay_is_found(lost: LostWebhooks, status: str) -> None:
    """Days later, with every webhook lost: the payer is told, once, and the time is free."""
    session_id, payment = lost.open(lost.paying.from_checkout_page())
    lost.stripe.end(session_id, payment, "complete", "unpaid")
    lost.stripe.sessions[session_id]["payment_intent"] = {"id": payment.intent, "status": "processing"}
    assert lost.reconcile()["checkouts"] == {"processing": 1}
    assert (lost.paying.holds(), lost.paying.events()) == (["held"], [])

    lost.stripe.sessions[session_id]["payment_intent"]["status"] = status
    assert [lost.reconcile()["checkouts"] for _ in range(2)] == [{"failed": 1}, {}]
    lost.paying.receive_event(payment.bank_failed()).raise_for_status()

    assert (lost.paying.holds(), lost.paying.events()) == (["released"], ["payment_failed"])
    assert lost.paying.sessions() == []


def test_a_line_that_we_did_not_ask_for_is_found(lost: LostWebhooks) -> None:
    """Its lines are asked for, which no event has; nothing is given, and a person must look."""
    session_id, payment = lost.open(lost.paying.from_wallet())
    lost.stripe.end(session_id, payment, "complete", "paid")
    ours = {"description": "Ours", "amount_total": payment.amount, "currency": "usd", "quantity": 1}
    lost.stripe.sessions[session_id]["line_items"] = {"data": [ours, {**ours, "amount_total": 0}]}

    assert lost.reconcile()["checkouts"] == {"failed": 1}

    (checkout,) = lost.paying.checkouts()
    assert checkout["difference"] == "line 2: 1 × 0.00 usd instead of none"
    assert checkout["stripe_amounts"]["lines"][0]["amount_minor"] == payment.amount
    assert (lost.paying.credits(), lost.paying.events()) == ([], ["payment_differs"])
    asked = [form for path, form, _ in lost.stripe.asked if session_id in path]
    assert "line_items" in asked[-1].values()
