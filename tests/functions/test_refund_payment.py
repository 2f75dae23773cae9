"""Giving money back: an admin decides, Stripe does it once, and everything else follows."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pytest_httpserver import HTTPServer

from tests.cast import Person, Stage
from tests.payment_scene import FakeStripe, PaymentScene, pay_on, served


@pytest.fixture(scope="module")
def functions(stage: Stage, make_httpserver: HTTPServer) -> Iterator[dict[str, httpx.Client]]:
    """Both functions, with a fake Stripe that can fail on demand."""
    url = make_httpserver.url_for("").rstrip("/")
    with (
        served("create-session-payment", stage, STRIPE_API_URL=url) as pay,
        served("refund-payment", stage, STRIPE_API_URL=url) as refund,
    ):
        yield {"pay": pay, "refund": refund}


class PaidCheckouts:
    """Something that was paid for, and an admin."""

    def __init__(self, functions: dict[str, httpx.Client], paying: PaymentScene, stripe: FakeStripe) -> None:
        self._functions = functions
        self.paying = paying
        self.stripe = stripe
        self.admin = paying.stage.admin()

    def buy(self, body: dict[str, Any]) -> str:
        """Pay for it. Gives the checkout's id."""
        opened = (
            self._functions["pay"].post("/", json=body, headers=self.paying.client.headers).raise_for_status()
        )
        payment = self.paying.payment(opened)
        self.stripe.end(opened.json()["url"].rpartition("/")[2], payment, "complete", "paid")
        self.paying.receive_event(payment.completed()).raise_for_status()
        return str(opened.json()["checkout_id"])

    def refund(self, as_: Person | None = None, **body: Any) -> httpx.Response:
        """Ask for a refund."""
        body = {"reason": "They moved away.", **body}
        return self._functions["refund"].post("/", json=body, headers=(as_ or self.admin).headers)

    def asked(self) -> list[tuple[str, dict[str, str], str | None]]:
        return [each for each in self.stripe.asked if each[0] == "/v1/refunds"]


@pytest.fixture
def paid(functions: dict[str, httpx.Client], paying: PaymentScene, httpserver: HTTPServer) -> PaidCheckouts:
    """The scene."""
    return PaidCheckouts(functions, paying, FakeStripe(httpserver))


def test_a_session_is_refunded_in_full(paid: PaidCheckouts) -> None:
    """By the session's id: money, payment and session in one go; the webhook that follows changes nothing."""
    paid.buy(paid.paying.from_checkout_page())
    (session,) = paid.paying.sessions()

    reply = paid.refund(session_id=str(session["id"]))

    body = reply.json()
    assert (reply.status_code, body["success"], body["status"]) == (200, True, "succeeded")
    assert (body["amount_minor"], body["refunded_minor"]) == (10000, 10000)
    ((_, form, key),) = paid.asked()
    assert (form["amount"], key) == ("10000", f"refund-{body['refund_id']}")
    assert [row["status"] for row in paid.paying.sessions()] == ["cancelled"]
    assert [row["status"] for row in paid.paying.rows("public.session_payments", column="client_id")] == [
        "refunded"
    ]
    assert (paid.paying.credits(), "payment_returned" in paid.paying.events()) == ([], True)


