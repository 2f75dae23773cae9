"""Stripe's events: only Stripe's, each one once, in any order, and always answered."""

import json
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from tests.cast import Stage
from tests.payment_scene import PaymentScene
from tests.stripe_events import Payment, event, signed

OLD_S = 6 * 60


def stored_event(stage: Stage, body: bytes) -> list[dict[str, Any]]:
    """What the inbox has of an event."""
    query = "select * from private.stripe_events where event_id = %s"
    return stage.owner.execute(query, (json.loads(body).get("id", ""),)).fetchall()


EVENTS: dict[str, tuple[Callable[[Payment], bytes], str, list[int]]] = {
    "paid": (Payment.completed, "paid", [5]),
    "on its way": (lambda p: p.completed("unpaid"), "processing", []),
    "paid by a slow bank": (Payment.bank_paid, "paid", [5]),
    "refused by a slow bank": (Payment.bank_failed, "failed", []),
    "nothing to pay": (lambda p: p.completed("no_payment_required"), "paid", [5]),
    "expired": (Payment.expired, "expired", []),
    "charged": (Payment.charged, "open", []),
    "refunded in part": (lambda p: p.refunded(p.amount * 2 // 5), "open", []),
    "refunded": (lambda p: p.refunded(p.amount), "open", []),
}


@pytest.mark.parametrize("name", EVENTS)
def test_every_kind_of_event_is_answered_and_has_its_effect(paying: PaymentScene, name: str) -> None:
    """With 200 and one line; twice is once. What a refund takes waits for what was paid."""
    make, status, left = EVENTS[name]
    body = make(paying.payment(paying.pay(paying.from_wallet())))

    replies = [paying.receive_event(body), paying.receive_event(body)]

    assert [(reply.status_code, reply.json()) for reply in replies] == [(200, {"received": True})] * 2
    assert (paying.checkouts()[0]["status"], paying.credits()) == (status, left)
    assert [row["deliveries"] for row in stored_event(paying.stage, body)] == [2]


def test_a_dispute_takes_the_credits_and_winning_it_returns_them(paying: PaymentScene) -> None:
    payment = paying.payment(paying.pay(paying.from_wallet()))
    left = []
    for body in (
        payment.completed(),
        payment.disputed("created", "needs_response"),
        payment.disputed("funds_withdrawn", "needs_response"),
        payment.disputed("closed", "won"),
    ):
        paying.receive_event(body).raise_for_status()
        left += paying.credits()

    assert left == [5, 0, 0, 5]


def test_events_in_any_order_over_http_come_to_the_same_end(paying: PaymentScene) -> None:
    """Six of the 120 orders that tests/sql holds against each other, here by way of the function."""
    ends = []
    for seed in range(6):
        scene = PaymentScene(paying.stage)
        payment = scene.payment(scene.pay(scene.from_checkout_page()))
        story = [
            payment.charged(),
            payment.completed(),
            payment.charged("updated"),
            payment.disputed("created", "needs_response"),
            payment.disputed("closed", "lost"),
        ]
        random.Random(seed).shuffle(story)
        for body in story + story[::-1]:
            assert scene.receive_event(body).status_code == 200
        (checkout,), (session,) = scene.checkouts(), scene.sessions()
        paid = scene.rows("public.session_payments", column="client_id")
        ends.append(
            (checkout["status"], checkout["outcome"], session["status"], [row["status"] for row in paid])
        )

    assert set(map(str, ends)) == {"('paid', 'session_booked', 'cancelled', ['refunded'])"}


def test_forty_deliveries_at_once_book_one_session(paying: PaymentScene) -> None:
    """Of the same event, and of others that say the same."""
    payment = paying.payment(paying.pay(paying.from_checkout_page()))
    bodies = [payment.completed(), payment.bank_paid(), payment.charged(), payment.completed()] * 10
    random.Random(1).shuffle(bodies)

    with ThreadPoolExecutor(20) as crowd:
        replies = list(crowd.map(paying.receive_event, bodies))

    assert {reply.status_code for reply in replies} == {200}
    assert len(paying.sessions()) == len(paying.rows("public.session_payments", column="client_id")) == 1
    assert paying.events() == ["session_booked", "payment_received"]


def test_of_two_who_pay_for_one_time_one_gets_the_session_and_one_a_credit(paying: PaymentScene) -> None:
    """Both webhooks at once: one has the session, the other a credit and a message, and nobody nothing."""
    stage, other = paying.stage, paying.stage.client()
    late = paying.payment(paying.pay(paying.from_checkout_page()))
    stage.execute(
        "update public.session_holds set expires_at = now() - interval '1 second' where user_id = %s",
        paying.client.id,
    )
    quick = paying.payment(paying.pay(paying.from_checkout_page(), as_=other))

    with ThreadPoolExecutor(2) as pair:
        replies = list(pair.map(paying.receive_event, [late.completed(), quick.completed()]))

    assert [reply.status_code for reply in replies] == [200, 200]
    assert (len(paying.sessions()), paying.credits()) == (0, [1])
    assert (len(paying.sessions(other)), paying.credits(other)) == (1, [])
    assert paying.events() == ["credits_granted", "session_not_booked", "payment_received"]


def forged(body: bytes, secret: str) -> dict[str, tuple[bytes, str]]:
    """Bodies and headers that Stripe did not sign, or not for now."""
    good = signed(body, secret)
    moment, proof = (part.partition("=")[2] for part in good.split(","))
    return {
        "another secret": (body, signed(body, "whsec_of_somebody_else")),
        "an empty secret": (body, signed(body, "")),
        "too old": (body, signed(body, secret, at=time.time() - OLD_S)),
        "a later time than was signed": (body, f"t={int(moment) + 1},v1={proof}"),
        "another body": (body.replace(b'"paid"', b'"unpaid"'), good),
        "one blank more": (body + b" ", good),
        "another scheme": (body, good.replace("v1=", "v0=")),
        "no time": (body, f"v1={proof}"),
        "no proof": (body, f"t={moment}"),
        "nonsense": (body, "nonsense"),
        "no ASCII": (body, f"t={moment},v1=\xe9{proof[1:]}"),
        "no UTF-8": (b"\xff" + body, good),
        "nothing": (b"", good),
    }


def test_an_event_that_stripe_did_not_sign_is_refused_and_not_stored(paying: PaymentScene) -> None:
    """Or signed too long ago: somebody may have listened."""
    payment = paying.payment(paying.pay(paying.from_wallet()))
    body = payment.completed()
    before = paying.stage.value("select count(*) from private.stripe_events")

    replies = {
        name: paying.stage.invoke(
            "stripe-session-webhook",
            content=content,
            headers={"content-type": "application/json", "stripe-signature": header.encode("latin-1")},  # type: ignore[dict-item]
        )
        for name, (content, header) in forged(body, paying.stage.env["STRIPE_WEBHOOK_SECRET"]).items()
    }
    replies["no header"] = paying.stage.invoke("stripe-session-webhook", content=body)

    refused = {name for name, reply in replies.items() if reply.status_code == 401}
    assert refused == set(replies)
    assert {reply.json()["code"] for reply in replies.values()} == {"signature_not_valid"}
    assert paying.stage.value("select count(*) from private.stripe_events") == before
    assert paying.checkouts()[0]["status"] == "open"


def test_an_event_without_an_id_is_recognised_by_its_bytes(paying: PaymentScene) -> None:
    """The local stand-in sends such: the same bytes again are a repeat."""
    payment = paying.payment(paying.pay(paying.from_wallet()))
    nameless = {"type": "checkout.session.completed", "data": {"object": payment.session()}}
    body = json.dumps(nameless).encode()

    assert [paying.receive_event(body).status_code for _ in range(3)] == [200, 200, 200]
    assert paying.credits() == [5]
    deliveries = paying.stage.value(
        "select deliveries from private.stripe_events where checkout_id = %s", payment.checkout_id
    )
    assert deliveries == 3


UNKNOWN_EVENTS = [
    event("customer.subscription.created", {"object": "subscription", "id": "sub_1"}),
    event("a.type.of.next.year", {"object": "novelty"}),
    event(
        "checkout.session.completed", {"object": "checkout.session", "metadata": {}, "payment_status": "paid"}
    ),
    event("checkout.session.completed", {"metadata": {"checkout_id": "not one"}, "payment_status": "paid"}),
    event(
        "checkout.session.completed", {"metadata": {"checkout_id": str(uuid4())}, "payment_status": "paid"}
    ),
    event("charge.refunded", {"payment_intent": "pi_unknown", "amount_refunded": 2**40}),
    event("charge.dispute.created", {"payment_intent": None, "id": 5, "amount": True}),
    event("charge.refunded", {"payment_intent": {"id": ["x"]}, "metadata": "none"}),
    json.dumps({"id": "evt_" + uuid4().hex, "type": 5, "data": [1], "created": 1e300}).encode(),
    json.dumps({"id": "evt_" + uuid4().hex, "type": "\x00", "data": {"object": None}}).encode(),
    b"[]",
    b"not json",
    b'{"id": 7}',
]


@pytest.mark.parametrize("body", UNKNOWN_EVENTS, ids=range(len(UNKNOWN_EVENTS)))
def test_every_event_that_stripe_signs_is_answered_with_200(paying: PaymentScene, body: bytes) -> None:
    """Or it would be sent again for three days."""
    reply = paying.receive_event(body)

    assert (reply.status_code, reply.json()) == (200, {"received": True})


def test_two_secrets_are_valid_while_one_replaces_the_other(stage: Stage) -> None:
    """So that a secret is rotated without losing an event."""
    from shared.payment_facts import StripeWebhookSettings, is_genuine

    secrets = StripeWebhookSettings.from_environment(
        {"STRIPE_WEBHOOK_SECRET": " whsec_old , whsec_new,"}
    ).secrets

    assert [is_genuine(secrets, b"{}", signed(b"{}", each)) for each in ("whsec_old", "whsec_new", "")] == [
        True,
        True,
        False,
    ]