def test_a_partial_refund_of_a_package_takes_its_credits(paid: PaidCheckouts) -> None:
    """Two of five; then the rest; then there is nothing left."""
    checkout = paid.buy(paid.paying.from_wallet())
    left = []
    for amount in (34310 * 2 // 5, None):
        paid.refund(checkout_id=checkout, amount_minor=amount).raise_for_status()
        left += paid.paying.credits()
    again = paid.refund(checkout_id=checkout)

    assert left == [3, 0]
    assert (again.status_code, again.json()["code"]) == (409, "already_refunded")


@pytest.mark.parametrize(
    ("said", "success", "returned", "left"),
    [("pending", True, 34310, [0]), ("requires_action", True, 34310, [0]), ("failed", False, 0, [5])],
)
def test_the_reply_says_what_stripe_said(
    paid: PaidCheckouts, said: str, success: bool, returned: int, left: list[int]
) -> None:
    """A refund on its way may take days; one that failed has returned nothing, and may be asked for again."""
    checkout = paid.buy(paid.paying.from_wallet())
    paid.stripe.refund_status = said

    body = paid.refund(checkout_id=checkout).raise_for_status().json()

    assert (body["success"], body["status"], body["refunded_minor"]) == (success, said, returned)
    assert paid.paying.credits() == left
    paid.stripe.refund_status = "succeeded"
    again = paid.refund(checkout_id=checkout)
    assert again.status_code == (409 if success else 200)


def test_a_repeat_hears_how_the_refund_is_now(paid: PaidCheckouts) -> None:
    """Our answer was lost, and it failed meanwhile: the key gives the first answer again, and the payment says more."""
    checkout = paid.buy(paid.paying.from_wallet())
    paid.refund(checkout_id=checkout).raise_for_status()
    (payment,) = paid.stripe.payments.values()
    payment.turn("failed")
    for forget in (
        "update private.payment_refunds set status = 'requested' where checkout_id = %s",
        "update private.stripe_refunds set as_of = as_of - interval '1 hour' where checkout_id = %s",
        "update public.checkout_sessions set refunded_minor = 0, returned_minor = 0 where id = %s",
    ):
        paid.paying.stage.execute(forget, checkout)

    again = paid.refund(checkout_id=checkout).raise_for_status().json()

    assert (again["success"], again["status"], again["refunded_minor"]) == (False, "failed", 0)
    assert (len(paid.stripe.refunds), paid.paying.credits()) == (1, [5])


def test_when_stripe_stops_answering_the_refund_is_recorded_all_the_same(paid: PaidCheckouts) -> None:
    """It was made; how the rest of the payment is, the reconciler asks."""
    checkout = paid.buy(paid.paying.from_wallet())
    paid.stripe.fail_reading = True

    body = paid.refund(checkout_id=checkout, amount_minor=34310 // 5).raise_for_status().json()

    assert (body["status"], body["refunded_minor"]) == ("succeeded", 34310 // 5)
    assert paid.paying.credits() == [4]


def test_sessions_to_come_are_kept_where_the_admin_says_so(paid: PaidCheckouts) -> None:
    """By default they are cancelled once the money has gone back; both sides are told."""
    for choice, status in (("keep", "scheduled"), ("cancel", "cancelled")):
        paid.paying.starts_at += timedelta(hours=3)
        checkout = paid.buy(paid.paying.from_checkout_page())

        paid.refund(checkout_id=checkout, sessions_to_come=choice).raise_for_status()

        assert paid.paying.sessions()[-1]["status"] == status
    assert paid.refund(checkout_id=checkout, sessions_to_come="some").status_code == 422


def test_ten_clicks_refund_once(paid: PaidCheckouts) -> None:
    """All of them at the same moment: Stripe receives one idempotency key."""
    checkout = paid.buy(paid.paying.from_wallet())
    with ThreadPoolExecutor(10) as crowd:
        replies = list(crowd.map(lambda _: paid.refund(checkout_id=checkout), range(10)))

    assert {reply.status_code for reply in replies} <= {200, 409}
    assert len(paid.stripe.refunds) == 1
    assert [row["refunded_minor"] for row in paid.paying.checkouts()] == [34310]


def test_a_lost_answer_is_asked_for_again_under_the_same_key(paid: PaidCheckouts) -> None:
    """Nobody is refunded twice; another amount must wait."""
    checkout = paid.buy(paid.paying.from_wallet())
    paid.stripe.fail((500, {"type": "api_error"}), (500, {"type": "api_error"}))

    lost = paid.refund(checkout_id=checkout, amount_minor=1000)
    other = paid.refund(checkout_id=checkout, amount_minor=2000)
    again = paid.refund(checkout_id=checkout, amount_minor=1000)

    assert (lost.status_code, lost.json()["code"]) == (503, "payments_unavailable")
    assert (other.status_code, other.json()["code"]) == (409, "request_in_progress")
    assert again.json()["refunded_minor"] == 1000
    assert len({key for *_, key in paid.asked()}) == 1


def test_a_refund_that_stripe_refuses_changes_nothing(paid: PaidCheckouts) -> None:
    """The admin reads its reason, and may ask for something else."""
    checkout = paid.buy(paid.paying.from_wallet())
    paid.stripe.fail(
        (400, {"type": "invalid_request_error", "code": "charge_disputed", "message": "It is disputed."})
    )

    refused = paid.refund(checkout_id=checkout)
    later = paid.refund(checkout_id=checkout, amount_minor=1000)

    assert (refused.status_code, refused.json()["code"]) == (409, "refund_refused")
    assert refused.json()["hint"] == "It is disputed."
    assert later.status_code == 200


def test_only_admins_refund(paid: PaidCheckouts) -> None:
    """Neither the payer nor the practitioner; Stripe is not asked."""
    checkout = paid.buy(paid.paying.from_checkout_page())
    for person in (paid.paying.client, paid.paying.practitioner, paid.paying.stage.client()):
        reply = paid.refund(person, checkout_id=checkout)

        assert (reply.status_code, reply.json()["code"]) == (403, "admins_only")
    assert paid.asked() == []


def test_no_more_than_was_paid_can_be_refunded(paid: PaidCheckouts) -> None:
    """Nor a payment that was never paid, nor zero, nor without a reason."""
    checkout = paid.buy(paid.paying.from_wallet())
    too_much = paid.refund(checkout_id=checkout, amount_minor=34311)
    unknown = paid.refund(checkout_id=str(uuid4()))
    bad = [
        paid.refund(checkout_id=checkout, amount_minor=0),
        paid.refund(checkout_id=checkout, reason="  "),
        paid.refund(checkout_id=checkout, session_id=checkout),
        paid.refund(),
        paid.refund(checkout_id=checkout, amount=5),
    ]

    assert (too_much.status_code, too_much.json()["code"]) == (409, "refund_too_large")
    assert too_much.json()["error"] == "At most 343.10 USD can be given back."
    assert (unknown.status_code, unknown.json()["code"]) == (404, "payment_not_found")
    assert [reply.status_code for reply in bad] == [422] * 5
    assert paid.asked() == []


def test_on_the_local_stack_a_refund_goes_and_comes_back(paying: PaymentScene) -> None:
    """Paid on the page of the stand-in, refunded by the function; its events bring what becomes of it later."""
    stage = paying.stage
    opened = paying.pay(paying.from_wallet())
    pay_on(opened.json()["url"])
    checkout = opened.json()["checkout_id"]

    refunded = stage.invoke(
        "refund-payment", {"checkout_id": checkout, "reason": "They moved."}, as_=stage.admin()
    )

    assert (refunded.json()["status"], paying.credits()) == ("succeeded", [0])
    refund_id = stage.value("select id from private.stripe_refunds where checkout_id = %s", checkout)
    at_stripe = f"{stage.env['STRIPE_API_URL']}/_refunds/{refund_id}"
    httpx.post(at_stripe, data={"status": "failed"}).raise_for_status()
    assert (paying.credits(), paying.checkouts()[0]["returned_minor"]) == ([5], 0)
    assert paying.events()[-2:] == ["payment_returned", "payment_restored"]
    (listed,) = stage.rest("GET", f"admin_returns?checkout_id=eq.{checkout}", as_=stage.admin()).json()
    assert (listed["status"], listed["reason"], listed["credits_owed"]) == ("failed", "They moved.", 0)
    assert stage.rest("GET", "admin_returns", as_=paying.client).json() == []
